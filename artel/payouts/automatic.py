"""Payouts that nobody has to ask for: of each paid task, where its freelancer chose an endpoint for it ("autoPay").

The rule is the one that a company's call follows (operation 41). A row of the queue is locked together with its task
and goes with the commit that makes the payout, so a worker that dies leaves both as they were, and two workers never
have one task in hand.
"""

from datetime import datetime, timedelta

import msgspec
import psycopg

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_one, fetch_value
from artel.errors import Refused
from artel.logs import log
from artel.operations import audit
from artel.operations.due import DueLoop, Worked
from artel.payouts.automatic_queue import CHANNEL
from artel.payouts.rails import Rail
from artel.payouts.rules import pay_out_task
from artel.tasks.queries import SELECT_TASK, TaskRow

BATCH = 50
FIRST_PAUSE = timedelta(seconds=5)  # each next one is twice as long
LONGEST_PAUSE = timedelta(hours=1)


class _Chosen(msgspec.Struct):
    id: int
    type: int


class _Claimed(msgspec.Struct):
    task_id: int


def automatic_payout_loop(rail: Rail) -> DueLoop:
    """The worker's loop over paid tasks whose payout makes itself."""

    async def claim_and_run(database: Database, now: datetime) -> Worked:
        count = 0
        while count < BATCH and await make_next_payout(database, rail, now):
            count += 1
        async with database.connection() as conn:
            due: datetime | None = await fetch_value(conn, "SELECT min(due_at) FROM automatic_payout")
            return Worked(count, due)

    return DueLoop("automatic payouts", CHANNEL, claim_and_run)


async def make_next_payout(database: Database, rail: Rail, now: datetime) -> bool:
    """Make the payout of one task that is due; whether there was one.

    A failure of the program is noted, and the task is tried again later, for as long as it takes.
    """
    task: TaskRow | None = None
    try:
        async with database.transaction() as conn:
            task = await claim_task(conn, now=now)
            if task is not None:
                await pay_out_by_itself(conn, task, rail, now=now)
    except psycopg.OperationalError:
        raise  # the database is away or overtaxed: no task is to blame
    except Exception as error:
        if task is None:
            raise
        log.error("automatic payout failed", task=task.id, reason=str(error), exc_info=error)
        async with database.transaction() as conn:
            await note_failure(conn, task.id, error=str(error), now=now)
    return task is not None


async def claim_task(conn: Connection, *, now: datetime) -> TaskRow | None:
    """Take the longest due task out of the queue, locked for this transaction. None: nothing is due."""
    claimed = await fetch_one(
        conn,
        _Claimed,
        """
        WITH due AS (
            SELECT a.task_id
            FROM automatic_payout AS a
            JOIN task AS t ON t.id = a.task_id
            WHERE a.due_at <= %(now)s
            ORDER BY a.due_at
            LIMIT 1
            FOR NO KEY UPDATE OF a, t SKIP LOCKED
        )
        DELETE FROM automatic_payout AS a
        USING due
        WHERE a.task_id = due.task_id
        RETURNING a.task_id
        """,
        {"now": now},
    )
    if claimed is None:
        return None
    return await fetch_one(conn, TaskRow, SELECT_TASK + "WHERE t.id = %(id)s", {"id": claimed.task_id})


async def pay_out_by_itself(conn: Connection, task: TaskRow, rail: Rail, *, now: datetime) -> None:
    """Pay a task out to where its freelancer wants it by now; to nowhere, where they changed their mind.

    What the rule refuses would be refused again: the money stays on the balance, the audit trail says why, and the
    company can still make the payout by a call.
    """
    chosen = await fetch_one(
        conn,
        _Chosen,
        "SELECT id, type FROM payout_endpoint WHERE freelancer_id = %(freelancer)s AND auto_pay FOR SHARE",
        {"freelancer": task.freelancer_id},
    )
    if chosen is None:
        return
    try:
        async with conn.transaction():
            await pay_out_task(
                conn, task, endpoint_type=chosen.type, endpoint_id=chosen.id, rail=rail, actor_id=None, now=now
            )
    except Refused as refusal:
        log.warning("automatic payout refused", task=task.id, reason=refusal.code)
        await audit.record(
            conn,
            "payout.automatic_refused",
            subject="task",
            subject_id=task.id,
            actor_id=None,
            company_id=task.company_id,
            now=now,
            reason=refusal.code,
        )


async def note_failure(conn: Connection, task_id: int, *, error: str, now: datetime) -> None:
    await conn.execute(
        """
        UPDATE automatic_payout
        SET attempts = attempts + 1,
            due_at = %(now)s + least(%(first)s * power(2, least(attempts, 20)), %(longest)s),
            last_error = left(%(error)s, 500)
        WHERE task_id = %(task)s
        """,
        {"task": task_id, "error": error, "now": now, "first": FIRST_PAUSE, "longest": LONGEST_PAUSE},
    )
