"""Cancelling what was booked: who may, and how much of the price goes back (settings.cancellation of the schedule)."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.errors import NotFound
from artel.events.errors import BookingGone, EventClosed
from artel.events.machine import OPEN, TRANSITIONS, Status
from artel.events.proposals import close_proposals
from artel.events.reminders import schedule_reminders
from artel.events.steps import end_event, lock_booking, lock_event, release_booking
from artel.operations import audit
from artel.schedules.hours import SlotRules

By = Literal["client", "host"]
EVERYTHING = Decimal(100)
BY_CLIENT = "cancelled by the client"
CANCELLED_TOGETHER = "agreed by everybody"
PAID = 300


def refund_share(rules: SlotRules | None, by: By, starts_at: datetime, now: datetime) -> Decimal:
    """Percent of the price that goes back. The host's cancellation gives back everything; the client's does up to
    `until_minutes` before the start, then `refund_percent` until the start, then nothing."""
    if by == "host":
        return EVERYTHING
    if now >= starts_at:
        return Decimal(0)
    if rules is None or now <= starts_at - timedelta(minutes=rules.cancellation.until_minutes):
        return EVERYTHING
    return Decimal(rules.cancellation.refund_percent)


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
    await note_refunds(conn, [attendee_id], by=by, actor_id=actor_id, now=now)
    ended = await release_booking(
        conn, attendee_id, to_status=Status.CANCELLED, actor_id=actor_id, reason=reason, now=now
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
    cursor = await conn.execute(
        "SELECT id FROM event_attendee WHERE event_id = %(event)s AND role_id = 4 AND status_id IN (100, 200)",
        {"event": event_id},
    )
    seats = [row[0] for row in await cursor.fetchall()]
    await note_refunds(conn, seats, by="host", actor_id=actor_id, now=now)
    await end_event(conn, event_id, to_status=to_status, actor_id=actor_id, reason=reason, now=now)


class _PaidSeat(msgspec.Struct):
    id: int
    event_id: int
    price: Decimal
    starts_at: datetime
    rules: dict[str, object] | None


async def note_refunds(
    conn: Connection, attendee_ids: list[int], *, by: By, actor_id: int | None, now: datetime
) -> None:
    """Note what goes back for each seat that is paid, before it is given back. What is returned to whom is decided
    here and nowhere else."""
    paid = await fetch_all(
        conn,
        _PaidSeat,
        """
        SELECT a.id, a.event_id, a.price, e.starts_at, s.rules
        FROM event_attendee AS a
        JOIN calendar_event AS e ON e.id = a.event_id
        LEFT JOIN schedule AS s ON s.id = e.schedule_id
        WHERE a.id = ANY(%(ids)s) AND a.payment_status_id = %(paid)s AND a.price > 0
        """,
        {"ids": attendee_ids, "paid": PAID},
    )
    entries = []
    for seat in paid:
        rules = None if seat.rules is None else msgspec.convert(seat.rules, SlotRules)
        share = refund_share(rules, by, seat.starts_at, now)
        entries.append(
            audit.Entry(
                action="booking.refund_due",
                subject="event",
                subject_id=seat.event_id,
                actor_id=actor_id,
                company_id=None,
                facts={"attendee_id": seat.id, "percent": str(share)},
            )
        )
    if entries:
        await audit.record_many(conn, entries, now=now)


async def delete_event(conn: Connection, event_id: int, *, actor_id: int, now: datetime) -> None:
    """Delete an event in which nobody is booked. Its time is free again; it stays for those who keep its history.

    Refuses: NotFound; EventClosed where somebody has been booked: what was agreed is cancelled, not deleted; and for
    charges and payments that are approved or paid.
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
    ):
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
