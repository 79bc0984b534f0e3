"""Setting and reading rates in a real database."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from artel.db.pool import Connection, Database
from artel.errors import Refused
from artel.exchange.queries import current_rate, quoted_rates
from artel.exchange.rules import load_starting_rates, set_rate

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def quote(conn: Connection, market_rate: str, *, spread: str = "1.5") -> None:
    await set_rate(
        conn,
        stronger="EUR",
        weaker="RUB",
        market_rate=Decimal(market_rate),
        spread_percent=Decimal(spread),
        source="operator",
        now=NOW,
    )


async def test_starting_rates_are_the_documents_and_come_once(conn: Connection) -> None:
    async with conn.transaction():
        assert await load_starting_rates(conn, now=NOW) == 6
        assert await load_starting_rates(conn, now=NOW) == 0
    assert [(rate.base, rate.target, rate.rate) for rate in await quoted_rates(conn)] == [
        ("EUR", "RUB", Decimal("79.401")),
        ("USD", "RUB", Decimal("74.329")),
        ("EUR", "USD", Decimal("1.0576")),
        ("RUB", "EUR", Decimal("81.8194")),
        ("RUB", "USD", Decimal("76.5928")),
        ("USD", "EUR", Decimal("1.0898")),
    ]


async def test_starting_rates_leave_what_is_quoted_alone(conn: Connection) -> None:
    async with conn.transaction():
        await quote(conn, "100", spread="0")
        assert await load_starting_rates(conn, now=NOW) == 4
    assert await current_rate(conn, base="EUR", target="RUB") == 100


async def test_a_new_rate_takes_both_directions_and_the_old_rows_stay(conn: Connection) -> None:
    async with conn.transaction():
        await load_starting_rates(conn, now=NOW)
        await quote(conn, "100")
    assert await current_rate(conn, base="EUR", target="RUB") == Decimal("98.5000")
    assert await current_rate(conn, base="RUB", target="EUR") == Decimal("101.5000")
    cursor = await conn.execute(
        """
        SELECT base, target, rate, market_rate, spread_percent, source, quoted_at
        FROM exchange_rate
        WHERE 'EUR' IN (base, target) AND 'RUB' IN (base, target)
        ORDER BY id
        """
    )
    first, second, *later = await cursor.fetchall()
    assert sorted([first, second]) == [
        ("EUR", "RUB", Decimal("79.401"), None, Decimal(0), "file", NOW),
        ("RUB", "EUR", Decimal("81.8194"), None, Decimal(0), "file", NOW),
    ]
    assert later == [
        ("EUR", "RUB", Decimal("98.5000"), Decimal(100), Decimal("1.5"), "operator", NOW),
        ("RUB", "EUR", Decimal("101.5000"), Decimal(100), Decimal("1.5"), "operator", NOW),
    ]


@pytest.mark.parametrize(
    ("stronger", "weaker", "market_rate", "spread", "code"),
    [
        ("RUB", "EUR", "80", "1", "pair_not_quoted"),
        ("EUR", "EUR", "1", "1", "pair_not_quoted"),
        ("EUR", "KZT", "500", "1", "pair_not_quoted"),
        ("EUR", "RUB", "0", "1", "rate_not_positive"),
        ("EUR", "RUB", "80", "51", "spread_out_of_range"),
    ],
)
async def test_what_cannot_be_quoted_changes_nothing(
    conn: Connection, stronger: str, weaker: str, market_rate: str, spread: str, code: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await set_rate(
            conn,
            stronger=stronger,
            weaker=weaker,
            market_rate=Decimal(market_rate),
            spread_percent=Decimal(spread),
            source="operator",
            now=NOW,
        )
    assert refusal.value.code == code
    assert await quoted_rates(conn) == []


async def test_a_pair_nobody_quoted_has_no_rate(conn: Connection) -> None:
    with pytest.raises(Refused) as refusal:
        await current_rate(conn, base="EUR", target="USD")
    assert refusal.value.code == "pair_not_quoted"


async def test_quotes_set_at_once_never_mix_their_halves(database: Database) -> None:
    async def set_one(market_rate: int) -> None:
        async with database.transaction() as conn:
            await quote(conn, str(market_rate), spread="0")

    await asyncio.gather(*(set_one(rate) for rate in range(50, 66)))
    async with database.connection() as conn:
        cursor = await conn.execute(
            """
            SELECT array_agg(rate ORDER BY id) FILTER (WHERE base = 'EUR'),
                array_agg(rate ORDER BY id) FILTER (WHERE base = 'RUB')
            FROM exchange_rate
            """
        )
        row = await cursor.fetchone()
    assert row is not None
    sold, bought = row
    assert len(sold) == 16
    assert sold == bought
