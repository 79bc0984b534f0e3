"""On what terms a slot is booked: which it is, whether it is offered, and what has to happen before it is confirmed."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound
from artel.events.errors import SlotNotOffered, SlotTaken
from artel.events.holds import give_up_unproven
from artel.events.machine import Status
from artel.schedules.availability import Slot, slot_at
from artel.schedules.hours import SlotRules
from artel.schedules.pricing import price_of_slot
from artel.schedules.queries import COLUMNS as SCHEDULE_COLUMNS
from artel.schedules.queries import ScheduleRow
from artel.schedules.slots import NOTHING, Busy, offered_starts
from artel.schedules.zones import minute_after, minute_of

MINUTE = timedelta(minutes=1)
# Time to read a letter, where a booking is confirmed by its link.
LETTER_MINUTES = 15
OFFER = 3  # a schedule's type: work that somebody wants done

Needs = Literal["payment", "confirmation", "host"]


class NewBooking(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asks for. `duration` counts minutes, None: the schedule's own; `timezone` is the client's."""

    start: datetime
    duration: int | None = None
    timezone: str | None = None
    label: str | None = None
    description: str | None = None
    visitor_name: str | None = None  # what somebody not signed in calls themselves
    visitor_phone: str | None = None


class Terms(msgspec.Struct, frozen=True):
    price: Decimal | None
    needs: Needs | None
    hold_until: datetime | None

    @property
    def status(self) -> Status:
        return Status.PENDING if self.needs else Status.CONFIRMED


async def hold_schedule(conn: Connection, schedule_id: int) -> ScheduleRow:
    """The schedule as it is now, and stays until the commit: whoever changes or deletes it waits for bookings under
    way, and then sees them. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        ScheduleRow,
        f"""
        SELECT {SCHEDULE_COLUMNS}
        FROM schedule AS s
        WHERE s.id = %(id)s AND s.deleted_at IS NULL
        FOR SHARE OF s
        """,  # noqa: S608 - of constants
        {"id": schedule_id},
    )
    if row is None:
        raise NotFound("schedule")
    return row


async def slot_for(
    conn: Connection,
    schedule: ScheduleRow,
    wanted: NewBooking,
    *,
    client_id: int,
    is_proven: bool,
    now: datetime,
) -> Slot:
    """The slot the client wants. What a stranger holds with their address is no obstacle. Refuses as `offered_slot`."""
    try:
        slot = await offered_slot(conn, schedule, wanted.start, duration=wanted.duration, now=now)
    except SlotTaken:
        if not (is_proven and await give_up_unproven(conn, client_id, schedule.id, wanted.start, now=now)):
            raise
    else:
        if slot.event_id is None or not is_proven:
            return slot
        if not await give_up_unproven(conn, client_id, schedule.id, wanted.start, now=now):
            return slot
    return await offered_slot(conn, schedule, wanted.start, duration=wanted.duration, now=now)


async def offered_slot(
    conn: Connection,
    schedule: ScheduleRow,
    start: datetime,
    *,
    duration: int | None,
    now: datetime,
    but_event: int | None = None,
) -> Slot:
    """The slot that starts exactly then, as the listing has it.

    Refuses: DurationNotOffered, SlotNotOffered, SlotTaken.
    """
    rules = schedule.slot_rules
    if not now <= start <= now + timedelta(days=rules.horizon_days + 1):
        raise SlotNotOffered
    slot = await slot_at(conn, schedule, start=start, now=now, duration=duration, but_event=but_event)
    if slot is not None:
        return slot
    raise SlotTaken if is_in_hours(rules, start, duration or rules.duration, now=now) else SlotNotOffered


NOBODY_BUSY = Busy(NOTHING, NOTHING, NOTHING, NOTHING)


def is_in_hours(rules: SlotRules, start: datetime, duration: int, *, now: datetime) -> bool:
    """Whether the slot would be offered if nobody had booked anything."""
    at = minute_of(start)
    offered = offered_starts(
        rules, start=at, end=at + 1, now=minute_after(now), duration=duration, busy=NOBODY_BUSY, taken=()
    )
    return start == start.replace(second=0, microsecond=0) and len(offered) == 1


def terms_of(schedule: ScheduleRow, slot: Slot, *, is_proven: bool, now: datetime) -> Terms:
    """What has to happen for the booking to stand. Whoever answers an offer pays nothing: its author does."""
    rules = schedule.slot_rules
    minutes = (slot.end - slot.start) // MINUTE
    price = Decimal(0)
    if schedule.type_id != OFFER:
        price = price_of_slot(rules, schedule.price, schedule.exponent or 0, minutes)
    if price > 0:
        return Terms(price, "payment", now + timedelta(minutes=rules.hold_minutes))
    if not is_proven:
        return Terms(None, "confirmation", now + timedelta(minutes=max(rules.hold_minutes, LETTER_MINUTES)))
    return Terms(None, "host" if waits_for_host(schedule) else None, None)


def waits_for_host(schedule: ScheduleRow) -> bool:
    """Whether a booking with which nothing is left to pay or to prove is confirmed by its host still."""
    return schedule.slot_rules.confirmation == "manual" or schedule.type_id == OFFER
