"""Paying out: what is taken from whom, what is refused, and that outcomes put everything where it belongs."""

import asyncio
from datetime import datetime
from decimal import Decimal

import msgspec
import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotFound, Refused
from artel.freelancers.queries import access_freelancer
from artel.ledger.accounts import clearing, exchange, payouts_in_transit
from artel.ledger.queries import balance
from artel.payouts.endpoints import remove_endpoint
from artel.payouts.errors import BalanceShort, CompletedAmountWrong, PayoutExists
from artel.payouts.queries import find_payout, payout_status
from artel.payouts.rails import SandboxRail
from artel.payouts.rules import pay_out_task, report_outcome
from artel.tasks.queries import lock_task
from tests.payouts.cast import (
    CARD,
    QIWI,
    RUSSIAN_ACCOUNT,
    SEPA,
    World,
    add_freelancer,
    add_paid_task,
    assert_books_balance,
    balance_of,
    credit,
    keep_endpoint,
)

RAIL = SandboxRail()


async def pay_out(
    conn: Connection, world: World, task_id: int, type: int, endpoint_id: int, currency: str | None = None
) -> int:
    async with conn.transaction():
        return await pay_out_task(
            conn,
            await lock_task(conn, world.owner, task_id=task_id),
            endpoint_type=type,
            endpoint_id=endpoint_id,
            currency=currency,
            rail=RAIL,
            actor_id=world.owner.person_id,
            now=world.now,
        )


async def report(conn: Connection, payout_id: int, outcome: str, now: datetime, completed: str | None = None) -> None:
    async with conn.transaction():
        await report_outcome(
            conn,
            payout_id,
            outcome,  # type: ignore[arg-type]
            completed_amount=None if completed is None else Decimal(completed),
            now=now,
        )


async def refusal(conn: Connection, world: World, task_id: int, type: int, endpoint_id: int, **more: str) -> Refused:
    with pytest.raises(Refused) as refused:
        await pay_out(conn, world, task_id, type, endpoint_id, **more)
    assert await fetch_value(conn, "SELECT count(*) FROM payout WHERE task_id = %(id)s", {"id": task_id}) == 0
    assert not await fetch_value(conn, "SELECT has_payout FROM task WHERE id = %(id)s", {"id": task_id})
    return refused.value


async def test_a_payout_takes_the_tasks_amount_into_transit(conn: Connection, world: World) -> None:
    task = await add_paid_task(conn, world, "120.50")
    await credit(conn, world, "10")
    await pay_out(conn, world, task, 6, await keep_endpoint(conn, world, SEPA))
    assert await balance_of(conn, world) == Decimal(10)
    assert await balance(conn, payouts_in_transit("EUR")) == Decimal("120.50")
    assert await payout_status(conn, world.owner, task_id=task) == 10
    assert await fetch_value(conn, "SELECT has_payout FROM task WHERE id = %(id)s", {"id": task})
    await assert_books_balance(conn)


async def test_each_step_is_written_down_and_told(conn: Connection, world: World, now: datetime) -> None:
    task = await add_paid_task(conn, world, "120.50")
    payout = await pay_out(conn, world, task, 6, await keep_endpoint(conn, world, SEPA))
    await report(conn, payout, "completed", now)
    cursor = await conn.execute("SELECT from_status, to_status, actor_id FROM payout_step ORDER BY id")
    assert await cursor.fetchall() == [(None, 10, world.owner.person_id), (10, 1, None), (1, 2, None)]
    cursor = await conn.execute("SELECT action FROM audit WHERE subject = 'payout' ORDER BY id")
    assert await cursor.fetchall() == [("payout.created",), ("payout.in_progress",), ("payout.completed",)]
    cursor = await conn.execute(
        """
        SELECT company_id, (payload ->> 'taskId')::bigint, (payload ->> 'payoutStatus')::int
        FROM event
        WHERE name = 'payoutStatusChanged'
        ORDER BY id
        """
    )
    company = world.owner.company_id
    assert await cursor.fetchall() == [(company, task, 10), (company, task, 1), (company, task, 2)]


async def test_a_completed_payout_leaves_for_its_clearing_account(
    conn: Connection, world: World, now: datetime
) -> None:
    for endpoint, source in ((SEPA, "bank"), (CARD, "card")):
        task = await add_paid_task(conn, world, 70)
        payout = await pay_out(conn, world, task, endpoint.type, await keep_endpoint(conn, world, endpoint))
        before = await balance(conn, clearing(source, "EUR"))  # type: ignore[arg-type]
        await report(conn, payout, "completed", now)
        assert await balance(conn, clearing(source, "EUR")) - before == 70  # type: ignore[arg-type]
        assert await payout_status(conn, world.owner, task_id=task) == 2
    assert await balance(conn, payouts_in_transit("EUR")) == 0
    assert await balance_of(conn, world) == 0


