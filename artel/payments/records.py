"""Payments said through the API: bookings paid together, deposits noted, what is to be charged for a meeting."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.errors import NotFound
from artel.events.access import EventAccess
from artel.ledger.rules import MOST_TOP_UP
from artel.operations import audit
from artel.payments.errors import (
    DepositAmountInvalid,
    DepositTooSmall,
    EventCharged,
    EventNotChargeable,
    PayeeUnknown,
    PaymentsWithoutIds,
)
from artel.payments.rules import pay_from_company, record_outside
from artel.schedules.queries import ScheduleRow

MOST_AT_ONCE = 50


class Unpaid(msgspec.Struct, frozen=True):
    """A seat that waits for its payment."""

    attendee_id: int
    event_id: int
    price: Decimal


async def unpaid_seats(
    conn: Connection, schedule_id: int, event_ids: Sequence[int] | None, *, person_id: int | None
) -> list[Unpaid]:
    """The open seats of a schedule that cost something and are not paid, of these events or of all, of this client
    or of everybody; the earliest first, and no more than 50. Refuses: PaymentsWithoutIds where there is none."""
    seats = await fetch_all(
        conn,
        Unpaid,
        """
        SELECT a.id AS attendee_id, a.event_id, a.price
        FROM event_attendee AS a
        JOIN calendar_event AS e ON e.id = a.event_id
        WHERE e.schedule_id = %(schedule)s
            AND e.deleted_at IS NULL
            AND e.status_id IN (100, 200)
            AND a.status_id IN (100, 200)
            AND a.role_id = 4
            AND a.price > 0
            AND a.payment_status_id <> 300
            AND (%(events)s::bigint[] IS NULL OR e.id = ANY(%(events)s))
            AND (%(person)s::bigint IS NULL OR a.person_id = %(person)s)
        ORDER BY e.starts_at, a.id
        LIMIT %(most)s
        """,
        {
            "schedule": schedule_id,
            "events": None if event_ids is None else list(event_ids),
            "person": person_id,
            "most": MOST_AT_ONCE,
        },
    )
    if not seats or (event_ids is not None and set(event_ids) - {seat.event_id for seat in seats}):
        raise PaymentsWithoutIds
    return sorted(seats, key=lambda seat: seat.event_id)  # rows are locked in this order everywhere


async def lock_events(conn: Connection, seats: Sequence[Unpaid]) -> None:
    """Hold the seats' events, all of them before the balance that pays for the first is held: whoever pays for one of
    them alone takes its event first and the balance then."""
    await conn.execute(
        "SELECT FROM calendar_event WHERE id = ANY(%(events)s) ORDER BY id FOR NO KEY UPDATE",
        {"events": [seat.event_id for seat in seats]},
    )


async def pay_own_bookings(
    conn: Connection,
    schedule_id: int,
    event_ids: Sequence[int] | None,
    *,
    company_id: int,
    person_id: int,
    now: datetime,
) -> list[int]:
    """Pay one's own bookings on a schedule from a company's balance: all of them or, where one is refused, none.

    Answers the events. Refuses: PaymentsWithoutIds; as pay_from_company.
    """
    seats = await unpaid_seats(conn, schedule_id, event_ids, person_id=person_id)
    await lock_events(conn, seats)
    for seat in seats:  # each is a step of its own event's, and they are few
        await pay_from_company(conn, seat.attendee_id, company_id=company_id, person_id=person_id, now=now)
    return [seat.event_id for seat in seats]


async def record_bookings(
    conn: Connection, schedule_id: int, event_ids: Sequence[int] | None, *, actor_id: int, now: datetime
) -> list[int]:
    """Note that bookings were paid outside, by the word of who writes the schedule's events. Answers the events.

    Refuses: PaymentsWithoutIds; as record_outside.
    """
    seats = await unpaid_seats(conn, schedule_id, event_ids, person_id=None)
    await lock_events(conn, seats)
    for seat in seats:
        await record_outside(conn, seat.attendee_id, actor_id=actor_id, now=now)
    return sorted({seat.event_id for seat in seats})


async def record_deposit(
    conn: Connection,
    schedule: ScheduleRow,
    *,
    date: datetime,
    amount: Decimal,
    label: str | None,
    benefitable_id: int | None,
    event_ids: Sequence[int] | None,
    actor_id: int,
    now: datetime,
) -> int:
    """Note money that the parties have settled outside: an event of type 3 under the schedule, and the bookings paid.

    Answers its id. Nothing moves in the ledger.
    Refuses: EventNotChargeable where nothing costs anything; DepositAmountInvalid; DepositTooSmall for less than the
    bookings named cost; PayeeUnknown; PaymentsWithoutIds.
    """
    if schedule.currency is None or schedule.exponent is None:
        raise EventNotChargeable
    fits = amount.is_finite() and 1 <= amount <= MOST_TOP_UP
    if not fits or amount != round(amount, schedule.exponent):
        raise DepositAmountInvalid(schedule.currency, schedule.exponent)
    payee = schedule.benefitable_id if benefitable_id is None else benefitable_id
    await require_payee(conn, schedule, payee)
    if event_ids:
        seats = await unpaid_seats(conn, schedule.id, event_ids, person_id=None)
        total = sum((seat.price for seat in seats), Decimal(0))
        if amount < total:
            raise DepositTooSmall(total)
        await record_bookings(conn, schedule.id, event_ids, actor_id=actor_id, now=now)
    event_id: int = await fetch_value(
        conn,
        """
        INSERT INTO calendar_event
            (type_id, status_id, payment_status_id, creator_id, schedule_id, calendar_id, benefitable_id, label,
             timezone, starts_at, ends_at, amount, currency, is_credit, is_private, data, created_at, updated_at)
        VALUES
            (3, 200, 300, %(actor)s, %(schedule)s, %(calendar)s, %(payee)s, %(label)s, %(timezone)s, %(date)s, %(date)s,
             %(amount)s, %(currency)s, true, true, %(data)s, %(now)s, %(now)s)
        RETURNING id
        """,
        {
            "actor": actor_id,
            "schedule": schedule.id,
            "calendar": schedule.calendar_id,
            "payee": payee,
            "label": label or schedule.label,
            "timezone": schedule.timezone,
            "date": date,
            "amount": amount,
            "currency": schedule.currency,
            "data": Jsonb({"events": list(event_ids or [])}),
            "now": now,
        },
    )
    await audit.record(
        conn,
        "deposit.recorded",
        subject="event",
        subject_id=event_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        amount=str(amount),
        events=list(event_ids or []),
    )
    return event_id


async def require_payee(conn: Connection, schedule: ScheduleRow, person_id: int) -> None:
    """Whoever works under the schedule. Refuses: PayeeUnknown."""
    known = await fetch_value(
        conn,
        """
        SELECT %(person)s IN (%(benefitable)s, %(owner)s) OR EXISTS (
            SELECT FROM schedule_member WHERE schedule_id = %(schedule)s AND person_id = %(person)s
        )
        """,
        {
            "person": person_id,
            "benefitable": schedule.benefitable_id,
            "owner": schedule.owner_id,
            "schedule": schedule.id,
        },
    )
    if not known:
        raise PayeeUnknown


async def charge_for_event(
    conn: Connection, access: EventAccess, *, date: datetime, benefitable_id: int | None, now: datetime
) -> int:
    """Note what a meeting costs as time worked, to be paid: an event of type 2 under it. Answers its id.

    `access` holds the event's row. Once for each who is paid.
    Refuses: NotFound for whoever is no host of it; EventNotChargeable; PayeeUnknown; EventCharged.
    """
    event = access.event
    if not access.is_host:
        raise NotFound("event")
    if event.type_id != 1 or event.status_id not in (200, 777) or event.amount is None or event.currency is None:
        raise EventNotChargeable
    payee = event.benefitable_id if benefitable_id is None else benefitable_id
    if not await fetch_value(
        conn,
        """
        SELECT %(payee)s IN (%(own)s, %(host)s) OR EXISTS (
            SELECT FROM event_attendee WHERE event_id = %(event)s AND person_id = %(payee)s AND role_id = 3
        )
        """,
        {"payee": payee, "own": access.person_id, "host": event.benefitable_id, "event": event.id},
    ):
        raise PayeeUnknown
    charged = await fetch_value(
        conn,
        """
        SELECT EXISTS (
            SELECT
            FROM calendar_event
            WHERE parent_id = %(event)s AND type_id = 2 AND benefitable_id = %(payee)s AND deleted_at IS NULL
        )
        """,
        {"event": event.id, "payee": payee},
    )
    if charged:
        raise EventCharged
    charge_id: int = await fetch_value(
        conn,
        """
        INSERT INTO calendar_event
            (type_id, status_id, payment_status_id, creator_id, schedule_id, calendar_id, parent_id, billable_id,
             benefitable_id, label, timezone, starts_at, ends_at, amount, currency, is_private, created_at, updated_at)
        SELECT 2, 200, e.payment_status_id, %(actor)s, e.schedule_id, e.calendar_id, e.id, e.billable_id, %(payee)s,
            e.label, e.timezone, %(date)s, %(date)s + (e.ends_at - e.starts_at), e.amount, e.currency, true, %(now)s,
            %(now)s
        FROM calendar_event AS e
        WHERE e.id = %(event)s
        RETURNING id
        """,
        {"actor": access.person_id, "payee": payee, "date": date, "event": event.id, "now": now},
    )
    await audit.record(
        conn,
        "event.charged",
        subject="event",
        subject_id=charge_id,
        actor_id=access.person_id,
        company_id=None,
        now=now,
        parent_id=event.id,
    )
    return charge_id
