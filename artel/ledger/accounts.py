"""What the ledger is spoken to in: accounts, postings, transfers."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

OwnerKind = Literal["company", "person", "agent", "platform"]
ClearingSource = Literal["bank", "card", "wallet", "chain"]

AVAILABLE = "available"
HELD = "held"
TO_PAY = "to_pay"
BALANCE = "balance"
PLATFORM_OWNER_ID = 0


class Account(msgspec.Struct, frozen=True):
    """Whose money, what for and in which currency. It comes to be when something is first posted to it.

    Accounts of companies, people and agents never go below zero. Those of the platform may, and have no
    running balance: every payment touches them, and a row to update would make payments wait for each other.
    """

    owner_kind: OwnerKind
    owner_id: int
    purpose: str
    currency: str

    @property
    def is_customers(self) -> bool:
        return self.owner_kind != "platform"


def company_available(company_id: int, currency: str) -> Account:
    """What the company can spend."""
    return Account("company", company_id, AVAILABLE, currency)


def company_held(company_id: int, currency: str) -> Account:
    """Escrow: set aside for tasks that are under way."""
    return Account("company", company_id, HELD, currency)


def company_to_pay(company_id: int, currency: str) -> Account:
    """Payment ordered, not settled yet."""
    return Account("company", company_id, TO_PAY, currency)


def person_balance(person_id: int, currency: str) -> Account:
    """What a freelancer has earned and not taken out."""
    return Account("person", person_id, BALANCE, currency)


def agent_wallet(agent_id: int, currency: str) -> Account:
    """What an AI agent can spend."""
    return Account("agent", agent_id, BALANCE, currency)


def platform_account(purpose: str, currency: str) -> Account:
    return Account("platform", PLATFORM_OWNER_ID, purpose, currency)


def commission(currency: str) -> Account:
    """The platform's earnings."""
    return platform_account("commission", currency)


def vat(currency: str) -> Account:
    """VAT collected with top-ups, owed to the tax office."""
    return platform_account("vat", currency)


def sales_tax(currency: str) -> Account:
    """Sales tax of companies in the US, owed to the tax office."""
    return platform_account("sales_tax", currency)


def insurance(currency: str) -> Account:
    """Premiums of insured tasks, owed to the insurer."""
    return platform_account("insurance", currency)


def exchange(currency: str) -> Account:
    """The platform's position in a currency: a conversion takes from one of these and puts into another."""
    return platform_account("exchange", currency)


def payouts_in_transit(currency: str) -> Account:
    """Left a freelancer's balance, not yet reported as arrived or returned."""
    return platform_account("payouts_in_transit", currency)


def clearing(source: ClearingSource, currency: str) -> Account:
    """The outside world as the ledger sees it: below zero by what came in, above by what went out."""
    return platform_account(f"clearing_{source}", currency)


class Posting(msgspec.Struct, frozen=True):
    """One account's part in a transfer: above zero it receives, below zero it gives."""

    account: Account
    amount: Decimal


class Transfer(msgspec.Struct, frozen=True):
    """Money moved, whole or not at all.

    `key` makes it happen once, e.g. "task:10001:settled"; it is unique in the whole ledger. `subject` and
    `subject_id` say what it was for, e.g. "task" and its id. `at` is the business's time.
    """

    kind: str
    key: str
    subject: str
    subject_id: int
    postings: tuple[Posting, ...]
    at: datetime
    actor_id: int | None = None
    reverses: int | None = None
