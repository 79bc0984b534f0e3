"""What is to be shown of paying for a booking."""

from datetime import datetime
from decimal import Decimal

import msgspec

from artel.companies.access import ROLE_RIGHTS, Right
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.payments.refunds import refund_percent, share_of
from artel.schedules.hours import Cancellation

PAYER_ROLES = [role for role, rights in ROLE_RIGHTS.items() if Right.PAY in rights]
MOST_PAYERS = 50


class PaymentRow(msgspec.Struct, frozen=True):
    """A payment as its client may see it. `card_number` has the first six and last four digits alone."""

    status: str
    source: str
    amount: Decimal
    currency: str
    exponent: int
    card_number: str | None
    failure: str | None  # the processor's words
    returned: Decimal
    until_minutes: int
    refund_percent: int
    starts_at: datetime  # of the meeting

    def refund(self, *, now: datetime) -> Decimal:
        """What goes back if the client cancels now."""
        if self.status not in {"paid", "recorded"}:
            return Decimal(0)
        terms = Cancellation(self.until_minutes, self.refund_percent)
        return share_of(self.amount, refund_percent(terms, self.starts_at, by="client", now=now), self.exponent)


async def last_payment(conn: Connection, attendee_id: int) -> PaymentRow | None:
    """The newest try to pay for a seat; whose page it is the caller has made sure of."""
    return await fetch_one(
        conn,
        PaymentRow,
        """
        SELECT p.status, p.source, p.amount, p.currency, cu.exponent, p.card_number, p.failure, p.returned,
            p.until_minutes, p.refund_percent, e.starts_at
        FROM booking_payment AS p
        JOIN calendar_event AS e ON e.id = p.event_id
        JOIN currency AS cu ON cu.code = p.currency
        WHERE p.attendee_id = %(attendee)s
        ORDER BY p.id DESC
        LIMIT 1
        """,
        {"attendee": attendee_id},
    )


class Payer(msgspec.Struct, frozen=True):
    """A company whose money somebody may spend."""

    id: int
    name: str


async def payers_of(conn: Connection, person_id: int, currency: str) -> list[Payer]:
    """The companies in this currency whose money the person may spend, by name."""
    return await fetch_all(
        conn,
        Payer,
        """
        SELECT c.id, c.name
        FROM company_member AS m
        JOIN company AS c ON c.id = m.company_id
        WHERE m.person_id = %(person)s AND m.ended_at IS NULL AND m.role = ANY(%(roles)s) AND c.currency = %(currency)s
        ORDER BY c.name, c.id
        LIMIT %(most)s
        """,
        {"person": person_id, "roles": PAYER_ROLES, "currency": currency, "most": MOST_PAYERS},
    )