async def test_a_declined_payout_comes_back_and_can_be_tried_again(
    conn: Connection, world: World, now: datetime
) -> None:
    task = await add_paid_task(conn, world, "33.33", currency="USD")
    endpoint = await keep_endpoint(conn, world, SEPA)
    payout = await pay_out(conn, world, task, 6, endpoint)
    assert await balance_of(conn, world, "USD") == 0
    await report(conn, payout, "declined", now)
    assert await balance_of(conn, world, "USD") == Decimal("33.33")
    for account in (payouts_in_transit("EUR"), exchange("USD"), exchange("EUR")):
        assert await balance(conn, account) == 0
    assert await payout_status(conn, world.owner, task_id=task) == 3
    assert not await fetch_value(conn, "SELECT has_payout FROM task WHERE id = %(id)s", {"id": task})
    again = await pay_out(conn, world, task, 6, endpoint)
    assert again != payout
    assert await payout_status(conn, world.owner, task_id=task) == 10
    assert await fetch_value(conn, "SELECT has_payout FROM task WHERE id = %(id)s", {"id": task})
    await assert_books_balance(conn)


async def test_a_payout_in_another_currency_is_converted_at_the_quoted_rate(conn: Connection, world: World) -> None:
    """1 % of spread on 97.5 roubles a euro, which the seller of roubles pays: 98.475."""
    task = await add_paid_task(conn, world, 1000, currency="RUB")
    await pay_out(conn, world, task, 6, await keep_endpoint(conn, world, SEPA))
    assert await balance(conn, payouts_in_transit("EUR")) == Decimal("10.15")  # 10.1549
    assert await balance(conn, exchange("RUB")) == 1000
    assert await balance(conn, exchange("EUR")) == Decimal("-10.15")
    assert await fetch_value(conn, "SELECT exchange_rate FROM payout") == Decimal("98.475")
    await assert_books_balance(conn)


async def test_a_partial_payout_returns_the_rest_at_the_rate_it_left(
    conn: Connection, world: World, now: datetime
) -> None:
    task = await add_paid_task(conn, world, 1000, currency="RUB")
    payout = await pay_out(conn, world, task, 6, await keep_endpoint(conn, world, SEPA))
    await report(conn, payout, "partial", now, "4.00")
    assert await balance(conn, clearing("bank", "EUR")) == Decimal("4.00")
    assert await balance_of(conn, world, "RUB") == Decimal("605.91")  # 1000 × 6.15 / 10.15
    assert await balance(conn, payouts_in_transit("EUR")) == 0
    assert await payout_status(conn, world.owner, task_id=task) == 5
    cursor = await conn.execute("SELECT completed_amount, returned_amount FROM payout")
    assert await cursor.fetchone() == (Decimal("4.00"), Decimal("605.91"))
    await assert_books_balance(conn)


async def test_a_partial_payout_of_no_told_sum_is_half(conn: Connection, world: World, now: datetime) -> None:
    task = await add_paid_task(conn, world, "10.01")
    payout = await pay_out(conn, world, task, 6, await keep_endpoint(conn, world, SEPA))
    await report(conn, payout, "partial", now)
    assert await balance_of(conn, world) == Decimal("5.00")


async def test_partial_sums_refused(conn: Connection, world: World, now: datetime) -> None:
    task = await add_paid_task(conn, world, "10.01")
    payout = await pay_out(conn, world, task, 6, await keep_endpoint(conn, world, SEPA))
    for completed in ("0", "-1", "10.01", "11", "1.001", "NaN"):
        with pytest.raises(CompletedAmountWrong):
            await report(conn, payout, "partial", now, completed)
    assert await payout_status(conn, world.owner, task_id=task) == 10


async def test_an_outcome_is_taken_once(conn: Connection, world: World, now: datetime) -> None:
    task = await add_paid_task(conn, world, 10)
    payout = await pay_out(conn, world, task, 6, await keep_endpoint(conn, world, SEPA))
    await report(conn, payout, "partial", now, "4")
    await report(conn, payout, "partial", now, "4")
    for other, completed in (("completed", None), ("declined", None), ("partial", "5")):
        with pytest.raises(Refused) as refused:
            await report(conn, payout, other, now, completed)
        assert refused.value.code == "payout_finished"
    assert await balance_of(conn, world) == 6
    with pytest.raises(NotFound):
        await report(conn, payout + 1, "completed", now)


