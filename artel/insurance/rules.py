"""A company's insurance of tasks: what it costs, and which tasks have it (S, needInsurance, insurance/info)."""

from datetime import datetime
from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound, Refused
from artel.operations import audit
from artel.tasks.pricing import LARGEST_PRICE


class Product(msgspec.Struct, frozen=True):
    """`premium` a task, in the company's currency. `by_default`: tasks that do not say are insured."""

    premium: Decimal
    by_default: bool


async def product_of(conn: Connection, company_id: int) -> Product | None:
    """What the company can insure its tasks with; None: nothing."""
    return await fetch_one(
        conn,
        Product,
        "SELECT premium, by_default FROM insurance_product WHERE company_id = %(company)s",
        {"company": company_id},
    )


async def premium_for(conn: Connection, company_id: int, *, wanted: bool | None) -> Decimal:
    """What insuring a task of the company would cost. Refuses: what `premium_of` refuses."""
    return premium_of(await product_of(conn, company_id), wanted=wanted)


def premium_of(product: Product | None, *, wanted: bool | None) -> Decimal:
    """What insuring a new task costs; 0 where it is not insured. None of a wish: as the company's product says.

    Refuses: insurance_unavailable where a company without a product wants it. A promise is not left unsaid.
    """
    if product is None:
        if wanted:
            raise Refused("insurance_unavailable", "need_insurance")
        return Decimal(0)
    return product.premium if (product.by_default if wanted is None else wanted) else Decimal(0)


async def set_product(
    conn: Connection, company_id: int, product: Product | None, *, actor_id: int | None, now: datetime
) -> None:
    """Give a company insurance on new terms, or (None) take it away. Tasks that are there keep what they have.

    Refuses: NotFound for no company; premium_invalid for what is not above zero, or finer than the currency.
    """
    exponent = await fetch_value(
        conn,
        """
        SELECT currency.exponent
        FROM company
        JOIN currency ON currency.code = company.currency
        WHERE company.id = %(company)s
        """,
        {"company": company_id},
    )
    if exponent is None:
        raise NotFound("company", "company_id")
    if product is None:
        await conn.execute("DELETE FROM insurance_product WHERE company_id = %(company)s", {"company": company_id})
    else:
        check_premium(product.premium, exponent=exponent)
        await conn.execute(
            """
            INSERT INTO insurance_product (company_id, premium, by_default, changed_at)
            VALUES (%(company)s, %(premium)s, %(by_default)s, %(now)s)
            ON CONFLICT (company_id) DO UPDATE
            SET premium = excluded.premium, by_default = excluded.by_default, changed_at = excluded.changed_at
            """,
            {"company": company_id, "premium": product.premium, "by_default": product.by_default, "now": now},
        )
    await audit.record(
        conn,
        "insurance.product_set",
        subject="company",
        subject_id=company_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        premium=None if product is None else str(product.premium),
        by_default=product is not None and product.by_default,
    )


def check_premium(premium: Decimal, *, exponent: int) -> None:
    """Refuses: premium_invalid, which says how many digits the currency has."""
    fits = premium.is_finite() and 0 < premium <= LARGEST_PRICE
    if not fits or premium != premium.quantize(Decimal(1).scaleb(-exponent)):
        raise Refused("premium_invalid", "premium", digits=exponent)
