"""What a change of an event asks for, read and held against what an event can be."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound
from artel.events.access import EventAccess
from artel.events.applying import current_value
from artel.events.booking import MINUTE, hold_schedule, offered_slot
from artel.events.change_errors import ChangeInvalid, FollowsBooking, NotBegun, PriceFixed, StepRefused
from artel.events.changed_times import WantedTimes, read_times
from artel.events.errors import EventClosed, SlotTaken
from artel.events.guests import GuestWish, find_guests, known_of
from artel.events.machine import OPEN, TRANSITIONS, Status

LONGEST_LABEL = 255
LONGEST_DESCRIPTION = 10_000
MOST_FILES = 20
LARGEST_AMOUNT = Decimal(10) ** 12
# What may be changed of an event that has ended: what is told of it, not what it was.
OF_CLOSED = frozenset({"label", "description", "private", "files"})
# What follows from a booking where there is one.
OF_BOOKING = {"payment_status_id": "payment_status_id", "benefitable_id": "benefitable", "credit": "credit"}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that were given; of those that were not nothing is changed."""

    times: WantedTimes | None = None
    label: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    is_private: bool | UnsetType = UNSET
    file_ids: list[int] | UnsetType = UNSET
    attendees: list[GuestWish] | UnsetType = UNSET
    amount: Decimal | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    is_credit: bool | UnsetType = UNSET
    benefitable_id: int | UnsetType = UNSET
    payment_status_id: int | UnsetType = UNSET
    status_id: int | UnsetType = UNSET


async def wanted_values(
    conn: Connection, access: EventAccess, wanted: Wanted, *, language: str, now: datetime
) -> dict[str, tuple[Any, Any]]:
    """Field -> (what it is, what it is to be), as JSON has them, of what differs; in the order it is made in.

    Refuses: ChangeInvalid, NotFound: see the readers below.
    """
    event = access.event
    new: dict[str, Any] = {}
    if wanted.attendees is not UNSET:
        new["attendees"] = await find_guests(conn, access, wanted.attendees, language=language, now=now)
    if wanted.label is not UNSET:
        new["label"] = checked_text(wanted.label, "label", longest=LONGEST_LABEL)
        if not new["label"]:
            raise ChangeInvalid("field_required", "label")
    if wanted.description is not UNSET:
        text = wanted.description
        new["description"] = (
            None if text is None else checked_text(text, "description", longest=LONGEST_DESCRIPTION) or None
        )
    if wanted.is_private is not UNSET:
        new["private"] = wanted.is_private
    if wanted.file_ids is not UNSET:
        new["files"] = await checked_files(conn, access, wanted.file_ids)
    if wanted.amount is not UNSET or wanted.currency is not UNSET:
        new["amount"] = await checked_amount(conn, access, wanted.amount, wanted.currency)
    if wanted.is_credit is not UNSET:
        new["credit"] = wanted.is_credit
    if wanted.benefitable_id is not UNSET:
        if not await known_of(conn, access.person_id, {wanted.benefitable_id}):
            raise NotFound("person", "benefitable")
        new["benefitable_id"] = wanted.benefitable_id
    if wanted.payment_status_id is not UNSET:
        new["payment_status_id"] = wanted.payment_status_id
    if wanted.times is not None:
        times = read_times(event, wanted.times)
        new["time"] = {
            "timezone": times.timezone,
            "start": times.starts_at.isoformat(),
            "end": times.ends_at.isoformat(),
        }
    if wanted.status_id is not UNSET:
        new["status_id"] = wanted.status_id
    changes = {field: (await current_value(conn, event, field), value) for field, value in new.items()}
    return {field: (old, value) for field, (old, value) in changes.items() if old != value}


def checked_text(text: str, field: str, *, longest: int) -> str:
    """The text trimmed. Refuses: field_invalid for a NUL, which no text of the database can hold; field_too_long."""
    text = text.strip()
    if "\0" in text:
        raise ChangeInvalid("field_invalid", field)
    if len(text) > longest:
        raise ChangeInvalid("field_too_long", field, longest=longest)
    return text


