"""Seeing events: one, the upcoming ones, children; and who may do what with them."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from tests.api.time.conftest import Join
from tests.api.time.event_cast import add_attendee, add_meeting, book_slot, booked
from tests.cast import Someone
from tests.events.cast import add_members, add_schedule, day_after

CALLS: dict[str, tuple[str, str, Any]] = {
    "show": ("GET", "", None),
    "children": ("GET", "/children", None),
    "label": ("PUT", "", {"label": "Another name"}),
    "confirm": ("POST", "/confirm", None),
    "decline": ("POST", "/decline", None),
    "delete": ("DELETE", "", None),
    "vote": ("POST", "/vote", {"vote": True, "ids": [1]}),
}
SEEN = {"show": 200, "children": 200, "vote": 404}
HOST = {**SEEN, "label": 200, "confirm": 200, "decline": 200, "delete": 200}
CLIENT = {**SEEN, "label": 200, "confirm": 409, "decline": 200, "delete": 200}
GUEST = {**SEEN, "label": 200, "confirm": 200, "decline": 200, "delete": 200}
READER = {**SEEN, "label": 403, "confirm": 403, "decline": 403, "delete": 403}
NOBODY = dict.fromkeys(CALLS, 404)
# Who stands how to a manual booking of Anna's under Nora's schedule -> what each call answers.
STANDINGS: dict[str, dict[str, int]] = {
    "host": HOST,
    "client": CLIENT,
    "guest": GUEST,
    "left": {**READER, "decline": 200},
    "calendar owner": HOST,
    "manager": HOST,  # read 2, write 2
    "reader": READER,  # read 2, write 1
    "own": NOBODY,  # read 1: events of their own, and this is none
    "busy": NOBODY,  # read 0
    "stranger": NOBODY,
}


@pytest.mark.parametrize("standing", STANDINGS)
@pytest.mark.parametrize("call", CALLS)
async def test_who_may_do_what(
    client: httpx.AsyncClient,
    conn: Connection,
    nora: Someone,
    anna: Someone,
    ben: Someone,
    now: datetime,
    standing: str,
    call: str,
) -> None:
    booking = await booked(conn, client, nora, anna, now=now, confirmation="manual")
    caller = ben
    match standing:
        case "host":
            caller = nora
        case "client":
            caller = anna
        case "guest":
            await add_attendee(conn, booking.event_id, ben.id, role=6, status=100, now=now)
        case "left":
            await add_attendee(conn, booking.event_id, ben.id, role=6, status=400, now=now)
        case "calendar owner":
            caller = nora
            await conn.execute("DELETE FROM event_attendee WHERE person_id = %s", [nora.id])
            await conn.execute("DELETE FROM schedule_member WHERE person_id = %s", [nora.id])
        case "manager":
            await add_members(conn, booking.schedule.id, {ben.id: (2, 2, 2)}, now=now)
        case "reader":
            await add_members(conn, booking.schedule.id, {ben.id: (6, 2, 1)}, now=now)
        case "own":
            await add_members(conn, booking.schedule.id, {ben.id: (6, 1, 1)}, now=now)
        case "busy":
            await add_members(conn, booking.schedule.id, {ben.id: (6, 0, 1)}, now=now)
    method, path, body = CALLS[call]
    reply = await client.request(method, booking.path + path, json=body, headers=caller.headers)
    assert reply.status_code == STANDINGS[standing][call], reply.text


@pytest.mark.parametrize("call", CALLS)
async def test_only_for_who_is_signed_in_and_what_is_there(client: httpx.AsyncClient, anna: Someone, call: str) -> None:
    method, path, body = CALLS[call]
    assert (await client.request(method, "/event/60001" + path, json=body)).status_code == 401
    assert (await client.request(method, "/event/60001" + path, json=body, headers=anna.headers)).status_code == 404
    far = f"/event/{2**63}" + path
    assert (await client.request(method, far, json=body, headers=anna.headers)).status_code in {404, 422}


async def test_an_event_with_all_that_stands_around_it(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    booking = await booked(conn, client, nora, anna, now=now)
    shown = (await client.get(booking.path, headers=anna.headers)).json()
    assert set(shown) == {"event", "pivot", "corrections", "kals"}
    assert shown["event"]["id"] == booking.event_id
    assert [(one["user_id"], one["role_id"], one["status_id"]) for one in shown["event"]["attendees"]] == [
        (nora.id, 3, 200),
        (anna.id, 4, 200),
    ]
    assert shown["event"]["attendees"][0]["user"]["name"] == "Nora Example"
    assert (shown["pivot"]["user_id"], shown["pivot"]["role_id"], shown["pivot"]["status_id"]) == (anna.id, 4, 200)
    assert shown["corrections"] == []
    hosts = (await client.get(booking.path, headers=nora.headers)).json()
    assert [kal["user_id"] for kal in hosts["kals"]] == [nora.id]
    assert hosts["event"]["kal_id"] == hosts["kals"][0]["id"]


async def test_those_who_booked_do_not_see_each_other(
    client: httpx.AsyncClient,
    conn: Connection,
    nora: Someone,
    anna: Someone,
    ben: Someone,
    now: datetime,
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, type_id=2, seats=5)
    start = day_after(now, days=2)
    first = await book_slot(client, schedule, anna, start)
    second = await book_slot(client, schedule, ben, start)
    assert first.event_id == second.event_id
    await conn.execute(
        "UPDATE event_attendee SET price = 10, currency = 'EUR' WHERE person_id IN (%s, %s)", [anna.id, ben.id]
    )
    await conn.execute("UPDATE calendar_event SET amount = 20, currency = 'EUR'")

    def seen(page: Any) -> dict[int, str | None]:
        return {one["user_id"]: one["price"] for one in page["event"]["attendees"]}

    annas = (await client.get(first.path, headers=anna.headers)).json()
    assert seen(annas) == {nora.id: None, anna.id: "10.00"}
    assert (annas["event"]["amount"], annas["pivot"]["price"]) == (None, "10.00")
    listed = {who.id: (await client.get("/event?days=0", headers=who.headers)).json() for who in (anna, nora)}
    assert (listed[anna.id][0]["amount"], listed[nora.id][0]["amount"]) == (None, "20.00")
    noras = (await client.get(first.path, headers=nora.headers)).json()
    assert seen(noras) == {nora.id: None, anna.id: "10.00", ben.id: "10.00"}
    assert noras["event"]["amount"] == "20.00"
    assert "token" not in str(noras)


async def test_in_a_plain_meeting_everybody_sees_everybody(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    event = await add_meeting(conn, nora, day_after(now), now=now, guests={anna.id: 200, ben.id: 100})
    shown = (await client.get(f"/event/{event}", headers=anna.headers)).json()
    assert {one["user_id"] for one in shown["event"]["attendees"]} == {anna.id, ben.id}
    assert shown["event"]["timezone"] == "Europe/Berlin"
    assert shown["event"]["start"][-6:] in {"+01:00", "+02:00"}


async def test_upcoming_are_the_events_one_has_a_part_in_and_free_slots(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    booking = await booked(conn, client, nora, anna, now=now, days={str(day): ((600, 720),) for day in range(1, 8)})
    own = await add_meeting(conn, nora, day_after(now, days=3), now=now)
    invited = await add_meeting(conn, anna, day_after(now, days=4), now=now, guests={nora.id: 100})
    for hidden in (
        await add_meeting(conn, nora, day_after(now, days=-3), now=now),
        await add_meeting(conn, nora, day_after(now, days=3), now=now, status=444),
        await add_meeting(conn, anna, day_after(now, days=3), now=now, guests={nora.id: 400}),
        await add_meeting(conn, anna, day_after(now, days=3), now=now),
    ):
        assert hidden
    listed = (await client.get("/event", headers=nora.headers)).json()
    assert [one["id"] for one in listed if one["id"]] == [booking.event_id, own, invited]
    slots = [one for one in listed if one["id"] is None]
    assert slots
    assert {one["kal_schedule_id"] for one in slots} == {booking.schedule.id}
    assert all(one["user_ids"] == [nora.id] and one["seats_left"] == 1 for one in slots)
    assert booking.start.isoformat() not in {one["start"] for one in slots}
    assert [one["start"] for one in slots] == sorted(one["start"] for one in slots)
    assert max(one["start"] for one in slots) < (now + timedelta(days=7)).isoformat()

    # Anna has no schedule of her own: nothing to be booked.
    annas = (await client.get("/event", headers=anna.headers)).json()
    assert None not in {one["id"] for one in annas}
    fewer = (await client.get("/event?days=0", headers=nora.headers)).json()
    assert [one["id"] for one in fewer] == [booking.event_id, own, invited]
    second = (await client.get("/event?perPage=2&page=2", headers=nora.headers)).json()
    assert [one["id"] for one in second] == [invited]
    assert (await client.get("/event?days=32", headers=nora.headers)).status_code == 422
    assert (await client.get("/event")).status_code == 401


async def test_upcoming_slots_are_bounded(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    for _ in range(25):
        await add_schedule(conn, nora.id, now=now)
    listed = (await client.get("/event?days=1", headers=nora.headers)).json()
    assert len(listed) == 500
    assert len({one["kal_schedule_id"] for one in listed}) == 20


async def test_children_that_may_be_seen(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    parent = await add_meeting(conn, nora, day_after(now), now=now, guests={anna.id: 200})
    later = await add_meeting(conn, nora, day_after(now, days=3), now=now, parent_id=parent, guests={anna.id: 100})
    sooner = await add_meeting(conn, nora, day_after(now, days=2), now=now, parent_id=parent, guests={anna.id: 200})
    hidden = await add_meeting(conn, nora, day_after(now, days=2, hour=12), now=now, parent_id=parent)
    path = f"/event/{parent}/children"
    assert [one["id"] for one in (await client.get(path, headers=nora.headers)).json()] == [sooner, hidden, later]
    assert [one["id"] for one in (await client.get(path, headers=anna.headers)).json()] == [sooner, later]
    assert [one["id"] for one in (await client.get(path + "?perPage=1&page=2", headers=anna.headers)).json()] == [later]
    assert (await client.get(path + "?perPage=101", headers=anna.headers)).status_code == 422


async def test_a_hold_that_ran_out_is_still_told_but_nothing_more(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime, join: Join
) -> None:
    other = await join("clara")
    booking = await booked(conn, client, nora, anna, now=now)
    await conn.execute(
        "UPDATE event_attendee SET status_id = 444 WHERE event_id = %s AND person_id = %s",
        [booking.event_id, anna.id],
    )
    assert (await client.get(booking.path, headers=anna.headers)).json()["pivot"]["status_id"] == 444
    assert (await client.get("/event", headers=anna.headers)).json() == []
    assert (await client.get(booking.path, headers=other.headers)).status_code == 404
