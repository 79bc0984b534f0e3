"""The worker's part: payouts to their rail, answers back, whatever lies between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.ledger.accounts import clearing, payouts_in_transit
from artel.ledger.queries import balance
from artel.payouts.jobs import Timing, payout_loop
from artel.payouts.rails import Answer, Order, Rail, SandboxRail
from artel.payouts.rules import pay_out_task, report_outcome
from artel.process.due import Runner
from artel.tasks.queries import lock_task
from tests.payouts.cast import (
    CARD,
    World,
    add_paid_task,
    assert_books_balance,
    balance_of,
    keep_endpoint,
)
from tests.payouts.faulty_proxy import FAULTS, FaultyProxy
from tests.payouts.http_rail import HttpRail
from tests.payouts.provider import outcome_of
from tests.payouts.provider_process import assert_careful, running_provider


class TalkativeRail:
    """A rail that says what it is told to say, and remembers what was said to it."""

    name = "talkative"

    def __init__(self, *answers: Answer | Exception | None) -> None:
        self.answers = list(answers)
        self.heard: list[tuple[str, str]] = []
        self.orders: list[Order] = []

    def can_pay(self, *, type: int, subtype: int, currency: str) -> bool:
        return True

    async def send(self, order: Order, key: str) -> Answer:
        answer = self.next("send", order, key)
        assert answer is not None
        return answer

    async def ask(self, order: Order, key: str) -> Answer | None:
        return self.next("ask", order, key)

    def next(self, what: str, order: Order, key: str) -> Answer | None:
        self.heard.append((what, key))
        self.orders.append(order)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


ACCEPTED = Answer(outcome="accepted", reference="r-1")
COMPLETED = Answer(outcome="completed", reference="r-1")


@pytest.fixture
async def later() -> AsyncIterator[Callable[[float], None]]:
    """`later(5)`: the business's clock goes on by 5 s."""
    moved = timedelta()

    def move(seconds: float) -> None:
        nonlocal moved
        moved += timedelta(seconds=seconds)
        clock.move_to_offset(moved)

    yield move
    clock.move_to_offset(timedelta())


async def pay_out(conn: Connection, world: World, rail: Rail, amount: str = "10", currency: str = "EUR") -> int:
    task = await add_paid_task(conn, world, amount, currency=currency)
    endpoint = await fetch_value(conn, "SELECT min(id) FROM payout_endpoint")
    if endpoint is None:
        endpoint = await keep_endpoint(conn, world, CARD)
    async with conn.transaction():
        return await pay_out_task(
            conn,
            await lock_task(conn, world.owner, task_id=task),
            endpoint_type=1,
            endpoint_id=endpoint,
            rail=rail,
            actor_id=world.owner.person_id,
            now=clock.now(),
        )


async def run(database: Database, rail: Rail) -> int:
    """One batch; answers how many it took."""
    worked = await payout_loop(rail).claim_and_run(database, clock.now())
    return worked.count


async def standing(conn: Connection, payout: int) -> tuple[object, ...]:
    cursor = await conn.execute("SELECT status, attempts, due_at IS NULL FROM payout WHERE id = %s", [payout])
    row = await cursor.fetchone()
    assert row is not None
    return row


async def test_the_sandbox_completes_after_five_seconds(
    database: Database, conn: Connection, world: World, later: Callable[[float], None]
) -> None:
    rail = SandboxRail()
    payout = await pay_out(conn, world, rail)
    loop = payout_loop(rail)
    worked = await loop.claim_and_run(database, clock.now())
    assert await standing(conn, payout) == (1, 1, False)
    assert worked.next_due is not None
    assert timedelta(seconds=4) < worked.next_due - clock.now() <= timedelta(seconds=5)
    assert await run(database, rail) == 0
    later(5)
    worked = await loop.claim_and_run(database, clock.now())
    assert (worked.count, worked.next_due) == (1, None)
    assert await standing(conn, payout) == (2, 2, True)
    assert await balance(conn, clearing("card", "EUR")) == 10
    reference = await fetch_value(conn, "SELECT rail_reference FROM payout")
    assert reference == f"sandbox-payout-{payout}"


