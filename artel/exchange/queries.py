"""The rates in force."""

from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.exchange.errors import PairNotQuoted

# In the order of the public documents' list: sold from the stronger, then bought back.
QUOTED_PAIRS = (
    ("EUR", "RUB"),
    ("USD", "RUB"),
    ("EUR", "USD"),
    ("RUB", "EUR"),
    ("RUB", "USD"),
    ("USD", "EUR"),
)


class QuotedRate(msgspec.Struct, frozen=True, kw_only=True):
    """One direction of a pair: `rate` units of the weaker currency for one of the stronger."""

    base: str
    target: str
    rate: Decimal


async def quoted_rates(conn: Connection) -> list[QuotedRate]:
    """The rates in force, in the order of the public documents; a pair nobody has quoted yet is left out."""
    return await fetch_all(
        conn,
        QuotedRate,
        """
        SELECT pair.base, pair.target, newest.rate
        FROM unnest(%(bases)s::text[], %(targets)s::text[]) WITH ORDINALITY AS pair (base, target, position)
        CROSS JOIN LATERAL (
            SELECT rate
            FROM exchange_rate
            WHERE exchange_rate.base = pair.base AND exchange_rate.target = pair.target
            ORDER BY exchange_rate.id DESC
            LIMIT 1
        ) AS newest
        ORDER BY pair.position
        """,
        {"bases": [base for base, _ in QUOTED_PAIRS], "targets": [target for _, target in QUOTED_PAIRS]},
    )


async def current_rate(conn: Connection, *, base: str, target: str) -> Decimal:
    """The rate at which `base` is converted to `target` now. Refuses: PairNotQuoted."""
    rate: Decimal | None = await fetch_value(
        conn,
        """
        SELECT rate
        FROM exchange_rate
        WHERE base = %(base)s AND target = %(target)s
        ORDER BY id DESC
        LIMIT 1
        """,
        {"base": base, "target": target},
    )
    if rate is None:
        raise PairNotQuoted(base, target)
    return rate
