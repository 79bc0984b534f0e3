"""Reading the books."""

from datetime import timedelta

from artel.db.pool import Connection
from artel.ledger.accounts import (
    clearing,
    company_available,
    company_held,
    company_to_pay,
    payouts_in_transit,
)
from artel.ledger.queries import LineType, balance, company_balances, person_balances, transfers_of
from artel.ledger.rules import open_company_accounts, post, post_many
from tests.ledger.cast import (
    AVAILABLE,
    COMPANY,
    FREELANCER,
    NOW,
    PERSON,
    TO_PAY,
    funding,
    money,
    payment,
    transfer,
)

HELD = company_held(COMPANY, "RUB")


async def add_company(conn: Connection) -> None:
    await conn.execute(
        """
        INSERT INTO company (id, name, brand_name, currency, country, commission_percent, created_at)
        VALUES (%s, 'Acme', 'Acme', 'RUB', 'RU', 10, %s)
        """,
        [COMPANY, NOW],
    )


async def test_a_company_has_three_balances_in_its_own_currency(conn: Connection) -> None:
    await add_company(conn)
    empty = await company_balances(conn, COMPANY)
    assert (empty.currency, empty.account_id, empty.total) == ("RUB", None, 0)
    account_id = await open_company_accounts(conn, COMPANY, "RUB")
    await post(conn, funding(AVAILABLE, 100))
    await post(conn, funding(company_available(COMPANY, "USD"), 5))
    await post(conn, transfer((AVAILABLE, -60), (HELD, 60)))
    await post(conn, transfer((HELD, -25), (TO_PAY, 25)))
    found = await company_balances(conn, COMPANY)
    assert (found.account_id, found.available, found.held, found.to_pay) == (account_id, 40, 35, 25)
    assert found.total == 100


async def test_a_person_has_a_balance_in_each_currency(conn: Connection) -> None:
    assert await person_balances(conn, FREELANCER) == {"RUB": 0, "USD": 0, "EUR": 0}
    await post(conn, funding(PERSON, "1.50"))
    assert await person_balances(conn, FREELANCER) == {"RUB": money("1.5"), "USD": 0, "EUR": 0}


async def test_an_account_nobody_used_is_empty(conn: Connection) -> None:
    assert await balance(conn, TO_PAY) == 0
    assert await balance(conn, clearing("chain", "BTC")) == 0
    assert (await transfers_of(conn, TO_PAY, offset=0, limit=20)).total == 0


async def test_a_companys_statement_shows_what_came_and_went(conn: Connection) -> None:
    await post(conn, funding(AVAILABLE, 100))
    await post(conn, transfer((AVAILABLE, -60), (HELD, 60), kind="hold"))
    await post(conn, transfer((HELD, -50), (AVAILABLE, -5), (TO_PAY, 55), kind="to_pay"))
    paid = await post(conn, payment(TO_PAY, PERSON, price="50", fee="5"))
    await post(conn, transfer((PERSON, -10), (AVAILABLE, 10), kind="refund"))
    statement = await transfers_of(conn, TO_PAY, offset=0, limit=20)
    assert statement.total == 3
    assert [(line.type, line.amount, line.change) for line in statement.lines] == [
        (LineType.REFUND, 10, 10),
        (LineType.WRITE_OFF, 55, -55),
        (LineType.TOP_UP, 100, 100),
    ]
    assert statement.lines[1].transfer_id == paid
    assert statement.lines[1].kind == "payment"
    assert statement.lines[1].subject == "task"
    assert statement.lines[1].currency == "RUB"
    assert statement.lines[1].created_at == NOW
    assert {line.account_id for line in statement.lines} == {await open_company_accounts(conn, COMPANY, "RUB")}


async def test_a_statement_nets_what_one_transfer_takes_from_two_accounts(conn: Connection) -> None:
    await post(conn, funding(AVAILABLE, 10))
    await post(conn, funding(HELD, 10))
    await post(conn, transfer((AVAILABLE, -4), (HELD, -3), (PERSON, 7)))
    newest = (await transfers_of(conn, AVAILABLE, offset=0, limit=1)).lines[0]
    assert newest.change == -7


async def test_money_from_company_to_company_is_on_both_statements(conn: Connection) -> None:
    other = company_to_pay(COMPANY + 1, "RUB")
    await post(conn, funding(TO_PAY, 10))
    await post(conn, transfer((TO_PAY, -4), (other, 4)))
    assert [line.change for line in (await transfers_of(conn, TO_PAY, offset=0, limit=9)).lines] == [-4, 10]
    assert [line.change for line in (await transfers_of(conn, other, offset=0, limit=9)).lines] == [4]


async def test_a_statement_is_paged_and_cut_by_time(conn: Connection) -> None:
    bank = clearing("bank", "RUB")
    await post_many(conn, [transfer((bank, -minute), (AVAILABLE, minute), minute=minute) for minute in range(1, 31)])

    async def amounts(offset: int, limit: int, first: int | None = None, last: int | None = None) -> list[int]:
        statement = await transfers_of(
            conn,
            AVAILABLE,
            offset=offset,
            limit=limit,
            since=None if first is None else NOW + timedelta(minutes=first),
            until=None if last is None else NOW + timedelta(minutes=last),
        )
        assert statement.total == (last or 30) - (first or 1) + 1
        return [int(line.amount) for line in statement.lines]

    assert await amounts(0, 4) == [30, 29, 28, 27]
    assert await amounts(28, 4) == [2, 1]
    assert await amounts(30, 4) == []
    assert await amounts(0, 3, 5, 20) == [20, 19, 18]
    assert await amounts(14, 3, 5, 20) == [6, 5]
    assert await amounts(0, 2, first=29) == [30, 29]
    assert await amounts(1, 5, last=3) == [2, 1]


async def test_a_freelancer_sees_their_own_transfers(conn: Connection) -> None:
    await post(conn, funding(TO_PAY, 100))
    await post(conn, payment(TO_PAY, PERSON, price="50", fee="5"))
    await post(conn, transfer((PERSON, -20), (payouts_in_transit("RUB"), 20), kind="payout", minute=5))
    statement = await transfers_of(conn, PERSON, offset=0, limit=1)
    assert statement.total == 2
    assert [line.change for line in statement.lines] == [-20]
    earlier = await transfers_of(conn, PERSON, offset=0, limit=9, until=NOW + timedelta(minutes=4))
    assert (earlier.total, [line.change for line in earlier.lines]) == (1, [50])


async def test_pages_are_ranges_of_an_index(conn: Connection) -> None:
    """Neither order of a statement needs a sort."""
    await conn.execute("SET LOCAL enable_seqscan = off")
    await conn.execute("SET LOCAL enable_sort = off")
    for order in ("number DESC", "at DESC, number DESC"):
        cursor = await conn.execute(
            f"EXPLAIN SELECT * FROM statement_line WHERE statement_id = 5 ORDER BY {order} LIMIT 20"
        )
        plan = "\n".join(row[0] for row in await cursor.fetchall())
        assert "Index Scan Backward" in plan
        assert "Sort" not in plan
