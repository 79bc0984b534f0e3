"""What becomes of a payment when its booking is given back: set-based, in the transaction of the step that ends it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.events.payment_marks import mark_returned
from artel.ledger.batches import EXACT
from artel.ledger.rules import Declined, post_many
from artel.operations import audit
from artel.payments.transfers import Payment, given_back
from artel.schedules.hours import Cancellation

CHANNEL = "artel_payments"
COLUMNS = """
    p.id, p.attendee_id, p.event_id, p.source, p.company_id, p.payer_id, p.amount, p.currency, p.status,
    coalesce(e.benefitable_id, 0) AS host_id
"""


By = Literal["client", "host"]


class _Terms(Payment, frozen=True):
    until_minutes: int
    refund_percent: int
    starts_at: datetime

    @property
    def terms(self) -> Cancellation:
        return Cancellation(self.until_minutes, self.refund_percent)


class _Settled(msgspec.Struct):
    payment: _Terms
    returned: Decimal


async def give_back(
    conn: Connection, attendee_ids: Collection[int], *, by: By, actor_id: int | None, now: datetime
) -> None:
    """Give back what was paid for these seats to where it came from, as far as `refund_percent` says; the rest is the
    host's.

    Rounded half up to the currency's digits. The caller holds the seats' events. A seat whose card is being charged is
    looked at when the processor has answered: it gets everything back then. What was settled outside stays there: the
    parties are told what is due. Seats without a payment are none of ours.
    """
    payments = await fetch_all(
        conn,
        _Terms,
        f"""
        SELECT {COLUMNS}, p.until_minutes, p.refund_percent, e.starts_at
        FROM booking_payment AS p
        JOIN calendar_event AS e ON e.id = p.event_id
        WHERE p.attendee_id = ANY(%(ids)s) AND p.status IN ('paid', 'recorded')
        ORDER BY p.id
        FOR NO KEY UPDATE OF p
        """,  # noqa: S608 - of constants
        {"ids": list(attendee_ids)},
    )
    if not payments:
        return
    digits = await exponents(conn)
    settled = [
        _Settled(
            one, share_of(one.amount, refund_percent(one.terms, one.starts_at, by=by, now=now), digits[one.currency])
        )
        for one in payments
    ]
    await post_all(conn, [one for one in settled if one.payment.status == "paid"], actor_id=actor_id, now=now)
    await note_returned(conn, settled, now=now)
    await mark_returned(conn, {one.payment.attendee_id: one.returned for one in settled}, now=now)
    await audit.record_many(
        conn,
        [
            audit.Entry(
                action="booking.returned",
                subject="event",
                subject_id=one.payment.event_id,
                actor_id=actor_id,
                company_id=one.payment.company_id,
                facts={"payment_id": one.payment.id, "returned": str(one.returned), "by": by},
            )
            for one in settled
        ],
        now=now,
    )


def refund_percent(terms: Cancellation, starts_at: datetime, *, by: By, now: datetime) -> int:
    """How much goes back. What the host ends, declines or lets pass: everything. What the client cancels: everything up
    to `until_minutes` before the start, then `refund_percent` until the start, then nothing (see SlotRules)."""
    if by == "host":
        return 100
    if now >= starts_at:
        return 0
    return 100 if now <= starts_at - timedelta(minutes=terms.until_minutes) else terms.refund_percent


def share_of(amount: Decimal, percent: int, exponent: int) -> Decimal:
    """`percent` of an amount, half up to the currency's digits."""
    share = EXACT.divide(EXACT.multiply(amount, Decimal(percent)), Decimal(100))
    return EXACT.quantize(share, Decimal(1).scaleb(-exponent))


async def exponents(conn: Connection) -> dict[str, int]:
    cursor = await conn.execute("SELECT code, exponent FROM currency")
    return dict(await cursor.fetchall())


async def post_all(conn: Connection, settled: list[_Settled], *, actor_id: int | None, now: datetime) -> None:
    transfers = [given_back(one.payment, one.returned, actor_id=actor_id, now=now) for one in settled]
    for outcome in await post_many(conn, transfers):
        if isinstance(outcome, Declined):
            raise outcome.error  # escrow has it by what the ledger refuses itself: nothing of this happens then


async def note_returned(conn: Connection, settled: list[_Settled], *, now: datetime) -> None:
    values = {
        "ids": [one.payment.id for one in settled],
        "returned": [one.returned for one in settled],
        "now": now,
    }
    await conn.execute(
        """
        UPDATE booking_payment AS p
        SET status = CASE WHEN one.returned > 0 OR p.status = 'recorded' THEN 'returned' ELSE 'earned' END,
            returned = one.returned, due_at = NULL, finished_at = %(now)s
        FROM unnest(%(ids)s::bigint[], %(returned)s::numeric[]) AS one (id, returned)
        WHERE p.id = one.id
        """,
        values,
    )
    made = await conn.execute(
        """
        INSERT INTO card_refund (payment_id, amount, due_at, created_at)
        SELECT p.id, p.returned, %(now)s, %(now)s
        FROM booking_payment AS p
        WHERE p.id = ANY(%(ids)s) AND p.source = 'card' AND p.returned > 0
        ORDER BY p.id
        """,
        values,
    )
    if made.rowcount:
        await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})
