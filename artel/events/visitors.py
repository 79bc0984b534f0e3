"""Bookings by people who are not signed in: their e-mail address becomes a user, and nobody else's is told about."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from artel.db.pool import Connection, Database
from artel.events.booking import Booked, NewBooking, book
from artel.events.tokens import BookingKey, confirmation_url, make_confirmation_link
from artel.notifications.rules import send_letter
from artel.operations.rate_limits import Limit, count_hits, name_key, network_of
from artel.people.contacts import clean_email, clean_phone
from artel.people.profiles import Profile, find_or_add_person
from artel.schedules.queries import ScheduleRow

# Bookings in an hour by people not signed in: a mailbox gets no more letters than that; behind one network may be an
# office; one schedule may be popular.
WINDOW_S = 3600
MOST_TO_MAILBOX = 10
MOST_FROM_NETWORK = 30
MOST_ON_SCHEDULE = 120


class Visitor(msgspec.Struct, frozen=True):
    """Who somebody says they are. The phone is E.164's digits."""

    email: str
    name: str
    phone: str | None
    language: str

    @classmethod
    def read(cls, *, email: str, name: str, phone: str | None, language: str) -> "Visitor":
        """As it was typed. Refuses: EmailInvalid, PhoneInvalid."""
        return cls(clean_email(email), " ".join(name.split()), clean_phone(phone) if phone else None, language)


async def count_visit(database: Database, visitor: Visitor, schedule_id: int, *, address: str, now: datetime) -> None:
    """Count a try to book, whatever comes of it; before anything else is done. Refuses: TooMany."""
    async with database.transaction() as conn:
        refusal = await count_hits(
            conn,
            Limit(f"book-mail:{name_key(visitor.email)}", MOST_TO_MAILBOX, WINDOW_S),
            Limit(f"book-from:{network_of(address)}", MOST_FROM_NETWORK, WINDOW_S),
            Limit(f"book-schedule:{schedule_id}", MOST_ON_SCHEDULE, WINDOW_S),
            now=now,
        )
    if refusal:
        raise refusal


async def book_as_visitor(
    conn: Connection,
    schedule: ScheduleRow,
    wanted: NewBooking,
    visitor: Visitor,
    *,
    base_url: str,
    now: datetime,
) -> Booked:
    """Book for whoever has this address. An unknown one becomes an account without a password, its address
    unconfirmed; one that exists is left as it is, as it may not be theirs who typed it. A free booking is confirmed by
    the link that is mailed there, a priced one by its payment.

    Refuses as `book` does.
    """
    account = await find_or_add_person(
        conn,
        email=visitor.email,
        profile=Profile(first_name=visitor.name, phone=visitor.phone),
        language=visitor.language,
        is_secret=True,
        now=now,
    )
    named = msgspec.structs.replace(wanted, visitor_name=visitor.name, visitor_phone=visitor.phone)
    booked = await book(conn, schedule, named, client_id=account.id, is_proven=False, actor_id=None, now=now)
    if booked.needs == "confirmation":
        assert booked.hold_until is not None
        key = BookingKey(booked.attendee_id, booked.event_id, account.id)
        timezone = wanted.timezone or schedule.timezone
        token = await make_confirmation_link(conn, key, hold_until=booked.hold_until, now=now)
        await send_letter(
            conn,
            "booking_confirmation",
            to=account.email,
            language=visitor.language,
            link=confirmation_url(base_url, token),
            label=schedule.label,
            when=f"{wanted.start.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}",
            timezone=timezone,
            minutes=int((booked.hold_until - now).total_seconds()) // 60,
            now=now,
        )
    return booked
