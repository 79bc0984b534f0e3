"""The clock's part in events: holds that run out, events whose time has passed."""

from datetime import datetime

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.events.holds import next_hold_end, sweep_holds
from artel.events.machine import Status
from artel.events.steps import close_events
from artel.operations.due import DueLoop, Worked

BATCH = 200
HOLDS_CHANNEL = "artel_holds"
PAST_EVENTS_CHANNEL = "artel_past_events"
PASSED = "its time has passed"


async def release_due_holds(database: Database, now: datetime) -> Worked:
    """A batch of holds that have run out."""
    async with database.transaction() as conn:
        count = await sweep_holds(conn, limit=BATCH, now=now)
    async with database.connection() as conn:
        return Worked(count, await next_hold_end(conn))


async def end_past_events(database: Database, now: datetime) -> Worked:
    """A batch of events that are over: missed where nobody confirmed them, else done."""
    async with database.transaction() as conn:
        count = await end_batch(conn, limit=BATCH, now=now)
    async with database.connection() as conn:
        return Worked(count, await next_event_end(conn))


async def end_batch(conn: Connection, *, limit: int, now: datetime) -> int:
    cursor = await conn.execute(
        """
        SELECT id, status_id
        FROM calendar_event
        WHERE status_id IN (100, 200) AND type_id = 1 AND deleted_at IS NULL AND creator_id IS NOT NULL
            AND ends_at <= %(now)s
        ORDER BY ends_at
        LIMIT %(limit)s
        FOR NO KEY UPDATE SKIP LOCKED
        """,
        {"limit": limit, "now": now},
    )
    over = await cursor.fetchall()
    for before, after in ((Status.PENDING, Status.MISSED), (Status.CONFIRMED, Status.DONE)):
        ids = [event_id for event_id, status in over if status == before]
        if ids:
            await close_events(conn, ids, to_status=after, actor_id=None, reason=PASSED, now=now)
    return len(over)


async def next_event_end(conn: Connection) -> datetime | None:
    end: datetime | None = await fetch_value(
        conn,
        """
        SELECT min(ends_at)
        FROM calendar_event
        WHERE status_id IN (100, 200) AND type_id = 1 AND deleted_at IS NULL AND creator_id IS NOT NULL
        """,
    )
    return end


HOLDS = DueLoop("holds", HOLDS_CHANNEL, release_due_holds)
PAST_EVENTS = DueLoop("past_events", PAST_EVENTS_CHANNEL, end_past_events)
