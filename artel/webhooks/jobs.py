"""What is forgotten of web hooks from time to time."""

from datetime import datetime, timedelta

from procrastinate import JobContext

from artel import clock
from artel.db.pool import Connection
from artel.operations.queue import queue, workshop_of

# Long enough to look into what went wrong last month.
KEEP_DELIVERIES = timedelta(days=30)
# Each batch is a transaction of its own: deleting holds nobody up.
BATCH = 1000


@queue.periodic(cron="23 * * * *")
@queue.task(name="forget_deliveries", pass_context=True)
async def forget(context: JobContext, timestamp: int) -> None:
    database = workshop_of(context).database
    more = True
    while more:
        async with database.transaction() as conn:
            more = await forget_deliveries(conn, now=clock.now()) == BATCH


async def forget_deliveries(conn: Connection, *, now: datetime) -> int:
    """Delete a batch of deliveries made over KEEP_DELIVERIES ago that wait for nothing; how many there were."""
    cursor = await conn.execute(
        """
        DELETE FROM web_hook_delivery
        WHERE id IN (
            SELECT id
            FROM web_hook_delivery
            WHERE created_at < %(before)s AND due_at IS NULL
            ORDER BY created_at
            LIMIT %(batch)s
            FOR UPDATE SKIP LOCKED
        )
        """,
        {"before": now - KEEP_DELIVERIES, "batch": BATCH},
    )
    return cursor.rowcount
