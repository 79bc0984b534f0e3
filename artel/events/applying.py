"""Making one agreed change of an event."""

from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString

from psycopg.sql import SQL

from artel.db.pool import Connection
from artel.events.booking import move_event
from artel.events.cancellation import CANCELLED_TOGETHER, cancel_event
from artel.events.change_errors import PriceFixed
from artel.events.errors import EventClosed
from artel.events.guests import guests_of, set_guests
from artel.events.letters import News, tell
from artel.events.machine import OPEN, Status
from artel.events.queries import EventRow, event_by_id
from artel.events.reminders import schedule_reminders
from artel.events.steps import BY_HOST, Step, confirm_booking, end_event, note_steps, sum_up
from artel.operations import audit

# Field -> its column, where making the change is writing the value down.
COLUMNS: dict[str, LiteralString] = {
    "label": "label",
    "description": "description",
    "private": "is_private",
    "files": "file_ids",
    "credit": "is_credit",
    "benefitable_id": "benefitable_id",
    "payment_status_id": "payment_status_id",
}


async def current_value(conn: Connection, event: EventRow, field: str) -> Any:
    """What a field is now, as JSON has it."""
    match field:
        case "attendees":
            return await guests_of(conn, event.id)
        case "time":
            return {
                "timezone": event.timezone,
                "start": event.starts_at.isoformat(),
                "end": event.ends_at.isoformat(),
            }
        case "amount":
            amount = None if event.amount is None else f"{event.amount:.{event.exponent or 0}f}"
            return {"amount": amount, "currency": event.currency}
        case "status_id":
            return event.status_id
    return getattr(event, COLUMNS[field])


async def apply_change(
    conn: Connection,
    event_id: int,
    field: str,
    value: Any,
    *,
    actor_id: int,
    is_agreed: bool,
    now: datetime,
) -> None:
    """Make a change, as its author's. `is_agreed`: by everybody's vote; else whoever makes it is alone concerned.

    The caller holds what `lock_for_change` locks and the event's row.
    Refuses: EventClosed where it has ended; for a time what `move_event` refuses; for an amount PriceFixed.
    """
    event = await event_by_id(conn, event_id)
    if field in COLUMNS:
        await write_column(conn, event, field, value, now=now)
    elif event.status_id not in OPEN:
        raise EventClosed
    elif field == "attendees":
        await set_guests(conn, event, value, actor_id=actor_id, now=now)
        await schedule_reminders(conn, [event.id], now)
    elif field == "time":
        await set_time(conn, event, value, actor_id=actor_id, is_agreed=is_agreed, now=now)
    elif field == "amount":
        await set_amount(conn, event, value, now=now)
    else:
        await take_step(conn, event, Status(value), actor_id=actor_id, now=now)
    await audit.record(
        conn,
        "event.changed",
        subject="event",
        subject_id=event.id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        field=field,
        is_agreed=is_agreed,
    )


async def write_column(conn: Connection, event: EventRow, field: str, value: Any, *, now: datetime) -> None:
    await conn.execute(
        SQL(
            """
            UPDATE calendar_event
            SET {column} = %(value)s, sequence = sequence + 1, updated_at = %(now)s
            WHERE id = %(id)s
            """
        ).format(column=SQL(COLUMNS[field])),
        {"value": value, "now": now, "id": event.id},
    )


async def set_time(
    conn: Connection, event: EventRow, value: dict[str, str], *, actor_id: int, is_agreed: bool, now: datetime
) -> None:
    starts_at, ends_at = datetime.fromisoformat(value["start"]), datetime.fromisoformat(value["end"])
    await conn.execute(
        "UPDATE calendar_event SET timezone = %(timezone)s, updated_at = %(now)s WHERE id = %(id)s",
        {"timezone": value["timezone"], "now": now, "id": event.id},
    )
    if (starts_at, ends_at) == (event.starts_at, event.ends_at):
        return  # another zone to show it in: nobody's time moves
    await move_event(
        conn,
        event.id,
        starts_at=starts_at,
        ends_at=ends_at,
        actor_id=actor_id,
        now=now,
        at_any_time=not is_agreed,  # a host alone may meet outside their own hours
    )
    await schedule_reminders(conn, [event.id], now)
    facts = {"actor_id": actor_id, "from": [event.starts_at.isoformat(), event.ends_at.isoformat()]}
    await tell(conn, "moved", [event.id], facts=facts, now=now)


