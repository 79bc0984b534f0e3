"""Payouts that make themselves: once a paid task, whatever dies, and by the same rule as those that are asked for."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.freelancers.queries import access_freelancer
from artel.ledger.accounts import payouts_in_transit, person_balance
from artel.ledger.queries import balance
from artel.payouts.auto_pay import choose_auto_pay, list_own_endpoints
from artel.payouts.automatic import automatic_payout_loop, make_next_payout
from artel.payouts.automatic_queue import CHANNEL
from artel.payouts.details import NewEndpoint
from artel.payouts.endpoints import remove_endpoint
from artel.payouts.errors import EndpointUnknown
from artel.payouts.rails import BankFileRail, SandboxRail
from artel.tasks.jobs import settle_fresh
from artel.tasks.machine import State
from artel.tasks.queries import TaskRow
from tests.payouts.cast import CARD, QIWI, SEPA, World, keep_endpoint
from tests.payouts.provider_process import ROOT
from tests.tasks.cast import Desk, open_desk

RAIL = BankFileRail()
LOOP = automatic_payout_loop(RAIL)
# Whoever holds one of these stops a worker at that statement of the transaction that makes a payout.
STEPS = ("automatic_payout", "payout", "transfer", "payout_step", "audit", "event")


@pytest.fixture
async def desk(database: Database, now: datetime) -> Desk:
    return await open_desk(database, now=now, money="100000")


def world_of(desk: Desk) -> World:
    return World(desk.member, desk.freelancer_id, desk.now)


async def choose(conn: Connection, desk: Desk, endpoint: int | None) -> None:
    async with conn.transaction():
        await choose_auto_pay(conn, desk.freelancer_id, endpoint_id=endpoint, actor_id=desk.freelancer_id, now=desk.now)


async def payouts(conn: Connection) -> list[tuple[int, int, int]]:
    cursor = await conn.execute("SELECT task_id, endpoint_id, status FROM payout ORDER BY task_id")
    return await cursor.fetchall()


async def queued(conn: Connection) -> int:
    return int(await fetch_value(conn, "SELECT count(*) FROM automatic_payout"))


async def test_a_paid_tasks_payout_makes_itself(
    database: Database, conn: Connection, desk: Desk, database_url: str
) -> None:
    sepa = await keep_endpoint(conn, world_of(desk), SEPA)
    before = await desk.task(State.FINISHED)
    assert await queued(conn) == 0  # nobody chose a place yet
    await choose(conn, desk, sepa)
    task = await desk.task(State.QUEUED)
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as listener:
        await listener.execute(f"LISTEN {CHANNEL}")  # type: ignore[arg-type]
        await desk.settle()
        assert [notify.channel async for notify in listener.notifies(timeout=10, stop_after=1)] == [CHANNEL]
    assert await payouts(conn) == []
    worked = await LOOP.claim_and_run(database, clock.now())
    assert (worked.count, worked.next_due) == (1, None)
    assert await payouts(conn) == [(task.id, sepa, 10)]
    assert (await desk.look(task)).has_payout
    assert not (await desk.look(before)).has_payout
    cursor = await conn.execute("SELECT from_status, to_status, actor_id FROM payout_step")
    assert await cursor.fetchall() == [(None, 10, None)]
    assert await balance(conn, payouts_in_transit("EUR")) == task.amount_for_worker
    await desk.verify()


async def test_twenty_settlements_and_workers_at_once(database: Database, conn: Connection, desk: Desk) -> None:
    sepa = await keep_endpoint(conn, world_of(desk), SEPA)
    await choose(conn, desk, sepa)
    tasks = [await desk.task(State.QUEUED) for _ in range(60)]

    async def settle() -> None:
        while await settle_fresh(database, clock.now(), limit=3):
            pass

    async def make() -> None:
        while await fetch_value(conn, "SELECT count(*) FROM task WHERE state = 12") or await queued(conn):
            await LOOP.claim_and_run(database, clock.now())

    await asyncio.gather(*(settle() for _ in range(14)), *(make() for _ in range(6)))
    assert await payouts(conn) == [(task.id, sepa, 10) for task in tasks]
    assert await balance(conn, person_balance(desk.freelancer_id, "EUR")) == 0
    assert await balance(conn, payouts_in_transit("EUR")) == sum(task.amount_for_worker for task in tasks)
    await desk.verify()


async def test_what_the_rule_refuses_stays_on_the_balance(database: Database, conn: Connection, desk: Desk) -> None:
    """A card: the rail takes bank accounts alone. The company can still choose another way by a call."""
    card = await keep_endpoint(conn, world_of(desk), CARD)
    await choose(conn, desk, card)
    task = await desk.task(State.FINISHED)
    assert (await LOOP.claim_and_run(database, clock.now())).count == 1
    assert (await payouts(conn), await queued(conn)) == ([], 0)
    assert await balance(conn, person_balance(desk.freelancer_id, "EUR")) == task.amount_for_worker
    cursor = await conn.execute(
        "SELECT subject_id, company_id, facts FROM audit WHERE action = 'payout.automatic_refused'"
    )
    assert await cursor.fetchall() == [
        (task.id, desk.member.company_id, {"reason": "payout_currency_not_paid"}),
    ]
    # Its task can be paid out by a call, and then nothing is left for the loop to do twice.
    await choose(conn, desk, await keep_endpoint(conn, world_of(desk), SEPA))
    other = await desk.task(State.FINISHED)
    assert await make_next_payout(database, SandboxRail(), clock.now())
    await conn.execute("INSERT INTO automatic_payout (task_id, due_at) VALUES (%s, %s)", [other.id, desk.now])
    assert await make_next_payout(database, RAIL, clock.now())
    assert [row[0] for row in await payouts(conn)] == [other.id]
    await desk.verify()


async def test_a_failure_is_tried_again(database: Database, conn: Connection, desk: Desk) -> None:
    await choose(conn, desk, await keep_endpoint(conn, world_of(desk), SEPA))
    tasks = [await desk.task(State.FINISHED) for _ in range(3)]
    await conn.execute(
        f"""
        CREATE FUNCTION refuse_it() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.task_id = {tasks[0].id} THEN
                RAISE EXCEPTION 'cannot be' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse_it BEFORE INSERT ON payout FOR EACH ROW EXECUTE FUNCTION refuse_it();
        """  # type: ignore[arg-type]
    )
    start = clock.now()
    worked = await LOOP.claim_and_run(database, start)
    assert [row[0] for row in await payouts(conn)] == [task.id for task in tasks[1:]]
    assert worked.next_due == start + timedelta(seconds=5)
    assert (await LOOP.claim_and_run(database, start + timedelta(seconds=5))).next_due == start + timedelta(seconds=15)
    cursor = await conn.execute("SELECT attempts, last_error LIKE 'cannot be%' FROM automatic_payout")
    assert await cursor.fetchall() == [(2, True)]
    await conn.execute("DROP FUNCTION refuse_it CASCADE")
    await LOOP.claim_and_run(database, start + timedelta(days=1))
    assert [row[0] for row in await payouts(conn)] == [task.id for task in tasks]
    await desk.verify()


async def test_a_mind_changed_before_the_payout_was_made(database: Database, conn: Connection, desk: Desk) -> None:
    sepa = await keep_endpoint(conn, world_of(desk), SEPA)
    await choose(conn, desk, sepa)
    await desk.task(State.FINISHED)
    await choose(conn, desk, None)
    assert (await LOOP.claim_and_run(database, clock.now())).count == 1
    assert (await payouts(conn), await queued(conn)) == ([], 0)


async def test_one_endpoint_at_most(database: Database, conn: Connection, desk: Desk) -> None:
    world = world_of(desk)

    async def chosen() -> list[int]:
        return [row.id for row in await list_own_endpoints(conn, desk.freelancer_id) if row.auto_pay]

    def ticked(endpoint: NewEndpoint) -> NewEndpoint:
        return NewEndpoint(type=6, subtype=1, currency="EUR", number=endpoint.number, auto_pay=True)

    first = await keep_endpoint(conn, world, ticked(SEPA))
    assert await chosen() == [first]
    second = await keep_endpoint(conn, world, QIWI)
    assert await chosen() == [first]
    # Several at once: one of them is the last.
    await asyncio.gather(*(keep_on_its_own(database, desk, number) for number in range(5)))
    assert len(await chosen()) == 1
    await asyncio.gather(*(choose_on_its_own(database, desk, one) for one in (first, second) * 5))
    assert len(await chosen()) == 1
    await choose(conn, desk, None)
    assert await chosen() == []

    other = await open_desk(database, now=desk.now)
    for endpoint, who in ((first, other), (999_999, desk)):
        with pytest.raises(EndpointUnknown):
            await choose(conn, who, endpoint)
    await choose(conn, desk, first)
    freelancer = await access_freelancer(conn, desk.member, freelancer_id=desk.freelancer_id)
    await conn.execute("UPDATE team_member SET joined_at = invited_at")
    freelancer = await access_freelancer(conn, desk.member, freelancer_id=desk.freelancer_id)
    async with conn.transaction():
        await remove_endpoint(
            conn,
            freelancer,
            type=6,
            endpoint=first,
            company_id=desk.member.company_id,
            actor_id=desk.member.person_id,
            now=desk.now,
        )
    assert await chosen() == []
    with pytest.raises(EndpointUnknown):
        await choose(conn, desk, first)


async def keep_on_its_own(database: Database, desk: Desk, number: int) -> None:
    async with database.connection() as conn:
        await keep_endpoint(
            conn,
            world_of(desk),
            NewEndpoint(type=6, subtype=1, currency="EUR", number=f"ACCOUNT{number}", auto_pay=True),
        )


async def choose_on_its_own(database: Database, desk: Desk, endpoint: int) -> None:
    async with database.connection() as conn:
        await choose(conn, desk, endpoint)


class Workers:
    """Worker processes of one test."""

    def __init__(self, url: str, home: Path) -> None:
        self.url, self.home = url, home
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.payouts.automatic_worker_process", self.url, str(self.home)],
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
    end = time.monotonic() + 60
    while not await condition():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)


async def test_workers_killed_at_each_step(desk: Desk, workers: Workers, database: Database, conn: Connection) -> None:
    """Each task ends with one payout, whichever statement its worker died at."""
    sepa = await keep_endpoint(conn, world_of(desk), SEPA)
    await choose(conn, desk, sepa)
    made: list[TaskRow] = []

    async def everything_is_paid_out() -> bool:
        return await fetch_value(conn, "SELECT count(*) FROM payout") == len(made)

    async def a_worker_is_stopped() -> bool:
        return bool(await fetch_value(conn, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL"))

    for step in STEPS:
        made += [await desk.task(State.FINISHED) for _ in range(3)]
        async with database.transaction() as blocker:
            await blocker.execute(f"LOCK TABLE {step} IN ACCESS EXCLUSIVE MODE")  # type: ignore[arg-type]
            worker = workers.start()
            await until(a_worker_is_stopped, f"a worker comes to {step}")
            worker.kill()
            worker.wait()
        worker = workers.start()
        await until(everything_is_paid_out, f"the next worker goes on after a death at {step}")
        worker.kill()
        worker.wait()
    assert await payouts(conn) == [(task.id, sepa, 10) for task in made]
    assert await balance(conn, person_balance(desk.freelancer_id, "EUR")) == Decimal(0)
    await desk.verify()
