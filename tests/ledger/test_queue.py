"""The queue: many callers, one commit, and the truth however the network behaves."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from artel.db.pool import Database
from artel.ledger.accounts import Account, Transfer, company_to_pay, person_balance
from artel.ledger.batcher import LedgerQueue
from artel.ledger.errors import BadAmount, InsufficientFunds, LedgerUnavailable, OutcomeUnknown
from artel.ledger.queries import balance
from artel.ledger.rules import post
from artel.ledger.verify import verify_ledger
from tests.ledger.cast import funding, payment, transfer
from tests.ledger.proxy import Fault, FaultyProxy


class Team:
    """A company, a freelancer, and a straight connection to look at the truth."""

    def __init__(self, books: Database, company_id: int) -> None:
        self.books = books
        self.to_pay: Account = company_to_pay(company_id, "RUB")
        self.person: Account = person_balance(company_id, "RUB")

    def pay(self) -> Transfer:
        return payment(self.to_pay, self.person, price="10", fee="1")

    async def fund(self, amount: int) -> None:
        async with self.books.connection() as conn:
            await post(conn, funding(self.to_pay, amount))

    async def has(self, account: Account) -> int:
        async with self.books.connection() as conn:
            return int(await balance(conn, account))

    async def ids_of(self, key: str) -> list[int]:
        async with self.books.connection() as conn:
            cursor = await conn.execute("SELECT id FROM transfer WHERE key = %s", [key])
            return [row[0] for row in await cursor.fetchall()]


@pytest.fixture
def team(books: Database, company_id: int) -> Team:
    return Team(books, company_id)


@pytest.fixture
async def proxy(books_url: str) -> AsyncIterator[FaultyProxy]:
    async with FaultyProxy(books_url, seed=4) as one:
        yield one


@pytest.fixture
async def far_books(proxy: FaultyProxy) -> AsyncIterator[Database]:
    """The same books, through the faulty network."""
    pool = Database(proxy.url, size=4)
    await pool.open()
    yield pool
    proxy.is_refusing = False
    await asyncio.wait_for(pool.close(), timeout=10)


async def test_callers_share_commits(team: Team) -> None:
    await team.fund(11 * 100)
    queue = LedgerQueue(team.books)
    ids = await asyncio.gather(*(queue.post(team.pay()) for _ in range(100)))
    assert len(set(ids)) == 100
    async with team.books.connection() as conn:
        cursor = await conn.execute(
            "SELECT count(DISTINCT transaction_id) FROM transfer WHERE id = ANY (%s)", [list(ids)]
        )
        row = await cursor.fetchone()
    assert row is not None
    assert row[0] <= 10
    assert await team.has(team.person) == 1000


async def test_each_caller_gets_their_own_answer(team: Team) -> None:
    await team.fund(11)
    queue = LedgerQueue(team.books)
    sound, broke, broken = await asyncio.gather(
        queue.post(team.pay()),
        queue.post(transfer((team.person, -500), (team.to_pay, 500))),
        queue.post(transfer((team.to_pay, "-0.001"), (team.person, "0.001"))),
        return_exceptions=True,
    )
    assert isinstance(sound, int)
    assert isinstance(broke, InsufficientFunds)
    assert isinstance(broken, BadAmount)


async def test_one_that_the_server_cannot_take_spoils_nothing_for_the_others(team: Team) -> None:
    await team.fund(22)
    queue = LedgerQueue(team.books)
    results = await asyncio.gather(
        queue.post(team.pay()),
        queue.post(payment(team.to_pay, team.person, price="1", fee="1", key="no such \0 character")),
        queue.post(funding(person_balance(1, "XXX"), 1)),
        queue.post(team.pay()),
        return_exceptions=True,
    )
    assert [type(result) for result in results[::3]] == [int, int]
    assert all(isinstance(result, psycopg.Error) for result in results[1:3])


async def test_a_caller_who_leaves_while_waiting_moves_nothing(team: Team) -> None:
    await team.fund(1100)
    queue = LedgerQueue(team.books)
    one = team.pay()
    caller = asyncio.create_task(queue.post(one))
    await asyncio.sleep(0)
    caller.cancel()
    await queue.close()
    assert await team.ids_of(one.key) == []


async def test_a_caller_who_leaves_under_way_finds_the_truth_by_the_key(team: Team, far_books: Database) -> None:
    await team.fund(11 * 8)
    queue = LedgerQueue(far_books)
    for pause_s in (0.0005, 0.001, 0.002, 0.004, 0.008):
        one = team.pay()
        caller = asyncio.create_task(queue.post(one))
        await asyncio.sleep(pause_s)
        caller.cancel()
        await queue.close()
        known = await team.ids_of(one.key)
        again = await queue.post(one)
        assert known in ([], [again])
    assert await team.has(team.person) == 50


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_lost_connection_moves_money_once(
    team: Team, proxy: FaultyProxy, far_books: Database, fault: Fault
) -> None:
    await team.fund(1100)
    queue = LedgerQueue(far_books, answer_within_s=0.5)
    await queue.post(team.pay())
    proxy.next_fault = fault
    one = team.pay()
    transfer_id = await queue.post(one)
    assert proxy.struck == [fault]
    await asyncio.sleep(proxy.late_s + 0.1 if fault is Fault.LATE else 0)
    assert await team.ids_of(one.key) == [transfer_id]
    assert await team.has(team.person) == 20


async def test_what_was_refused_is_not_posted_by_a_late_first_try(
    team: Team, proxy: FaultyProxy, far_books: Database
) -> None:
    """The first try lingers in the network; the second is refused for want of money, and so it stays."""
    await team.fund(11)
    queue = LedgerQueue(far_books, answer_within_s=0.5)
    await queue.post(team.pay())
    proxy.next_fault = Fault.LATE
    one = team.pay()
    with pytest.raises(InsufficientFunds):
        await queue.post(one)
    await team.fund(1100)
    await asyncio.sleep(proxy.late_s + 0.1)
    assert await team.ids_of(one.key) == []


async def test_a_network_full_of_faults(team: Team, proxy: FaultyProxy, far_books: Database) -> None:
    await team.fund(11 * 8 * 15)
    proxy.rate, proxy.latency_s = 0.25, 0.003
    queue = LedgerQueue(far_books, answer_within_s=0.5)
    paid: list[int] = []

    async def caller() -> None:
        for _ in range(15):
            paid.append(await queue.post(team.pay()))

    await asyncio.gather(*(caller() for _ in range(8)))
    assert len(proxy.struck) >= 5
    assert len(set(paid)) == 8 * 15
    assert await team.has(team.to_pay) == 0
    assert await team.has(team.person) == 10 * 8 * 15
    assert (await verify_ledger(team.books)).is_clean


async def test_without_a_database_callers_are_told_what_is_known(
    team: Team, proxy: FaultyProxy, far_books: Database
) -> None:
    await team.fund(1100)
    queue = LedgerQueue(far_books, patience_s=0.4)
    await queue.post(team.pay())
    proxy.next_fault = Fault.REPLY_LOST
    one = team.pay()
    asking = asyncio.create_task(queue.post(one))
    await asyncio.wait_for(proxy.has_struck.wait(), timeout=5)
    proxy.cut_all()
    with pytest.raises(OutcomeUnknown) as unknown:
        await asking
    assert unknown.value.key == one.key
    with pytest.raises(LedgerUnavailable):
        await queue.post(team.pay())
    known = await team.ids_of(one.key)
    proxy.is_refusing = False
    assert known in ([], [await LedgerQueue(far_books).post(one)])
    assert await team.has(team.person) == 20
