"""Deadlines that pass (customer-api.md "Tasks"): 1 and 2 to 14, and 14 to 15 when nobody decides."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.ledger import rules as books
from artel.ledger.rules import Declined
from artel.tasks.escrow import held_after
from artel.tasks.machine import SYSTEM, State, Verb, step_of
from artel.tasks.queries import SELECT_TASK, TaskRow
from artel.tasks.steps import take_steps
from artel.tasks.transfers import release_of

SOFT_DEADLINE = 1
HARD_DEADLINE = 2
# How long the client may think about a task whose soft deadline has passed. After a hard one: not at all.
DECISION_TIME = timedelta(days=30)


async def pass_deadlines(conn: Connection, *, limit: int, now: datetime) -> int:
    """Stop tasks whose deadline has passed; what is held stays held. Answers how many."""
    tasks = await fetch_all(
        conn,
        TaskRow,
        SELECT_TASK
        + """
        WHERE t.state IN (1, 2) AND t.deadline <= %(now)s
        ORDER BY t.deadline
        LIMIT %(limit)s
        FOR NO KEY UPDATE OF t SKIP LOCKED
        """,
        {"now": now, "limit": limit},
    )
    if tasks:
        await take_steps(conn, [step_of(task, Verb.EXPIRE, by=SYSTEM) for task in tasks], now=now)
    return len(tasks)


async def close_undecided(conn: Connection, *, limit: int, now: datetime) -> int:
    """Close tasks about which the client has not decided in time, and release what is held. Answers how many."""
    tasks = await fetch_all(
        conn,
        TaskRow,
        SELECT_TASK
        + """
        WHERE t.state = 14
            AND (t.deadline_type = 2 OR t.deadline_type IN (0, 1) AND t.state_changed_at <= %(latest)s)
        LIMIT %(limit)s
        FOR NO KEY UPDATE OF t SKIP LOCKED
        """,
        {"latest": now - DECISION_TIME, "limit": limit},
    )
    if not tasks:
        return 0
    steps = [
        step_of(
            task,
            Verb.CLOSE,
            by=SYSTEM,
            held=held_after(State.CLOSED_BY_DEADLINE, escrow=task.escrow, held=task.held, total=task.total),
        )
        for task in tasks
    ]
    step_ids = await take_steps(conn, steps, now=now)
    await release(conn, tasks, step_ids, now=now)
    return len(tasks)


async def release(conn: Connection, tasks: Sequence[TaskRow], step_ids: Sequence[int], *, now: datetime) -> None:
    transfers = [
        release_of(task, step_id=step_id, actor_id=None, now=now)
        for task, step_id in zip(tasks, step_ids, strict=True)
        if task.held
    ]
    for outcome in await books.post_many(conn, transfers):
        if isinstance(outcome, Declined):
            raise outcome.error


async def next_due(conn: Connection) -> datetime | None:
    """When the next deadline passes, or the next decision is due."""
    due: datetime | None = await fetch_value(
        conn,
        """
        SELECT least(
            (SELECT min(deadline) FROM task WHERE state IN (1, 2)),
            (SELECT min(state_changed_at) FROM task WHERE state = 14 AND deadline_type = 2),
            (SELECT min(state_changed_at) FROM task WHERE state = 14 AND deadline_type = 1) + %(decision)s,
            (SELECT min(state_changed_at) FROM task WHERE state = 14 AND deadline_type = 0) + %(decision)s
        )
        """,
        {"decision": DECISION_TIME},
    )
    return due
