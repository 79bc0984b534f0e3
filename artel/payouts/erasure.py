"""Where a person took money out to."""

from datetime import datetime

from artel.db.pool import Connection


async def erase_payout_endpoints(conn: Connection, freelancer_id: int, *, now: datetime) -> None:
    """The methods stay as rows, for the payouts that name them: with the last four characters, as on a receipt."""
    await conn.execute(
        """
        UPDATE payout_endpoint
        SET number = '…' || right(number, 4), holder = '', bank = '{}', expires = NULL, processor_token = NULL,
            auto_pay = false, status = CASE WHEN type = 1 THEN 7 ELSE 2 END,
            removed_at = coalesce(removed_at, %(now)s)
        WHERE freelancer_id = %(freelancer)s
        """,
        {"freelancer": freelancer_id, "now": now},
    )
