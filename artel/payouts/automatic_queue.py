"""The way to automatic payouts for those who pay tasks: nothing here knows what a payout is."""

from collections.abc import Sequence
from datetime import datetime

from artel.db.pool import Connection

CHANNEL = "artel_automatic_payouts"  # notified when a task's payout is to be made


async def queue_automatic_payouts(conn: Connection, task_ids: Sequence[int], *, now: datetime) -> None:
    """Have the payouts made of tasks that were just paid, where their freelancer chose a place for it.

    In the transaction that pays them: a task that is paid and whose payout nobody makes cannot be.
    """
    await conn.execute(
        """
        WITH queued AS (
            INSERT INTO automatic_payout (task_id, due_at)
            SELECT t.id, %(now)s
            FROM task AS t
            JOIN payout_endpoint AS e ON e.freelancer_id = t.freelancer_id
            WHERE t.id = ANY(%(tasks)s::bigint[]) AND e.auto_pay
            ON CONFLICT (task_id) DO NOTHING
            RETURNING task_id
        )
        SELECT pg_notify(%(channel)s, '')
        FROM (SELECT FROM queued LIMIT 1) AS any_of_them
        """,
        {"tasks": list(task_ids), "now": now, "channel": CHANNEL},
    )
