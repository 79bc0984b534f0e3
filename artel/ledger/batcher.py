"""Single posts that arrive together share one round trip and one commit.

A hot account is relieved by batching, not by locks: 64 callers who pay from one company at once cost it one
commit instead of 64.
"""

import asyncio
import contextlib
import os
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from psycopg_pool import PoolTimeout

from artel.db.pool import Connection, Database
from artel.ledger.accounts import Transfer
from artel.ledger.errors import LedgerUnavailable, OutcomeUnknown
from artel.ledger.rules import Declined, Outcome, post_many

FIRST_PAUSE_S = 0.01
LONGEST_PAUSE_S = 0.5
# Of a transaction that others got in the way of; it was undone and may be tried again.
COLLISIONS = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.UniqueViolation,
)
TRIES_AFTER_COLLISION = 5
END_WITHIN_MS = 5000


class Waiting(NamedTuple):
    """A transfer and the caller who waits for what becomes of it."""

    transfer: Transfer
    future: asyncio.Future[Outcome]


class Backend(NamedTuple):
    """The server process at the other end of a connection."""

    pid: int
    started_at: datetime


class LedgerQueue:
    """Posts transfers of many callers in batches, on connections of its own.

    Two lanes: while the database works on one batch, the next is put together. Transfers that wait at the
    same time are posted in any order; who needs one after another awaits the first.
    """

    def __init__(
        self,
        database: Database,
        *,
        lanes: int = 2,
        batch_size: int = 256,
        answer_within_s: float = 10.0,
        patience_s: float = 30.0,
    ) -> None:
        """`answer_within_s`: how long a batch may take before its connection counts as lost.

        `patience_s`: how long a lost database is looked for before the callers are told that nobody knows.
        """
        self._database = database
        self._lane_limit = lanes
        self._batch_size = batch_size
        self._answer_within_s = answer_within_s
        self._patience_s = patience_s
        self._waiting: deque[Waiting] = deque()
        self._in_flight = 0
        self._resting = 0
        self._lanes: set[asyncio.Task[None]] = set()
        self._backends: WeakKeyDictionary[Connection, Backend] = WeakKeyDictionary()

    async def post(self, transfer: Transfer) -> int:
        """Post one transfer, committed when this returns its id. The same key moves money once.

        Refuses as rules.post does. Raises LedgerUnavailable where it was not sent for want of a database, and
        OutcomeUnknown where it was and nobody could be asked about it since. A caller that is cancelled while
        it waits leaves the truth in the database: the transfer was posted or not, and the key tells.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(transfer, future))
        if not self._resting and len(self._lanes) < self._lane_limit:
            lane = asyncio.create_task(self._work())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        outcome = await future
        if isinstance(outcome, Declined):
            raise outcome.error
        return outcome.transfer_id

    async def close(self) -> None:
        """Wait until everything that was given has been posted or refused."""
        while self._lanes:
            await asyncio.wait(self._lanes)

    async def _work(self) -> None:
        """One lane: batch after batch while anybody waits."""
        while batch := self._take():
            self._in_flight += len(batch)
            try:
                await self._settle(batch)
            finally:
                self._in_flight -= len(batch)
                for waiting in batch:
                    if not waiting.future.done():
                        waiting.future.set_exception(OutcomeUnknown(waiting.transfer.key))
            # Those just answered get their turn, and often come back with the next transfer.
            self._resting += 1
            await asyncio.sleep(0)
            self._resting -= 1

    def _take(self) -> list[Waiting]:
        """This lane's share of all that is under way, without the callers who have left."""
        under_way = len(self._waiting) + self._in_flight
        share = min(self._batch_size, -(-under_way // self._lane_limit))
        batch: list[Waiting] = []
        while self._waiting and len(batch) < share:
            waiting = self._waiting.popleft()
            if not waiting.future.done():
                batch.append(waiting)
        return batch

    async def _settle(self, batch: Sequence[Waiting], *, tries: int = TRIES_AFTER_COLLISION) -> None:
        """Post a batch and tell its callers, however often the connection is lost on the way.

        A lost connection leaves the outcome open: the server may have committed, or be about to. So the
        process that had the batch is ended first; only then is the batch given again. By its keys the
        database tells what is in the books from what is not, and nothing of it is posted behind our back.
        """
        deadline = asyncio.get_running_loop().time() + self._patience_s
        pause_s = FIRST_PAUSE_S
        was_sent = False
        doubtful: Backend | None = None
        while True:
            try:
                async with AsyncExitStack() as stack:
                    async with asyncio.timeout_at(deadline):
                        conn = await stack.enter_async_context(self._database.connection())
                    stack.enter_context(cut_after(conn, self._answer_within_s))
                    backend = await self._backend_of(conn)
                    if doubtful:
                        await end_backend(conn, doubtful)
                    was_sent, doubtful = True, backend
                    try:
                        outcomes = await post_many(conn, [waiting.transfer for waiting in batch])
                    except psycopg.Error as error:
                        if is_lost(conn, error):
                            raise
                        return await self._settle_undone(batch, error, tries)
            except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError):
                if asyncio.get_running_loop().time() + pause_s > deadline:
                    return give_up(batch, OutcomeUnknown if was_sent else LedgerUnavailable)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            else:
                for waiting, outcome in zip(batch, outcomes, strict=True):
                    if not waiting.future.done():
                        waiting.future.set_result(outcome)
                return None

    async def _settle_undone(self, batch: Sequence[Waiting], error: psycopg.Error, tries: int) -> None:
        """The server itself undid the batch: one transfer is to blame, the others must not suffer."""
        if len(batch) > 1:
            for waiting in batch:
                await self._settle([waiting])
        elif tries and isinstance(error, COLLISIONS):
            await self._settle(batch, tries=tries - 1)
        elif not batch[0].future.done():
            batch[0].future.set_exception(error)

    async def _backend_of(self, conn: Connection) -> Backend:
        """Asked once in a connection's life."""
        backend = self._backends.get(conn)
        if backend is None:
            cursor = await conn.execute("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
            row = await cursor.fetchone()
            assert row is not None
            backend = self._backends[conn] = Backend(*row)
        return backend


def give_up(batch: Sequence[Waiting], reason: type[OutcomeUnknown | LedgerUnavailable]) -> None:
    for waiting in batch:
        if not waiting.future.done():
            waiting.future.set_exception(reason(waiting.transfer.key))


async def end_backend(conn: Connection, backend: Backend) -> None:
    """End a server process and wait until it is gone: whatever it had is committed or undone by then."""
    cursor = await conn.execute(
        """
        SELECT pg_terminate_backend(pid, %(wait_ms)s)
        FROM pg_stat_activity
        WHERE pid = %(pid)s
          AND backend_start = %(started_at)s
        """,
        {"pid": backend.pid, "started_at": backend.started_at, "wait_ms": END_WITHIN_MS},
    )
    row = await cursor.fetchone()
    if row is not None and not row[0]:
        raise psycopg.OperationalError(f"server process {backend.pid} does not end")


def is_lost(conn: Connection, error: psycopg.Error) -> bool:
    """Whether the connection is gone, or about to be: what was asked may have been done."""
    return conn.closed or (error.sqlstate or "").startswith(("08", "57P"))


@contextmanager
def cut_after(conn: Connection, seconds: float) -> Iterator[None]:
    """Cut the connection's socket when the block takes longer: no answer becomes a lost connection.

    Cancelling would not do: psycopg then waits for the server to confirm it.
    """
    timer = asyncio.get_running_loop().call_later(seconds, cut, conn.fileno())
    try:
        yield
    finally:
        timer.cancel()


def cut(descriptor: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as held:
        held.shutdown(socket.SHUT_RDWR)
