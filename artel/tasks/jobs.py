"""The worker's part in tasks: settling payments, passing deadlines."""

from datetime import datetime

import psycopg

from artel.db.pool import Database
from artel.logs import log
from artel.operations.due import DueLoop, Worked
from artel.tasks import deadlines, settlement
from artel.tasks.payment import SETTLEMENT_CHANNEL
from artel.tasks.settlement import LAST_ATTEMPT, Queued

# Large enough that the commit's cost is shared, small enough that a client's own payment need not wait long.
BATCH = 200
DEADLINES_CHANNEL = "artel_deadlines"


async def settle_due(database: Database, now: datetime) -> Worked:
    """Settle a batch of payments, and one of those that failed before."""
    count = await settle_fresh(database, now)
    count += await settle_failed(database, now)
    async with database.connection() as conn:
        return Worked(count, await settlement.next_due(conn))


async def settle_fresh(database: Database, now: datetime, *, limit: int = BATCH) -> int:
    """A batch, all or nothing. One task that the program cannot settle makes all of the batch try alone."""
    queued: list[Queued] = []
    try:
        async with database.transaction() as conn:
            queued = await settlement.claim_fresh(conn, limit=limit, now=now)
            if queued:
                await settlement.settle(conn, queued, now=now)
    except psycopg.OperationalError:
        raise  # the database is away or overtaxed: nobody's task is to blame
    except Exception as error:
        await note_failure(database, queued, error, now)
    return len(queued)


async def settle_failed(database: Database, now: datetime) -> int:
    """One task that failed before; after the last attempt it goes back to its client."""
    queued: list[Queued] = []
    try:
        async with database.transaction() as conn:
            queued = await settlement.claim_failed(conn, now=now)
            if queued and queued[0].attempts >= LAST_ATTEMPT:
                await settlement.give_up(conn, queued, now=now)
            elif queued:
                await settlement.settle(conn, queued, now=now)
    except psycopg.OperationalError:
        raise
    except Exception as error:
        await note_failure(database, queued, error, now)
    return len(queued)


async def note_failure(database: Database, queued: list[Queued], error: Exception, now: datetime) -> None:
    if not queued:
        raise error
    log.error("settling failed", tasks=[row.task_id for row in queued], reason=str(error), exc_info=error)
    async with database.transaction() as conn:
        await settlement.note_failure(conn, queued, error=str(error), now=now)


async def pass_due_deadlines(database: Database, now: datetime) -> Worked:
    """A batch of passed deadlines, and one of tasks to close."""
    async with database.transaction() as conn:
        count = await deadlines.pass_deadlines(conn, limit=BATCH, now=now)
    async with database.transaction() as conn:
        count += await deadlines.close_undecided(conn, limit=BATCH, now=now)
    async with database.connection() as conn:
        return Worked(count, await deadlines.next_due(conn))


SETTLEMENT = DueLoop("settlement", SETTLEMENT_CHANNEL, settle_due)
DEADLINES = DueLoop("deadlines", DEADLINES_CHANNEL, pass_due_deadlines)
