"""Booking a slot, and moving what was booked.

The verbs of bookings are all to be had here: book, confirm_booking, release_booking, end_event, move_event.
"""

from datetime import datetime
from decimal import Decimal

import msgspec
from psycopg.errors import UniqueViolation

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.events.errors import AlreadyBooked, EventClosed, EventTimesInvalid, HostBooksSelf, SlotNotOffered, SlotTaken
from artel.events.holds import drop_expired_holds, require_few_holds
from artel.events.hosts import calendar_of_host, choose_hosts
from artel.events.letters import tell
from artel.events.machine import OPEN, Status
from artel.events.reminders import schedule_reminders
from artel.events.spans import lock_people, move_time, note_busy, settle_holds, take_time
from artel.events.steps import (
    Step,
    confirm_booking,
    end_event,
    lock_event,
    note_steps,
    release_booking,
    sum_up,
)
from artel.events.terms import (
    MINUTE,
    OFFER,
    Needs,
    NewBooking,
    Terms,
    hold_schedule,
    offered_slot,
    slot_for,
    terms_of,
    waits_for_host,
)
from artel.events.tokens import new_token
from artel.operations import audit
from artel.payments.due import expect_end
from artel.people.links import hash_link_token
from artel.schedules.availability import Slot, hosts_of
from artel.schedules.queries import ScheduleRow

__all__ = [
    "MINUTE",
    "OFFER",
    "Booked",
    "NewBooking",
    "book",
    "confirm_booking",
    "end_event",
    "hold_schedule",
    "move_event",
    "offered_slot",
    "release_booking",
]


class Booked(msgspec.Struct, frozen=True):
    """A seat. `needs` says what is still missing before `hold_until`: the payment, the click on the mailed link, or,
    without an end to the wait but the event's own, the host's word; None: confirmed."""

    event_id: int
    attendee_id: int
    token: str
    hold_until: datetime | None
    needs: Needs | None
    client_id: int
    price: Decimal | None  # None: free
    exponent: int  # of the price's currency


async def book(
    conn: Connection,
    schedule: ScheduleRow,
    wanted: NewBooking,
    *,
    client_id: int,
    is_proven: bool,
    actor_id: int | None,
    now: datetime,
) -> Booked:
    """Book exactly one slot that is offered now. Who may see and book the schedule the caller has made sure of.

    `is_proven`: the client is signed in, or otherwise known to be who they are. Whoever is not gets a hold until they
    pay or follow the mailed link, and is not told whose address they typed.
    Refuses: NotFound where the schedule is gone; DurationNotOffered; SlotNotOffered; SlotTaken; AlreadyBooked;
    HostBooksSelf; TooManyHolds.
    """
    schedule = await hold_schedule(conn, schedule.id)
    hosts = await hosts_of(conn, schedule)
    if client_id in hosts:
        raise HostBooksSelf if is_proven else SlotTaken
    await lock_people(conn, [*hosts, client_id])
    await drop_expired_holds(conn, hosts, now=now)
    slot = await slot_for(conn, schedule, wanted, client_id=client_id, is_proven=is_proven, now=now)
    terms = terms_of(schedule, slot, is_proven=is_proven, now=now)
    if terms.needs:
        await require_few_holds(conn, client_id, schedule.id, is_proven=is_proven, now=now)
    event_id = slot.event_id
    if event_id is not None and not await is_still_open(conn, event_id):
        event_id = None
    try:
        if event_id is None:
            event_id = await add_booked_event(
                conn,
                schedule,
                slot,
                wanted,
                terms,
                client_id=client_id,
                is_proven=is_proven,
                actor_id=actor_id,
                now=now,
            )
        attendee_id, token = await add_seat(
            conn,
            schedule,
            event_id,
            wanted,
            terms,
            client_id=client_id,
            is_proven=is_proven,
            actor_id=actor_id,
            now=now,
        )
    except UniqueViolation:
        raise AlreadyBooked if is_proven else SlotTaken from None
    return Booked(
        event_id,
        attendee_id,
        token,
        terms.hold_until,
        terms.needs,
        client_id=client_id,
        price=terms.price,
        exponent=schedule.exponent or 0,
    )


async def is_still_open(conn: Connection, event_id: int) -> bool:
    """Hold an event that has seats left: seats are only given back while its hosts are locked, the last one perhaps."""
    status = await fetch_value(
        conn,
        "SELECT status_id FROM calendar_event WHERE id = %(event)s AND deleted_at IS NULL FOR NO KEY UPDATE",
        {"event": event_id},
    )
    return status in OPEN


