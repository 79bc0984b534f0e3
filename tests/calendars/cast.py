"""Schedules, events and attendances as rows: what other parts' rules will have written."""

from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.db.rows import fetch_value

ALWAYS: dict[str, Any] = {"timezone": "UTC", "days": {str(day): [[540, 720]] for day in range(1, 8)}}


async def add_schedule(
    conn: Connection,
    calendar_id: int,
    owner_id: int,
    *,
    now: datetime,
    rules: dict[str, Any] | None = None,
    **values: Any,
) -> int:
    """Bookable 09:00 to 12:00 UTC every day in slots of half an hour, unless `rules` say otherwise."""
    row: dict[str, Any] = {
        "type_id": 1,
        "label": "Consultation",
        "slug": f"consultation-{owner_id}-{calendar_id}",
        "is_private": False,
        "benefitable_id": owner_id,
        **values,
    }
    schedule_id: int = await fetch_value(
        conn,
        """
        INSERT INTO schedule (type_id, calendar_id, owner_id, benefitable_id, label, slug, is_private, timezone, settings,
            rules, created_at, updated_at)
        VALUES (%(type_id)s, %(calendar)s, %(owner)s, %(benefitable_id)s, %(label)s, %(slug)s, %(is_private)s, 'UTC', '{}',
            %(rules)s, %(now)s, %(now)s)
        RETURNING id
        """,
        {**row, "calendar": calendar_id, "owner": owner_id, "rules": Jsonb({**ALWAYS, **(rules or {})}), "now": now},
    )
    await add_member(conn, schedule_id, owner_id, now=now, role=1, read=2, write=3)
    return schedule_id


async def add_member(
    conn: Connection, schedule_id: int, person_id: int, *, now: datetime, role: int = 6, read: int, write: int = 0
) -> None:
    await conn.execute(
        """
        INSERT INTO schedule_member (schedule_id, person_id, role_id, read_level, write_level, created_at)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        [schedule_id, person_id, role, read, write, now],
    )


async def add_event(
    conn: Connection,
    calendar_id: int | None,
    creator_id: int | None,
    starts_at: datetime,
    *,
    now: datetime,
    lasts: timedelta = timedelta(minutes=30),
    attendees: dict[int, int] | None = None,
    **values: Any,
) -> int:
    """A confirmed meeting; `attendees` says who takes part in which role."""
    row: dict[str, Any] = {
        "type_id": 1,
        "status_id": 200,
        "payment_status_id": 100,
        "schedule_id": None,
        "label": "Visit to the dentist",
        "description": None,
        "is_private": False,
        "timezone": "UTC",
        "data": {},
        **values,
    }
    event_id: int = await fetch_value(
        conn,
        """
        INSERT INTO calendar_event (type_id, status_id, payment_status_id, creator_id, schedule_id, calendar_id, label,
            description, timezone, starts_at, ends_at, is_private, data, created_at, updated_at)
        VALUES (%(type_id)s, %(status_id)s, %(payment_status_id)s, %(creator)s, %(schedule_id)s, %(calendar)s, %(label)s,
            %(description)s, %(timezone)s, %(starts_at)s, %(ends_at)s, %(is_private)s, %(data)s, %(now)s, %(now)s)
        RETURNING id
        """,
        {
            **row,
            "data": Jsonb(row["data"]),
            "creator": creator_id,
            "calendar": calendar_id,
            "starts_at": starts_at,
            "ends_at": starts_at + lasts,
            "now": now,
        },
    )
    for person_id, role in (attendees or {}).items():
        await add_attendee(conn, event_id, person_id, now=now, role=role)
    return event_id


async def add_attendee(
    conn: Connection, event_id: int, person_id: int, *, now: datetime, role: int = 4, status: int = 200
) -> None:
    await conn.execute(
        """
        INSERT INTO event_attendee (event_id, person_id, role_id, status_id, created_at, updated_at)
        VALUES (%s, %s, %s, %s, %s, %s)
        """,
        [event_id, person_id, role, status, now, now],
    )


async def add_busy_span(conn: Connection, event_id: int, person_id: int) -> None:
    await conn.execute(
        """
        INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
        SELECT %s, id, starts_at, ends_at, true FROM calendar_event WHERE id = %s
        """,
        [person_id, event_id],
    )
