"""Reads about companies."""

from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.ledger.queries import company_balances
from artel.tasks.pricing import percent_of


class CompanyRow(msgspec.Struct):
    id: int
    name: str
    brand_name: str
    escrow: str
    is_default: bool
    currency: str


async def companies_of(conn: Connection, person_id: int, *, limit: int, offset: int) -> tuple[list[CompanyRow], int]:
    """The companies somebody is a member of, by id, and how many there are in all."""
    rows = await fetch_all(
        conn,
        CompanyRow,
        """
        SELECT c.id, c.name, c.brand_name, c.escrow, m.is_default, c.currency
        FROM company_member AS m
        JOIN company AS c ON c.id = m.company_id
        WHERE m.person_id = %(person)s AND m.ended_at IS NULL
        ORDER BY c.id
        LIMIT %(limit)s OFFSET %(offset)s
        """,
        {"person": person_id, "limit": limit, "offset": offset},
    )
    total: int = await fetch_value(
        conn,
        "SELECT count(*) FROM company_member WHERE person_id = %(person)s AND ended_at IS NULL",
        {"person": person_id},
    )
    return rows, total


async def role_in(conn: Connection, *, person_id: int, company_id: int) -> str | None:
    """Somebody's role in a company; None for one they are no member of."""
    role: str | None = await fetch_value(
        conn,
        """
        SELECT role
        FROM company_member
        WHERE person_id = %(person)s AND company_id = %(company)s AND ended_at IS NULL
        """,
        {"person": person_id, "company": company_id},
    )
    return role


class Money(msgspec.Struct, frozen=True):
    """An amount net of VAT, and the VAT that belongs to it."""

    amount: Decimal
    vat: Decimal


class CompanyMoney(msgspec.Struct, frozen=True):
    """What a company has. `total` is available, held and to pay together."""

    account_id: int
    currency: str
    has_vat: bool
    total: Money
    held: Money
    to_pay: Money


class _Terms(msgspec.Struct):
    vat_percent: Decimal
    exponent: int


async def money_of(conn: Connection, company_id: int) -> CompanyMoney:
    """A company's balance, and VAT on each part: round(amount × percent), half up (customer-api.md "Pricing")."""
    balances = await company_balances(conn, company_id)
    terms = await fetch_one(
        conn,
        _Terms,
        """
        SELECT c.vat_percent, r.exponent
        FROM company AS c
        JOIN currency AS r ON r.code = c.currency
        WHERE c.id = %(company)s
        """,
        {"company": company_id},
    )
    assert terms is not None, "the caller has reached the company"
    assert balances.account_id is not None, "accounts are opened with the company"

    def with_vat(amount: Decimal) -> Money:
        return Money(amount, percent_of(amount, terms.vat_percent, exponent=terms.exponent))

    return CompanyMoney(
        account_id=balances.account_id,
        currency=balances.currency,
        has_vat=terms.vat_percent > 0,
        total=with_vat(balances.total),
        held=with_vat(balances.held),
        to_pay=with_vat(balances.to_pay),
    )
