"""Posting: what is taken, what is refused, and what either leaves behind."""

import asyncio
from decimal import Decimal

import pytest

from artel.db.pool import Connection, Database
from artel.errors import NotFound
from artel.ledger.accounts import (
    Posting,
    Transfer,
    clearing,
    commission,
    company_available,
    company_held,
    payouts_in_transit,
    person_balance,
    vat,
)
from artel.ledger.errors import AlreadyReversed, BadAmount, InsufficientFunds, KeyReused, Unbalanced
from artel.ledger.queries import balance
from artel.ledger.rules import (
    Declined,
    Posted,
    Repeated,
    open_company_accounts,
    post,
    post_many,
    reverse,
    top_up,
)
from tests.ledger.cast import AVAILABLE, COMPANY, NOW, PERSON, TO_PAY, funding, money, payment, transfer


async def test_a_payment_reaches_everybody(conn: Connection) -> None:
    await post(conn, funding(TO_PAY, 1000))
    await post(conn, payment(TO_PAY, PERSON, price="100.10", fee="9.01", tax="20.02"))
    assert await balance(conn, TO_PAY) == money("870.87")
    assert await balance(conn, PERSON) == money("100.10")
    assert await balance(conn, commission("RUB")) == money("9.01")
    assert await balance(conn, vat("RUB")) == money("20.02")
    assert await balance(conn, clearing("bank", "RUB")) == -1000


async def test_what_is_not_there_is_not_paid_and_the_transaction_goes_on(conn: Connection) -> None:
    await post(conn, funding(TO_PAY, 100))
    with pytest.raises(InsufficientFunds) as refusal:
        await post(conn, payment(TO_PAY, PERSON, price="100", fee="0.01"))
    assert refusal.value.account == TO_PAY
    assert refusal.value.balance == 100
    await post(conn, payment(TO_PAY, PERSON, price="99.99", fee="0.01"))
    assert await balance(conn, TO_PAY) == 0
    assert await balance(conn, PERSON) == money("99.99")


async def test_the_same_key_moves_money_once(conn: Connection) -> None:
    await post(conn, funding(TO_PAY, 1000))
    one = payment(TO_PAY, PERSON, price="10", fee="1", key="task:1:settled")
    first = await post(conn, one)
    later = Transfer(
        "payment",
        one.key,
        one.subject,
        one.subject_id,
        one.postings[::-1],
        at=NOW.replace(year=2032),
        actor_id=5,
    )
    assert await post(conn, later) == first
    assert await balance(conn, PERSON) == 10


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "refund"},
        {"subject": "payout"},
        {"subject_id": 1},
        {"postings": (Posting(TO_PAY, money(-10)), Posting(PERSON, money(10)))},
        {"postings": (Posting(TO_PAY, money(-11)), Posting(PERSON, money(11)))},
        {
            "postings": (
                Posting(TO_PAY, money(-11)),
                Posting(person_balance(71, "RUB"), money(10)),
                Posting(commission("RUB"), money(1)),
            )
        },
    ],
    ids=["kind", "subject", "subject_id", "amount", "fewer", "account"],
)
async def test_the_same_key_with_another_content_is_refused(conn: Connection, change: dict[str, object]) -> None:
    await post(conn, funding(TO_PAY, 1000))
    one = payment(TO_PAY, PERSON, price="10", fee="1")
    await post(conn, one)
    fields = {name: getattr(one, name) for name in one.__struct_fields__} | change
    with pytest.raises(KeyReused):
        await post(conn, Transfer(**fields))
    assert await balance(conn, TO_PAY) == 989


