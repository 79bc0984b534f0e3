"""What a change of an event asks for, read and held against what an event can be."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from artel.db.pool import Connection
from artel.errors import NotFound, Refused
from artel.events.access import EventAccess
from artel.events.adding import LONGEST_DESCRIPTION, LONGEST_LABEL, MEETING
from artel.events.applying import current_value, require_open_price
from artel.events.booking import MINUTE, hold_schedule, offered_slot
from artel.events.change_errors import FollowsBooking, NotBegun, StepRefused
from artel.events.changed_times import WantedTimes, times_over
from artel.events.errors import EventClosed, SlotTaken
from artel.events.guests import GuestWish, find_guests
from artel.events.machine import OPEN, TRANSITIONS, Status
from artel.profiles.sight import may_be_asked
from artel.schedules.terms import clean_text, read_price, require_own_files

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

    Refuses: NotFound for people who may not be named; and what the readers of each field refuse.
    """
    event = access.event
    new: dict[str, Any] = {}
    if wanted.attendees is not UNSET:
        new["attendees"] = await find_guests(conn, access, wanted.attendees, language=language, now=now)
    if wanted.label is not UNSET:
        new["label"] = clean_text("label", wanted.label, LONGEST_LABEL)
        if not new["label"]:
            raise Refused("field_required", "label")
    if wanted.description is not UNSET:
        text = wanted.description
        new["description"] = clean_text("description", text, LONGEST_DESCRIPTION) or None
    if wanted.is_private is not UNSET:
        new["private"] = wanted.is_private
    if wanted.file_ids is not UNSET:
        new["files"] = await require_own_files(conn, wanted.file_ids, actor_id=access.person_id, kept=event.file_ids)
    if wanted.amount is not UNSET or wanted.currency is not UNSET:
        amount = event.amount if wanted.amount is UNSET else wanted.amount
        code = event.currency if wanted.currency is UNSET else wanted.currency
        price, currency, exponent = await read_price(conn, amount, code)
        new["amount"] = {
            "amount": None if price is None else f"{price:.{exponent or 0}f}",
            "currency": currency,
        }
    if wanted.is_credit is not UNSET:
        new["credit"] = wanted.is_credit
    if wanted.benefitable_id is not UNSET:
        if wanted.benefitable_id not in await askable(conn, access, wanted.benefitable_id, now=now):
            raise NotFound("person", "benefitable")
        new["benefitable_id"] = wanted.benefitable_id
    if wanted.payment_status_id is not UNSET:
        new["payment_status_id"] = wanted.payment_status_id
    if wanted.times is not None:
        times = times_over(event, wanted.times)
        new["time"] = {
            "timezone": times.timezone,
            "start": times.starts_at.isoformat(),
            "end": times.ends_at.isoformat(),
        }
    if wanted.status_id is not UNSET:
        new["status_id"] = wanted.status_id
    changes = {field: (await current_value(conn, event, field), value) for field, value in new.items()}
    return {field: (old, value) for field, (old, value) in changes.items() if old != value}


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
    if "status_id" in changes and event.type_id != MEETING:
        raise StepRefused
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


async def askable(conn: Connection, access: EventAccess, person_id: int, *, now: datetime) -> set[int]:
    """The person, where they take part already or may be asked."""
    cursor = await conn.execute(
        "SELECT person_id FROM event_attendee WHERE event_id = %(event)s AND person_id = %(person)s",
        {"event": access.event.id, "person": person_id},
    )
    taking_part = {row[0] for row in await cursor.fetchall()}
    return taking_part or await may_be_asked(conn, access.person_id, [person_id], now=now)


async def check_price(conn: Connection, event_id: int) -> None:
    """The price of one booked seat may still be agreed anew while nobody pays it. Refuses: PriceFixed."""
    await require_open_price(conn, event_id)


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
