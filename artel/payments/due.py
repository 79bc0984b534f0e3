"""When escrow is looked at again."""

from datetime import datetime

from artel.db.pool import Connection


async def expect_end(conn: Connection, event_id: int, ends_at: datetime) -> None:
    """What was paid for a meeting is earned at its end, which has moved. The caller holds the event."""
    await conn.execute(
        "UPDATE booking_payment SET due_at = %(ends)s WHERE event_id = %(event)s AND status = 'paid'",
        {"event": event_id, "ends": ends_at},
    )