async def test_a_second_payout_of_a_task_is_refused(conn: Connection, world: World, now: datetime) -> None:
    task = await add_paid_task(conn, world, 10)
    await credit(conn, world, 100)
    endpoint = await keep_endpoint(conn, world, SEPA)
    payout = await pay_out(conn, world, task, 6, endpoint)
    for outcome in (None, "completed"):
        if outcome:
            await report(conn, payout, outcome, now)
        with pytest.raises(Refused) as refused:
            await pay_out(conn, world, task, 6, endpoint)
        assert (refused.value.code, refused.value.field) == ("payout_exists", "task_id")
    assert await balance_of(conn, world) == 100


async def test_a_task_that_is_not_paid(conn: Connection, world: World) -> None:
    endpoint = await keep_endpoint(conn, world, SEPA)
    for state in (17, 1, 2, 3, 4, 12, 6, 8, 11, 13, 14, 15, 16):
        refused = await refusal(conn, world, await add_paid_task(conn, world, 10, state=state), 6, endpoint)
        assert (refused.code, refused.field) == ("task_not_paid", "task_id")


async def test_a_balance_that_is_short(conn: Connection, world: World) -> None:
    task = await add_paid_task(conn, world, "10.00", credited=False)
    await credit(conn, world, "9.99")
    refused = await refusal(conn, world, task, 6, await keep_endpoint(conn, world, SEPA))
    assert refused.code == "payout_balance_short"
    assert refused.facts == {}
    assert await balance_of(conn, world) == Decimal("9.99")


async def test_endpoints_that_cannot_be_used(conn: Connection, world: World, now: datetime) -> None:
    task = await add_paid_task(conn, world, 10)
    card = await keep_endpoint(conn, world, CARD)
    stranger = World(world.owner, await add_freelancer(conn, world.owner.company_id, "x@y.example", now=now), now)
    theirs = await keep_endpoint(conn, stranger, SEPA)
    unknown = ("payout_endpoint_unknown", "payout_endpoint_id")
    for type, endpoint in ((6, card), (2, card), (1, card + 1000), (6, theirs), (7, card)):
        refused = await refusal(conn, world, task, type, endpoint)
        assert (refused.code, refused.field) == unknown
    for status in (1, 3, 7):
        await conn.execute("UPDATE payout_endpoint SET status = %s WHERE id = %s", [status, card])
        assert (await refusal(conn, world, task, 1, card)).code == "payout_endpoint_not_ready"
    await conn.execute("UPDATE payout_endpoint SET status = 4, expires = '01/20' WHERE id = %s", [card])
    assert (await refusal(conn, world, task, 1, card)).code == "card_expired"
    await conn.execute("UPDATE payout_endpoint SET removed_at = %s, expires = '01/40' WHERE id = %s", [now, card])
    assert (await refusal(conn, world, task, 1, card)).code == "payout_endpoint_unknown"


async def test_currencies(conn: Connection, world: World) -> None:
    """A card in tenge is paid in a currency that the rail pays and that is quoted (M, "Создание выплаты")."""
    task = await add_paid_task(conn, world, 1000, currency="RUB")
    card = await keep_endpoint(conn, world, msgspec.structs.replace(CARD, currency="KZT"))
    for currency in (None, "KZT", "USDT"):
        refused = await refusal(conn, world, task, 1, card, **({"currency": currency} if currency else {}))
        assert (refused.code, refused.field) == ("payout_currency_not_paid", "currency_id")
    roubles = await keep_endpoint(conn, world, RUSSIAN_ACCOUNT)
    assert (await refusal(conn, world, task, 6, roubles, currency="EUR")).code == "payout_currency_not_paid"
    await pay_out(conn, world, task, 1, card, "EUR")
    cursor = await conn.execute("SELECT currency, endpoint_currency, endpoint_amount FROM payout")
    assert await cursor.fetchone() == ("RUB", "EUR", Decimal("10.15"))


async def test_no_quote_leads_there(conn: Connection, world: World) -> None:
    await conn.execute("DELETE FROM exchange_rate")
    task = await add_paid_task(conn, world, 1000, currency="USD")
    wallet = await keep_endpoint(conn, world, QIWI)
    assert (await refusal(conn, world, task, 2, wallet)).code == "payout_currency_not_paid"


async def test_an_amount_too_small_to_arrive(conn: Connection, world: World) -> None:
    task = await add_paid_task(conn, world, "0.40", currency="RUB")
    assert (await refusal(conn, world, task, 6, await keep_endpoint(conn, world, SEPA))).code == "payout_too_small"