async def set_amount(conn: Connection, event: EventRow, value: dict[str, str | None], *, now: datetime) -> None:
    """Of the one seat that is booked, whose price it is, or of an event without any.

    Refuses: PriceFixed, where it was paid or booked by more since this was proposed.
    """
    await require_open_price(conn, event.id)
    amount = None if value["amount"] is None else Decimal(value["amount"])
    values = {"id": event.id, "amount": amount, "currency": value["currency"], "now": now}
    seats = await conn.execute(
        """
        UPDATE event_attendee
        SET price = %(amount)s, currency = %(currency)s, updated_at = %(now)s
        WHERE event_id = %(id)s AND role_id = 4 AND status_id IN (100, 200)
        """,
        values,
    )
    await conn.execute(
        """
        UPDATE calendar_event
        SET amount = %(amount)s, currency = %(currency)s, sequence = sequence + 1, updated_at = %(now)s
        WHERE id = %(id)s
        """,
        values,
    )
    if seats.rowcount:
        await sum_up(conn, [event.id], now=now)


async def require_open_price(conn: Connection, event_id: int) -> None:
    """The price of one booked seat may still be agreed anew while nobody pays it. Refuses: PriceFixed."""
    cursor = await conn.execute(
        """
        SELECT a.payment_status_id = 100 AND a.hold_until IS NULL
        FROM event_attendee AS a
        WHERE a.event_id = %(event)s AND a.role_id = 4 AND a.status_id IN (100, 200)
        UNION ALL
        SELECT false
        FROM booking_payment AS p
        WHERE p.event_id = %(event)s AND p.status IN ('charging', 'paid', 'recorded')
        """,
        {"event": event_id},
    )
    seats = [row[0] for row in await cursor.fetchall()]
    if len(seats) > 1 or not all(seats):
        raise PriceFixed


async def take_step(conn: Connection, event: EventRow, to_status: Status, *, actor_id: int, now: datetime) -> None:
    """Bring the event to another status with all its seats. Refuses: EventClosed."""
    if to_status in (Status.DECLINED, Status.CANCELLED):
        news: News = "declined" if to_status == Status.DECLINED else "cancelled"
        await tell(conn, news, [event.id], facts={"actor_id": actor_id}, now=now)  # before their seats are gone
        await cancel_event(conn, event.id, to_status=to_status, actor_id=actor_id, reason=CANCELLED_TOGETHER, now=now)
    elif to_status == Status.DONE:
        await end_event(conn, event.id, to_status=to_status, actor_id=actor_id, reason="done", now=now)
    else:
        await confirm_event(conn, event, actor_id=actor_id, now=now)


async def confirm_event(conn: Connection, event: EventRow, *, actor_id: int, now: datetime) -> None:
    """The event stands, with its schedule's hosts, and so do the seats that wait for nothing else than a word."""
    cursor = await conn.execute(
        """
        SELECT id
        FROM event_attendee
        WHERE event_id = %(event)s AND role_id = 4 AND status_id = 100 AND hold_until IS NULL
            AND token_hash IS NOT NULL  -- who was invited answers for themselves
        ORDER BY id
        """,
        {"event": event.id},
    )
    # One by one: each is a booking with steps and an end of its own, and seldom are they more than one.
    for (seat,) in await cursor.fetchall():
        await confirm_booking(conn, seat, actor_id=actor_id, reason=BY_HOST, now=now)
    opened = await conn.execute(
        "UPDATE calendar_event SET status_id = 200, updated_at = %(now)s WHERE id = %(event)s AND status_id = 100",
        {"event": event.id, "now": now},
    )
    # Hosts who were invited to a plain event answer for themselves.
    await conn.execute(
        """
        UPDATE event_attendee AS h
        SET status_id = 200, updated_at = %(now)s
        FROM calendar_event AS e
        WHERE e.id = h.event_id AND e.id = %(event)s AND h.role_id = 3 AND h.status_id = 100
            AND (e.schedule_id IS NOT NULL OR h.person_id = %(actor)s)
        """,
        {"event": event.id, "actor": actor_id, "now": now},
    )
    if opened.rowcount:
        step = Step(event.id, None, event.status_id, Status.CONFIRMED)
        await note_steps(conn, [step], actor_id=actor_id, reason=None, now=now)
    await schedule_reminders(conn, [event.id], now)