async def test_the_sandbox_is_told_otherwise(
    database: Database, conn: Connection, world: World, later: Callable[[float], None]
) -> None:
    """Before a worker came by, or between its calls: what was reported stands."""
    rail = SandboxRail()
    first, second = await pay_out(conn, world, rail), await pay_out(conn, world, rail)
    async with conn.transaction():
        await report_outcome(conn, first, "declined", now=clock.now())
    assert await run(database, rail) == 1
    async with conn.transaction():
        await report_outcome(conn, second, "partial", completed_amount=Decimal(3), now=clock.now())
    later(60)
    assert await run(database, rail) == 0
    assert await balance_of(conn, world) == 17
    assert [(await standing(conn, payout))[0] for payout in (first, second)] == [3, 5]


async def test_a_report_while_the_rail_is_spoken_to(database: Database, conn: Connection, world: World) -> None:
    """The answer of a call that was under way comes too late to change the outcome."""

    class Interrupted(TalkativeRail):
        async def send(self, order: Order, key: str) -> Answer:
            async with database.transaction() as own:
                await report_outcome(own, order.payout_id, "declined", now=clock.now())
            return COMPLETED

    rail = Interrupted()
    payout = await pay_out(conn, world, rail)
    await run(database, rail)
    assert await standing(conn, payout) == (3, 1, True)
    assert await balance_of(conn, world) == 10
    await assert_books_balance(conn)


async def test_what_the_rail_is_given(database: Database, conn: Connection, world: World) -> None:
    rail = TalkativeRail(COMPLETED)
    payout = await pay_out(conn, world, rail, "975", "RUB")
    await run(database, rail)
    assert rail.heard == [("send", f"payout-{payout}")]
    [order] = rail.orders
    assert (order.amount, order.currency) == (Decimal("9.90"), "EUR")
    assert (order.type, order.subtype, order.number, order.processor_token) == (
        1,
        2,
        "5213 24** **** 0004",
        "sandbox_token",
    )
    assert order.holder == "DINA BOOM"


async def test_no_transaction_is_open_while_the_rail_is_spoken_to(
    database: Database, conn: Connection, world: World
) -> None:
    class Onlooker(TalkativeRail):
        async def send(self, order: Order, key: str) -> Answer:
            open_now = await fetch_value(
                conn, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < now()"
            )
            assert open_now == 0
            assert (await standing(conn, order.payout_id))[:2] == (1, 1)
            return COMPLETED

    payout = await pay_out(conn, world, Onlooker())
    await run(database, Onlooker())
    assert await standing(conn, payout) == (2, 1, True)


@pytest.mark.parametrize(
    ("answer", "status", "returned"),
    [
        (COMPLETED, 2, "0"),
        (Answer(outcome="declined", reason="account closed"), 3, "10"),
        (Answer(outcome="partial", completed_amount=Decimal("2.50")), 5, "7.50"),
    ],
)
async def test_outcomes_at_once(
    database: Database, conn: Connection, world: World, answer: Answer, status: int, returned: str
) -> None:
    rail = TalkativeRail(answer)
    payout = await pay_out(conn, world, rail)
    await run(database, rail)
    assert await standing(conn, payout) == (status, 1, True)
    assert await balance_of(conn, world) == Decimal(returned)
    reason = await fetch_value(conn, "SELECT reason FROM payout_step ORDER BY id DESC LIMIT 1")
    assert reason == answer.reason


async def test_an_unknown_outcome_is_asked_after(
    database: Database, conn: Connection, world: World, later: Callable[[float], None]
) -> None:
    """A reply that is lost: asked, later and later, never sent again while the rail may have it."""
    rail = TalkativeRail(OSError("lost"), TimeoutError(), ACCEPTED, OSError("lost"), COMPLETED)
    payout = await pay_out(conn, world, rail)
    pauses = []
    for _ in range(5):
        assert await run(database, rail) == 1
        due: datetime | None = await fetch_value(conn, "SELECT due_at FROM payout")
        if due is not None:
            pauses.append(round((due - clock.now()).total_seconds()))
            later((due - clock.now()).total_seconds())
    assert [what for what, _ in rail.heard] == ["send", "ask", "ask", "ask", "ask"]
    assert pauses == [5, 10, 20, 40]
    assert await standing(conn, payout) == (2, 5, True)


async def test_what_the_rail_never_heard_of_is_sent_again_under_its_key(
    database: Database, conn: Connection, world: World, later: Callable[[float], None]
) -> None:
    rail = TalkativeRail(OSError("refused"), None, OSError("refused"), None, COMPLETED)
    payout = await pay_out(conn, world, rail)
    for _ in range(3):
        assert await run(database, rail) == 1
        later(60)
    assert [what for what, _ in rail.heard] == ["send", "ask", "send", "ask", "send"]
    assert {key for _, key in rail.heard} == {f"payout-{payout}"}
    assert (await standing(conn, payout))[0] == 2


