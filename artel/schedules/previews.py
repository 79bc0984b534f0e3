"""What a schedule would offer, without being kept."""

from datetime import datetime

import msgspec

from artel.calendars.queries import access_own_calendar
from artel.db.pool import Connection
from artel.schedules.queries import ScheduleRow, Write, access_schedule
from artel.schedules.rules import require_agreed
from artel.schedules.terms import NewSchedule, read_terms

# No schedule has this id: nothing is booked on it.
NOBODYS = 0


async def preview_schedule(
    conn: Connection,
    wanted: NewSchedule,
    *,
    schedule_id: int | None,
    duration: int,
    person_id: int,
    now: datetime,
) -> ScheduleRow:
    """The schedule as it would be; one that would be changed (`schedule_id`) keeps the bookings it has. Slots are
    `duration` minutes long where the settings have no length of their own.

    Refuses: NotFound for a calendar or schedule of others; NotAllowed for a schedule whose settings the person may
    not change; CannotWork for anybody but the person, or a worker of that schedule, whose busy time would be told;
    what `read_terms` refuses.
    """
    owner_id = person_id
    if schedule_id is not None:
        access = await access_schedule(conn, person_id, schedule_id, write=Write.SETTINGS)
        owner_id = access.schedule.owner_id
    assert wanted.calendar_id is not None
    calendar = await access_own_calendar(conn, owner_id, wanted.calendar_id)
    terms = await read_terms(conn, wanted, timezone=calendar.timezone, since=now, duration=duration)
    await require_agreed(
        conn, schedule_id, owner_id, benefitable_id=wanted.benefitable_id, billable_id=wanted.billable_id
    )
    return ScheduleRow(
        id=schedule_id or NOBODYS,
        type_id=wanted.type_id,
        calendar_id=calendar.id,
        owner_id=owner_id,
        benefitable_id=wanted.benefitable_id or owner_id,
        billable_id=wanted.billable_id,
        parent_id=None,
        label=terms.label,
        slug="",
        description=terms.description,
        is_private=wanted.is_private,
        timezone=terms.timezone,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        notice_minutes=wanted.notice_minutes,
        price=terms.price,
        currency=terms.currency,
        exponent=terms.exponent,
        settings=wanted.settings,
        rules=msgspec.to_builtins(terms.rules),
        file_ids=[],
        created_at=now,
        updated_at=now,
        deleted_at=None,
    )
