"""Parting a calendar from outside ones: what came from them goes."""

from datetime import datetime

from psycopg.errors import ForeignKeyViolation

from artel.calendar_sync.queries import SourceRow
from artel.calendar_sync.rules import CHANNEL
from artel.db.pool import Connection
from artel.operations import audit


async def part(conn: Connection, source: SourceRow, *, actor_id: int | None, now: datetime) -> None:
    """End the sync with a locked source: what came from it goes, what was given to it stays there as it is.

    The worker then says goodbye at the other side: it stops the channel, and gives the account's tokens back where
    this was the last calendar of it.
    Source: "Disconnect an external calendar import and stop the sync".
    """
    await part_all(conn, [source.id], actor_id=actor_id, now=now)


async def part_calendar(conn: Connection, calendar_id: int, *, actor_id: int | None, now: datetime) -> None:
    """The same for every source of a calendar that is deleted."""
    cursor = await conn.execute(
        """
        SELECT id
        FROM calendar_source
        WHERE calendar_id = %(calendar)s AND deleted_at IS NULL
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        {"calendar": calendar_id},
    )
    await part_all(conn, [row[0] for row in await cursor.fetchall()], actor_id=actor_id, now=now)


async def part_all(conn: Connection, source_ids: list[int], *, actor_id: int | None, now: datetime) -> None:
    """`source_ids` are locked, and of one person."""
    await remove_imported(conn, source_ids, now=now)
    # Only Google has something to be told; of the others nothing is kept that could be used again.
    await conn.execute(
        """
        UPDATE calendar_source
        SET deleted_at = %(now)s, updated_at = %(now)s, failures = 0, credentials = NULL, sync_token = NULL,
            leased_until = NULL,
            next_sync_at = CASE WHEN kind = 'google' THEN %(now)s::timestamptz END
        WHERE id = ANY(%(sources)s)
        """,
        {"sources": source_ids, "now": now},
    )
    await conn.execute("DELETE FROM calendar_source_item WHERE source_id = ANY(%(sources)s)", {"sources": source_ids})
    await conn.execute(
        """
        UPDATE google_account AS a
        SET deleted_at = %(now)s, updated_at = %(now)s, next_list_at = NULL
        WHERE a.id IN (SELECT account_id FROM calendar_source WHERE id = ANY(%(sources)s))
            AND a.deleted_at IS NULL
            AND NOT EXISTS (SELECT FROM calendar_source AS s WHERE s.account_id = a.id AND s.deleted_at IS NULL)
        """,
        {"sources": source_ids, "now": now},
    )
    await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})
    await audit.record_many(
        conn,
        [
            audit.Entry(
                action="calendar_source.parted",
                subject="calendar_source",
                subject_id=source_id,
                actor_id=actor_id,
                company_id=None,
                facts={},
            )
            for source_id in source_ids
        ],
        now=now,
    )


async def remove_imported(conn: Connection, source_ids: list[int], *, now: datetime) -> None:
    """Every event that came from these sources, and the time that it took."""
    cursor = await conn.execute(
        "SELECT id FROM calendar_event WHERE source_id = ANY(%(sources)s) AND deleted_at IS NULL",
        {"sources": source_ids},
    )
    await remove_events(conn, [row[0] for row in await cursor.fetchall()], now=now)


async def remove_events(conn: Connection, event_ids: list[int], *, now: datetime) -> None:
    """Take imported events away. One that somebody has referred to meanwhile (a comment below it) stays, as deleted."""
    if not event_ids:
        return
    values = {"events": event_ids, "now": now}
    await conn.execute("DELETE FROM busy_span WHERE event_id = ANY(%(events)s)", values)
    try:
        async with conn.transaction():
            await conn.execute("DELETE FROM calendar_event WHERE id = ANY(%(events)s)", values)
    except ForeignKeyViolation:
        await conn.execute(
            "UPDATE calendar_event SET deleted_at = %(now)s, updated_at = %(now)s WHERE id = ANY(%(events)s)", values
        )
