"""Changing events: at once, or by everybody's vote."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.api.time.conftest import Join, note_addresses
from tests.api.time.event_cast import (
    Booking,
    add_attendee,
    add_meeting,
    book_slot,
    booked,
    forget_letters,
    letters,
    reminders,
)
from tests.cast import Someone
from tests.events.cast import add_members, add_schedule, day_after

EUR: dict[str, Any] = {"price": Decimal(40), "currency": "EUR"}


@pytest.fixture
async def booking(conn: Connection, client: httpx.AsyncClient, nora: Someone, anna: Someone, now: datetime) -> Booking:
    """Anna's at Nora's, the day after tomorrow at ten."""
    return await booked(conn, client, nora, anna, now=now)


async def put(client: httpx.AsyncClient, path: str, who: Someone, body: dict[str, Any], status: int = 200) -> Any:
    reply = await client.put(path, json=body, headers=who.headers)
    assert reply.status_code == status, reply.text
    return reply.json()


async def vote(
    client: httpx.AsyncClient, path: str, who: Someone, ids: list[int], *, yes: bool = True, status: int = 200
) -> Any:
    reply = await client.post(f"{path}/vote", json={"vote": yes, "ids": ids}, headers=who.headers)
    assert reply.status_code == status, reply.text
    return reply.json()


def open_ids(page: Any) -> list[int]:
    corrections = page["corrections"] if isinstance(page, dict) else page
    return [one["id"] for one in corrections if one["status"] == "open"]


async def times(conn: Connection, event_id: int) -> tuple[datetime, datetime, int]:
    cursor = await conn.execute("SELECT starts_at, ends_at, sequence FROM calendar_event WHERE id = %s", [event_id])
    row = await cursor.fetchone()
    assert row is not None
    return row[0], row[1], row[2]


async def test_the_host_who_writes_tells_of_it_alone(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone
) -> None:
    page = await put(
        client, booking.path, nora, {"label": " First talk ", "description": "At the café", "private": True}
    )
    assert page["corrections"] == []
    assert (page["event"]["label"], page["event"]["description"]) == ("First talk", "At the café")
    assert page["event"]["private"] is True
    _, _, sequence = await times(conn, booking.event_id)
    assert sequence == 3
    page = await put(client, booking.path, nora, {"description": None, "label": None, "start": None})
    assert (page["event"]["label"], page["event"]["description"]) == ("First talk", None)


async def test_whoever_may_not_proposes_and_all_yes_applies(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone
) -> None:
    await forget_letters(conn)
    page = await put(client, booking.path, anna, {"label": "About taxes"})
    assert page["event"]["label"] == "Consultation"
    [correction] = page["corrections"]
    assert correction == correction | {
        "event_id": booking.event_id,
        "user_id": anna.id,
        "field": "label",
        "old": "Consultation",
        "new": "About taxes",
        "status": "open",
        "voters": [nora.id],
        "votes": [],
        "settled_at": None,
        "reason": None,
    }
    assert await letters(conn, booking.event_id) == [("proposed", nora.id)]
    [voted] = await vote(client, booking.path, nora, [correction["id"]])
    assert voted["status"] == "applied"
    assert [(one["user_id"], one["vote"]) for one in voted["votes"]] == [(nora.id, True)]
    shown = (await client.get(booking.path, headers=anna.headers)).json()
    assert shown["event"]["label"] == "About taxes"
    assert shown["corrections"] == [voted]


async def test_a_move_is_one_decision_and_everybody_is_told(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone
) -> None:
    before = await reminders(conn, booking.event_id)
    later = booking.start + timedelta(days=1, hours=2)
    page = await put(client, booking.path, nora, {"start": later.isoformat()})
    [correction] = page["corrections"]
    assert correction["field"] == "time"
    assert correction["new"]["end"] == (later + timedelta(minutes=30)).isoformat()
    assert page["event"]["start"] == booking.start.isoformat()
    await forget_letters(conn)
    await vote(client, booking.path, anna, [correction["id"]])
    assert await times(conn, booking.event_id) == (later, later + timedelta(minutes=30), 1)
    assert await letters(conn, booking.event_id) == [("moved", nora.id), ("moved", anna.id)]
    spans = await conn.execute("SELECT DISTINCT starts_at FROM busy_span WHERE event_id = %s", [booking.event_id])
    assert await spans.fetchall() == [(later,)]
    after = await reminders(conn, booking.event_id)
    assert len(after) == len(before) == 4
    assert {due for _, due in after} == {later - timedelta(days=1), later - timedelta(hours=1)}


async def test_one_no_rejects(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone
) -> None:
    page = await put(client, booking.path, anna, {"date": "2030-01-07", "start": "25:00"}, status=422)
    assert set(page["errors"]) == {"start"}
    later = booking.start + timedelta(hours=1)
    [asked] = open_ids(await put(client, booking.path, anna, {"start": later.isoformat(), "label": None}))
    await forget_letters(conn)
    [voted] = await vote(client, booking.path, nora, [asked], yes=False)
    assert voted["status"] == "rejected"
    assert (await times(conn, booking.event_id))[0] == booking.start
    assert await letters(conn, booking.event_id) == [("rejected", anna.id)]
    await vote(client, booking.path, nora, [asked], status=409)  # decided


async def test_votes_of_all_in_a_group(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, join: Join, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, type_id=2, seats=5)
    first = await book_slot(client, schedule, anna, day_after(now, days=2))
    await book_slot(client, schedule, ben, first.start)
    later = first.start + timedelta(hours=1)
    page = await put(client, first.path, anna, {"start": later.isoformat()})
    [asked] = open_ids(page)
    assert page["corrections"][0]["voters"] == [nora.id], "clients of a group do not meet"
    [voted] = await vote(client, first.path, nora, [asked])
    assert voted["status"] == "open"
    await vote(client, first.path, anna, [asked], status=403)  # proposed it
    # Who comes meanwhile is asked as well.
    clara = await join("clara")
    await book_slot(client, schedule, clara, first.start)
    [voted] = await vote(client, first.path, ben, [asked])
    assert (voted["status"], voted["voters"]) == ("open", sorted([nora.id, ben.id]))
    # And who leaves is not waited for.
    left = await client.post(f"{first.path}/decline", headers=clara.headers)
    assert left.status_code == 200, left.text
    assert (await times(conn, first.event_id))[0] == later
    outsider = await join("olga")
    await vote(client, first.path, outsider, [asked], status=404)


async def test_a_slot_taken_meanwhile_rejects_the_proposal(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone, ben: Someone
) -> None:
    later = booking.start + timedelta(hours=1)
    body = {"start": later.isoformat(), "timezone": "Asia/Tokyo"}
    [asked] = open_ids(await put(client, booking.path, anna, body))
    await book_slot(client, booking.schedule, ben, later)
    await forget_letters(conn)
    assert "taken" in (await vote(client, booking.path, nora, [asked], status=409))["message"]
    shown = (await client.get(booking.path, headers=anna.headers)).json()
    assert [(one["status"], one["reason"]) for one in shown["corrections"]] == [("rejected", "slot_taken")]
    assert shown["event"]["timezone"] == "UTC"  # no part of it is made
    assert await times(conn, booking.event_id) == (booking.start, booking.start + timedelta(minutes=30), 0)
    assert await letters(conn, booking.event_id) == [("rejected", anna.id)]
    # What is not offered is not proposed either.
    await put(client, booking.path, anna, {"start": later.isoformat()}, status=409)
    await put(client, booking.path, anna, {"start": (later + timedelta(minutes=7)).isoformat()}, status=422)
    await put(client, booking.path, anna, {"duration": 45}, status=422)


async def test_the_same_vote_again_under_its_key_is_the_same_refusal(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone, ben: Someone
) -> None:
    later = booking.start + timedelta(hours=1)
    [asked] = open_ids(await put(client, booking.path, anna, {"start": later.isoformat()}))
    await book_slot(client, booking.schedule, ben, later)
    headers = nora.headers | {"Idempotency-Key": "once"}
    body = {"vote": True, "ids": [asked]}
    first = await client.post(f"{booking.path}/vote", json=body, headers=headers)
    again = await client.post(f"{booking.path}/vote", json=body, headers=headers)
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (409, first.json())
    assert await fetch_value(conn, "SELECT status FROM correction WHERE id = %(id)s", {"id": asked}) == "rejected"


async def test_other_proposals_for_what_has_changed_are_over(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone
) -> None:
    hour = timedelta(hours=1)
    [annas] = open_ids(await put(client, booking.path, anna, {"start": (booking.start + hour).isoformat()}))
    page = await put(client, booking.path, nora, {"start": (booking.start + 2 * hour).isoformat()})
    [noras] = [one for one in open_ids(page) if one != annas]
    await vote(client, booking.path, anna, [noras])
    shown = (await client.get(booking.path, headers=anna.headers)).json()
    assert {one["id"]: (one["status"], one["reason"]) for one in shown["corrections"]} == {
        annas: ("rejected", "event_changed"),
        noras: ("applied", None),
    }
    # One's own new proposal takes the place of the older.
    [older] = open_ids(await put(client, booking.path, anna, {"start": booking.start.isoformat()}))
    [newer] = open_ids(await put(client, booking.path, anna, {"start": (booking.start + hour).isoformat()}))
    assert older != newer
    assert await fetch_value(conn, "SELECT status FROM correction WHERE id = %(id)s", {"id": older}) == "withdrawn"


async def test_what_was_proposed_of_something_else_is_not_made(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone
) -> None:
    [asked] = open_ids(await put(client, booking.path, anna, {"description": "At yours"}))
    await conn.execute("UPDATE calendar_event SET description = 'At ours' WHERE id = %s", [booking.event_id])
    await vote(client, booking.path, nora, [asked], status=409)
    shown = (await client.get(booking.path, headers=anna.headers)).json()
    assert shown["event"]["description"] == "At ours"
    assert [(one["status"], one["reason"]) for one in shown["corrections"]] == [("rejected", "event_changed")]


async def test_a_lone_host_moves_what_nobody_booked(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    await note_addresses(client, nora)
    schedule = await add_schedule(conn, nora.id, now=now, days={})
    start = day_after(now, days=2)
    made = await client.post(
        f"/schedule/{schedule.id}/event",
        json={"label": "Open house", "start": start.isoformat(), "attendees": [{"user_id": anna.id}]},
        headers=nora.headers,
    )
    path = f"/event/{made.json()['id']}"
    moved = await put(
        client, path, nora, {"start": "16:15", "end": "17:00", "date": start.date().isoformat(), "timezone": "UTC"}
    )
    assert moved["corrections"] == []
    assert (moved["event"]["start"][11:16], moved["event"]["duration"]) == ("16:15", 45)
    # Anna is only invited; once she accepts she has a say.
    assert (await client.post(f"{path}/confirm", headers=anna.headers)).status_code == 200
    page = await put(client, path, nora, {"start": start.isoformat()}, status=422)  # and then only to slots
    assert set(page["errors"]) == {"duration"}


async def test_plain_meetings(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    start = day_after(now, days=2)
    event = await add_meeting(conn, nora, start, now=now, guests={anna.id: 200, ben.id: 100})
    path = f"/event/{event}"
    page = await put(client, path, nora, {"start": (start + timedelta(hours=2)).isoformat(), "label": "Plans"})
    assert page["event"]["label"] == "Plans"
    [correction] = page["corrections"]
    assert correction["voters"] == [anna.id]  # Ben has not accepted
    await vote(client, path, anna, [correction["id"]])
    assert (await times(conn, event))[0] == start + timedelta(hours=2)
    # A guest's wish asks whose calendar it is.
    page = await put(client, path, ben, {"duration": 30})
    assert page["corrections"][-1]["voters"] == sorted([anna.id, nora.id])


async def test_price_of_a_booking(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    free = await booked(conn, client, nora, anna, now=now)
    await put(client, free.path, nora, {"amount": 5}, status=422)  # of what currency
    await put(client, free.path, nora, {"amount": "5.001", "currency": "EUR"}, status=422)
    await put(client, free.path, nora, {"amount": -1, "currency": "EUR"}, status=422)
    await put(client, free.path, nora, {"amount": 5, "currency": "XXQ"}, status=422)
    page = await put(client, free.path, nora, {"amount": 5, "currency": "eur"})
    [correction] = page["corrections"]
    assert (correction["field"], correction["new"]) == ("amount", {"amount": "5.00", "currency": "EUR"})
    await vote(client, free.path, anna, [correction["id"]])
    shown = (await client.get(free.path, headers=anna.headers)).json()
    assert (shown["event"]["amount"], shown["pivot"]["price"], shown["pivot"]["currency"]) == ("5.00", "5.00", "EUR")
    # What is being paid, or paid, keeps its price.
    schedule = await add_schedule(conn, nora.id, now=now, **EUR)
    held = await book_slot(client, schedule, anna, day_after(now, days=5))
    await put(client, held.path, anna, {"amount": 1}, status=409)
    for fixed in ({"payment_status_id": 300}, {"credit": True}, {"benefitable": {"id": anna.id}}):
        await put(client, held.path, nora, fixed, status=422)


async def test_status_follows_the_machine(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone, now: datetime
) -> None:
    for refused in ("100", "555", 777):  # not back, the clock's alone, not begun
        await put(client, booking.path, nora, {"status_id": refused}, status=409)
    await put(client, booking.path, nora, {"status_id": 300}, status=422)
    [asked] = open_ids(await put(client, booking.path, anna, {"status_id": "444"}))
    [aside] = [one for one in open_ids(await put(client, booking.path, anna, {"label": "Another"})) if one != asked]
    await forget_letters(conn)
    await vote(client, booking.path, nora, [asked])
    shown = (await client.get(booking.path, headers=anna.headers)).json()
    assert (shown["event"]["status_id"], shown["pivot"]["status_id"]) == (444, 444)
    assert {one["id"]: (one["status"], one["reason"]) for one in shown["corrections"]} == {
        asked: ("applied", None),
        aside: ("rejected", "event_closed"),
    }
    assert await letters(conn, booking.event_id) == [("cancelled", nora.id), ("cancelled", anna.id)]
    assert await reminders(conn, booking.event_id) == []
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span") == 0
    # What has ended stays as it was, but for what is told of it.
    await put(client, booking.path, nora, {"start": (now + timedelta(days=3)).isoformat()}, status=409)
    assert (await put(client, booking.path, nora, {"label": "Fell through"}))["event"]["label"] == "Fell through"


async def test_done_once_it_has_begun(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    event = await add_meeting(conn, nora, now - timedelta(minutes=10), now=now)
    page = await put(client, f"/event/{event}", nora, {"status_id": 777})
    assert page["event"]["status_id"] == 777
    steps = await conn.execute("SELECT from_status, to_status, actor_id FROM event_step WHERE event_id = %s", [event])
    assert await steps.fetchall() == [(200, 777, nora.id)]


async def test_guests_are_invited_and_taken_off(
    client: httpx.AsyncClient,
    conn: Connection,
    booking: Booking,
    nora: Someone,
    anna: Someone,
    ben: Someone,
    now: datetime,
) -> None:
    await forget_letters(conn)
    await put(client, booking.path, nora, {"attendees": [{"id": ben.id}]}, status=404)  # she does not know him
    await put(client, booking.path, nora, {"attendees": [{"email": "nobody"}]}, status=422)
    await put(client, booking.path, nora, {"attendees": [{}]}, status=422)
    body = {"attendees": [{"email": " BEN@example.test"}, {"email": "zoe@example.test"}, {"user_id": anna.id}]}
    page = await put(client, booking.path, nora, body)
    guests = [one for one in page["event"]["attendees"] if one["role_id"] == 6]
    assert ben.id in {one["user_id"] for one in guests}
    assert {one["status_id"] for one in guests} == {100}
    assert len(page["event"]["attendees"]) == 4
    assert {kind for kind, _ in await letters(conn, booking.event_id)} == {"invited"}
    assert (await client.get(booking.path, headers=ben.headers)).status_code == 200
    await forget_letters(conn)
    page = await put(client, booking.path, nora, {"attendees": [{"id": ben.id}]})
    assert sorted(one["status_id"] for one in page["event"]["attendees"] if one["role_id"] == 6) == [100, 444]
    assert [kind for kind, _ in await letters(conn, booking.event_id)] == ["cancelled"]
    await put(
        client, booking.path, nora, {"attendees": [{"email": f"g{n}@example.test"} for n in range(51)]}, status=422
    )
    # A client's guests are for everybody to agree to.
    page = await put(client, booking.path, anna, {"attendees": []})
    assert page["corrections"][-1]["field"] == "attendees"
    await vote(client, booking.path, nora, [page["corrections"][-1]["id"]])
    page = (await client.get(booking.path, headers=nora.headers)).json()
    assert {one["status_id"] for one in page["event"]["attendees"] if one["role_id"] == 6} == {444}


async def test_files_are_ones_own(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone, now: datetime
) -> None:
    async def add_file(owner: Someone) -> int:
        cursor = await conn.execute(
            """
            INSERT INTO file (owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
            VALUES (%s, 'plan.pdf', 'application/pdf', 1, '\\x00', gen_random_uuid()::text, %s)
            RETURNING id
            """,
            [owner.id, now],
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])

    noras, annas = await add_file(nora), await add_file(anna)
    assert (await put(client, booking.path, nora, {"files": [noras, noras]}))["event"]["files"] == [noras]
    assert "files" in (await put(client, booking.path, nora, {"files": [noras, annas]}, status=422))["errors"]
    page = await put(client, booking.path, anna, {"files": [noras, annas]})
    await vote(client, booking.path, nora, open_ids(page))
    assert (await client.get(booking.path, headers=nora.headers)).json()["event"]["files"] == [noras, annas]


@pytest.mark.parametrize(
    "body",
    [
        {"duration": 14},
        {"duration": "long"},
        {"label": ""},
        {"label": "x" * 201},
        {"label": "a\x00b"},
        {"description": "x" * 10_001},
        {"timezone": "Mars/Base"},
        {"start": "soon"},
        {"start": "0001-01-01T00:00:00"},
        {"start": "9999-12-31T23:59:59+00:00"},
        {"date": "9999-12-31"},
        {"end": "2020-01-01T10:00:00Z"},
        {"status_id": "999"},
        {"payment_status_id": 5},
        {"amount": "many"},
        {"files": [0]},
        {"files": [1]},
        {"attendees": [{"id": "x"}]},
        {"private": "yes"},
    ],
    ids=str,
)
async def test_invalid(client: httpx.AsyncClient, booking: Booking, nora: Someone, body: dict[str, Any]) -> None:
    reply = await put(client, booking.path, nora, body, status=422)
    assert {field.partition(".")[0] for field in reply["errors"]} == set(body)


@pytest.mark.parametrize("body", [{}, {"vote": True}, {"vote": True, "ids": []}, {"vote": "x", "ids": [1]}], ids=str)
async def test_invalid_votes(client: httpx.AsyncClient, booking: Booking, nora: Someone, body: dict[str, Any]) -> None:
    reply = await client.post(f"{booking.path}/vote", json=body, headers=nora.headers)
    assert reply.status_code == 422


async def test_nothing_wanted_changes_nothing(
    client: httpx.AsyncClient, conn: Connection, booking: Booking, nora: Someone, anna: Someone
) -> None:
    same = {"label": "Consultation", "start": booking.start.isoformat(), "duration": 30, "status_id": "200"}
    for who in (nora, anna):
        assert (await put(client, booking.path, who, same))["corrections"] == []
    assert (await times(conn, booking.event_id))[2] == 0


async def test_of_an_outside_calendar_nothing_changes(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    event = await add_meeting(conn, nora, day_after(now), now=now, creator_id=None)
    path = f"/event/{event}"
    await put(client, path, nora, {"label": "Mine"}, status=409)
    assert (await client.delete(path, headers=nora.headers)).status_code == 409
    assert (await client.post(f"{path}/decline", headers=nora.headers)).status_code == 409


async def test_a_host_of_several_who_only_works_proposes(
    client: httpx.AsyncClient,
    conn: Connection,
    booking: Booking,
    nora: Someone,
    anna: Someone,
    ben: Someone,
    now: datetime,
) -> None:
    """Ben hosts with write 1: he may not change what is booked, and his word is asked."""
    await add_members(conn, booking.schedule.id, {ben.id: (3, 2, 1)}, now=now)
    await add_attendee(conn, booking.event_id, ben.id, role=3, status=200, now=now)
    page = await put(client, booking.path, ben, {"label": "Ours"})
    assert page["corrections"][0]["voters"] == sorted([nora.id, anna.id])
    page = await put(
        client, booking.path, nora, {"duration": 30, "start": (booking.start + timedelta(hours=1)).isoformat()}
    )
    assert page["corrections"][-1]["voters"] == sorted([anna.id, ben.id])


async def test_ones_own_plain_event_is_ones_own(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, join: Join, now: datetime
) -> None:
    """Nobody else is concerned, so nobody is asked."""
    event = await add_meeting(conn, nora, day_after(now), now=now, status=100, guests={anna.id: 100})
    path = f"/event/{event}"
    body = {
        "amount": "12.5",
        "currency": "EUR",
        "credit": True,
        "benefitable": {"type": "User", "id": anna.id},
        "payment_status_id": "200",
        "status_id": 200,
        "date": (now + timedelta(days=3)).date().isoformat(),
    }
    page = await put(client, path, nora, body)
    shown = page["event"]
    assert page["corrections"] == []
    assert (shown["amount"], shown["currency"], shown["credit"]) == ("12.50", "EUR", True)
    assert (shown["benefitable_id"], shown["payment_status_id"], shown["status_id"]) == (anna.id, 200, 200)
    assert shown["date"] == body["date"]
    stranger = await join("olga")
    await put(client, path, nora, {"benefitable": {"id": stranger.id}}, status=404)
    # Anna is paid now, so from here on she is asked.
    page = await put(client, path, nora, {"amount": 20})
    assert page["corrections"][0]["voters"] == [anna.id]
