"""Rates between the settlement currencies: what is quoted, how an amount is converted, who sets it."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from artel.db.pool import Connection
from artel.exchange.errors import PairNotQuoted, RateNotPositive, SpreadOutOfRange
from artel.lookups.files import read_file

STRENGTH = ("EUR", "USD", "RUB")  # from the strongest on
RATE_DIGITS = Decimal("0.0001")
GREATEST_SPREAD_PERCENT = 50

Source = Literal["file", "ecb", "cbr", "operator"]


def is_stronger(currency: str, other: str) -> bool:
    """Whether a rate between the two is told in units of `other`.

    Refuses: PairNotQuoted for two currencies without a quoted rate, equal ones included.
    """
    if currency not in STRENGTH or other not in STRENGTH or currency == other:
        raise PairNotQuoted(currency, other)
    return STRENGTH.index(currency) < STRENGTH.index(other)


def convert(amount: Decimal, *, base: str, target: str, rate: Decimal, exponent: int) -> Decimal:
    """What `amount` of `base` is in `target`, rounded half up to `exponent` digits.

    A rate is units of the weaker currency for one of the stronger (EUR over USD over RUB), so from the
    stronger it is multiplied and to the stronger divided by: the table of "Currency exchange rate", GET
    /exchanges. Equal currencies are rounded alone. The caller chooses whose quote `rate` is: what 1 USD costs
    a company that pays in EUR is found with the EUR/USD quote, the one its euros are sold at.
    Refuses: PairNotQuoted; RateNotPositive.
    """
    if rate <= 0:
        raise RateNotPositive
    if base == target:
        converted = amount
    elif is_stronger(base, target):
        converted = amount * rate
    else:
        converted = amount / rate
    return converted.quantize(Decimal(1).scaleb(-exponent), ROUND_HALF_UP)


def with_spread(market_rate: Decimal, *, base: str, target: str, spread_percent: Decimal) -> Decimal:
    """The rate charged where the market asks `market_rate`: the spread goes against the one who converts.

    From the stronger currency it brings less, to the stronger it costs more. Four digits, rounded half up.
    Refuses: PairNotQuoted; SpreadOutOfRange; RateNotPositive.
    """
    if not (spread_percent.is_finite() and 0 <= spread_percent <= GREATEST_SPREAD_PERCENT):
        raise SpreadOutOfRange
    if not (market_rate.is_finite() and market_rate > 0):
        raise RateNotPositive
    part = spread_percent / 100
    charged = market_rate * (1 - part if is_stronger(base, target) else 1 + part)
    rate = charged.quantize(RATE_DIGITS, ROUND_HALF_UP)
    if rate <= 0:
        raise RateNotPositive
    return rate


async def set_rate(
    conn: Connection,
    *,
    stronger: str,
    weaker: str,
    market_rate: Decimal,
    spread_percent: Decimal,
    source: Source,
    now: datetime,
) -> None:
    """Quote both directions of a pair from one market rate, told in units of the weaker currency.

    Both at once, because two halves from different days could let money grow by going there and back. Rates
    of tasks already made stay what they were.
    Refuses: PairNotQuoted, also where the first currency is the weaker one; SpreadOutOfRange;
    RateNotPositive.
    """
    if not is_stronger(stronger, weaker):
        raise PairNotQuoted(stronger, weaker)
    quote = {
        "stronger": stronger,
        "weaker": weaker,
        "selling": with_spread(market_rate, base=stronger, target=weaker, spread_percent=spread_percent),
        "buying": with_spread(market_rate, base=weaker, target=stronger, spread_percent=spread_percent),
        "market_rate": market_rate,
        "spread_percent": spread_percent,
        "source": source,
        "now": now,
    }
    await lock_rates(conn)
    await conn.execute(
        """
        INSERT INTO exchange_rate (base, target, rate, market_rate, spread_percent, source, quoted_at)
        VALUES
            (%(stronger)s, %(weaker)s, %(selling)s, %(market_rate)s, %(spread_percent)s, %(source)s, %(now)s),
            (%(weaker)s, %(stronger)s, %(buying)s, %(market_rate)s, %(spread_percent)s, %(source)s, %(now)s)
        """,
        quote,
    )


async def load_starting_rates(conn: Connection, *, now: datetime) -> int:
    """Quote the rates of the shipped file for pairs that have none yet; answer how many were.

    For the sandbox: they are the figures of the public documents, not of any day's market.
    """
    await lock_rates(conn)
    cursor = await conn.execute(
        """
        INSERT INTO exchange_rate (base, target, rate, source, quoted_at)
        SELECT base, target, rate, 'file', %(now)s
        FROM jsonb_to_recordset(%(rows)s::jsonb) AS given (base text, target text, rate numeric)
        WHERE NOT EXISTS (
            SELECT FROM exchange_rate AS known
            WHERE known.base = given.base AND known.target = given.target
        )
        """,
        {"rows": read_file("rates"), "now": now},
    )
    return cursor.rowcount


async def lock_rates(conn: Connection) -> None:
    """The newest row of a pair is the one in force: two who quote at once must not mix their halves."""
    await conn.execute("LOCK TABLE exchange_rate IN SHARE ROW EXCLUSIVE MODE")
