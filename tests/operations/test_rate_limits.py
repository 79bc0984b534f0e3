"""Rate limits: windows counted in the database, for all processes alike."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import TooMany
from artel.operations.rate_limits import Limit, count_hits, forget_old_windows, network_of, take_back_hits

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LIMIT = Limit("login:1", most=3, window_s=60)


async def test_hits_up_to_the_limit_then_a_wait_for_the_windows_end(conn: Connection) -> None:
    for second in range(3):
        assert await count_hits(conn, LIMIT, now=NOW + timedelta(seconds=second)) is None
    refusal = await count_hits(conn, LIMIT, now=NOW + timedelta(seconds=20))
    assert isinstance(refusal, TooMany)
    assert refusal.retry_after_s == 40
    assert isinstance(await count_hits(conn, LIMIT, now=NOW + timedelta(seconds=59.9)), TooMany)
    assert await count_hits(conn, LIMIT, now=NOW + timedelta(seconds=60)) is None


async def test_keys_are_counted_apart_and_the_longest_wait_is_told(conn: Connection) -> None:
    address = Limit("address:1", most=1, window_s=900)
    assert await count_hits(conn, LIMIT, address, now=NOW) is None
    refusal = await count_hits(conn, LIMIT, address, now=NOW)
    assert refusal is not None
    assert refusal.retry_after_s == 900
    assert await count_hits(conn, LIMIT, now=NOW) is None


async def test_a_hit_taken_back_is_not_counted(conn: Connection) -> None:
    for _ in range(10):
        assert await count_hits(conn, LIMIT, now=NOW) is None
        await take_back_hits(conn, LIMIT)
    await take_back_hits(conn, LIMIT)
    assert await fetch_value(conn, "SELECT hits FROM rate_limit") == 0


async def test_many_at_once_pass_exactly_the_limit(database: Database) -> None:
    """Callers have read the clock at slightly different moments, in no order: none opens the window anew."""

    async def hit(number: int) -> TooMany | None:
        async with database.transaction() as conn:
            return await count_hits(conn, LIMIT, now=NOW + timedelta(milliseconds=(number * 37) % 50))

    answers = await asyncio.gather(*(hit(number) for number in range(50)))
    assert answers.count(None) == 3


async def test_a_window_from_before_the_clock_was_put_back_is_over(conn: Connection) -> None:
    for _ in range(4):
        await count_hits(conn, LIMIT, now=NOW + timedelta(days=30))
    assert await count_hits(conn, LIMIT, now=NOW) is None
    assert await fetch_value(conn, "SELECT hits FROM rate_limit") == 1


async def test_old_windows_are_forgotten(conn: Connection) -> None:
    await count_hits(conn, LIMIT, now=NOW)
    await forget_old_windows(conn, now=NOW + timedelta(hours=24))
    assert await fetch_value(conn, "SELECT count(*) FROM rate_limit") == 1
    await forget_old_windows(conn, now=NOW + timedelta(hours=25))
    assert await fetch_value(conn, "SELECT count(*) FROM rate_limit") == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_an_ipv6_caller_is_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
