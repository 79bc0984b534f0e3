"""No amount, rate or order of outcomes makes money appear or vanish."""

import asyncio
import contextlib
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artel import clock
from artel.db.pool import Database
from artel.exchange.rules import set_rate
from artel.ledger.accounts import clearing, exchange, payouts_in_transit, person_balance
from artel.ledger.queries import balance
from artel.payouts.errors import AmountTooSmall, CompletedAmountWrong
from artel.payouts.money import Outcome, Sums, arrival, departure, divide
from artel.payouts.rails import SandboxRail
from artel.payouts.rules import pay_out_task, report_outcome
from artel.tasks.queries import lock_task
from tests.payouts.cast import (
    CARD,
    World,
    add_paid_task,
    assert_books_balance,
    keep_endpoint,
    make_world,
)

CENTS = st.integers(min_value=1, max_value=10**12).map(lambda cents: Decimal(cents).scaleb(-2))
OUTCOMES = st.sampled_from(["completed", "declined", "partial"])


@given(amount=CENTS, arriving=CENTS, converted=st.booleans(), outcome=OUTCOMES, part=st.integers(1, 10**12))
def test_a_payouts_postings_always_sum_to_zero(
    amount: Decimal, arriving: Decimal, converted: bool, outcome: Outcome, part: int
) -> None:
    sums = Sums(
        freelancer_id=1,
        endpoint_type=6,
        currency="RUB",
        amount=amount,
        endpoint_currency="EUR" if converted else "RUB",
        endpoint_amount=arriving if converted else amount,
    )
    cents = int(sums.endpoint_amount.scaleb(2))
    if outcome == "partial" and cents == 1:
        with pytest.raises(CompletedAmountWrong):
            divide(sums, outcome, None, exponent=2, endpoint_exponent=2)
        return
    completed = Decimal(part % (cents - 1) + 1).scaleb(-2) if outcome == "partial" else None
    share = divide(sums, outcome, completed, exponent=2, endpoint_exponent=2)
    assert 0 <= share.returned <= sums.amount
    assert 0 <= share.completed <= sums.endpoint_amount
    if not converted:
        assert share.completed + share.returned == amount
    else:
        # What comes back differs from the exact share by half a cent at most.
        exact = sums.amount * (sums.endpoint_amount - share.completed) / sums.endpoint_amount
        assert abs(share.returned - exact) <= Decimal("0.005") + exact * Decimal("1e-26")
    left, came = departure(sums), arrival(sums, share)
    for postings in (left, came):
        totals: dict[str, Decimal] = {}
        for posting in postings:
            assert posting.amount != 0
            totals[posting.account.currency] = totals.get(posting.account.currency, Decimal(0)) + posting.amount
        assert set(totals.values()) == {Decimal(0)}
    in_transit = payouts_in_transit(sums.endpoint_currency)
    assert sum(posting.amount for posting in (*left, *came) if posting.account == in_transit) == 0
    if outcome == "declined":
        # The exact reverse: nothing of it is left anywhere.
        accounts = {posting.account for posting in (*left, *came)}
        for account in accounts:
            assert sum(posting.amount for posting in (*left, *came) if posting.account == account) == 0


Planned = tuple[Decimal, str, str, Outcome, int]
PAYOUTS = st.lists(
    st.tuples(
        st.integers(min_value=1, max_value=5_000_000).map(lambda cents: Decimal(cents).scaleb(-2)),
        st.sampled_from(["RUB", "USD", "EUR"]),
        st.sampled_from(["RUB", "USD", "EUR"]),
        OUTCOMES,
        st.integers(min_value=1, max_value=99),
    ),
    min_size=1,
    max_size=8,
)
RATES = st.tuples(*[st.integers(min_value=10_001, max_value=5_000_000).map(lambda n: Decimal(n).scaleb(-4))] * 3)


async def play(database: Database, world: World, card: int, payouts: list[Planned], rates: tuple[Decimal, ...]) -> None:
    rail = SandboxRail()
    async with database.connection() as conn:
        async with conn.transaction():
            for (stronger, weaker), rate in zip((("EUR", "RUB"), ("USD", "RUB"), ("EUR", "USD")), rates, strict=True):
                await set_rate(
                    conn,
                    stronger=stronger,
                    weaker=weaker,
                    market_rate=rate,
                    spread_percent=Decimal(2),
                    source="operator",
                    now=world.now,
                )
        for amount, earned, travels, outcome, percent in payouts:
            task = await add_paid_task(conn, world, amount, currency=earned)
            try:
                async with conn.transaction():
                    payout = await pay_out_task(
                        conn,
                        await lock_task(conn, world.owner, task_id=task),
                        endpoint_type=1,
                        endpoint_id=card,
                        currency=travels,
                        rail=rail,
                        actor_id=world.owner.person_id,
                        now=world.now,
                    )
            except AmountTooSmall:
                continue
            cursor = await conn.execute("SELECT endpoint_amount FROM payout WHERE id = %s", [payout])
            [arriving] = await cursor.fetchone() or [Decimal(0)]
            completed = (arriving * percent / 100).quantize(Decimal("0.01")) if outcome == "partial" else None
            with contextlib.suppress(CompletedAmountWrong):
                async with conn.transaction():
                    await report_outcome(conn, payout, outcome, completed_amount=completed, now=world.now)


async def test_any_sequence_of_payouts_conserves_money(database: Database) -> None:
    """Outcomes in any order over one freelancer's three balances, on the real books."""
    async with database.connection() as conn:
        world = await make_world(conn, now=clock.now() - timedelta(hours=1))
        card = await keep_endpoint(conn, world, CARD)

    loop = asyncio.get_running_loop()

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(payouts=PAYOUTS, rates=RATES)
    def search(payouts: list[Planned], rates: tuple[Decimal, ...]) -> None:
        asyncio.run_coroutine_threadsafe(play(database, world, card, payouts, rates), loop).result()
        asyncio.run_coroutine_threadsafe(check(database, world), loop).result()

    await asyncio.to_thread(search)


async def check(database: Database, world: World) -> None:
    async with database.connection() as conn:
        await assert_books_balance(conn)
        for currency in ("RUB", "USD", "EUR"):
            # What came in is with the freelancer, outside, in transit, or exchanged.
            held = [
                await balance(conn, account)
                for account in (
                    person_balance(world.freelancer_id, currency),
                    clearing("card", currency),
                    payouts_in_transit(currency),
                    exchange(currency),
                )
            ]
            assert sum(held) == -await balance(conn, clearing("bank", currency))
            cursor = await conn.execute(
                "SELECT coalesce(sum(endpoint_amount), 0) FROM payout WHERE endpoint_currency = %s AND status = 10",
                [currency],
            )
            assert (await balance(conn, payouts_in_transit(currency)),) == await cursor.fetchone()
