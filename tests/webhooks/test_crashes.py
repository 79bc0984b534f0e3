"""kill -9 of a worker around a call: the receiver may be told twice, under one id, and is never left untold."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.webhooks.attempts import LEASE_S
from tests.waiting import until
from tests.webhooks.cast import deliveries, happen
from tests.webhooks.receiver import Receiver, Reply

ROOT = Path(__file__).parent.parent.parent
EVENTS = 12


class Workers:
    """Worker processes, one at a time, each living so much later that the last one's calls are taken for lost."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.offset_s = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.webhooks.worker_process", self.database_url, str(self.offset_s)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        self.offset_s += LEASE_S + 5

    def kill(self) -> None:
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def workers(database_url: str) -> Iterator[Workers]:
    made = Workers(database_url)
    yield made
    made.kill()


async def all_delivered(conn: Connection) -> bool:
    return {row.state for row in await deliveries(conn)} == {"delivered"}


async def test_killed_before_the_answer(conn: Connection, owner: Member, receiver: Receiver, workers: Workers) -> None:
    """The receiver has the message, the worker dies waiting for its answer."""
    receiver.answer = lambda _: Reply(delay_s=5)
    await happen(conn, owner, EVENTS)
    workers.start()
    await until(lambda: len(receiver.received) >= 4, timeout_s=60)
    workers.kill()
    told = set(receiver.ids())
    assert not await all_delivered(conn)
    receiver.answer = lambda _: Reply()
    workers.start()
    await until(lambda: all_delivered(conn), timeout_s=60)
    assert len(set(receiver.ids())) == EVENTS
    twice = [one for one in set(receiver.ids()) if receiver.ids().count(one) == 2]
    assert set(twice) == told
    assert len(receiver.received) == EVENTS + len(told)
    assert_that_repeats_say_the_same(receiver)


async def test_killed_between_sending_and_noting(
    database: Database, conn: Connection, owner: Member, receiver: Receiver, workers: Workers
) -> None:
    """The receiver has said 200; the worker waits for the hook's row, which this test holds, and dies."""
    await happen(conn, owner, EVENTS)
    async with contextlib.AsyncExitStack() as held:
        other = await held.enter_async_context(database.transaction())
        await other.execute("SELECT FROM web_hook FOR NO KEY UPDATE")
        workers.start()
        await until(lambda: len(receiver.received) >= 4, timeout_s=60)
        await until(lambda: waits_for_a_lock(conn))
        workers.kill()
    told = set(receiver.ids())
    rows = await deliveries(conn)
    assert {row.state for row in rows} == {"waiting"}
    assert sum(row.attempts for row in rows) == len(told)
    workers.start()
    await until(lambda: all_delivered(conn), timeout_s=60)
    assert len(set(receiver.ids())) == EVENTS
    assert {one for one in receiver.ids() if receiver.ids().count(one) > 1} == told
    assert max(receiver.ids().count(one) for one in told) == 2
    assert_that_repeats_say_the_same(receiver)


async def test_killed_again_and_again(conn: Connection, owner: Member, receiver: Receiver, workers: Workers) -> None:
    """At moments nobody chose."""
    receiver.answer = lambda _: Reply(delay_s=0.05)
    for round_number in range(5):
        await happen(conn, owner, 40)
        workers.start()
        told = len(receiver.received)
        await until(lambda told=told, n=round_number: len(receiver.received) > told + 3 * n, timeout_s=60)
        workers.kill()
    workers.start()
    await until(lambda: all_delivered(conn), timeout_s=60)
    assert len(set(receiver.ids())) == 200
    assert_that_repeats_say_the_same(receiver)


def assert_that_repeats_say_the_same(receiver: Receiver) -> None:
    assert len({(one.id, one.body) for one in receiver.received}) == len(set(receiver.ids()))


async def waits_for_a_lock(conn: Connection) -> bool:
    cursor = await conn.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid())")
    row = await cursor.fetchone()
    return row is not None and bool(row[0])
