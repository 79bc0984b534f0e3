"""What payouts write about a task."""

from artel.db.pool import Connection


async def mark_payout(conn: Connection, task_id: int, *, has_payout: bool) -> None:
    """Note that a paid task has a payout, or, after one was declined, that it has none (`hasPayout`, M, tasks list).

    The caller has locked the payout's side; the task's state, final by then, is left alone.
    """
    await conn.execute(
        "UPDATE task SET has_payout = %(has_payout)s WHERE id = %(id)s",
        {"id": task_id, "has_payout": has_payout},
    )
