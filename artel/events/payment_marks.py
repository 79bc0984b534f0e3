"""What seats and events say of their payment: apart from the steps, which payments take and which take payments."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from artel.db.pool import Connection

PAID = 300


async def mark_paid(conn: Connection, attendee_id: int, *, now: datetime) -> None:
    """The seat is paid; its event is when all of its open seats that cost something are. The caller holds the event."""
    await conn.execute(
        "UPDATE event_attendee SET payment_status_id = 300, updated_at = %(now)s WHERE id = %(id)s",
        {"id": attendee_id, "now": now},
    )
    await conn.execute(
        """
        UPDATE calendar_event AS e
        SET payment_status_id = 300, updated_at = %(now)s
        WHERE e.id = (SELECT event_id FROM event_attendee WHERE id = %(id)s) AND NOT EXISTS (
            SELECT
            FROM event_attendee AS a
            WHERE a.event_id = e.id AND a.status_id IN (100, 200) AND a.price > 0 AND a.payment_status_id <> 300
        )
        """,
        {"id": attendee_id, "now": now},
    )


async def mark_returned(conn: Connection, returned: Mapping[int, Decimal], *, now: datetime) -> None:
    """How much of their price seats have got back. What got everything back counts as unpaid, and so does an event of
    which no seat is paid any more. The caller holds the events."""
    await conn.execute(
        """
        UPDATE event_attendee AS a
        SET refunded = one.amount,
            payment_status_id = CASE WHEN one.amount >= a.price THEN 100 ELSE a.payment_status_id END,
            updated_at = %(now)s
        FROM unnest(%(ids)s::bigint[], %(amounts)s::numeric[]) AS one (id, amount)
        WHERE a.id = one.id
        """,
        {"ids": list(returned), "amounts": list(returned.values()), "now": now},
    )
    await conn.execute(
        """
        UPDATE calendar_event AS e
        SET payment_status_id = 100, updated_at = %(now)s
        WHERE e.id IN (SELECT event_id FROM event_attendee WHERE id = ANY(%(ids)s))
            AND e.payment_status_id = 300
            AND NOT EXISTS (
                SELECT FROM event_attendee AS a WHERE a.event_id = e.id AND a.price > 0 AND a.payment_status_id = 300
            )
        """,
        {"ids": list(returned), "now": now},
    )
