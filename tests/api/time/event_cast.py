"""A host's schedule with bookings, a plain meeting, and everybody who may stand to an event in some way."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.schedules.queries import ScheduleRow
from tests.cast import Someone
from tests.events.cast import add_schedule, day_after


class Booking(msgspec.Struct, frozen=True):
    event_id: int
    start: datetime
    schedule: ScheduleRow

    @property
    def path(self) -> str:
        return f"/event/{self.event_id}"


async def book_slot(
    client: httpx.AsyncClient, schedule: ScheduleRow, who: Someone, start: datetime, **wish: Any
) -> Booking:
    reply = await client.post(
        f"/schedule/{schedule.id}/book", json={"start": start.isoformat(), **wish}, headers=who.headers
    )
    assert reply.status_code == 200, reply.text
    return Booking(reply.json()["event"]["id"], start, schedule)


async def booked(
    conn: Connection, client: httpx.AsyncClient, host: Someone, who: Someone, *, now: datetime, **terms: Any
) -> Booking:
    """The client has booked half an hour of the host's, at 10:00 in two days."""
    schedule = await add_schedule(conn, host.id, now=now, **terms)
    return await book_slot(client, schedule, who, day_after(now, days=2))


async def add_meeting(
    conn: Connection,
    creator: Someone,
    start: datetime,
    *,
    now: datetime,
    status: int = 200,
    guests: dict[int, int] | None = None,
    minutes: int = 60,
    **values: Any,
) -> int:
    """A plain event in the creator's own calendar; `guests` are person -> status."""
    row: dict[str, Any] = {"creator_id": creator.id, "parent_id": None, "is_private": False, "type_id": 1} | values
    event_id: int = await fetch_value(
        conn,
        """
        WITH made AS (
            INSERT INTO calendar (person_id, label, slug, timezone, is_default, created_at, updated_at)
            SELECT %(owner)s, 'Own', 'own-' || %(owner)s, 'UTC', true, %(now)s, %(now)s
            WHERE NOT EXISTS (SELECT FROM calendar WHERE person_id = %(owner)s AND is_default)
            RETURNING id
        )
        INSERT INTO calendar_event (type_id, status_id, creator_id, calendar_id, parent_id, label, timezone, starts_at,
            ends_at, is_private, created_at, updated_at)
        VALUES (%(type_id)s, %(status)s, %(creator_id)s,
            coalesce((SELECT id FROM made), (SELECT id FROM calendar WHERE person_id = %(owner)s AND is_default)),
            %(parent_id)s, 'Planning', 'Europe/Berlin', %(start)s, %(end)s, %(is_private)s, %(now)s, %(now)s)
        RETURNING id
        """,
        {
            **row,
            "owner": creator.id,
            "status": status,
            "start": start,
            "end": start + timedelta(minutes=minutes),
            "now": now,
        },
    )
    for person, answer in (guests or {}).items():
        await add_attendee(conn, event_id, person, role=6, status=answer, now=now)
    return event_id


async def add_attendee(
    conn: Connection, event_id: int, person_id: int, *, role: int, status: int, now: datetime
) -> int:
    attendee_id: int = await fetch_value(
        conn,
        """
        INSERT INTO event_attendee (event_id, person_id, role_id, status_id, created_at, updated_at)
        VALUES (%(event)s, %(person)s, %(role)s, %(status)s, %(now)s, %(now)s)
        RETURNING id
        """,
        {"event": event_id, "person": person_id, "role": role, "status": status, "now": now},
    )
    return attendee_id


async def letters(conn: Connection, event_id: int) -> list[tuple[str, int]]:
    """What waits to be written about an event, without reminders: (kind, reader)."""
    cursor = await conn.execute(
        "SELECT kind, person_id FROM event_letter WHERE event_id = %s AND kind <> 'reminder' ORDER BY id", [event_id]
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]


async def forget_letters(conn: Connection) -> None:
    await conn.execute("DELETE FROM event_letter WHERE kind <> 'reminder'")


async def reminders(conn: Connection, event_id: int) -> list[tuple[int, datetime]]:
    cursor = await conn.execute(
        """
        SELECT person_id, due_at FROM event_letter WHERE event_id = %s AND kind = 'reminder' AND sent_at IS NULL
        ORDER BY person_id, due_at
        """,
        [event_id],
    )
    return [(row[0], row[1]) for row in await cursor.fetchall()]
