"""Money never appears, vanishes or moves twice: random histories, held against the model after each step."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from artel.db.pool import Connection
from artel.errors import Refused
from artel.ledger.accounts import (
    Account,
    Posting,
    Transfer,
    clearing,
    commission,
    company_available,
    company_held,
    company_to_pay,
    exchange,
    insurance,
    payouts_in_transit,
    person_balance,
    sales_tax,
    vat,
)
from artel.ledger.errors import AlreadyReversed
from artel.ledger.rules import post, reverse, top_up
from artel.ledger.verify import verify
from tests.ledger.cast import NOW
from tests.ledger.clerk import Clerk
from tests.ledger.model import Model

CENT = Decimal("0.01")
companies = st.sampled_from([1, 2])
people = st.sampled_from([11, 12])
currencies = st.sampled_from(["RUB", "USD"])
amounts = st.integers(min_value=1, max_value=20_000).map(lambda cents: Decimal(cents) / 100)
rates = st.decimals(min_value="0.01", max_value="99", places=4)


class History(RuleBasedStateMachine):
    """Two companies and two freelancers do business in two currencies."""

    clerk: Clerk

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.number = 0
        self.payments: list[tuple[int, Transfer]] = []
        self.in_transit: list[tuple[Account, Decimal]] = []

    @initialize()
    def begins(self) -> None:
        for currency in ("RUB", "USD"):
            for company in (1, 2):
                self.tops_up(company, currency, Decimal(900), "20")
                self.holds(company, currency, Decimal(600))
                self.orders_payment(company, currency, Decimal(300), Decimal(100))
                self.pays(company, 10 + company, currency, Decimal(150), False)

    def teardown(self) -> None:
        assert self.clerk.run(verify(self.clerk.conn)) == []
        self.clerk.run(self.clerk.conn.rollback())

    def move(self, kind: str, *parts: tuple[Account, Decimal]) -> tuple[int, Transfer] | None:
        """Post, see that it went as the model says, and answer what was posted."""
        self.number += 1
        postings = tuple(Posting(*part) for part in parts if part[1])
        transfer = Transfer(kind, f"history:{self.number}", "task", 1, postings, NOW)
        expected = self.model.post(transfer)
        if isinstance(expected, str):
            return self.clerk.run(post(self.clerk.conn, transfer)), transfer
        with pytest.raises(expected):
            self.clerk.run(post(self.clerk.conn, transfer))
        return None

    @rule(company=companies, currency=currencies, amount=amounts, percent=st.sampled_from(["0", "20", "18.5"]))
    def tops_up(self, company: int, currency: str, amount: Decimal, percent: str) -> None:
        self.number += 1
        self.clerk.run(
            top_up(
                self.clerk.conn,
                company_id=company,
                currency=currency,
                amount=amount,
                vat_percent=Decimal(percent),
                source="bank",
                key=f"history:{self.number}",
                actor_id=None,
                now=NOW,
            )
        )
        tax = (amount * Decimal(percent) / 100).quantize(CENT, ROUND_HALF_UP)
        self.model.balances[company_available(company, currency)] += amount
        self.model.balances[vat(currency)] += tax
        self.model.balances[clearing("bank", currency)] -= amount + tax

    @rule(company=companies, currency=currencies, amount=amounts)
    def holds(self, company: int, currency: str, amount: Decimal) -> None:
        self.move("hold", (company_available(company, currency), -amount), (company_held(company, currency), amount))

    @rule(company=companies, currency=currencies, amount=amounts)
    def releases(self, company: int, currency: str, amount: Decimal) -> None:
        self.move(
            "release",
            (company_held(company, currency), -amount),
            (company_available(company, currency), amount),
        )

    @rule(company=companies, currency=currencies, held=amounts, more=amounts)
    def orders_payment(self, company: int, currency: str, held: Decimal, more: Decimal) -> None:
        self.move(
            "order",
            (company_held(company, currency), -held),
            (company_available(company, currency), -more),
            (company_to_pay(company, currency), held + more),
        )

    @rule(
        company=companies,
        person=people,
        currency=currencies,
        price=amounts,
        with_tax=st.booleans(),
        premium=st.sampled_from([Decimal(0), Decimal("1.99")]),
    )
    def pays(
        self, company: int, person: int, currency: str, price: Decimal, with_tax: bool, premium: Decimal = Decimal(0)
    ) -> None:
        fee = (price * Decimal("0.035")).quantize(CENT, ROUND_HALF_UP)
        tax = (price * Decimal("0.0625")).quantize(CENT, ROUND_HALF_UP) if with_tax else Decimal(0)
        paid = self.move(
            "payment",
            (company_to_pay(company, currency), -(price + fee + tax + premium)),
            (person_balance(person, currency), price),
            (commission(currency), fee),
            (sales_tax(currency), tax),
            (insurance(currency), premium),
        )
        if paid:
            self.payments.append(paid)

    @precondition(lambda self: self.payments)
    @rule(data=st.data())
    def pays_again_with_the_same_key(self, data: st.DataObject) -> None:
        transfer_id, transfer = data.draw(st.sampled_from(self.payments))
        assert self.model.post(transfer) == "repeated"
        assert self.clerk.run(post(self.clerk.conn, transfer)) == transfer_id

    @precondition(lambda self: self.payments)
    @rule(data=st.data())
    def refunds(self, data: st.DataObject) -> None:
        transfer_id, paid = data.draw(st.sampled_from(self.payments))
        self.number += 1
        key = f"history:{self.number}"
        undone = tuple(Posting(posting.account, -posting.amount) for posting in paid.postings)
        expected = self.model.post(Transfer("reversal", key, "task", 1, undone, NOW, reverses=transfer_id))
        if isinstance(expected, str):
            self.clerk.run(reverse(self.clerk.conn, transfer_id, key=key, at=NOW))
        else:
            assert issubclass(expected, Refused)
            with pytest.raises((expected, AlreadyReversed)):
                self.clerk.run(reverse(self.clerk.conn, transfer_id, key=key, at=NOW))

    @rule(person=people, currency=currencies, amount=amounts)
    def takes_out(self, person: int, currency: str, amount: Decimal) -> None:
        account = person_balance(person, currency)
        if self.move("payout", (account, -amount), (payouts_in_transit(currency), amount)):
            self.in_transit.append((account, amount))

    @precondition(lambda self: self.in_transit)
    @rule(part=st.sampled_from(["0", "0.4", "1"]))
    def rail_reports(self, part: str) -> None:
        """All of it arrived, some did, or it comes back."""
        account, amount = self.in_transit.pop(0)
        arrived = (amount * Decimal(part)).quantize(CENT, ROUND_HALF_UP)
        self.move(
            "payout_report",
            (payouts_in_transit(account.currency), -amount),
            (clearing("bank", account.currency), arrived),
            (account, amount - arrived),
        )

    @rule(person=people, amount=amounts, rate=rates)
    def exchanges(self, person: int, amount: Decimal, rate: Decimal) -> None:
        """Both currencies in one transfer; what rounding leaves stays in the platform's position."""
        bought = (amount / rate).quantize(CENT, ROUND_HALF_UP)
        self.move(
            "exchange",
            (person_balance(person, "RUB"), -amount),
            (exchange("RUB"), amount),
            (exchange("USD"), -bought),
            (person_balance(person, "USD"), bought),
        )

    @invariant()
    def is_what_the_model_says(self) -> None:
        found = self.clerk.run(balances(self.clerk.conn))
        for account, amount in self.model.balances.items():
            assert found.get(account, 0) == amount
            assert amount >= 0 or not account.is_customers
        for currency in ("RUB", "USD"):
            assert sum(amount for account, amount in found.items() if account.currency == currency) == 0


async def balances(conn: Connection) -> dict[Account, Decimal]:
    """Every account's balance as written, the platform's as its postings sum."""
    cursor = await conn.execute(
        """
        SELECT
            account.owner_kind, account.owner_id, account.purpose, account.currency,
            coalesce(account.balance, (SELECT sum(amount) FROM posting WHERE account_id = account.id), 0)
        FROM account
        """
    )
    return {Account(*row[:4]): row[4] for row in await cursor.fetchall()}


def test_conservation(clerk: Clerk) -> None:
    History.clerk = clerk
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