async def test_a_rail_that_talks_nonsense(
    database: Database, conn: Connection, world: World, later: Callable[[float], None]
) -> None:
    """More completed than was sent: nothing moves, and it is asked again."""
    rail = TalkativeRail(Answer(outcome="partial", completed_amount=Decimal(11)), COMPLETED)
    payout = await pay_out(conn, world, rail)
    await run(database, rail)
    assert await standing(conn, payout) == (1, 1, False)
    assert await balance(conn, payouts_in_transit("EUR")) == 10
    later(60)
    await run(database, rail)
    assert await standing(conn, payout) == (2, 2, True)


async def test_each_rail_takes_its_own(database: Database, conn: Connection, world: World) -> None:
    payout = await pay_out(conn, world, SandboxRail())
    assert await run(database, TalkativeRail()) == 0
    assert await standing(conn, payout) == (10, 0, False)


async def test_workers_side_by_side_speak_of_a_payout_once(database: Database, conn: Connection, world: World) -> None:
    rail = TalkativeRail(*[COMPLETED] * 60)
    payouts = [await pay_out(conn, world, rail) for _ in range(30)]
    counts = await asyncio.gather(*(run(database, rail) for _ in range(6)))
    assert sum(counts) == 30
    assert sorted(rail.heard) == sorted(("send", f"payout-{payout}") for payout in payouts)
    await assert_books_balance(conn)


async def test_one_payout_that_cannot_be_written_down_does_not_stop_the_others(
    database: Database, conn: Connection, world: World
) -> None:
    rail = TalkativeRail(COMPLETED, COMPLETED, COMPLETED)
    payouts = [await pay_out(conn, world, rail) for _ in range(3)]
    await conn.execute(
        f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON payout FOR EACH ROW
            WHEN (NEW.id = {payouts[0]} AND NEW.finished_at IS NOT NULL) EXECUTE FUNCTION refuse()
        """
    )
    try:
        with pytest.raises(psycopg.errors.RaiseException, match="disk full"):
            await run(database, rail)
    finally:
        await conn.execute("DROP FUNCTION refuse CASCADE")
    assert [(await standing(conn, payout))[0] for payout in payouts] == [1, 2, 2]


async def test_the_worker_is_woken_by_a_new_payout(database: Database, conn: Connection, world: World) -> None:
    """A payout made while the worker sleeps is carried at once."""
    rail = TalkativeRail(COMPLETED)
    loop = payout_loop(rail)
    async with database.connection() as listening:
        await listening.execute(f"LISTEN {loop.channel}")
        await pay_out(conn, world, rail)
        heard = [notification async for notification in listening.notifies(timeout=10, stop_after=1)]
    assert len(heard) == 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_through_a_network_that_fails(
    database: Database, conn: Connection, world: World, tmp_path: Path, seed: int
) -> None:
    """Latency, resets, half-closed connections, lost replies: one payout each, and the books balance."""
    with running_provider(tmp_path) as provider:
        proxy = FaultyProxy(int(provider.rsplit(":", 1)[1]), seed)
        rail = HttpRail(await proxy.start())
        timing = Timing(call_timeout_s=2, lease_s=30, first_ask_after_s=0.05, longest_ask_after_s=0.3)
        payouts = [await pay_out(conn, world, rail) for _ in range(24)]
        runner = Runner(payout_loop(rail, timing), database)
        task = asyncio.create_task(runner.run())
        for _ in range(1200):
            await asyncio.sleep(0.1)
            if not await fetch_value(conn, "SELECT count(*) FROM payout WHERE finished_at IS NULL"):
                break
        runner.stop()
        await task
        await proxy.stop()
        assert set(proxy.faults) == set(FAULTS)
        assert_careful(provider, payouts)
    statuses = {"completed": 2, "declined": 3, "partial": 5, "slow": 2}
    for payout in payouts:
        assert (await standing(conn, payout))[0] == statuses[outcome_of(f"payout-{payout}")]
    assert await balance(conn, payouts_in_transit("EUR")) == 0
    assert await balance_of(conn, world) == 6 * 10 + 6 * Decimal("2.50")
    await assert_books_balance(conn)
