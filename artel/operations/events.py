"""What happened, for those who asked to be told.

A company's web hook gets what happens to the company from here: each event is written together with its delivery to
the hook, in one statement, so that telling costs the caller no second round trip and is never forgotten.
"""

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from artel.db.pool import Connection

CHANNEL = "artel_web_hooks"  # notified when a delivery waits for a worker


async def announce(
    conn: Connection, name: str, payload: dict[str, object], *, company_ids: list[int], now: datetime
) -> None:
    """Write one event for each company concerned, in the transaction of what happened."""
    await announce_many(conn, name, [(company_id, payload) for company_id in company_ids], now=now)


async def announce_many(
    conn: Connection, name: str, happened: Sequence[tuple[int, dict[str, object]]], *, now: datetime
) -> None:
    """Write events of one name, each for its company and with its own payload, in one round trip."""
    await conn.execute(
        """
        WITH told AS (
            INSERT INTO event (company_id, name, payload, created_at)
            SELECT happened.company, %(name)s, happened.payload, %(now)s
            FROM unnest(%(companies)s::bigint[], %(payloads)s::jsonb[])
                WITH ORDINALITY AS happened (company, payload, place)
            ORDER BY happened.place
            RETURNING id, company_id
        ), queued AS (
            INSERT INTO web_hook_delivery (hook_id, company_id, event_id, name, queued_at, due_at, created_at)
            SELECT hook.id, told.company_id, told.id, %(name)s, %(now)s, %(now)s, %(now)s
            FROM told
            JOIN web_hook AS hook ON hook.company_id = told.company_id AND hook.status = 'enabled'
            ORDER BY told.id
            RETURNING id
        )
        SELECT pg_notify(%(channel)s, '')
        FROM queued
        LIMIT 1
        """,
        {
            "name": name,
            "companies": [company_id for company_id, _ in happened],
            "payloads": [Jsonb(payload) for _, payload in happened],
            "now": now,
            "channel": CHANNEL,
        },
    )
