"""A booking as its own page shows it, to whoever has the booking's token."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound
from artel.events.holds import EXPIRED
from artel.events.machine import OPEN, Status
from artel.events.payment_marks import PAID
from artel.events.tokens import BookingKey
from artel.schedules.hours import Cancellation, SlotRules

# pay: held until it is paid; letter: held until the mailed link is followed; lapsed: the hold ran out; host: waits for
# the host's word; over: it took place.
State = Literal["pay", "letter", "lapsed", "host", "confirmed", "over", "declined", "cancelled", "missed"]


class BookingView(msgspec.Struct, frozen=True):
    """A client's seat with what they may know of its event: nothing of the others in it, and nothing of the account
    that a visitor's address led to."""

    attendee_id: int
    event_id: int
    person_id: int
    status_id: int
    event_status_id: int
    hold_until: datetime | None
    price: Decimal | None
    currency: str | None
    payment_status_id: int
    timezone: str | None  # the client's
    event_timezone: str
    starts_at: datetime
    ends_at: datetime
    label: str
    hosts: list[str]
    location: str
    slug: str | None  # of the schedule, where it can still be booked
    rules: Any  # of the schedule
    reason: str | None  # of the seat's last step

    def state(self, now: datetime) -> State:
        if self.status_id == Status.DECLINED:
            return "declined"
        if self.status_id == Status.CANCELLED:
            return "lapsed" if self.reason == EXPIRED else "cancelled"
        if self.status_id == Status.MISSED:
            return "missed"
        if self.status_id == Status.CONFIRMED:
            return "over" if self.event_status_id == Status.DONE or self.ends_at <= now else "confirmed"
        if self.hold_until is None:
            return "missed" if self.ends_at <= now else "host"
        if self.hold_until <= now:
            return "lapsed"
        return "pay" if self.is_unpaid else "letter"

    @property
    def is_unpaid(self) -> bool:
        return bool(self.price) and self.payment_status_id != PAID

    def can_be_cancelled(self, now: datetime) -> bool:
        return self.status_id in OPEN and self.ends_at > now and self.state(now) != "lapsed"

    @property
    def terms(self) -> Cancellation:
        """Of cancelling, as the schedule has them now; what is paid keeps those of its payment."""
        return msgspec.convert(self.rules, SlotRules).cancellation if self.rules else Cancellation()


async def view_booking(conn: Connection, key: BookingKey) -> BookingView:
    """The booking of a token or a mailed link. Refuses: NotFound where its event was deleted."""
    view = await fetch_one(
        conn,
        BookingView,
        """
        SELECT a.id AS attendee_id, a.event_id, a.person_id, a.status_id, e.status_id AS event_status_id,
            a.hold_until, a.price, a.currency, a.payment_status_id, a.timezone, e.timezone AS event_timezone,
            e.starts_at, e.ends_at, e.label,
            ARRAY(
                SELECT trim(concat_ws(' ', p.first_name, p.last_name))
                FROM event_attendee AS h
                JOIN person AS p ON p.id = h.person_id
                WHERE h.event_id = e.id AND h.role_id = 3
                ORDER BY h.id
            ) AS hosts,
            coalesce(e.data ->> 'location', s.rules ->> 'location', '') AS location,
            CASE WHEN s.deleted_at IS NULL AND NOT s.is_private THEN s.slug END AS slug,
            s.rules,
            (
                SELECT step.reason
                FROM event_step AS step
                WHERE step.event_id = e.id AND step.attendee_id = a.id
                ORDER BY step.id DESC
                LIMIT 1
            ) AS reason
        FROM event_attendee AS a
        JOIN calendar_event AS e ON e.id = a.event_id
        LEFT JOIN schedule AS s ON s.id = e.schedule_id
        WHERE a.id = %(attendee)s AND e.deleted_at IS NULL
        """,
        {"attendee": key.attendee_id},
    )
    if view is None:
        raise NotFound("booking")
    return view


async def name_of_host(conn: Connection, person_id: int) -> str:
    """What whoever is booked is called; empty where they have said no name."""
    name: str | None = await fetch_value(
        conn,
        "SELECT trim(concat_ws(' ', first_name, last_name)) FROM person WHERE id = %(id)s",
        {"id": person_id},
    )
    return name or ""
