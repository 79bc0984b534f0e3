"""Many at once, on real connections."""

import asyncio
import random

from artel.db.pool import Database
from artel.ledger.accounts import (
    Account,
    Transfer,
    clearing,
    company_available,
    company_held,
    company_to_pay,
    payouts_in_transit,
    person_balance,
)
from artel.ledger.batcher import LedgerQueue
from artel.ledger.errors import InsufficientFunds, KeyReused
from artel.ledger.queries import balance, transfers_of
from artel.ledger.rules import Outcome, Posted, post, post_many
from artel.ledger.verify import verify_ledger
from tests.ledger.cast import funding, payment, transfer


async def pay_alone(books: Database, one: Transfer) -> int:
    async with books.transaction() as conn:
        return await post(conn, one)


async def have(books: Database, account: Account) -> int:
    async with books.connection() as conn:
        return int(await balance(conn, account))


async def test_64_callers_with_money_for_10(books: Database, company_id: int) -> None:
    to_pay, person = company_to_pay(company_id, "RUB"), person_balance(company_id, "RUB")
    await pay_alone(books, funding(to_pay, 119))
    results = await asyncio.gather(
        *(pay_alone(books, payment(to_pay, person, price="10", fee="1")) for _ in range(64)),
        return_exceptions=True,
    )
    assert sum(isinstance(result, int) for result in results) == 10
    assert sum(isinstance(result, InsufficientFunds) for result in results) == 54
    assert await have(books, to_pay) == 9
    assert await have(books, person) == 100
    assert (await verify_ledger(books)).is_clean


async def test_64_callers_of_the_queue_with_money_for_10(books: Database, company_id: int) -> None:
    to_pay, person = company_to_pay(company_id, "RUB"), person_balance(company_id, "RUB")
    queue = LedgerQueue(books)
    await queue.post(funding(to_pay, 119))
    results = await asyncio.gather(
        *(queue.post(payment(to_pay, person, price="10", fee="1")) for _ in range(64)), return_exceptions=True
    )
    assert sum(isinstance(result, int) for result in results) == 10
    assert sum(isinstance(result, InsufficientFunds) for result in results) == 54
    assert await have(books, to_pay) == 9


async def test_one_key_50_at_once(books: Database, company_id: int) -> None:
    to_pay, person = company_to_pay(company_id, "RUB"), person_balance(company_id, "RUB")
    queue = LedgerQueue(books)
    await queue.post(funding(to_pay, 1000))
    one = payment(to_pay, person, price="10", fee="1")
    ids = await asyncio.gather(*(pay_alone(books, one) for _ in range(25)), *(queue.post(one) for _ in range(25)))
    assert len(set(ids)) == 1
    assert await have(books, to_pay) == 989


async def test_one_key_with_two_contents_at_once(books: Database, company_id: int) -> None:
    """One of them moves money; the other is refused, whether or not they share an account to wait at."""
    for number in range(5):
        key = f"two contents:{company_id}:{number}"
        first = funding(person_balance(company_id, "RUB"), 1, key=key)
        second = funding(person_balance(company_id + 100_000, "RUB"), 2, key=key)
        queues = [LedgerQueue(books, lanes=1) for _ in range(2)]
        results = await asyncio.gather(queues[0].post(first), queues[1].post(second), return_exceptions=True)
        assert [type(result) for result in results if not isinstance(result, int)] == [KeyReused]
    assert (await verify_ledger(books)).is_clean


async def test_the_same_platform_transfer_many_times_at_once(books: Database) -> None:
    """No customer's account is there to wait at."""
    one = transfer((payouts_in_transit("KZT"), -5), (clearing("bank", "KZT"), 5))
    assert len(set(await asyncio.gather(*(pay_alone(books, one) for _ in range(16))))) == 1
    assert await have(books, clearing("bank", "KZT")) == 5


async def test_batches_that_cross_each_other_do_not_deadlock(books: Database, company_id: int) -> None:
    """Each batch names the same accounts in an order of its own, some of them for the first time."""
    people = [person_balance(company_id * 1000 + number, "EUR") for number in range(12)]
    async with books.connection() as conn:
        await post_many(conn, [funding(person, 100) for person in people[:6]])

    async def move_about(seed: int) -> list[Outcome]:
        chance = random.Random(seed)
        outcomes: list[Outcome] = []
        for _ in range(6):
            batch = []
            for _ in range(10):
                giver, taker = chance.sample(people, 2)
                batch.append(transfer((giver, -1), (taker, 1)))
            async with books.transaction() as conn:
                outcomes += await post_many(conn, batch)
        return outcomes

    results = await asyncio.gather(*(move_about(seed) for seed in range(12)))
    assert sum(isinstance(outcome, Posted) for outcomes in results for outcome in outcomes) > 300
    assert sum([await have(books, person) for person in people]) == 600
    assert (await verify_ledger(books)).is_clean


async def test_hold_release_and_pay_of_one_company_at_once(books: Database, company_id: int) -> None:
    """Numbers of the statement stay without gaps while holds and payments cross."""
    available, held = company_available(company_id, "RUB"), company_held(company_id, "RUB")
    to_pay, person = company_to_pay(company_id, "RUB"), person_balance(company_id, "RUB")
    await pay_alone(books, funding(available, 400))

    async def whole_task(number: int) -> None:
        await pay_alone(books, transfer((available, -11), (held, 11)))
        if number % 3 == 0:
            await pay_alone(books, transfer((held, -11), (available, 11)))
            return
        await pay_alone(books, transfer((held, -11), (to_pay, 11)))
        await pay_alone(books, payment(to_pay, person, price="10", fee="1"))

    await asyncio.gather(*(whole_task(number) for number in range(30)))
    assert await have(books, available) == 400 - 20 * 11
    assert await have(books, person) == 200
    async with books.connection() as conn:
        assert (await transfers_of(conn, available, offset=0, limit=50)).total == 21
    assert (await verify_ledger(books)).is_clean
