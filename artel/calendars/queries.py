"""Calendars as they are kept, and who may see them."""

from datetime import datetime
from typing import Any, LiteralString

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import NotFound


class CalendarRow(msgspec.Struct, frozen=True):
    id: int
    person_id: int
    label: str
    description: str | None
    slug: str
    icon: str | None
    timezone: str
    is_private: bool
    is_default: bool
    type_id: int
    status_id: int
    external_id: str | None
    settings: Any
    file_ids: list[int]
    feed_version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


COLUMNS = """
    c.id, c.person_id, c.label, c.description, c.slug, c.icon, c.timezone, c.is_private, c.is_default, c.type_id,
    c.status_id, c.external_id, c.settings, c.file_ids, c.feed_version, c.created_at, c.updated_at, c.deleted_at
"""


FIND_DEFAULT: LiteralString = """
    SELECT id FROM calendar WHERE person_id = %(person)s AND is_default AND deleted_at IS NULL
"""


async def find_default_calendar(conn: Connection, person_id: int) -> int | None:
    """The id of the calendar that a person's bookings go into; None where it was never needed yet."""
    found: int | None = await fetch_value(conn, FIND_DEFAULT, {"person": person_id})
    return found


async def access_own_calendar(conn: Connection, person_id: int, calendar_id: int) -> CalendarRow:
    """One of the person's own calendars. Refuses: NotFound."""
    return await _own_calendar(conn, person_id, calendar_id, "")


async def lock_own_calendar(conn: Connection, person_id: int, calendar_id: int) -> CalendarRow:
    """One of the person's own calendars, as it stands after waiting for its lock. Refuses: NotFound."""
    return await _own_calendar(conn, person_id, calendar_id, "FOR NO KEY UPDATE")


async def hold_own_calendar(conn: Connection, person_id: int, calendar_id: int) -> CalendarRow:
    """One of the person's own calendars, to put something into: it is not deleted meanwhile. Refuses: NotFound."""
    return await _own_calendar(conn, person_id, calendar_id, "FOR KEY SHARE")


async def _own_calendar(conn: Connection, person_id: int, calendar_id: int, lock: LiteralString) -> CalendarRow:
    row = await fetch_one(
        conn,
        CalendarRow,
        f"""
        SELECT {COLUMNS}
        FROM calendar AS c
        WHERE c.id = %(id)s AND c.person_id = %(person)s AND c.deleted_at IS NULL
        {lock}
        """,  # noqa: S608 - of constants
        {"id": calendar_id, "person": person_id},
    )
    if row is None:
        raise NotFound("calendar")
    return row


async def lock_own_calendars(conn: Connection, person_id: int) -> list[CalendarRow]:
    """All of the person's calendars, the oldest first; nothing is put into them while the locks are held."""
    return await fetch_all(
        conn,
        CalendarRow,
        f"""
        SELECT {COLUMNS}
        FROM calendar AS c
        WHERE c.person_id = %(person)s AND c.deleted_at IS NULL
        ORDER BY c.id
        FOR UPDATE
        """,  # noqa: S608 - of constants
        {"person": person_id},
    )


async def calendars_of(conn: Connection, person_id: int) -> list[CalendarRow]:
    """All of a person's own, oldest first."""
    return await fetch_all(
        conn,
        CalendarRow,
        f"SELECT {COLUMNS} FROM calendar AS c WHERE c.person_id = %(person)s AND c.deleted_at IS NULL ORDER BY c.id",  # noqa: S608 - of constants
        {"person": person_id},
    )
