"""Settling ordered payments, a batch at a time: everything here is set-based, whatever the batch's size.

A task is settled once. Its row in `settlement` is locked together with the task, other workers skip it, and it is
gone with the commit that pays. The ledger's key, one a task for ever, would refuse a second time anyway.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.documents.paid_tasks import note_paid_tasks
from artel.ledger import rules as books
from artel.ledger.rules import Declined
from artel.payouts.automatic_queue import queue_automatic_payouts
from artel.tasks.escrow import INSUFFICIENT_FUNDS, PAYMENT_FAILED
from artel.tasks.machine import SYSTEM, Verb, step_of
from artel.tasks.queries import SELECT_TASK, TaskRow
from artel.tasks.steps import take_steps
from artel.tasks.transfers import payment_return_of, settlement_of

# After so many failures of the program the task goes back to its client.
LAST_ATTEMPT = 5


class Queued(msgspec.Struct, frozen=True):
    """A claimed row of the queue."""

    task_id: int
    step_id: int  # the step that queued it
    from_held: Decimal
    attempts: int


async def claim_fresh(conn: Connection, *, limit: int, now: datetime) -> list[Queued]:
    """Take payments that nothing has gone wrong with yet, oldest first."""
    return await fetch_all(
        conn,
        Queued,
        """
        WITH due AS (
            SELECT s.task_id
            FROM settlement AS s
            JOIN task AS t ON t.id = s.task_id
            WHERE s.attempts = 0 AND s.due_at <= %(now)s
            ORDER BY s.due_at
            LIMIT %(limit)s
            FOR NO KEY UPDATE OF s, t SKIP LOCKED
        )
        DELETE FROM settlement AS s
        USING due
        WHERE s.task_id = due.task_id
        RETURNING s.task_id, s.step_id, s.from_held, s.attempts
        """,
        {"now": now, "limit": limit},
    )


async def claim_failed(conn: Connection, *, now: datetime) -> list[Queued]:
    """Take one payment that failed before: alone, so that it spoils nobody else's batch."""
    return await fetch_all(
        conn,
        Queued,
        """
        WITH due AS (
            SELECT s.task_id
            FROM settlement AS s
            JOIN task AS t ON t.id = s.task_id
            WHERE s.attempts > 0 AND s.due_at <= %(now)s
            ORDER BY s.due_at
            LIMIT 1
            FOR NO KEY UPDATE OF s, t SKIP LOCKED
        )
        DELETE FROM settlement AS s
        USING due
        WHERE s.task_id = due.task_id
        RETURNING s.task_id, s.step_id, s.from_held, s.attempts
        """,
        {"now": now},
    )


async def settle(conn: Connection, queued: Sequence[Queued], *, now: datetime) -> None:
    """Pay claimed tasks: company pays, freelancer is credited, commission and tax are booked; the task is finished.

    One that the ledger refuses goes back to its client, with its money where it was.
    """
    tasks = await queued_tasks(conn, queued)
    outcomes = await books.post_many(conn, [settlement_of(task, now=now) for task in tasks])
    refused = {
        task.id: outcome.error.code
        for task, outcome in zip(tasks, outcomes, strict=True)
        if isinstance(outcome, Declined)
    }
    paid = [task for task in tasks if task.id not in refused]
    if paid:
        await take_steps(conn, [step_of(task, Verb.SETTLE, by=SYSTEM) for task in paid], now=now)
        await note_paid_tasks(conn, [task.id for task in paid], [task.company_id for task in paid], now=now)
        await queue_automatic_payouts(conn, [task.id for task in paid], now=now)
    if refused:
        failed = [task for task in tasks if task.id in refused]
        await give_back(conn, failed, queued, refused=refused, now=now)


async def give_up(conn: Connection, queued: Sequence[Queued], *, now: datetime) -> None:
    """Send claimed tasks back to their clients without trying again."""
    await give_back(conn, await queued_tasks(conn, queued), queued, refused={}, now=now)


async def give_back(
    conn: Connection, tasks: Sequence[TaskRow], queued: Sequence[Queued], *, refused: dict[int, str], now: datetime
) -> None:
    """The money back to where it was, the task back to state 4 with its issue code.

    Where not even that can be booked (somebody reversed the payment by hand), nothing is held for the task.
    """
    origin = {row.task_id: row for row in queued}
    outcomes = await books.post_many(
        conn,
        [
            payment_return_of(task, from_held=origin[task.id].from_held, step_id=origin[task.id].step_id, now=now)
            for task in tasks
        ],
    )
    steps = [
        step_of(
            task,
            Verb.FAIL,
            by=SYSTEM,
            held=Decimal(0) if isinstance(outcome, Declined) else origin[task.id].from_held,
            issue_code=INSUFFICIENT_FUNDS if refused.get(task.id) == INSUFFICIENT_FUNDS else PAYMENT_FAILED,
        )
        for task, outcome in zip(tasks, outcomes, strict=True)
    ]
    await take_steps(conn, steps, now=now)


async def queued_tasks(conn: Connection, queued: Sequence[Queued]) -> list[TaskRow]:
    """The claimed tasks; the claim has locked them."""
    return await fetch_all(
        conn,
        TaskRow,
        SELECT_TASK + "WHERE t.id = ANY(%(ids)s::bigint[]) ORDER BY t.id",
        {"ids": [row.task_id for row in queued]},
    )


async def note_failure(conn: Connection, queued: Sequence[Queued], *, error: str, now: datetime) -> None:
    """After a batch was undone by a mistake in the program: each of its tasks is tried alone, later and later."""
    await conn.execute(
        """
        UPDATE settlement
        SET attempts = attempts + 1,
            due_at = %(now)s + %(pause)s * power(2, attempts),
            last_error = left(%(error)s, 500)
        WHERE task_id = ANY(%(ids)s::bigint[])
        """,
        {"ids": [row.task_id for row in queued], "error": error, "now": now, "pause": timedelta(seconds=1)},
    )


async def next_due(conn: Connection) -> datetime | None:
    """When the earliest payment waiting is due."""
    due: datetime | None = await fetch_value(
        conn,
        """
        SELECT least(
            (SELECT min(due_at) FROM settlement WHERE attempts = 0),
            (SELECT min(due_at) FROM settlement WHERE attempts > 0)
        )
        """,
    )
    return due
