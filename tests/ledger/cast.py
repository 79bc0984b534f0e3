"""What the ledger's tests speak of: one company, its freelancers, and the transfers between them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from artel.ledger.accounts import (
    Account,
    Posting,
    Transfer,
    clearing,
    commission,
    company_available,
    company_to_pay,
    person_balance,
    vat,
)

NOW = datetime(2031, 3, 4, 12, 0, 0, tzinfo=UTC)
COMPANY = 7
FREELANCER = 70
AVAILABLE = company_available(COMPANY, "RUB")
TO_PAY = company_to_pay(COMPANY, "RUB")
PERSON = person_balance(FREELANCER, "RUB")

_numbers = count(1)


def money(text: str | int) -> Decimal:
    return Decimal(text)


def transfer(
    *parts: tuple[Account, str | int], key: str | None = None, kind: str = "move", minute: int = 0
) -> Transfer:
    """A transfer of the parts given, with a key of its own unless one is given."""
    number = next(_numbers)
    return Transfer(
        kind=kind,
        key=key or f"test:{number}",
        subject="task",
        subject_id=number,
        postings=tuple(Posting(account, Decimal(amount)) for account, amount in parts),
        at=NOW + timedelta(minutes=minute),
    )


def funding(account: Account, amount: str | int, key: str | None = None) -> Transfer:
    """Money from outside straight onto an account."""
    bank = clearing("bank", account.currency)
    return transfer((bank, str(Decimal(amount).copy_negate())), (account, amount), key=key, kind="top_up")


def payment(
    company: Account, person: Account, *, price: str, fee: str, tax: str = "0", key: str | None = None
) -> Transfer:
    """A settled task in full: the company pays; the freelancer, the platform and the tax office receive."""
    currency = company.currency
    parts: list[tuple[Account, str | int]] = [
        (company, str(-(Decimal(price) + Decimal(fee) + Decimal(tax)))),
        (person, price),
        (commission(currency), fee),
    ]
    if Decimal(tax):
        parts.append((vat(currency), tax))
    return transfer(*parts, key=key, kind="payment")
