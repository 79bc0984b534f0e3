"""Nobody is known by their number or address alone: what naming somebody, or booking for them, tells of them."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from artel import clock
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.time.conftest import Join
from tests.cast import Someone
from tests.events.cast import add_schedule, day_after


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
async def vera(conn: Connection, join: Join) -> Someone:
    """Somebody who has done nothing that shows them to anybody."""
    vera = await join("vera")
    await conn.execute("UPDATE person SET phone = '491701234567' WHERE id = %s", [vera.id])
    return vera


async def sees(client: httpx.AsyncClient, who: Someone, whom: Someone) -> bool:
    paths = [f"/user/{whom.id}", f"/otheruser/{whom.id}/email", f"/otheruser/{whom.id}/phone"]
    statuses = {(await client.get(path, headers=who.headers)).status_code for path in paths}
    assert statuses in ({200}, {404})
    return statuses == {200}


async def test_an_event_of_the_past_shows_nobody(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, vera: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    body: dict[str, Any] = {
        "label": "x",
        "status_id": 777,
        "start": (now - timedelta(days=9)).isoformat(),
        "duration": 30,
        "attendees": [{"user_id": vera.id, "role_id": 6}],
    }
    path = f"/schedule/{schedule.id}/event"
    reply = await client.post(path, json=body, headers=nora.headers)
    assert (reply.status_code, list(reply.json()["errors"])) == (422, ["attendees"]), "a number is not an acquaintance"
    await client.post("/contacts", json={"email": "vera@example.test"}, headers=nora.headers)
    reply = await client.post(path, json=body, headers=nora.headers)
    assert reply.status_code == 200, reply.text
    assert not await sees(client, nora, vera)
    shown = await client.get(f"/event/{reply.json()['id']}", headers=nora.headers)
    assert "Vera" not in shown.text


async def test_members_are_asked_by_acquaintance(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, vera: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    path, body = f"/schedule/{schedule.id}/users", [{"user_id": vera.id, "role_id": 6}]
    assert (await client.post(path, json=body, headers=nora.headers)).status_code == 422
    await client.post("/contacts", json={"email": "vera@example.test"}, headers=nora.headers)
    reply = await client.post(path, json=body, headers=nora.headers)
    assert reply.status_code == 200, reply.text
    assert "Vera" not in reply.text
    assert not await sees(client, nora, vera)


async def test_booking_with_somebodys_address_tells_nothing_of_them(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, vera: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    wish = {"start": day_after(now).isoformat(), "email": "vera@example.test", "name": "Somebody"}
    assert (await client.post(f"/schedule/{schedule.id}/book", json=wish)).status_code == 200
    event = await fetch_value(conn, "SELECT max(id) FROM calendar_event")
    shown = (await client.get(f"/event/{event}", headers=nora.headers)).json()["event"]
    client_row = next(one for one in shown["attendees"] if one["role_id"] == 4)
    assert client_row["user"]["name"] == "Somebody"
    assert shown["user_id"] != vera.id
    assert not await sees(client, nora, vera)
    # Nor when whoever typed it has paid: that proves the money, not the address.
    await conn.execute("UPDATE event_attendee SET status_id = 200, hold_until = NULL WHERE role_id = 4")
    assert not await sees(client, nora, vera)


async def test_clients_of_a_group_do_not_meet(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, type_id=2, seats=5)
    for who in (anna, ben):
        wish = {"start": day_after(now).isoformat()}
        reply = await client.post(f"/schedule/{schedule.id}/book", json=wish, headers=who.headers)
        assert reply.status_code == 200, reply.text
    event = reply.json()["event"]["id"]
    assert not await sees(client, ben, anna)
    assert await sees(client, nora, anna)
    changed = await client.put(f"/event/{event}", json={"label": "Another"}, headers=ben.headers)
    assert changed.status_code == 200, changed.text
    assert changed.json()["corrections"]
    assert str(anna.id) not in changed.text


async def test_guests_by_address_are_counted_and_not_named(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, vera: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    body = {"label": "x", "start": day_after(now).isoformat(), "duration": 30}
    made = await client.post(f"/schedule/{schedule.id}/event", json=body, headers=nora.headers)
    path = f"/event/{made.json()['id']}"
    statuses = []
    for _ in range(7):
        guests = {"attendees": [{"email": "vera@example.test"}]}
        reply = await client.put(path, json=guests, headers=nora.headers)
        statuses.append(reply.status_code)
        assert "Vera" not in reply.text
        await client.put(path, json={"attendees": []}, headers=nora.headers)
    assert statuses == [200] * 5 + [429] * 2


async def test_asking_for_codes_does_not_tell_who_has_an_account(
    client: httpx.AsyncClient, anna: Someone, ben: Someone, nora: Someone, vera: Someone
) -> None:
    """Not even once strangers have had so many codes mailed to an address that no more are."""
    for address in ("vera@example.test", "nobody@example.test"):
        for who in (anna, ben, nora):
            for _ in range(10):
                await client.post("/user/email", json={"email": address}, headers=who.headers)
    replies = [
        await client.post("/loginrequest", json={"email": address})
        for address in ("vera@example.test", "nobody@example.test")
    ]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].text == replies[1].text


async def test_what_is_registered_under_an_address_waits_for_its_proof(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, now: datetime
) -> None:
    schedule = '{"label": "Mine", "slug": "mine-alone", "private": false, "settings": ["Mo-Su 09:00-18:00"]}'
    form = {"email": "victor@example.test", "name": "Victor Example", "terms": "1", "schedule": schedule}
    assert (await client.post("/register", data=form)).status_code == 200
    number = await fetch_value(conn, "SELECT id FROM schedule WHERE slug = 'mine-alone'")

    async def public() -> tuple[int, int, int]:
        found = await client.post("/schedule/search", json={"query": "mine"}, headers=anna.headers)
        page = await client.get("http://artel.test/book/mine-alone")
        shown = await client.get(f"/schedule/{number}", headers=anna.headers)
        return len(found.json()["data"]), page.status_code, shown.status_code

    assert await public() == (0, 404, 404)
    code = await fetch_value(conn, "SELECT code FROM message WHERE recipient = 'victor@example.test'")
    signed_in = await client.post("/login", json={"email": "victor@example.test", "password": code})
    assert signed_in.status_code == 200, signed_in.text
    assert await public() == (1, 200, 200)
