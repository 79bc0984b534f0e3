"""Payouts that travel in files: taken together, by whoever writes a file."""

from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.payouts.rails import Order
from artel.payouts.steps import Status, lock_payout, note_step


async def take_for_file(
    conn: Connection, rail: str, *, currency: str, limit: int, ask_after: datetime, now: datetime
) -> list[Order]:
    """Take payouts in one currency that wait for a file, the oldest first; they are on their way from here.

    Others who take at the same time get other ones. The caller writes down, before it commits, which file each
    belongs to. `ask_after` is when somebody should ask the bank about those that no answer came to.
    """
    cursor = await conn.execute(
        """
        SELECT id
        FROM payout
        WHERE rail = %(rail)s AND status = %(created)s AND endpoint_currency = %(currency)s
        ORDER BY id
        LIMIT %(limit)s
        FOR NO KEY UPDATE SKIP LOCKED
        """,
        {"rail": rail, "created": Status.CREATED, "currency": currency, "limit": limit},
    )
    taken = [row[0] for row in await cursor.fetchall()]
    for payout_id in taken:
        row = await lock_payout(conn, payout_id)
        await note_step(conn, row, Status.CREATED, Status.IN_PROGRESS, actor_id=None, now=now)
    return await fetch_all(
        conn,
        Order,
        """
        WITH filed AS (
            UPDATE payout
            SET status = %(status)s, attempts = attempts + 1, sent_at = %(now)s, due_at = %(ask_after)s
            FROM payout_endpoint AS e
            WHERE payout.id = ANY(%(ids)s) AND e.id = payout.endpoint_id
            RETURNING
                payout.id AS payout_id, endpoint_amount AS amount, endpoint_currency AS currency, e.type, e.subtype,
                e.number, e.holder, e.country, e.bank, e.processor_token, sent_at
        )
        SELECT * FROM filed ORDER BY payout_id
        """,
        {"status": Status.IN_PROGRESS, "now": now, "ask_after": ask_after, "ids": taken},
    )
