"""POST /schedule/{schedule}/event: events put on a schedule by hand."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.events.booking import confirm_booking, release_booking
from artel.schedules.queries import ScheduleRow
from tests.api.time.conftest import note_addresses
from tests.api.time.test_booking import book
from tests.cast import Someone
from tests.events.cast import add_members, add_schedule, day_after


async def put(client: httpx.AsyncClient, schedule: ScheduleRow, who: Someone, **fields: Any) -> httpx.Response:
    body = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}
    return await client.post(f"/schedule/{schedule.id}/event", json=body, headers=who.headers)


async def test_an_event_put_by_hand_takes_the_hosts_time(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    await note_addresses(client, nora)
    schedule = await add_schedule(conn, nora.id, now=now, days={}, buffer_after=10)
    open_hours = await add_schedule(conn, nora.id, now=now)
    start = day_after(now)
    reply = await put(
        client,
        schedule,
        nora,
        label="Away",
        start=start + timedelta(minutes=7),
        duration=45,
        attendees=[{"user_id": anna.id}, {"user_id": str(ben.id), "role_id": 6}],
    )
    assert reply.status_code == 200, reply.text
    event = reply.json()
    assert (event["status_id"], event["type_id"], event["duration"], event["label"]) == (200, 1, 45, "Away")
    assert (event["user_id"], event["benefitable_id"], event["billable_id"]) == (nora.id, nora.id, anna.id)
    cursor = await conn.execute("SELECT person_id, role_id, status_id FROM event_attendee ORDER BY person_id")
    assert await cursor.fetchall() == [(nora.id, 3, 200), (anna.id, 4, 100), (ben.id, 6, 100)]
    cursor = await conn.execute("SELECT person_id, is_exclusive, after_minutes FROM busy_span")
    assert await cursor.fetchall() == [(nora.id, True, 10)], "who is invited is not busy before they say so"
    for minutes in (0, 30, 60):
        assert (await book(client, open_hours, start + timedelta(minutes=minutes), anna)).status_code == 409
    twice = await put(client, schedule, nora, label="Also", start=start, duration=15)
    assert twice.status_code == 409
    seat = await fetch_value(conn, "SELECT id FROM event_attendee WHERE role_id = 4")
    assert await confirm_booking(conn, seat, actor_id=anna.id, reason="accepted", now=now) == 200
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span") == 2


async def test_guests_come_and_go(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    """An event put by hand ends with its last client, and not with a guest."""
    await note_addresses(client, nora)
    schedule = await add_schedule(conn, nora.id, now=now)
    attendees = [{"user_id": anna.id}, {"user_id": ben.id, "role_id": 6}]
    event = (await put(client, schedule, nora, label="Talk", start=day_after(now), attendees=attendees)).json()

    async def decline(who: Someone) -> int:
        seat = await fetch_value(conn, "SELECT id FROM event_attendee WHERE person_id = %(person)s", {"person": who.id})
        await release_booking(conn, seat, to_status=400, actor_id=who.id, reason="no time", now=now)
        status: int = await fetch_value(
            conn, "SELECT status_id FROM calendar_event WHERE id = %(event)s", {"event": event["id"]}
        )
        return status

    assert await decline(ben) == 200
    assert await decline(anna) == 400
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span") == 0


async def test_who_may_put_events(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, ben: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now)
    private = await add_schedule(conn, nora.id, now=now, is_private=True)
    await add_members(conn, schedule.id, {ben.id: (2, 2, 2)}, now=now)
    fields = {"label": "Away", "start": day_after(now).isoformat()}
    assert (await put(client, schedule, anna, **fields)).status_code == 403
    assert (await put(client, private, anna, **fields)).status_code == 404
    assert (await put(client, schedule, ben, **fields)).status_code == 200
    assert (await client.post(f"/schedule/{schedule.id}/event", json=fields)).status_code == 401


async def test_when_an_event_put_by_hand_is(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, timezone="Europe/Berlin", duration=50)
    times: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"start": "2027-02-01T10:00"}, ("2027-02-01T10:00:00+01:00", "2027-02-01T10:50:00+01:00")),
        ({"date": "2027-02-02T10:00:00Z"}, ("2027-02-02T11:00:00+01:00", "2027-02-02T11:50:00+01:00")),
        (
            {"date": "2027-02-03", "start": "10:00", "end": "10:20"},
            ("2027-02-03T10:00:00+01:00", "2027-02-03T10:20:00+01:00"),
        ),
        (
            {"date": "2027-02-03T23:30:00Z", "start": "22:00", "end": "01:00"},
            ("2027-02-04T22:00:00+01:00", "2027-02-05T01:00:00+01:00"),
        ),
        (
            {"start": "2027-02-06T10:00", "end": "2027-02-06T11:00", "duration": 60},
            ("2027-02-06T10:00:00+01:00", "2027-02-06T11:00:00+01:00"),
        ),
    ]
    for fields, expected in times:
        reply = await put(client, schedule, nora, label="Away", **fields)
        assert reply.status_code == 200, (fields, reply.text)
        assert (reply.json()["start"], reply.json()["end"]) == expected
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "start"),
        ({"date": "2027-03-01"}, "start"),
        ({"start": "10:00"}, "date"),
        ({"start": "ten"}, "start"),
        ({"date": "2027-03-28", "start": "02:30"}, "start"),
        ({"start": "2027-03-01T10:00", "end": "2027-03-01T09:00"}, "end"),
        ({"start": "2027-03-01T10:00", "end": "2027-03-01T10:10"}, "end"),
        ({"start": "2027-03-01T10:00", "end": "2027-03-01T11:00", "duration": 30}, "duration"),
        ({"start": "2027-03-01T10:00", "end": "2028-03-01T11:00"}, "end"),
        ({"start": "2027-03-01T10:00", "duration": 14}, "duration"),
        ({"start": "9999-12-31T23:59:59+00:00"}, "start"),
        ({"start": "2027-03-01T10:00", "status_id": 777}, "status_id"),
        ({"start": "2027-03-01T10:00", "status_id": 123}, "status_id"),
        ({"start": "2027-03-01T10:00", "type_id": 2}, "price"),
        ({"start": "2027-03-01T10:00", "type_id": 2, "price": 5, "currency": "EUR", "status_id": 200}, "status_id"),
        ({"start": "2027-03-01T10:00", "price": 5}, "currency"),
        ({"start": "2027-03-01T10:00", "price": -5, "currency": "EUR"}, "price"),
        ({"start": "2027-03-01T10:00", "price": 5, "currency": "XXQ"}, "currency"),
        ({"start": "2027-03-01T10:00", "files": [1]}, "files"),
        ({"start": "2027-03-01T10:00", "attendees": [{"user_id": 5}]}, "attendees"),
        ({"start": "2027-03-01T10:00", "attendees": [{"user_id": nora.id}]}, "attendees"),
        ({"start": "2027-03-01T10:00", "label": " "}, "label"),
    ]
    for fields, field in wrong:
        reply = await put(client, schedule, nora, **({"label": "Away"} | fields))
        assert reply.status_code == 422, (fields, reply.text)
        assert list(reply.json()["errors"]) == [field], (fields, reply.text)


async def test_records_take_no_time(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, anna: Someone, now: datetime
) -> None:
    schedule = await add_schedule(conn, nora.id, now=now, currency="EUR")
    start = day_after(now)
    for fields in (
        {"type_id": 4},
        {"type_id": "2", "price": 30},
        {"type_id": 3, "price": "12.50"},
        {"status_id": "444"},
        {"status_id": 777, "start": (start - timedelta(days=9)).isoformat()},
    ):
        reply = await put(client, schedule, nora, **({"label": "Noted", "start": start.isoformat()} | fields))
        assert reply.status_code == 200, (fields, reply.text)
    cursor = await conn.execute("SELECT type_id, status_id, amount FROM calendar_event ORDER BY id")
    assert await cursor.fetchall() == [
        (4, 200, None),
        (2, 100, Decimal(30)),
        (3, 100, Decimal("12.50")),
        (1, 444, None),
        (1, 777, None),
    ]
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span") == 0
    assert (await book(client, schedule, start, anna)).status_code == 200
