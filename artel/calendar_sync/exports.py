"""Our own meetings given to outside calendars: what is to be told there, and what was.

An event has the same id at the other side however often it is given, so a worker that dies between telling and noting
leaves nothing there twice: it is told once more, and is the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import LiteralString

import msgspec

from artel.calendar_sync.sources import Taken
from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.events.queries import COLUMNS, EventRow

BATCH = 40
# Transactions that commit late bring changes of before the last look.
OVERLAP = timedelta(minutes=2)


# Of our own meetings `e`, what the outside calendar `s` is to have, and where it has (`x`) something else.
WANTED: LiteralString = """
    (e.status_id IN (200, 777) AND e.deleted_at IS NULL AND e.calendar_id = s.calendar_id AND e.ends_at > s.created_at)
"""
TO_BE_TOLD: LiteralString = f"""
    CASE
        WHEN {WANTED} THEN x.event_id IS NULL
            OR x.removed_at IS NOT NULL
            OR x.exported_updated_at <> e.updated_at
            OR x.exported_sequence <> e.sequence
        ELSE x.event_id IS NOT NULL AND x.removed_at IS NULL
    END
"""


class Change(EventRow, frozen=True, kw_only=True):
    """An event to be told: as it is now, or that it is gone. The rest is what the other side has of it."""

    is_wanted: bool
    remote_id: str | None
    etag: str | None


class Told(msgspec.Struct, frozen=True):
    change: Change
    remote_id: str
    remote_uid: str
    etag: str | None = None


async def changes_of(conn: Connection, taken: Taken) -> list[Change]:
    """Events that the outside calendar has otherwise, or not, or no longer should have: confirmed meetings of the
    calendar that end after it was joined. The oldest change first, BATCH at most."""
    return await fetch_all(
        conn,
        Change,
        f"""
        WITH touched AS (
            SELECT id
            FROM calendar_event
            WHERE calendar_id = %(calendar)s
                AND source_id IS NULL
                AND type_id = 1
                AND updated_at > coalesce(%(since)s, '-infinity'::timestamptz)
            UNION
            SELECT event_id
            FROM calendar_export
            WHERE source_id = %(source)s AND removed_at IS NULL
        )
        SELECT {COLUMNS}, {WANTED} AS is_wanted, x.remote_id, x.etag
        FROM touched
        JOIN calendar_event AS e ON e.id = touched.id
        JOIN calendar_source AS s ON s.id = %(source)s
        LEFT JOIN calendar_export AS x ON x.source_id = s.id AND x.event_id = e.id
        WHERE {TO_BE_TOLD}
        ORDER BY e.updated_at, e.id
        LIMIT %(limit)s
        """,  # noqa: S608 - of constants
        {
            "calendar": taken.calendar_id,
            "source": taken.id,
            "since": None if taken.exported_until is None else taken.exported_until - OVERLAP,
            "limit": BATCH,
        },
    )


async def note_told(conn: Connection, taken: Taken, told: Sequence[Told], *, now: datetime) -> None:
    """Write down what the outside calendar has now, in one statement."""
    await conn.execute(
        """
        INSERT INTO calendar_export AS x
            (source_id, event_id, remote_id, remote_uid, etag, exported_updated_at, exported_sequence, exported_at,
            removed_at)
        SELECT %(source)s, t.event, t.remote_id, t.remote_uid, t.etag, t.updated_at, t.sequence, %(now)s,
            CASE WHEN NOT t.is_wanted THEN %(now)s::timestamptz END
        FROM unnest(
            %(events)s::bigint[], %(ids)s::text[], %(uids)s::text[], %(etags)s::text[], %(changed)s::timestamptz[],
            %(sequences)s::integer[], %(wanted)s::boolean[]
        ) AS t (event, remote_id, remote_uid, etag, updated_at, sequence, is_wanted)
        ON CONFLICT (source_id, event_id) DO UPDATE SET
            remote_id = excluded.remote_id, remote_uid = excluded.remote_uid, etag = excluded.etag,
            exported_updated_at = excluded.exported_updated_at, exported_sequence = excluded.exported_sequence,
            exported_at = excluded.exported_at, removed_at = excluded.removed_at
        """,
        {
            "source": taken.id,
            "now": now,
            "events": [one.change.id for one in told],
            "ids": [one.remote_id for one in told],
            "uids": [one.remote_uid for one in told],
            "etags": [one.etag for one in told],
            "changed": [one.change.updated_at for one in told],
            "sequences": [one.change.sequence for one in told],
            "wanted": [one.change.is_wanted for one in told],
        },
    )


async def wake_exports(conn: Connection, *, since: datetime, now: datetime) -> int:
    """Let the sources be synced that are to be told of events of ours changed since then; how many there are."""
    cursor = await conn.execute(
        f"""
        WITH changed AS MATERIALIZED (
            SELECT id, calendar_id
            FROM calendar_event
            WHERE updated_at > %(since)s AND source_id IS NULL AND type_id = 1
        ), concerned AS (
            SELECT s.id AS source_id, c.id AS event_id
            FROM changed AS c
            JOIN calendar_source AS s
                ON s.calendar_id = c.calendar_id AND s.direction = 'to' AND s.deleted_at IS NULL
            UNION
            SELECT x.source_id, c.id
            FROM changed AS c
            JOIN calendar_export AS x ON x.event_id = c.id AND x.removed_at IS NULL
        )
        UPDATE calendar_source AS s
        SET next_sync_at = %(now)s
        FROM (
            SELECT s.id
            FROM calendar_source AS s
            WHERE s.deleted_at IS NULL
                AND s.failures = 0
                AND s.next_sync_at > %(now)s
                AND s.id IN (
                    SELECT s.id
                    FROM concerned AS k
                    JOIN calendar_event AS e ON e.id = k.event_id
                    JOIN calendar_source AS s ON s.id = k.source_id
                    LEFT JOIN calendar_export AS x ON x.source_id = s.id AND x.event_id = e.id
                    WHERE {TO_BE_TOLD}
                )
            ORDER BY s.id
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS woken
        WHERE s.id = woken.id
        """,  # noqa: S608 - of constants
        {"since": since, "now": now},
    )
    return cursor.rowcount
