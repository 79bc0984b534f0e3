"""Paying for a booking (time-api.md "Schedules and slots"): from a company's balance, by card, or outside.

Whoever pays confirms the booking with it, in one transaction: a booking that is gone takes no money.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from artel.companies.access import ROLE_RIGHTS, Right
from artel.companies.queries import role_in
from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.events.errors import BookingGone
from artel.events.machine import OPEN, Status
from artel.events.payment_marks import PAID as PAID_STATUS
from artel.events.payment_marks import mark_paid
from artel.events.steps import PAID, LockedBooking, confirm_booking, extend_hold, lock_booking
from artel.ledger.rules import post
from artel.operations import audit
from artel.payments.errors import (
    CardTriesOver,
    NothingToPay,
    PayerNotAllowed,
    PaymentCurrencyDiffers,
    PaymentUnderWay,
)
from artel.payments.processors import Card, Charge
from artel.payments.refunds import CHANNEL, COLUMNS, give_back
from artel.payments.transfers import Payment, paid
from artel.schedules.hours import Cancellation, SlotRules

# A card that is being charged keeps its slot this long.
CHARGING_MINUTES = 10
# So many declined cards keep a seat; then it has to be paid otherwise, or its hold ends.
MOST_DECLINED = 5


class _Price(msgspec.Struct):
    price: Decimal | None
    currency: str | None
    payment_status_id: int
    is_charging: bool
    rules: Any  # of the schedule


class Due(msgspec.Struct, frozen=True):
    """What is to be paid for a seat, and the terms of cancelling it, which stay as they are at the payment."""

    seat: LockedBooking
    price: Decimal
    currency: str
    terms: Cancellation


async def lock_due(conn: Connection, attendee_id: int) -> Due:
    """The seat, its event's row held, with what is to be paid for it.

    Refuses: NotFound; BookingGone; NothingToPay; PaymentUnderWay.
    """
    seat = await lock_booking(conn, attendee_id)
    if seat.status_id not in OPEN or seat.event.status_id not in OPEN:
        raise BookingGone
    found = await fetch_one(
        conn,
        _Price,
        """
        SELECT a.price, a.currency, a.payment_status_id, s.rules,
            EXISTS (
                SELECT FROM booking_payment AS p WHERE p.attendee_id = a.id AND p.status = 'charging'
            ) AS is_charging
        FROM event_attendee AS a
        JOIN calendar_event AS e ON e.id = a.event_id
        LEFT JOIN schedule AS s ON s.id = e.schedule_id
        WHERE a.id = %(id)s
        """,
        {"id": attendee_id},
    )
    if found is None or not found.price or found.currency is None or found.payment_status_id == PAID_STATUS:
        raise NothingToPay
    if found.is_charging:
        raise PaymentUnderWay
    terms = msgspec.convert(found.rules, SlotRules).cancellation if found.rules else Cancellation()
    return Due(seat, found.price, found.currency, terms)


async def pay_from_company(
    conn: Connection, attendee_id: int, *, company_id: int, person_id: int, now: datetime
) -> int:
    """Pay a booking from the balance of a company whose money the person may spend; answers the payment's id.

    The money is set aside in the company's escrow until the meeting is over.
    Refuses: as lock_due; PayerNotAllowed; PaymentCurrencyDiffers; InsufficientFunds.
    """
    role = await role_in(conn, person_id=person_id, company_id=company_id)
    if role is None or Right.PAY not in ROLE_RIGHTS[role]:
        raise PayerNotAllowed
    currency = await fetch_value(conn, "SELECT currency FROM company WHERE id = %(id)s", {"id": company_id})
    due = await lock_due(conn, attendee_id)
    if currency != due.currency:
        raise PaymentCurrencyDiffers(str(currency))
    payment_id: int = await fetch_value(
        conn,
        """
        INSERT INTO booking_payment
            (attendee_id, event_id, source, company_id, payer_id, amount, currency, status, due_at, until_minutes,
             refund_percent, created_at)
        VALUES
            (%(attendee)s, %(event)s, 'company', %(company)s, %(payer)s, %(amount)s, %(currency)s, 'paid', %(due)s,
             %(until)s, %(percent)s, %(now)s)
        RETURNING id
        """,
        {
            "attendee": attendee_id,
            "event": due.seat.event.id,
            "company": company_id,
            "payer": due.seat.person_id,
            "amount": due.price,
            "currency": due.currency,
            "due": due.seat.event.ends_at,
            "until": due.terms.until_minutes,
            "percent": due.terms.refund_percent,
            "now": now,
        },
    )
    await post(conn, paid(await payment_by_id(conn, payment_id), actor_id=person_id, now=now))
    await take_seat(conn, attendee_id, payment_id, actor_id=person_id, company_id=company_id, now=now)
    return payment_id


async def record_outside(conn: Connection, attendee_id: int, *, actor_id: int, now: datetime) -> int:
    """Note that a booking was settled outside, by the word of whoever may write the schedule's events: no money moves.

    Refuses: as lock_due.
    """
    due = await lock_due(conn, attendee_id)
    payment_id: int = await fetch_value(
        conn,
        """
        INSERT INTO booking_payment
            (attendee_id, event_id, source, payer_id, amount, currency, status, until_minutes, refund_percent,
             created_at, finished_at)
        VALUES
            (%(attendee)s, %(event)s, 'outside', %(payer)s, %(amount)s, %(currency)s, 'recorded', %(until)s,
             %(percent)s, %(now)s, %(now)s)
        RETURNING id
        """,
        {
            "attendee": attendee_id,
            "event": due.seat.event.id,
            "payer": due.seat.person_id,
            "amount": due.price,
            "currency": due.currency,
            "until": due.terms.until_minutes,
            "percent": due.terms.refund_percent,
            "now": now,
        },
    )
    await take_seat(conn, attendee_id, payment_id, actor_id=actor_id, company_id=None, now=now)
    return payment_id


async def take_seat(
    conn: Connection, attendee_id: int, payment_id: int, *, actor_id: int | None, company_id: int | None, now: datetime
) -> None:
    """What is paid is booked. Refuses: BookingGone, which undoes the payment with it."""
    await confirm_booking(conn, attendee_id, actor_id=actor_id, reason=PAID, now=now)
    await note_paid(conn, attendee_id, payment_id, actor_id=actor_id, company_id=company_id, now=now)


async def note_paid(
    conn: Connection, attendee_id: int, payment_id: int, *, actor_id: int | None, company_id: int | None, now: datetime
) -> None:
    await mark_paid(conn, attendee_id, now=now)
    await audit.record(
        conn,
        "booking.paid",
        subject="booking_payment",
        subject_id=payment_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        attendee_id=attendee_id,
    )


async def start_card_payment(conn: Connection, attendee_id: int, card: Card, *, now: datetime) -> int:
    """Have a card charged for a booking; answers the payment's id. The worker speaks to the processor.

    Meanwhile the slot is kept. Refuses: as lock_due; CardTriesOver.
    """
    due = await lock_due(conn, attendee_id)
    declined = await fetch_value(
        conn,
        """
        SELECT count(*)
        FROM booking_payment
        WHERE attendee_id = %(attendee)s AND source = 'card' AND status = 'failed'
        """,
        {"attendee": attendee_id},
    )
    if declined >= MOST_DECLINED:
        raise CardTriesOver
    payment_id: int = await fetch_value(
        conn,
        """
        INSERT INTO booking_payment
            (attendee_id, event_id, source, payer_id, amount, currency, status, card_number, processor_token, due_at,
             until_minutes, refund_percent, created_at)
        VALUES
            (%(attendee)s, %(event)s, 'card', %(payer)s, %(amount)s, %(currency)s, 'charging', %(number)s, %(token)s,
             %(now)s, %(until)s, %(percent)s, %(now)s)
        RETURNING id
        """,
        {
            "attendee": attendee_id,
            "event": due.seat.event.id,
            "payer": due.seat.person_id,
            "amount": due.price,
            "currency": due.currency,
            "number": card.masked,
            "token": card.token,
            "until": due.terms.until_minutes,
            "percent": due.terms.refund_percent,
            "now": now,
        },
    )
    await extend_hold(conn, due.seat, minutes=CHARGING_MINUTES, now=now)
    await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})
    await audit.record(
        conn,
        "booking.card_charging",
        subject="booking_payment",
        subject_id=payment_id,
        actor_id=None,
        company_id=None,
        now=now,
        attendee_id=attendee_id,
    )
    return payment_id


async def take_charge(conn: Connection, payment_id: int, charge: Charge, *, now: datetime) -> None:
    """Note what the processor said of a card. What it took for a booking that is gone by now goes back whole.

    The event's row is locked before the payment's, as everywhere. A payment that has its outcome keeps it.
    """
    attendee_id: int = await fetch_value(
        conn, "SELECT attendee_id FROM booking_payment WHERE id = %(id)s", {"id": payment_id}
    )
    seat = await lock_booking(conn, attendee_id, even_deleted=True)
    payment = await payment_by_id(conn, payment_id)
    if payment.status != "charging":
        return
    is_done = charge.outcome == "done"
    await conn.execute(
        """
        UPDATE booking_payment
        SET status = %(status)s, processor_reference = %(reference)s, failure = %(failure)s, due_at = %(due)s,
            finished_at = %(finished)s
        WHERE id = %(id)s
        """,
        {
            "id": payment_id,
            "status": "paid" if is_done else "failed",
            "reference": charge.reference,
            "failure": None if is_done else charge.reason,
            "due": seat.event.ends_at if is_done else None,
            "finished": None if is_done else now,
        },
    )
    if not is_done:
        await audit_charge(conn, payment, "booking.card_declined", now=now)
        return
    await post(conn, paid(payment, actor_id=None, now=now))
    if seat.status_id == Status.CONFIRMED and seat.event.status_id == Status.DONE:
        # The client was there: the money is the host's, who waits for it until the payment is settled.
        await note_paid(conn, attendee_id, payment_id, actor_id=None, company_id=None, now=now)
        return
    try:
        if seat.event.is_deleted:
            raise BookingGone
        async with conn.transaction():
            await take_seat(conn, attendee_id, payment_id, actor_id=None, company_id=None, now=now)
    except BookingGone:
        await give_back(conn, [attendee_id], by="host", actor_id=None, now=now)


async def audit_charge(conn: Connection, payment: Payment, action: str, *, now: datetime) -> None:
    await audit.record(
        conn,
        action,
        subject="booking_payment",
        subject_id=payment.id,
        actor_id=None,
        company_id=None,
        now=now,
        attendee_id=payment.attendee_id,
    )


async def payment_by_id(conn: Connection, payment_id: int) -> Payment:
    """A payment that is there, its row held."""
    payment = await fetch_one(
        conn,
        Payment,
        f"""
        SELECT {COLUMNS}
        FROM booking_payment AS p
        JOIN calendar_event AS e ON e.id = p.event_id
        WHERE p.id = %(id)s
        FOR NO KEY UPDATE OF p
        """,  # noqa: S608 - of constants
        {"id": payment_id},
    )
    assert payment is not None, "the caller has its id from the table"
    return payment
