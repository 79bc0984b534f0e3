"""What is in escrow for a meeting, and when it is looked at again."""

from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value


async def expect_end(conn: Connection, event_id: int, ends_at: datetime) -> None:
    """What was paid for a meeting is earned at its end, which has moved. The caller holds the event."""
    await conn.execute(
        "UPDATE booking_payment SET due_at = %(ends)s WHERE event_id = %(event)s AND status = 'paid'",
        {"event": event_id, "ends": ends_at},
    )


async def has_escrow(conn: Connection, event_id: int) -> bool:
    """Whether money is held for a meeting, or a card being charged for it."""
    held: bool = await fetch_value(
        conn,
        """
        SELECT EXISTS (SELECT FROM booking_payment WHERE event_id = %(event)s AND status IN ('charging', 'paid'))
        """,
        {"event": event_id},
    )
    return held
