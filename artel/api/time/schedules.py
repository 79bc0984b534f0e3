"""Schedules: made, looked at with their free slots, changed, deleted."""

from datetime import timedelta

from litestar import Response, delete, get, post, put
from litestar.params import JSONBody

from artel import clock
from artel.api.context import context_of
from artel.api.time.access import SignedPerson, TimeRequest
from artel.api.time.paths import PathId
from artel.api.time.replies import Message, answer_once
from artel.api.time.schedule_replies import (
    KeptSchedule,
    ShownSchedule,
    SlotReply,
    render_kept_schedule,
    render_shown_schedule,
    render_slots,
)
from artel.api.time.schedule_requests import (
    PreviewWish,
    ScheduleChange,
    ScheduleWish,
    new_schedule,
    previewed_schedule,
    schedule_changes,
)
from artel.api.time.slot_ranges import (
    DurationAsked,
    EndAsked,
    StartAsked,
    TimezoneAsked,
    most_days,
    read_range,
    read_zone,
)
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.schedules import availability, rules
from artel.schedules.deletion import delete_schedule
from artel.schedules.members import members_seen
from artel.schedules.previews import preview_schedule
from artel.schedules.queries import Read, access_schedule, schedule_by_id
from artel.schedules.skills import skills_of
from artel.schedules.visible_events import events_of

TAGS = ["Schedule"]
PREVIEWED_DAYS = timedelta(days=31)


@post(
    "/schedule/preview",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="The slots that a schedule would offer; nothing is kept",
)
async def preview(request: TimeRequest, person: SignedPerson, data: JSONBody[PreviewWish]) -> list[SlotReply]:
    """From `start`, or now, to `end`, or for 31 days, and never more than GET /schedule/{schedule} shows; what
    whoever works is busy with is left out."""
    now = clock.now()
    async with context_of(request).database.connection() as conn:
        row = await preview_schedule(
            conn,
            previewed_schedule(data),
            schedule_id=data.id,
            duration=data.duration,
            person_id=person.person_id,
            now=now,
        )
        begin = max(row.starts_at or now, now)
        until = min(
            row.ends_at or begin + PREVIEWED_DAYS, begin + timedelta(days=most_days(row.slot_rules, data.duration))
        )
        slots = await availability.free_slots(conn, row, start=begin, end=until, now=now, duration=data.duration)
    return render_slots(row, slots, row.timezone)


@post("/schedule", status_code=200, right=Right.SIGNED_IN, tags=TAGS, summary="Make a schedule")
async def create_schedule(
    request: TimeRequest, person: SignedPerson, data: JSONBody[ScheduleWish]
) -> Response[KeptSchedule]:
    async def create(conn: Connection) -> KeptSchedule:
        made = await rules.create_schedule(conn, new_schedule(data), owner_id=person.person_id, now=clock.now())
        return await show_kept(conn, made)

    return await answer_once(request, person, create)


@get(
    "/schedule/{schedule:str}",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="A schedule with its free slots, and with the events the caller may see",
)
async def get_schedule(
    request: TimeRequest,
    person: SignedPerson,
    schedule: PathId,
    start: StartAsked = None,
    end: EndAsked = None,
    duration: DurationAsked = None,
    timezone: TimezoneAsked = None,
) -> ShownSchedule:
    """At most 366 days at a time, and fewer where they hold more than 40,000 slots; at most 1,000 events."""
    now = clock.now()
    async with context_of(request).database.connection() as conn:
        access = await access_schedule(conn, person.person_id, schedule)
        row = access.schedule
        zone = read_zone(timezone, row.timezone)
        begin, until = read_range(start, end, zone, now=now, most_days=most_days(row.slot_rules, duration))
        slots = await availability.free_slots(conn, row, start=begin, end=until, now=now, duration=duration)
        events = await events_of(conn, access, person_id=person.person_id, start=begin, end=until)
        is_told = access.read >= Read.OWN_EVENTS
        members = await members_seen(conn, schedule, person.person_id, now=now) if is_told else []
        return render_shown_schedule(row, await skills_of(conn, schedule), slots, events, members, zone)


@get(
    "/schedule/{schedule:str}/next",
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="The next slot that can be booked, in an array; an empty one where there is none",
)
async def next_slot(
    request: TimeRequest,
    person: SignedPerson,
    schedule: PathId,
    duration: DurationAsked = None,
    timezone: TimezoneAsked = None,
) -> list[SlotReply]:
    now = clock.now()
    async with context_of(request).database.connection() as conn:
        row = (await access_schedule(conn, person.person_id, schedule)).schedule
        zone = read_zone(timezone, row.timezone)
        slot = await availability.next_free_slot(conn, row, after=now, now=now, duration=duration)
    return render_slots(row, [slot] if slot else [], zone)


@put("/schedule/{schedule:str}", right=Right.SIGNED_IN, tags=TAGS, summary="Change a schedule")
async def change_schedule(
    request: TimeRequest, person: SignedPerson, schedule: PathId, data: JSONBody[ScheduleChange]
) -> Response[KeptSchedule]:
    """Bookings that are there stay as they are, at their time and price."""

    async def change(conn: Connection) -> KeptSchedule:
        access = await access_schedule(conn, person.person_id, schedule, lock="update")
        await rules.change_schedule(conn, access, schedule_changes(data), actor_id=person.person_id, now=clock.now())
        return await show_kept(conn, schedule)

    return await answer_once(request, person, change)


async def show_kept(conn: Connection, schedule_id: int) -> KeptSchedule:
    return render_kept_schedule(await schedule_by_id(conn, schedule_id), await skills_of(conn, schedule_id))


@delete(
    "/schedule/{schedule:str}",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Delete a schedule and its pending events",
)
async def remove_schedule(request: TimeRequest, person: SignedPerson, schedule: PathId) -> Response[Message]:
    """Confirmed events stay. Refused while a booking is paid and not confirmed yet."""

    async def remove(conn: Connection) -> Message:
        access = await access_schedule(conn, person.person_id, schedule, lock="update")
        await delete_schedule(conn, access, actor_id=person.person_id, now=clock.now())
        return Message("deleted")

    return await answer_once(request, person, remove)


ROUTES = [preview, create_schedule, get_schedule, next_slot, change_schedule, remove_schedule]
