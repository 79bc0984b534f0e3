"""What the tests of schedules need around them."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.schedules.rules import create_schedule
from artel.schedules.terms import NewSchedule
from artel.settings import Settings
from tests import cast
from tests.cast import Someone

# Open at all hours: a test then needs no weekday.
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(1, 8)}
SETTINGS: dict[str, Any] = {"duration": 60, "days": ALWAYS}


async def sign_in(conn: Connection, settings: Settings, name: str, *, now: datetime) -> Someone:
    person = await cast.add_person(conn, f"{name}@example.test", now=now)
    return await cast.sign_in(conn, settings, person, None, now=now)


async def add_schedule(conn: Connection, owner: Someone, *, now: datetime, **changes: Any) -> int:
    facts: dict[str, Any] = {"label": "Consulting", "is_private": False, "settings": SETTINGS}
    async with conn.transaction():
        return await create_schedule(conn, NewSchedule(**{**facts, **changes}), owner_id=owner.id, now=now)


async def add_member(
    conn: Connection, schedule: int, someone: Someone, role: int, read: int, write: int, *, now: datetime
) -> None:
    """A member who has not been asked for anything yet."""
    await conn.execute(
        """
        INSERT INTO schedule_member (schedule_id, person_id, role_id, read_level, write_level, created_at)
        VALUES (%(schedule)s, %(person)s, %(role)s, %(read)s, %(write)s, %(now)s)
        """,
        {"schedule": schedule, "person": someone.id, "role": role, "read": read, "write": write, "now": now},
    )


async def add_booking(
    conn: Connection,
    schedule: int,
    host: Someone,
    client: Someone,
    *,
    starts_at: datetime,
    now: datetime,
    status: int = 100,
    payment: int = 100,
) -> int:
    """An hour that a client has booked with a host; answers the event's id."""
    values = {
        "schedule": schedule,
        "host": host.id,
        "client": client.id,
        "starts": starts_at,
        "ends": starts_at + timedelta(hours=1),
        "status": status,
        "payment": payment,
        "now": now,
    }
    event: int = await fetch_value(
        conn,
        """
        INSERT INTO calendar_event (
            status_id, creator_id, schedule_id, label, timezone, starts_at, ends_at, created_at, updated_at
        )
        VALUES (%(status)s, %(client)s, %(schedule)s, 'A meeting', 'UTC', %(starts)s, %(ends)s, %(now)s, %(now)s)
        RETURNING id
        """,
        values,
    )
    await conn.execute(
        """
        INSERT INTO event_attendee (event_id, person_id, role_id, status_id, payment_status_id, created_at, updated_at)
        VALUES
            (%(event)s, %(host)s, 3, %(status)s, 100, %(now)s, %(now)s),
            (%(event)s, %(client)s, 4, %(status)s, %(payment)s, %(now)s, %(now)s)
        """,
        {**values, "event": event},
    )
    await conn.execute(
        """
        INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
        VALUES (%(host)s, %(event)s, %(starts)s, %(ends)s, true), (%(client)s, %(event)s, %(starts)s, %(ends)s, false)
        """,
        {**values, "event": event},
    )
    return event


def wish(**changes: Any) -> dict[str, Any]:
    """A body that makes a schedule."""
    return {"label": "Consulting", "private": False, "settings": SETTINGS, **changes}


async def make(client: httpx.AsyncClient, who: Someone, **changes: Any) -> dict[str, Any]:
    reply = await client.post("/schedule", json=wish(**changes), headers=who.headers)
    assert reply.status_code == 200, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def look(client: httpx.AsyncClient, who: Someone, schedule: int, query: str = "") -> dict[str, Any]:
    reply = await client.get(f"/schedule/{schedule}{query}", headers=who.headers)
    assert reply.status_code == 200, reply.text
    shown: dict[str, Any] = reply.json()
    return shown
