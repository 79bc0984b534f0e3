"""kill -9 of real worker processes while they settle: at each step, and at any moment. Every task ends paid, once."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.tasks import payment
from artel.tasks.machine import State
from artel.tasks.queries import TaskRow
from tests.tasks.cast import Desk
from tests.tasks.conftest import OpenDesk

ROOT = Path(__file__).parent.parent.parent
TIMEOUT_S = 60
# Whoever holds one of these stops a worker at that statement of its transaction, in this order.
STEPS = ("settlement", "transfer", "posting", "task_step", "audit", "event")
ROUNDS = 3
RANDOM_KILLS = 4


class Workers:
    """Worker processes of one test."""

    def __init__(self, url: str, home: Path) -> None:
        self.url = url
        self.home = home
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.tasks.worker_process", self.url, str(self.home)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def kill_all(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
async def workers(database_url: str, tmp_path: Path) -> AsyncIterator[Workers]:
    started = Workers(database_url, tmp_path)
    yield started
    started.kill_all()


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    end = time.monotonic() + TIMEOUT_S
    while not await condition():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)


async def order(desk: Desk, count: int) -> list[TaskRow]:
    tasks = [await desk.task(State.NEW) for _ in range(count)]
    for task in tasks:
        await desk.take(task, payment.quick_pay_task)
    return tasks


async def test_killed_at_each_step(
    open_a_desk: OpenDesk, workers: Workers, database: Database, conn: Connection
) -> None:
    desk = await open_a_desk(money="100000", escrow="on_task_create")

    async def nothing_is_queued() -> bool:
        return await fetch_value(conn, "SELECT count(*) FROM settlement") == 0

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

    async def is_stopped_idle() -> bool:
        """A worker stopped inside a transaction would keep its locks, and the test from its own."""
        worker.send_signal(signal.SIGSTOP)
        if await nobody_is_busy():
            return True
        worker.send_signal(signal.SIGCONT)
        return False

    await order(desk, 1)
    worker = workers.start()
    await until(nothing_is_queued, "the first worker settles")
    paid = 1
    for step in STEPS * ROUNDS:
        await until(is_stopped_idle, "the worker rests")
        tasks = await order(desk, 5)
        async with database.transaction() as blocker:
            await blocker.execute("SET LOCAL lock_timeout = '20s'")
            await blocker.execute(f"LOCK TABLE {step} IN ACCESS EXCLUSIVE MODE")  # type: ignore[arg-type]
            worker.send_signal(signal.SIGCONT)
            await until(a_worker_is_stopped, f"a worker comes to {step}")
            worker.kill()
            worker.wait()
        await until(nobody_is_busy, "what the dead worker left is undone")
        assert {(await desk.look(task)).state for task in tasks} == {State.QUEUED}, step
        assert await desk.balances() == (100000 - 110 * (paid + 5), 0, 550)
        await desk.verify()
        worker = workers.start()
        await until(nothing_is_queued, f"the next worker settles after a death at {step}")
        paid += 5
        assert {(await desk.look(task)).state for task in tasks} == {State.FINISHED}, step
        assert await desk.balances() == (100000 - 110 * paid, 0, 0)
        await desk.verify()
    await each_task_is_paid_once(conn)


async def test_killed_at_any_moment(open_a_desk: OpenDesk, workers: Workers, conn: Connection) -> None:
    """Two workers, payments ordered all the time, one worker after the other killed and replaced."""
    desk = await open_a_desk(money="100000")
    ordering = asyncio.create_task(order_for_a_while(desk))
    alive = [workers.start(), workers.start()]
    chance = random.Random(4713)
    for _ in range(RANDOM_KILLS):
        await asyncio.sleep(chance.uniform(0.5, 2.5))
        victim = alive.pop(0)
        victim.kill()
        alive.append(workers.start())
    ordered = await ordering

    async def all_settled() -> bool:
        return await fetch_value(conn, "SELECT count(*) FROM task WHERE state <> 5") == 0

    await until(all_settled, "every payment is settled")
    assert await desk.balances() == (100000 - 110 * ordered, 0, 0)
    await desk.verify()
    await each_task_is_paid_once(conn)


async def order_for_a_while(desk: Desk) -> int:
    end, ordered = time.monotonic() + 6, 0
    while time.monotonic() < end:
        await order(desk, 3)
        ordered += 3
    return ordered


async def each_task_is_paid_once(conn: Connection) -> None:
    cursor = await conn.execute(
        """
        SELECT t.id
        FROM task AS t
        WHERE t.state <> 5
            OR (SELECT count(*) FROM task_step AS s WHERE s.task_id = t.id AND s.to_state = 5) <> 1
            OR (SELECT count(*) FROM transfer AS f WHERE f.subject_id = t.id AND f.kind = 'task_settlement') <> 1
            OR (SELECT count(*) FROM event AS e WHERE e.payload ->> 'uuid' = t.uuid::text
                AND e.payload ->> 'state' = '5') <> 1
        """
    )
    assert await cursor.fetchall() == []
