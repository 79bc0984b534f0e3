"""Rate limits, counted in the database so that all processes agree.

A hit has to stay counted when the call it belongs to is refused. So it is counted in a transaction of its own, and
what `count_hits` answers is raised after that has committed:

    async with database.transaction() as conn:
        refusal = await count_hits(conn, Limit(f"login:{person}", most=20, window_s=900), now=now)
    if refusal:
        raise refusal
"""

import hashlib
import ipaddress
import math
from datetime import datetime, timedelta

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.errors import TooMany


class Limit(msgspec.Struct, frozen=True):
    """At most `most` hits of `key` in a window of `window_s` seconds that opens with its first hit."""

    key: str
    most: int
    window_s: int


class _Counted(msgspec.Struct):
    key: str
    hits: int
    ends_at: datetime


async def count_hits(conn: Connection, *limits: Limit, now: datetime) -> TooMany | None:
    """Count one hit of every limit; answer the refusal where one was passed, for the caller to raise.

    Hits above a limit change nothing: the window ends when it ends.
    """
    # Keys in order, so that two callers never wait for each other. A window that ends more than twice its length
    # ahead was opened before the sandbox's clock was put back, and is over. Nearer than that it was opened by a
    # caller who read the clock a moment later than this one, and has to count.
    counted = await fetch_all(
        conn,
        _Counted,
        """
        INSERT INTO rate_limit AS r (key, hits, ends_at)
        SELECT key, 1, %(now)s + make_interval(secs => window_s)
        FROM unnest(%(keys)s::text[], %(windows)s::float8[]) AS asked (key, window_s)
        ORDER BY key
        ON CONFLICT (key) DO UPDATE SET
            hits = CASE WHEN r.ends_at <= %(now)s OR r.ends_at > 2 * (excluded.ends_at - %(now)s) + %(now)s
                THEN 1 ELSE r.hits + 1 END,
            ends_at = CASE WHEN r.ends_at <= %(now)s OR r.ends_at > 2 * (excluded.ends_at - %(now)s) + %(now)s
                THEN excluded.ends_at ELSE r.ends_at END
        RETURNING key, hits, ends_at
        """,
        {"keys": [limit.key for limit in limits], "windows": [limit.window_s for limit in limits], "now": now},
    )
    most = {limit.key: limit.most for limit in limits}
    waits = [(row.ends_at - now).total_seconds() for row in counted if row.hits > most[row.key]]
    return TooMany(max(1, math.ceil(max(waits)))) if waits else None


async def take_back_hits(conn: Connection, *limits: Limit) -> None:
    """Uncount one hit of every limit, for calls that turn out not to be what the limit is against."""
    await conn.execute(
        """
        UPDATE rate_limit AS r
        SET hits = r.hits - 1
        FROM (SELECT key FROM rate_limit WHERE key = ANY(%(keys)s) ORDER BY key FOR UPDATE) AS locked
        WHERE r.key = locked.key AND r.hits > 0
        """,
        {"keys": [limit.key for limit in limits]},
    )


async def forget_old_windows(conn: Connection, *, now: datetime) -> None:
    """Delete the counts of windows that ended over a day ago."""
    await conn.execute("DELETE FROM rate_limit WHERE ends_at < %(before)s", {"before": now - timedelta(days=1)})


def network_of(address: str) -> str:
    """What an address is counted under: itself for IPv4; for IPv6 its /64, all of which one caller commands."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        mapped = ip.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def name_key(name: str) -> str:
    """A key for what a caller typed: of bounded length, and no personal data in the table."""
    return hashlib.sha256(name.casefold().encode(errors="replace")).hexdigest()[:32]
