"""What operations forget from time to time."""

from datetime import datetime, timedelta

from procrastinate import JobContext

from artel import clock
from artel.db.pool import Connection
from artel.operations.queue import queue, workshop_of

# A client that repeats a request does so within minutes; a week covers one that was switched off over a holiday.
KEEP_REPLIES = timedelta(days=7)
# Each batch is a transaction of its own, so that no call waits for a key that is being deleted.
BATCH = 1000


@queue.periodic(cron="41 * * * *")
@queue.task(name="forget_replies", pass_context=True)
async def forget(context: JobContext, timestamp: int) -> None:
    database = workshop_of(context).database
    more = True
    while more:
        async with database.transaction() as conn:
            more = await forget_replies(conn, now=clock.now()) == BATCH


async def forget_replies(conn: Connection, *, now: datetime) -> int:
    """Delete a batch of the replies kept for an Idempotency-Key for longer than KEEP_REPLIES; how many there were."""
    cursor = await conn.execute(
        """
        DELETE FROM idempotency_key
        WHERE (scope, key) IN (
            SELECT scope, key
            FROM idempotency_key
            WHERE created_at < %(before)s
            ORDER BY created_at
            LIMIT %(batch)s
            FOR UPDATE SKIP LOCKED
        )
        """,
        {"before": now - KEEP_REPLIES, "batch": BATCH},
    )
    return cursor.rowcount
