"""Cancelling what was booked: who may. How much of the price goes back payments decide (artel.payments.refunds)."""

from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound
from artel.events.errors import BookingGone, EventClosed
from artel.events.machine import OPEN, TRANSITIONS, Status
from artel.events.proposals import close_proposals
from artel.events.reminders import schedule_reminders
from artel.events.steps import end_event, lock_booking, lock_event, release_booking
from artel.operations import audit
from artel.payments.due import has_escrow
from artel.payments.refunds import By

BY_CLIENT = "cancelled by the client"
CANCELLED_TOGETHER = "agreed by everybody"


async def cancel_booking(
    conn: Connection, attendee_id: int, *, by: By, actor_id: int | None, now: datetime, reason: str = BY_CLIENT
) -> None:
    """Cancel one seat (444). The last client's seat ends the event.

    A client may cancel until the event is over. Refuses: NotFound; BookingGone where the seat was given back before;
    EventClosed once the event is over.
    """
    seat = await lock_booking(conn, attendee_id)
    if seat.status_id not in OPEN:
        raise BookingGone
    if (seat.status_id, Status.CANCELLED) not in TRANSITIONS or seat.event.ends_at <= now:
        raise EventClosed
    ended = await release_booking(
        conn, attendee_id, to_status=Status.CANCELLED, actor_id=actor_id, reason=reason, now=now, by=by
    )
    if not ended:
        await schedule_reminders(conn, [seat.event.id], now)


async def cancel_event(
    conn: Connection, event_id: int, *, to_status: Status, actor_id: int | None, reason: str, now: datetime
) -> None:
    """End an event with all its seats, as the host's step: 400 declined or 444 cancelled. Everything goes back.

    Refuses: NotFound; EventClosed where it has ended before or is over.
    """
    event = await lock_event(conn, event_id)
    if event.ends_at <= now:
        raise EventClosed
    await end_event(conn, event_id, to_status=to_status, actor_id=actor_id, reason=reason, now=now)


async def delete_event(conn: Connection, event_id: int, *, actor_id: int, now: datetime) -> None:
    """Delete an event in which nobody is booked. Its time is free again; it stays for those who keep its history.

    Refuses: NotFound; EventClosed where somebody has been booked: what was agreed is cancelled, not deleted; where
    money is held for it; and for charges and payments that are approved or paid.
    """
    event = await lock_event(conn, event_id)
    if await fetch_value(
        conn,
        """
        SELECT EXISTS (
            SELECT FROM event_attendee
            WHERE event_id = %(event)s AND role_id = 4 AND (token_hash IS NOT NULL OR status_id IN (200, 444))
        ) OR EXISTS (SELECT FROM calendar_event WHERE id = %(event)s AND type_id IN (2, 3) AND payment_status_id > 100)
        """,
        {"event": event.id},
    ) or await has_escrow(conn, event.id):
        raise EventClosed
    gone = await conn.execute(
        """
        UPDATE calendar_event
        SET deleted_at = %(now)s, sequence = sequence + 1, updated_at = %(now)s
        WHERE id = %(event)s AND deleted_at IS NULL
        """,
        {"event": event.id, "now": now},
    )
    if not gone.rowcount:
        raise NotFound("event")
    await conn.execute("DELETE FROM busy_span WHERE event_id = %(event)s", {"event": event.id})
    await close_proposals(conn, [event.id], reason="event_closed", now=now)
    await schedule_reminders(conn, [event.id], now)
    await audit.record(
        conn, "event.deleted", subject="event", subject_id=event.id, actor_id=actor_id, company_id=None, now=now
    )
