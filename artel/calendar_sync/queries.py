"""Outside calendars as they are kept, and who may see them."""

from datetime import datetime
from typing import Any

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.errors import NotFound


class SourceRow(msgspec.Struct, frozen=True):
    """An outside calendar as its owner sees it: without any secret."""

    id: int
    calendar_id: int
    kind: str
    direction: str
    account_id: int | None
    address: str
    collection_url: str | None
    summary: str | None
    description: str | None
    timezone: str | None
    next_sync_at: datetime | None
    last_synced_at: datetime | None
    failures: int
    error: str | None
    broken_at: datetime | None
    created_at: datetime
    updated_at: datetime


COLUMNS = """
    s.id, s.calendar_id, s.kind, s.direction, s.account_id, s.address, s.collection_url, s.summary, s.description,
    s.timezone, s.next_sync_at, s.last_synced_at, s.failures, s.error, s.broken_at, s.created_at, s.updated_at
"""


async def sources_of(conn: Connection, calendar_id: int, kind: str) -> list[SourceRow]:
    """The outside calendars of one kind that a calendar is joined with, the oldest first."""
    return await fetch_all(
        conn,
        SourceRow,
        f"""
        SELECT {COLUMNS}
        FROM calendar_source AS s
        WHERE s.calendar_id = %(calendar)s AND s.kind = %(kind)s AND s.deleted_at IS NULL
        ORDER BY s.id
        """,  # noqa: S608 - of constants
        {"calendar": calendar_id, "kind": kind},
    )


async def lock_source(
    conn: Connection, calendar_id: int, source_id: int, *, kind: str, is_from: bool | None
) -> SourceRow:
    """One of a calendar's sources after waiting for its lock. `is_from`: of this direction; None: of either.

    Refuses: NotFound.
    """
    row = await fetch_one(
        conn,
        SourceRow,
        f"""
        SELECT {COLUMNS}
        FROM calendar_source AS s
        WHERE s.id = %(id)s
            AND s.calendar_id = %(calendar)s
            AND s.kind = %(kind)s
            AND s.deleted_at IS NULL
            AND (%(direction)s::text IS NULL OR s.direction = %(direction)s)
        FOR NO KEY UPDATE
        """,  # noqa: S608 - of constants
        {
            "id": source_id,
            "calendar": calendar_id,
            "kind": kind,
            "direction": None if is_from is None else ("from" if is_from else "to"),
        },
    )
    if row is None:
        raise NotFound("calendar_source", "id")
    return row


class AccountRow(msgspec.Struct, frozen=True):
    """A linked Google account; `calendars` as Google lists them: id, summary, description, timeZone, primary,
    accessRole."""

    id: int
    subject: str
    calendars: list[dict[str, Any]]
    broken_at: datetime | None


async def accounts_of(conn: Connection, calendar_id: int) -> list[AccountRow]:
    return await fetch_all(
        conn,
        AccountRow,
        """
        SELECT id, subject, calendars, broken_at
        FROM google_account
        WHERE calendar_id = %(calendar)s AND deleted_at IS NULL
        ORDER BY id
        """,
        {"calendar": calendar_id},
    )