async def add_booked_event(
    conn: Connection,
    schedule: ScheduleRow,
    slot: Slot,
    wanted: NewBooking,
    terms: Terms,
    *,
    client_id: int,
    is_proven: bool,
    actor_id: int | None,
    now: datetime,
) -> int:
    """The event with its hosts and everybody's time, nobody booked yet. Refuses: SlotTaken."""
    rules = schedule.slot_rules
    hosts = await choose_hosts(conn, schedule, slot.host_ids, now=now)
    host_id = hosts[0] if len(hosts) == 1 else schedule.benefitable_id
    is_group, is_offer = rules.seats > 1, schedule.type_id == OFFER
    payer = (schedule.billable_id or schedule.owner_id) if is_offer else schedule.billable_id or client_id
    # The event, its hosts and its first step in one round trip: others wait for these hosts' locks.
    event_id: int = await fetch_value(
        conn,
        """
        WITH event AS (
            INSERT INTO calendar_event
                (type_id, status_id, creator_id, schedule_id, calendar_id, billable_id, benefitable_id, label,
                 description, timezone, starts_at, ends_at, amount, currency, created_at, updated_at)
            VALUES
                (1, %(status)s, %(creator)s, %(schedule)s, %(calendar)s, %(payer)s, %(payee)s, %(label)s,
                 %(description)s, %(timezone)s, %(starts)s, %(ends)s, %(amount)s, %(currency)s, %(now)s, %(now)s)
            RETURNING id
        ), taking_part AS (
            INSERT INTO event_attendee (event_id, person_id, role_id, status_id, created_at, updated_at)
            SELECT event.id, host, 3, %(host_status)s, %(now)s, %(now)s
            FROM event
            CROSS JOIN unnest(%(hosts)s::bigint[]) AS taken (host)
        ), step AS (
            INSERT INTO event_step (event_id, to_status, actor_id, at)
            SELECT event.id, %(status)s, %(actor)s, %(now)s
            FROM event
        )
        SELECT id FROM event
        """,
        {
            "status": int(terms.status),
            "host_status": int(Status.PENDING if waits_for_host(schedule) else Status.CONFIRMED),
            "hosts": list(hosts),
            "actor": actor_id,
            # A visitor may have typed a stranger's address: nothing is said to be made by its owner.
            "creator": schedule.owner_id if is_group or actor_id is None else actor_id,
            "schedule": schedule.id,
            "calendar": await calendar_of_host(conn, schedule, host_id, now=now),
            # A group has many payers; what one of them writes is not for the others.
            "payer": None if is_group and not is_offer else payer,
            "payee": client_id if is_offer else host_id,
            "label": schedule.label if is_group else wanted.label or schedule.label,
            "description": schedule.description if is_group else wanted.description,
            "timezone": schedule.timezone,
            "starts": slot.start,
            "ends": slot.end,
            "amount": terms.price,
            "currency": schedule.currency if terms.price is not None else None,
            "now": now,
        },
    )
    await take_time(
        conn,
        event_id,
        hosts,
        starts_at=slot.start,
        ends_at=slot.end,
        before_minutes=rules.buffer_before,
        after_minutes=rules.buffer_after,
        held_until=terms.hold_until,
        # Of a stranger's time nobody disposes by typing their address.
        others=[client_id] if is_proven else (),
    )
    return event_id