async def checked_files(conn: Connection, access: EventAccess, file_ids: list[int]) -> list[int]:
    """Files that are the event's already or the asking person's own. Refuses: NotFound; event_too_many_files."""
    wanted = list(dict.fromkeys(file_ids))
    if len(wanted) > MOST_FILES:
        raise ChangeInvalid("event_too_many_files", "files", most=MOST_FILES)
    new = sorted(set(wanted) - set(access.event.file_ids))
    own = await fetch_value(
        conn,
        "SELECT count(*) FROM file WHERE id = ANY(%(ids)s) AND owner_id = %(person)s",
        {"ids": new, "person": access.person_id},
    )
    if own != len(new):
        raise NotFound("file", "files")
    return wanted


async def checked_amount(
    conn: Connection, access: EventAccess, amount: Decimal | UnsetType, currency: str | UnsetType
) -> dict[str, str | None]:
    """An amount with its currency, the event's where none is given.

    Refuses: field_out_of_range, event_currency_unknown, event_amount_digits.
    """
    code = access.event.currency if currency is UNSET else currency.strip().upper()
    known = code is not None and "\0" not in code
    exponent = await fetch_value(
        conn, "SELECT exponent FROM currency WHERE code = %(code)s", {"code": code if known else None}
    )
    if exponent is None:
        raise ChangeInvalid("event_currency_unknown", "currency")
    value = access.event.amount if amount is UNSET else amount
    if value is None:
        return {"amount": None, "currency": code}
    if not value.is_finite() or not 0 <= value <= LARGEST_AMOUNT:
        raise ChangeInvalid("field_out_of_range", "amount")
    if value.normalize().as_tuple().exponent < -exponent:
        raise ChangeInvalid("event_amount_digits", "amount", digits=exponent)
    return {"amount": f"{value:.{exponent}f}", "currency": code}


async def check_changes(
    conn: Connection, access: EventAccess, changes: Mapping[str, tuple[Any, Any]], *, now: datetime
) -> None:
    """What cannot be made whoever agrees is not proposed either.

    Refuses: EventClosed for what has ended; StepRefused, NotBegun; FollowsBooking, PriceFixed.
    """
    event = access.event
    if event.status_id not in OPEN and not changes.keys() <= OF_CLOSED:
        raise EventClosed
    if event.schedule_id is not None:
        for field in changes:
            if field in OF_BOOKING:
                raise FollowsBooking(OF_BOOKING[field])
    if "status_id" in changes:
        check_step(event.status_id, changes["status_id"][1], starts_at=event.starts_at, now=now)
    if "amount" in changes:
        await check_price(conn, event.id)


def check_step(from_status: int, to_status: int, *, starts_at: datetime, now: datetime) -> None:
    """Refuses: StepRefused, NotBegun."""
    actors = {(int(a), int(b)): who for (a, b), who in TRANSITIONS.items()}.get((from_status, to_status), frozenset())
    if not actors & {"host", "client"}:
        raise StepRefused
    if to_status == Status.DONE and starts_at > now:
        raise NotBegun


async def check_price(conn: Connection, event_id: int) -> None:
    """The price of one booked seat may still be agreed anew while nobody pays it. Refuses: PriceFixed."""
    cursor = await conn.execute(
        """
        SELECT a.payment_status_id = 100 AND a.hold_until IS NULL
        FROM event_attendee AS a
        WHERE a.event_id = %(event)s AND a.role_id = 4 AND a.status_id IN (100, 200)
        """,
        {"event": event_id},
    )
    seats = [row[0] for row in await cursor.fetchall()]
    if len(seats) > 1 or not all(seats):
        raise PriceFixed


async def check_offered(conn: Connection, access: EventAccess, value: Mapping[str, str], *, now: datetime) -> None:
    """A time that is to be proposed for a schedule's event is a slot that is offered now, and free for its hosts.

    Refuses: DurationNotOffered, SlotNotOffered, SlotTaken; NotFound where the schedule is gone.
    """
    event = access.event
    start, end = datetime.fromisoformat(value["start"]), datetime.fromisoformat(value["end"])
    if event.schedule_id is None or (start, end) == (event.starts_at, event.ends_at):
        return
    schedule = await hold_schedule(conn, event.schedule_id)
    minutes = (end - start) // MINUTE
    slot = await offered_slot(conn, schedule, start, duration=minutes, now=now, but_event=event.id)
    cursor = await conn.execute(
        "SELECT person_id FROM busy_span WHERE event_id = %(event)s AND is_exclusive", {"event": event.id}
    )
    if not {row[0] for row in await cursor.fetchall()} <= set(slot.host_ids):
        raise SlotTaken
