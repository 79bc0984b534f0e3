"""Companies and their members: what changes them."""

import uuid
from datetime import datetime
from decimal import Decimal

import msgspec

from artel.companies.errors import (
    CompanyCurrencyUnknown,
    EscrowUnknown,
    PercentOutOfRange,
)
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound
from artel.ledger.rules import open_company_accounts
from artel.lookups.queries import require_country
from artel.operations import audit
from artel.people.sessions import Tokens, lock_session, replace_tokens

CURRENCIES = ("RUB", "USD", "EUR")
ESCROW_POLICIES = ("without_hold", "on_task_create", "on_task_accept", "after_task_accept")


def clean_percent(field: str, percent: Decimal | int) -> Decimal:
    """A percentage of 0 to 100 with at most three digits after the point. Refuses: PercentOutOfRange."""
    exact = Decimal(percent)
    if not exact.is_finite() or not 0 <= exact <= 100 or exact != round(exact, 3):
        raise PercentOutOfRange(field, exact)
    return exact


async def create_company(
    conn: Connection,
    *,
    name: str,
    currency: str,
    country: str,
    commission_percent: Decimal | int,
    vat_percent: Decimal | int = 0,
    sales_tax_percent: Decimal | int = 0,
    escrow: str = "without_hold",
    acts_for_freelancers: bool = False,
    brand_name: str | None = None,
    actor_id: int | None = None,
    now: datetime,
) -> int:
    """Open a company, and answer its id. `country` is ISO 3166-1 alpha-2; the brand's name is the name unless given.

    Refuses: CompanyCurrencyUnknown, EscrowUnknown, PercentOutOfRange.
    """
    if currency not in CURRENCIES:
        raise CompanyCurrencyUnknown(currency)
    if escrow not in ESCROW_POLICIES:
        raise EscrowUnknown(escrow)
    company_id: int = await fetch_value(
        conn,
        """
        WITH opened AS (
            INSERT INTO company
                (name, brand_name, currency, country, commission_percent, vat_percent, sales_tax_percent, escrow,
                 acts_for_freelancers, created_at)
            VALUES
                (%(name)s, %(brand)s, %(currency)s, %(country)s, %(commission)s, %(vat)s, %(sales_tax)s, %(escrow)s,
                 %(acts)s, %(now)s)
            RETURNING id
        )
        INSERT INTO company_counter (company_id)
        SELECT id
        FROM opened
        RETURNING company_id
        """,
        {
            "name": name,
            "brand": brand_name or name,
            "currency": currency,
            "country": country,
            "commission": clean_percent("commission_percent", commission_percent),
            "vat": clean_percent("vat_percent", vat_percent),
            "sales_tax": clean_percent("sales_tax_percent", sales_tax_percent),
            "escrow": escrow,
            "acts": acts_for_freelancers,
            "now": now,
        },
    )
    await open_company_accounts(conn, company_id, currency)
    await audit.record(
        conn,
        "company_created",
        subject="company",
        subject_id=company_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        currency=currency,
        escrow=escrow,
    )
    return company_id


async def choose_company(
    conn: Connection,
    *,
    person_id: int,
    session_id: uuid.UUID,
    company_id: int,
    secret: str,
    lifetime_s: int,
    now: datetime,
) -> Tokens:
    """Make a company somebody's default and their session's active one; answers tokens that name it.

    (M, "Смена компании".) The access token before it stays good for the company it names; the refresh token before
    it is void. Refuses: NotFound for a company they are no member of; SessionEnded.
    """
    await conn.execute("SELECT FROM person WHERE id = %(person)s FOR NO KEY UPDATE", {"person": person_id})
    session = await lock_session(conn, session_id, now=now)
    # First none is the default, then one is: at no moment may there be two.
    await conn.execute(
        "UPDATE company_member SET is_default = false WHERE person_id = %(person)s AND is_default",
        {"person": person_id},
    )
    cursor = await conn.execute(
        """
        UPDATE company_member
        SET is_default = true
        WHERE person_id = %(person)s AND company_id = %(company)s AND ended_at IS NULL
        """,
        {"person": person_id, "company": company_id},
    )
    if cursor.rowcount == 0:
        raise NotFound("company", "company_id")
    await audit.record(
        conn,
        "company_chosen",
        subject="company",
        subject_id=company_id,
        actor_id=person_id,
        company_id=company_id,
        now=now,
    )
    return await replace_tokens(conn, session, company_id=company_id, secret=secret, lifetime_s=lifetime_s, now=now)


class OperatingAddress(msgspec.Struct, frozen=True):
    """Where a company works. `country` is ISO 3166-1 alpha-2."""

    address: str
    city: str
    state: str | None
    postal_code: str
    country: str


async def set_operating_address(
    conn: Connection, *, company_id: int, place: OperatingAddress, actor_id: int, now: datetime
) -> None:
    """Replace a company's operating address. Refuses: CountryUnknown."""
    country = place.country.upper()
    await require_country(conn, country, field="country")
    await conn.execute(
        """
        UPDATE company
        SET address = %(address)s, city = %(city)s, state = %(state)s, postal_code = %(postal_code)s,
            address_country = %(country)s
        WHERE id = %(company)s
        """,
        {**msgspec.structs.asdict(place), "country": country, "company": company_id},
    )
    await audit.record(
        conn,
        "operating_address_set",
        subject="company",
        subject_id=company_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
    )
