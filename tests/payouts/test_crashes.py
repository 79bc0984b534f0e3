"""kill -9 of a worker at every step: no double payout, no money stuck (what must hold: crash safety).

A pause at a step is made from outside: a trigger of this test's database that waits for a lock this test holds, or
the provider that does not go on. Both leave the worker's program as it is.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.ledger.accounts import clearing, payouts_in_transit
from artel.ledger.queries import balance
from artel.payouts.rules import pay_out_task
from artel.tasks.queries import lock_task
from tests import databases
from tests.payouts.cast import (
    CARD,
    World,
    add_paid_task,
    assert_books_balance,
    balance_of,
    keep_endpoint,
)
from tests.payouts.http_rail import HttpRail
from tests.payouts.provider import outcome_of
from tests.payouts.provider_process import ROOT, assert_careful, running_provider

ROUNDS = 20
PAYOUTS_A_ROUND = 4  # one of each outcome
AMOUNT = Decimal("10.00")
STATUS = {"completed": 2, "declined": 3, "partial": 5, "slow": 2}
# "statement": killed before the transaction could commit. "commit": killed while it commits, which then counts, and
# the worker never learns of it. "received", "taken": the provider has been told, and pays or has paid; no reply came.
POINTS = (
    "statement claim",
    "statement attempt",
    "commit attempt",
    "received",
    "taken",
    "statement outcome",
    "commit outcome",
    "after outcome",
)
LOCK = 4242
PAUSES = """
CREATE TABLE pause_at (point text);
CREATE FUNCTION pause_here() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step text := CASE
        WHEN NEW.attempts > OLD.attempts THEN 'attempt'
        WHEN NEW.finished_at IS NOT NULL AND OLD.finished_at IS NULL THEN 'outcome'
        WHEN NEW.attempts = 0 THEN 'claim'
    END;
BEGIN
    IF EXISTS (SELECT FROM pause_at WHERE point = TG_ARGV[0] || ' ' || step) THEN
        PERFORM pg_advisory_xact_lock(4242);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pause_statement BEFORE UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION pause_here('statement');
CREATE CONSTRAINT TRIGGER pause_commit AFTER UPDATE ON payout DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pause_here('commit');
"""


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """A clone of its own: the triggers are for nobody else."""
    with databases.clone(server_url, template) as url:
        yield url


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[str]:
    with running_provider(tmp_path) as url:
        yield url


class Workers:
    """Worker processes, one at a time, each living a little later than the one before."""

    def __init__(self, database_url: str, provider_url: str) -> None:
        self.urls = database_url, provider_url
        self.offset_s = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.offset_s += 100
        command = [sys.executable, "-m", "tests.payouts.worker_process", *self.urls, str(self.offset_s)]
        self.process = subprocess.Popen(command, cwd=ROOT)

    def kill(self) -> None:
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
async def workers(database_url: str, provider: str) -> AsyncIterator[Workers]:
    workers = Workers(database_url, provider)
    yield workers
    workers.kill()


async def until(look: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for something to become true, a minute at most."""
    deadline = time.monotonic() + 60
    while not await look():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


class Stage:
    """Where the worker is made to stop."""

    def __init__(self, conn: Connection, http: httpx.AsyncClient) -> None:
        self.conn = conn
        self.http = http

    async def arm(self, point: str) -> None:
        if point in {"received", "taken"}:
            await self.http.post("/hold", json={"moment": point})
        elif point != "after outcome":
            await self.conn.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            await self.conn.execute("INSERT INTO pause_at VALUES (%s)", [point])

    async def has_stopped(self, point: str, payouts: list[int]) -> bool:
        if point in {"received", "taken"}:
            return bool((await self.http.get("/held")).json())
        if point == "after outcome":
            sql = "SELECT count(*) > 0 FROM payout WHERE id = ANY(%s) AND finished_at IS NOT NULL"
            cursor = await self.conn.execute(sql, [payouts])
        else:
            cursor = await self.conn.execute(
                "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [LOCK]
            )
        return bool((await cursor.fetchone() or [False])[0])

    async def disarm(self, point: str) -> None:
        if point in {"received", "taken"}:
            await self.http.post("/hold", json={"moment": None})
        elif point != "after outcome":
            await self.conn.execute("DELETE FROM pause_at")
            await self.conn.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


async def test_a_worker_killed_at_every_step(
    database: Database, conn: Connection, world: World, provider: str, workers: Workers
) -> None:
    await conn.execute(PAUSES)
    card = await keep_endpoint(conn, world, CARD)
    made: list[int] = []
    async with httpx.AsyncClient(base_url=provider, timeout=30) as http, database.connection() as own:
        stage = Stage(own, http)
        workers.start()
        for number in range(ROUNDS):
            point = POINTS[number % len(POINTS)]
            await stage.arm(point)
            # All at once: a worker that stopped over the first would keep locks that the others need.
            async with conn.transaction():
                payouts = [await pay_out(conn, world, card) for _ in range(PAYOUTS_A_ROUND)]
            made += payouts

            async def stopped(point: str = point, payouts: list[int] = payouts) -> bool:
                return await stage.has_stopped(point, payouts)

            async def finished(payouts: list[int] = payouts) -> bool:
                cursor = await conn.execute(
                    "SELECT bool_and(finished_at IS NOT NULL) FROM payout WHERE id = ANY(%s)", [payouts]
                )
                return bool((await cursor.fetchone() or [False])[0])

            await until(stopped, f"round {number}: {point}")
            workers.kill()
            await stage.disarm(point)
            workers.start()
            await until(finished, f"round {number}: everything carried out after {point}")
    workers.kill()
    assert_careful(provider, made)
    await assert_every_payout_is_settled(conn, world, made)


async def pay_out(conn: Connection, world: World, card: int) -> int:
    task = await add_paid_task(conn, world, AMOUNT)
    async with conn.transaction():
        return await pay_out_task(
            conn,
            await lock_task(conn, world.owner, task_id=task),
            endpoint_type=1,
            endpoint_id=card,
            rail=HttpRail(""),
            actor_id=world.owner.person_id,
            now=world.now,
        )


async def assert_every_payout_is_settled(conn: Connection, world: World, made: list[int]) -> None:
    """Each has the outcome the provider gave it, took each step once, and its money is where that says."""
    outcomes = {payout: outcome_of(f"payout-{payout}") for payout in made}
    cursor = await conn.execute("SELECT id, status FROM payout ORDER BY id")
    assert dict(await cursor.fetchall()) == {payout: STATUS[outcome] for payout, outcome in outcomes.items()}
    cursor = await conn.execute(
        "SELECT payout_id, array_agg(to_status ORDER BY id) FROM payout_step GROUP BY payout_id"
    )
    assert dict(await cursor.fetchall()) == {payout: [10, 1, STATUS[outcome]] for payout, outcome in outcomes.items()}
    completed = {"completed": AMOUNT, "slow": AMOUNT, "partial": AMOUNT * 3 / 4, "declined": Decimal(0)}
    went = sum(completed[outcome] for outcome in outcomes.values())
    assert await balance(conn, clearing("card", "EUR")) == went
    assert await balance_of(conn, world) == AMOUNT * len(made) - went
    assert await balance(conn, payouts_in_transit("EUR")) == 0
    cursor = await conn.execute("SELECT count(*) FROM transfer WHERE subject = 'payout'")
    assert await cursor.fetchone() == (2 * len(made),)
    await assert_books_balance(conn)
