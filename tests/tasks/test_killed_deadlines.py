"""kill -9 of real worker processes while deadlines pass and tasks are closed: each step once, no money left held."""

import signal
from datetime import timedelta
from decimal import Decimal

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.tasks.deadlines import DECISION_TIME, HARD_DEADLINE, SOFT_DEADLINE, pass_deadlines
from artel.tasks.machine import State
from artel.tasks.queries import TaskRow
from tests.tasks.cast import Desk, open_desk
from tests.tasks.test_killed_workers import Workers, until, workers

__all__ = ["workers"]

# Whoever holds one of these stops a worker at that statement of its transaction, in this order.
STEPS = ("task_step", "audit", "event", "transfer", "posting")
D = Decimal


async def overdue(desk: Desk) -> list[TaskRow]:
    """Two of each: a hard deadline just passed, and a soft one that nobody decided about for 30 days."""
    then = desk.now
    tasks = []
    for deadline_type in (HARD_DEADLINE, SOFT_DEADLINE) * 2:
        tasks.append(await desk.task(State.IN_WORK, deadline=then + timedelta(hours=1), deadline_type=deadline_type))
    async with desk.database.transaction() as conn:
        await pass_deadlines(conn, limit=100, now=then + timedelta(hours=1))
    return tasks


async def test_killed_at_each_step(database: Database, conn: Connection, workers: Workers) -> None:
    """The worker lives in today's time; what it finds has waited for longer than it may."""
    then = clock.now() - DECISION_TIME - timedelta(days=1)
    desk = await open_desk(database, now=then, money="10000", escrow="on_task_create")

    async def a_worker_is_stopped() -> bool:
        return bool(await fetch_value(conn, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL"))

    async def nobody_is_busy() -> bool:
        return not await fetch_value(
            conn,
            """
            SELECT count(*)
            FROM pg_stat_activity
            WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()
            """,
        )

    async def all_closed() -> bool:
        return await fetch_value(conn, "SELECT count(*) FROM task WHERE state <> 15") == 0

    everything: list[TaskRow] = []
    for step in STEPS:
        tasks = await overdue(desk)
        everything += tasks
        # One that the worker finds in work: the pass to 14 is killed as well.
        fresh = await desk.task(State.IN_WORK, deadline=then + timedelta(hours=2), deadline_type=HARD_DEADLINE)
        async with database.transaction() as blocker:
            await blocker.execute("SET LOCAL lock_timeout = '20s'")
            await blocker.execute(f"LOCK TABLE {step} IN ACCESS EXCLUSIVE MODE")  # type: ignore[arg-type]
            worker = workers.start()
            await until(a_worker_is_stopped, f"a worker comes to {step}")
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        await until(nobody_is_busy, "what the dead worker left is undone")
        assert {(await desk.look(task)).state for task in tasks} == {State.DEADLINE_PASSED}, step
        assert (await desk.look(fresh)).state in {State.IN_WORK, State.DEADLINE_PASSED}
        assert await desk.balances() == (D(10000 - 550), D(550), D(0)), step
        await desk.verify()
        worker = workers.start()
        await until(all_closed, f"the next worker closes after a death at {step}")
        worker.kill()
        worker.wait()
        await until(nobody_is_busy, "the worker has gone")
        assert await desk.balances() == (D(10000), D(0), D(0)), step
        await desk.verify()
        everything.append(fresh)
    for task in everything:
        assert await desk.steps(task) == [(None, 1), (1, 2), (2, 14), (14, 15)]
    assert await fetch_value(conn, "SELECT count(*) FROM transfer WHERE kind = 'task_release'") == len(everything)
    closings = "SELECT count(*) FROM event WHERE name = 'taskStateChanged' AND payload ->> 'state' = '15'"
    assert await fetch_value(conn, closings) == len(everything)