async def add_seat(
    conn: Connection,
    schedule: ScheduleRow,
    event_id: int,
    wanted: NewBooking,
    terms: Terms,
    *,
    client_id: int,
    is_proven: bool,
    actor_id: int | None,
    now: datetime,
) -> tuple[int, str]:
    """The client's seat, and the token of its page."""
    token = new_token()
    is_group = schedule.slot_rules.seats > 1
    note = "\n\n".join(text for text in (wanted.label, wanted.description) if text) if is_group else None
    attendee_id: int = await fetch_value(
        conn,
        """
        WITH seat AS (
            INSERT INTO event_attendee
                (event_id, person_id, role_id, status_id, hold_until, price, currency, token_hash, timezone, note,
                 visitor_name, visitor_phone, created_at, updated_at)
            VALUES
                (%(event)s, %(client)s, 4, %(status)s, %(hold)s, %(price)s, %(currency)s, %(hash)s, %(timezone)s,
                 %(note)s, %(name)s, %(phone)s, %(now)s, %(now)s)
            RETURNING id
        ), step AS (
            INSERT INTO event_step (event_id, attendee_id, to_status, actor_id, at)
            SELECT %(event)s, seat.id, %(status)s, %(actor)s, %(now)s
            FROM seat
        )
        SELECT id FROM seat
        """,
        {
            "event": event_id,
            "client": client_id,
            "actor": actor_id,
            "status": int(terms.status),
            "hold": terms.hold_until,
            "price": terms.price,
            "currency": schedule.currency if terms.price is not None else None,
            "hash": hash_link_token(token),
            "timezone": wanted.timezone,
            "note": note or None,
            "name": wanted.visitor_name,
            "phone": wanted.visitor_phone,
            "now": now,
        },
    )
    if is_group:
        if is_proven:
            await note_busy(conn, event_id, [client_id], held_until=terms.hold_until)
        opened = await conn.execute(
            "UPDATE calendar_event SET status_id = 200 WHERE id = %(event)s AND status_id = 100 AND %(status)s = 200",
            {"event": event_id, "status": int(terms.status)},
        )
        if opened.rowcount:
            step = Step(event_id, None, Status.PENDING, Status.CONFIRMED)
            await note_steps(conn, [step], actor_id=actor_id, reason=None, now=now)
        await settle_holds(conn, [event_id])
        await sum_up(conn, [event_id], now=now)
    await audit.record(
        conn,
        "booking.made",
        subject="event",
        subject_id=event_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        attendee_id=attendee_id,
        schedule_id=schedule.id,
        needs=terms.needs,
    )
    if terms.hold_until is None:  # what is held may be gone before anybody reads of it
        await schedule_reminders(conn, [event_id], now)
        await tell(conn, "booked", [event_id], to=[client_id], and_hosts=True, now=now)
    return attendee_id, token


async def move_event(
    conn: Connection,
    event_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    actor_id: int | None,
    now: datetime,
    at_any_time: bool = False,
) -> None:
    """Move an event with everybody's time. To be called before any event's row is locked (see spans).

    What belongs to a schedule moves to a slot that is offered, its own time counted as free; `at_any_time` says that
    the host moves it to wherever they are free.
    Refuses: NotFound; EventClosed; EventTimesInvalid; DurationNotOffered, SlotNotOffered, SlotTaken.
    """
    if ends_at <= starts_at:
        raise EventTimesInvalid("event_ends_before_start", "end")
    schedule_id = await fetch_value(conn, "SELECT schedule_id FROM calendar_event WHERE id = %(id)s", {"id": event_id})
    schedule = None if schedule_id is None or at_any_time else await hold_schedule(conn, schedule_id)
    hosts = await lock_hosts_of_event(conn, event_id)
    await drop_expired_holds(conn, hosts, now=now)
    event = await lock_event(conn, event_id)
    if event.status_id not in OPEN or event.type_id != 1:
        raise EventClosed
    if schedule is not None:
        minutes = (ends_at - starts_at) // MINUTE
        slot = await offered_slot(conn, schedule, starts_at, duration=minutes, now=now, but_event=event_id)
        if slot.end != ends_at:
            raise SlotNotOffered
        if not set(hosts) <= set(slot.host_ids):
            raise SlotTaken
    await move_time(conn, event_id, starts_at=starts_at, ends_at=ends_at)
    await conn.execute(
        """
        UPDATE calendar_event
        SET starts_at = %(starts)s, ends_at = %(ends)s, sequence = sequence + 1, updated_at = %(now)s
        WHERE id = %(event)s
        """,
        {"event": event_id, "starts": starts_at, "ends": ends_at, "now": now},
    )
    await expect_end(conn, event_id, ends_at)
    await audit.record(
        conn,
        "event.moved",
        subject="event",
        subject_id=event_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        before=[event.starts_at.isoformat(), event.ends_at.isoformat()],
        after=[starts_at.isoformat(), ends_at.isoformat()],
    )


async def lock_hosts_of_event(conn: Connection, event_id: int) -> list[int]:
    """Lock everybody whose exclusive time an event has; answers them. An event without any is moved freely."""
    cursor = await conn.execute(
        "SELECT person_id FROM busy_span WHERE event_id = %(event)s AND is_exclusive ORDER BY person_id",
        {"event": event_id},
    )
    hosts = [row[0] for row in await cursor.fetchall()]
    await lock_people(conn, hosts)
    return hosts
