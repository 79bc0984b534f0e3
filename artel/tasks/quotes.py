"""What a task would cost a company now, and what it costs at the rate it was made with."""

from decimal import Decimal
from uuid import UUID

import msgspec

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import Refused
from artel.exchange import queries as exchange
from artel.exchange.errors import PairNotQuoted
from artel.insurance.rules import premium_for
from artel.ledger.queries import PERSON_CURRENCIES
from artel.tasks.pricing import TaskPrice, Terms, price_task
from artel.tasks.references import check_references


class CompanyTerms(Terms, frozen=True, kw_only=True):
    """A company's terms, its escrow policy, and the digits of the worker's currency asked about."""

    escrow: str
    worker_exponent: int


class Quote(msgspec.Struct, frozen=True):
    """`fixed` at the rate of the task asked about, `actual` at today's; one and the same without such a task."""

    fixed: TaskPrice
    actual: TaskPrice


async def allowed_currencies(conn: Connection, *, currency: str) -> list[str]:
    """What a company that pays in `currency` can pay freelancers in: its own, and those it can buy now."""
    bought = {rate.target for rate in await exchange.quoted_rates(conn) if rate.base == currency}
    return [code for code in PERSON_CURRENCIES if code == currency or code in bought]


async def company_terms(conn: Connection, company_id: int, *, worker_currency: str) -> CompanyTerms:
    """Refuses: worker_currency_not_allowed for one that freelancers have no balance in."""
    terms = None
    if worker_currency in PERSON_CURRENCIES:
        terms = await fetch_one(
            conn,
            CompanyTerms,
            """
            SELECT co.currency, own.exponent, co.commission_percent, co.sales_tax_percent, co.vat_percent, co.escrow,
                workers.exponent AS worker_exponent
            FROM company AS co
            JOIN currency AS own ON own.code = co.currency
            JOIN currency AS workers ON workers.code = %(worker)s
            WHERE co.id = %(company)s
            """,
            {"company": company_id, "worker": worker_currency},
        )
    if terms is None:
        raise Refused("worker_currency_not_allowed", "worker_currency")
    return terms


async def rate_now(conn: Connection, *, currency: str, worker_currency: str) -> Decimal | None:
    """The quote at which the company buys the worker's currency; None where they are one.

    Refuses: worker_currency_not_allowed where nobody quotes the pair.
    """
    if currency == worker_currency:
        return None
    try:
        return await exchange.current_rate(conn, base=currency, target=worker_currency)
    except PairNotQuoted:
        raise Refused("worker_currency_not_allowed", "worker_currency") from None


def price_at(
    rate: Decimal | None,
    *,
    terms: CompanyTerms,
    price: Decimal,
    worker_currency: str,
    share_commission: bool,
    insurance: Decimal,
) -> TaskPrice:
    """Refuses: what `price_task` refuses."""
    return price_task(
        price,
        worker_currency=worker_currency,
        worker_exponent=terms.worker_exponent,
        terms=terms,
        exchange_rate=rate,
        share_commission=share_commission,
        insurance=insurance,
    )


async def quote_task(
    conn: Connection,
    member: Member,
    *,
    price: Decimal,
    worker_currency: str | None = None,
    share_commission: bool = False,
    insured: bool | None = None,
    task_uuid: UUID | None = None,
    service_id: int | None = None,
    freelancer_id: int | None = None,
) -> Quote:
    """Price `price` in `worker_currency` on the company's terms (M, "Calculate a task's total cost").

    The uuid of a task of the company that was made in the same currency brings the rate it was made with; any
    other uuid brings nothing. Refuses: worker_currency_not_allowed; what `price_task` refuses; service_unknown and
    freelancer_not_in_team where one is named; insurance_unavailable.
    """
    await check_references(conn, member.company_id, service_id=service_id, freelancer_id=freelancer_id)
    worker_currency = member.currency if worker_currency is None else worker_currency
    terms = await company_terms(conn, member.company_id, worker_currency=worker_currency)
    rate = await rate_now(conn, currency=terms.currency, worker_currency=worker_currency)
    insurance = await premium_for(conn, member.company_id, wanted=insured)
    actual = price_at(
        rate,
        terms=terms,
        price=price,
        worker_currency=worker_currency,
        share_commission=share_commission,
        insurance=insurance,
    )
    fixed_rate = await rate_of_task(conn, member.company_id, task_uuid, worker_currency=worker_currency)
    if fixed_rate is None or fixed_rate == rate:
        return Quote(actual, actual)
    fixed = price_at(
        fixed_rate,
        terms=terms,
        price=price,
        worker_currency=worker_currency,
        share_commission=share_commission,
        insurance=insurance,
    )
    return Quote(fixed, actual)


class _Rate(msgspec.Struct):
    exchange_rate: Decimal | None


async def rate_of_task(
    conn: Connection, company_id: int, task_uuid: UUID | None, *, worker_currency: str
) -> Decimal | None:
    row = await fetch_one(
        conn,
        _Rate,
        """
        SELECT exchange_rate
        FROM task
        WHERE company_id = %(company)s AND uuid = %(uuid)s AND worker_currency = %(worker)s
        """,
        {"company": company_id, "uuid": task_uuid, "worker": worker_currency},
    )
    return row.exchange_rate if row else None