async def test_payouts_of_the_sandboxs_caller(conn: Connection, world: World, now: datetime) -> None:
    """By task or by payout, id or uuid; the last payout of a task that had several."""
    task = await add_paid_task(conn, world, 10)
    endpoint = await keep_endpoint(conn, world, SEPA)
    first = await pay_out(conn, world, task, 6, endpoint)
    await report(conn, first, "declined", now)
    payout = await pay_out(conn, world, task, 6, endpoint)
    uuid = await fetch_value(conn, "SELECT uuid FROM task WHERE id = %(id)s", {"id": task})
    own = await fetch_value(conn, "SELECT uuid FROM payout WHERE id = %(id)s", {"id": first})
    assert [await find_payout(conn, str(name)) for name in (task, uuid, payout, own)] == [payout, payout, payout, first]
    for name in ("1", "no", "9" * 18, str(uuid)[:-1]):
        with pytest.raises(NotFound):
            await find_payout(conn, name)


async def test_fifty_payouts_of_one_task_at_once(database: Database, conn: Connection, world: World) -> None:
    task = await add_paid_task(conn, world, 10)
    await credit(conn, world, 1000)
    endpoint = await keep_endpoint(conn, world, SEPA)

    async def attempt() -> str:
        async with database.connection() as own:
            try:
                await pay_out(own, world, task, 6, endpoint)
            except Refused as refused:
                return refused.code
        return "made"

    results = await asyncio.gather(*(attempt() for _ in range(50)))
    assert sorted(results) == ["made"] + ["payout_exists"] * 49
    assert await balance_of(conn, world) == 1000
    assert await balance(conn, payouts_in_transit("EUR")) == 10
    await assert_books_balance(conn)


async def test_payouts_of_one_balance_at_once(database: Database, conn: Connection, world: World) -> None:
    """Thirty tasks of 10 each, money for seven."""
    tasks = [await add_paid_task(conn, world, 10, credited=False) for _ in range(30)]
    await credit(conn, world, "79.99")
    endpoint = await keep_endpoint(conn, world, SEPA)

    async def attempt(task: int) -> str:
        async with database.connection() as own:
            try:
                await pay_out(own, world, task, 6, endpoint)
            except Refused as refused:
                return refused.code
        return "made"

    results = await asyncio.gather(*(attempt(task) for task in tasks))
    assert sorted(results) == ["made"] * 7 + ["payout_balance_short"] * 23
    assert await balance_of(conn, world) == Decimal("9.99")
    await assert_books_balance(conn)


async def test_outcomes_and_new_payouts_at_once(
    database: Database, conn: Connection, world: World, now: datetime
) -> None:
    """Declines give back what other payouts then take; nothing waits for itself and nothing is lost."""
    endpoint = await keep_endpoint(conn, world, SEPA)
    first = [await add_paid_task(conn, world, 10) for _ in range(12)]
    made = [await pay_out(conn, world, task, 6, endpoint) for task in first]
    outcomes = ["declined", "completed", "partial"] * 4

    async def decide(payout: int, outcome: str) -> None:
        async with database.connection() as own:
            await report(own, payout, outcome, now)

    async def attempt(task: int) -> bool:
        async with database.connection() as own:
            try:
                await pay_out(own, world, task, 6, endpoint)
            except (PayoutExists, BalanceShort):
                return False
        return True

    results = await asyncio.gather(
        *(decide(payout, outcome) for payout, outcome in zip(made, outcomes, strict=True)),
        *(attempt(task) for task in first * 3),
    )
    retried = sum(result is True for result in results)
    assert retried <= 4
    assert await balance_of(conn, world) == 4 * 10 + 4 * 5 - retried * 10
    await assert_books_balance(conn)


async def test_removing_an_endpoint_while_paying_to_it(database: Database, conn: Connection, world: World) -> None:
    """Either the payout came first and stands, or the endpoint was gone and nothing moved."""
    for _ in range(10):
        task = await add_paid_task(conn, world, 10)
        endpoint = await keep_endpoint(conn, world, SEPA)

        async def remove(endpoint: int) -> None:
            async with database.transaction() as own:
                await remove_endpoint(
                    own,
                    await access_freelancer(own, world.owner, freelancer_id=world.freelancer_id),
                    type=6,
                    endpoint=endpoint,
                    company_id=world.owner.company_id,
                    actor_id=world.owner.person_id,
                    now=world.now,
                )

        async def attempt(task: int, endpoint: int) -> None:
            async with database.connection() as own:
                await pay_out(own, world, task, 6, endpoint)

        _, result = await asyncio.gather(remove(endpoint), attempt(task, endpoint), return_exceptions=True)
        if isinstance(result, Refused):
            assert result.code == "payout_endpoint_unknown"
            assert not await fetch_value(conn, "SELECT EXISTS (SELECT FROM payout WHERE task_id = %(t)s)", {"t": task})
        else:
            assert result is None
    await assert_books_balance(conn)