@pytest.mark.parametrize(
    ("parts", "refusal"),
    [
        ([(clearing("bank", "RUB"), "-1"), (PERSON, "1.01")], Unbalanced),
        ([(clearing("bank", "USD"), "-1"), (PERSON, "1")], Unbalanced),
        ([(clearing("bank", "RUB"), "-1.001"), (PERSON, "1.001")], BadAmount),
        ([(clearing("bank", "RUB"), "0"), (PERSON, "0")], BadAmount),
        ([(clearing("bank", "RUB"), "NaN"), (PERSON, "NaN")], BadAmount),
        ([(clearing("bank", "RUB"), "-Infinity"), (PERSON, "Infinity")], BadAmount),
        ([], BadAmount),
    ],
)
async def test_what_is_no_transfer(conn: Connection, parts: list[tuple[object, str]], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        await post(conn, transfer(*parts))  # type: ignore[arg-type]
    assert await balance(conn, PERSON) == 0


async def test_digits_are_the_currencys(conn: Connection) -> None:
    ether = person_balance(70, "ETH")
    await post(conn, funding(ether, "12345678901234567890.000000000000000001"))
    await post(conn, funding(PERSON, "1.10000"))
    assert await balance(conn, ether) == money("12345678901234567890.000000000000000001")
    with pytest.raises(Unbalanced):
        await post(
            conn,
            transfer(
                (clearing("chain", "ETH"), "-12345678901234567890"),
                (ether, "12345678901234567890.000000000000000001"),
            ),
        )


async def test_postings_to_one_account_count_together(conn: Connection) -> None:
    await post(conn, transfer((clearing("bank", "RUB"), -3), (PERSON, 1), (PERSON, 2)))
    assert await balance(conn, PERSON) == 3
    await post(conn, transfer((AVAILABLE, -3), (AVAILABLE, 3), (PERSON, -1), (clearing("bank", "RUB"), 1)))
    assert await balance(conn, PERSON) == 2


async def test_many_are_decided_one_after_another(conn: Connection) -> None:
    first = payment(TO_PAY, PERSON, price="10", fee="1")
    batch = [
        first,  # nothing there yet
        funding(TO_PAY, 15),
        first,  # now there is
        payment(TO_PAY, PERSON, price="10", fee="1"),  # four left
        first,  # known
        transfer((TO_PAY, "-0.001"), (PERSON, "0.001")),  # too fine
        transfer((PERSON, -10), (TO_PAY, 10)),
        payment(TO_PAY, PERSON, price="10", fee="1"),
    ]
    outcomes = await post_many(conn, batch)
    assert [type(outcome) for outcome in outcomes] == [
        Declined,
        Posted,
        Posted,
        Declined,
        Repeated,
        Declined,
        Posted,
        Posted,
    ]
    assert outcomes[4] == Repeated(outcomes[2].transfer_id)  # type: ignore[union-attr]
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, Declined)]
    assert [type(error) for error in errors] == [InsufficientFunds, InsufficientFunds, BadAmount]
    assert [error.balance for error in errors if isinstance(error, InsufficientFunds)] == [0, 4]
    assert await balance(conn, TO_PAY) == 3


async def test_nothing_to_post_is_fine(conn: Connection) -> None:
    assert await post_many(conn, []) == []


async def test_a_mistake_is_reversed_once(conn: Connection) -> None:
    await post(conn, funding(TO_PAY, 100))
    paid = await post(conn, payment(TO_PAY, PERSON, price="90", fee="9"))
    undone = await reverse(conn, paid, key="undo", at=NOW)
    assert await reverse(conn, paid, key="undo", at=NOW) == undone
    with pytest.raises(AlreadyReversed):
        await reverse(conn, paid, key="undo again", at=NOW)
    assert await balance(conn, TO_PAY) == 100
    assert await balance(conn, commission("RUB")) == 0


async def test_spent_money_is_not_taken_back(conn: Connection) -> None:
    await post(conn, funding(TO_PAY, 100))
    paid = await post(conn, payment(TO_PAY, PERSON, price="90", fee="9"))
    await post(conn, transfer((PERSON, -1), (payouts_in_transit("RUB"), 1)))
    with pytest.raises(InsufficientFunds):
        await reverse(conn, paid, key="undo", at=NOW)
    with pytest.raises(NotFound):
        await reverse(conn, 5, key="undo nothing", at=NOW)


async def test_a_top_up_is_net_and_its_vat_goes_to_the_tax_office(conn: Connection) -> None:
    await top_up(
        conn,
        company_id=COMPANY,
        currency="RUB",
        amount=money("100.03"),
        vat_percent=money("20.5"),
        source="card",
        key="invoice:1",
        actor_id=None,
        now=NOW,
    )
    assert await balance(conn, AVAILABLE) == money("100.03")
    assert await balance(conn, vat("RUB")) == money("20.51")
    assert await balance(conn, clearing("card", "RUB")) == money("-120.54")


@pytest.mark.parametrize("amount", ["0", "-5", "0.001", "NaN", "Infinity", "1e16", "9" * 300])
async def test_a_top_up_of_nothing_or_of_more_than_there_is_is_refused(conn: Connection, amount: str) -> None:
    with pytest.raises(BadAmount):
        await top_up(
            conn,
            company_id=COMPANY,
            currency="RUB",
            amount=money(amount),
            vat_percent=money(20),
            source="bank",
            key="invoice:1",
            actor_id=None,
            now=NOW,
        )


async def test_a_companys_accounts_open_before_money_comes(conn: Connection) -> None:
    account_id = await open_company_accounts(conn, COMPANY, "RUB")
    assert await open_company_accounts(conn, COMPANY, "RUB") == account_id
    assert await balance(conn, company_held(COMPANY, "RUB")) == 0


async def test_accounts_opened_by_many_at_once_are_opened_once(books: Database, company_id: int) -> None:
    company = company_available(company_id, "EUR")

    async def fund(number: int) -> int:
        async with books.transaction() as conn:
            accounts = [person_balance(100 + (number * step) % 7, "EUR") for step in (1, 3, 5)]
            await post_many(conn, [funding(account, 1) for account in accounts])
            return await post(conn, funding(company, 1))

    await asyncio.gather(*(fund(number) for number in range(20)))
    async with books.connection() as conn:
        assert await balance(conn, company) == 20
        total = sum([await balance(conn, person_balance(100 + number, "EUR")) for number in range(7)], Decimal(0))
        assert total == 60
