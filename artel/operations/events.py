"""What happened, for those who asked to be told. Web hooks are made from these rows."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from artel.db.pool import Connection


async def announce(
    conn: Connection, name: str, payload: dict[str, object], *, company_ids: list[int], now: datetime
) -> None:
    """Write one event for each company concerned, in the transaction of what happened."""
    await conn.execute(
        """
        INSERT INTO event (company_id, name, payload, created_at)
        SELECT company_id, %(name)s, %(payload)s, %(now)s
        FROM unnest(%(companies)s::bigint[]) AS company_id
        """,
        {"name": name, "payload": Jsonb(payload), "companies": company_ids, "now": now},
    )


async def announce_many(
    conn: Connection, name: str, happened: Sequence[tuple[int, dict[str, object]]], *, now: datetime
) -> None:
    """Write events of one name, each for its company and with its own payload, in one round trip."""
    await conn.execute(
        """
        INSERT INTO event (company_id, name, payload, created_at)
        SELECT happened.company, %(name)s, happened.payload, %(now)s
        FROM unnest(%(companies)s::bigint[], %(payloads)s::jsonb[])
            WITH ORDINALITY AS happened (company, payload, place)
        ORDER BY happened.place
        """,
        {
            "name": name,
            "companies": [company_id for company_id, _ in happened],
            "payloads": [Jsonb(payload) for _, payload in happened],
            "now": now,
        },
    )
