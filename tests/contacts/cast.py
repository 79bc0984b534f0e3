"""People who know each other in one way or another, and what makes them visible to each other."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from artel.calendars.rules import default_calendar
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests.cast import Someone

Join = Callable[[str], Awaitable[Someone]]
# From nine to six in UTC, every day.
HOURS: dict[str, Any] = {
    "timezone": "UTC",
    "duration": 60,
    "days": {str(day): [[540, 1080]] for day in range(1, 8)},
}


async def offer_hours(
    conn: Connection,
    owner_id: int,
    *,
    now: datetime,
    is_private: bool = False,
    label: str = "Consulting",
    rules: dict[str, Any] | None = None,
    ends_at: datetime | None = None,
) -> int:
    """A schedule of somebody's own; its id."""
    calendar = await default_calendar(conn, owner_id, now=now)
    schedule_id: int = await fetch_value(
        conn,
        """
        WITH made AS (
            INSERT INTO schedule (calendar_id, owner_id, benefitable_id, label, slug, is_private, timezone, settings,
                rules, ends_at, created_at, updated_at)
            VALUES (%(calendar)s, %(owner)s, %(owner)s, %(label)s, gen_random_uuid()::text, %(private)s, 'UTC', '{}',
                %(rules)s, %(ends)s, %(now)s, %(now)s)
            RETURNING id
        ),
        member AS (
            INSERT INTO schedule_member (schedule_id, person_id, role_id, read_level, write_level, created_at)
            SELECT id, %(owner)s, 1, 2, 3, %(now)s
            FROM made
        )
        SELECT id FROM made
        """,
        {
            "calendar": calendar,
            "owner": owner_id,
            "label": label,
            "private": is_private,
            "rules": Jsonb(rules or HOURS),
            "ends": ends_at,
            "now": now,
        },
    )
    return schedule_id


async def add_meeting(
    conn: Connection,
    creator_id: int,
    statuses: dict[int, int],  # who -> their answer: 100 asked, 200 yes, 400 no
    *,
    at: datetime,
    now: datetime,
    status: int = 200,
) -> int:
    event_id: int = await fetch_value(
        conn,
        """
        WITH made AS (
            INSERT INTO calendar_event
                (status_id, creator_id, label, timezone, starts_at, ends_at, created_at, updated_at)
            VALUES (%(status)s, %(creator)s, 'Meeting', 'UTC', %(at)s, %(ends)s, %(now)s, %(now)s)
            RETURNING id
        ),
        attendee AS (
            INSERT INTO event_attendee (event_id, person_id, role_id, status_id, created_at, updated_at)
            SELECT made.id, asked.person_id, 6, asked.status_id, %(now)s, %(now)s
            FROM made, unnest(%(people)s::bigint[], %(statuses)s::smallint[]) AS asked (person_id, status_id)
        )
        SELECT id FROM made
        """,
        {
            "status": status,
            "creator": creator_id,
            "at": at,
            "ends": at + timedelta(hours=1),
            "people": list(statuses),
            "statuses": list(statuses.values()),
            "now": now,
        },
    )
    return event_id


async def note_each_other(conn: Connection, one: int, other: int, *, now: datetime) -> None:
    """Each has the other in their address book."""
    for owner, person in ((one, other), (other, one)):
        await conn.execute(
            """
            INSERT INTO contact (owner_id, person_id, email, label, created_at, updated_at)
            VALUES (%(owner)s, %(person)s, 'someone@example.test', 'someone@example.test', %(now)s, %(now)s)
            """,
            {"owner": owner, "person": person, "now": now},
        )
