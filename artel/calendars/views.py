"""A calendar as somebody sees it: its schedules, what stands in a range of it, and when one can be booked there.

Seven reads at most, whatever the number of schedules and events.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import LiteralString

import msgspec

from artel.calendars.errors import RangeTooFull
from artel.calendars.queries import COLUMNS, CalendarRow
from artel.calendars.ranges import Range, read_range
from artel.calendars.sight import SIGHT, SeenEvent, Sight, as_seen
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.errors import NotFound
from artel.events.queries import COLUMNS as EVENT_COLUMNS
from artel.events.queries import as_listed
from artel.schedules.availability import Slot, free_slots_of_many
from artel.schedules.queries import COLUMNS as SCHEDULE_COLUMNS
from artel.schedules.queries import ScheduleRow

MOST_EVENTS = 5_000
MOST_SLOTS = 5_000
# Of how many of a calendar's schedules free slots are told, the oldest first.
MOST_SCHEDULES_WITH_SLOTS = 50
OFFER = 3  # a schedule's type without hours: work that others answer
LARGEST_ID = 2**63 - 1


class Reader(msgspec.Struct, frozen=True):
    person_id: int
    language: str


class Context(Enum):
    """How a calendar is narrowed."""

    WHOLE = "whole"
    SCHEDULE = "schedule"  # to what stands under its schedules, or one of them
    CONTRACT = "contract"  # to what of that the reader has a part in or a role for; nothing to book


class OfferedSlot(msgspec.Struct, frozen=True):
    schedule_id: int
    slot: Slot


class CalendarView(msgspec.Struct, frozen=True):
    """`slots` are all there are before `slots_until`; the rest was too much for one reply."""

    calendar: CalendarRow
    is_owner: bool
    range: Range
    schedules: list[ScheduleRow]
    events: list[SeenEvent]
    slots: list[OfferedSlot]
    slots_until: datetime


async def view_calendar(
    conn: Connection,
    calendar_id: int,
    *,
    reader: Reader,
    start: str | None,
    end: str | None,
    context: Context = Context.WHOLE,
    schedule: str | None = None,
    now: datetime,
) -> CalendarView:
    """The calendar in the range between two times as a client writes them (see `read_range`), in its own zone.

    `schedule` is one of its schedules, by id or slug. What else people attend stands in their default calendar too.
    A member of a schedule sees of somebody's private calendar that schedule, what stands under it, and what they
    take part in.
    Refuses: NotFound, also for a private calendar of others; what `read_range` refuses; RangeTooFull.
    """
    calendar = await access_calendar(conn, reader.person_id, calendar_id)
    within = read_range(start, end, timezone=calendar.timezone, now=now)
    is_owner = calendar.person_id == reader.person_id
    schedules = await schedules_seen(conn, calendar, reader.person_id, schedule=schedule)
    if schedule is not None and not schedules:
        raise NotFound("schedule")
    events = await events_seen(
        conn,
        calendar,
        reader=reader,
        within=within,
        schedule_ids=[row.id for row in schedules] if context is not Context.WHOLE else None,
        at_least=Sight.WHOLE if context is Context.CONTRACT else Sight.BUSY,
        limit=MOST_EVENTS + 1,
        now=now,
    )
    if len(events) > MOST_EVENTS:
        raise RangeTooFull(MOST_EVENTS)
    slots, slots_until = (
        ([], within.end) if context is Context.CONTRACT else await slots_seen(conn, schedules, within=within, now=now)
    )
    return CalendarView(calendar, is_owner, within, schedules, events, slots, slots_until)


async def access_calendar(conn: Connection, person_id: int, calendar_id: int) -> CalendarRow:
    """A calendar of the person's own, a public one, or one with a schedule that they own or are a member of.

    Refuses: NotFound.
    """
    row = await fetch_one(
        conn,
        CalendarRow,
        f"""
        SELECT {COLUMNS}
        FROM calendar AS c
        WHERE c.id = %(id)s
            AND c.deleted_at IS NULL
            AND (
                c.person_id = %(person)s
                OR NOT c.is_private
                OR EXISTS (
                    SELECT
                    FROM schedule AS s
                    LEFT JOIN schedule_member AS m ON m.schedule_id = s.id AND m.person_id = %(person)s
                    WHERE s.calendar_id = c.id
                        AND s.deleted_at IS NULL
                        AND (s.owner_id = %(person)s OR m.person_id IS NOT NULL)
                )
            )
        """,  # noqa: S608 - of constants
        {"id": calendar_id, "person": person_id},
    )
    if row is None:
        raise NotFound("calendar")
    return row


async def schedules_seen(
    conn: Connection, calendar: CalendarRow, person_id: int, *, schedule: str | None
) -> list[ScheduleRow]:
    """Its schedules that the person sees, or the one asked for by id or slug; the oldest first."""
    if schedule is not None and not schedule.isprintable():
        return []  # no slug has such characters, and PostgreSQL takes not all of them
    number = int(schedule) if schedule is not None and schedule.isascii() and schedule.isdigit() else None
    return await fetch_all(
        conn,
        ScheduleRow,
        f"""
        SELECT {SCHEDULE_COLUMNS}
        FROM schedule AS s
        LEFT JOIN schedule_member AS m ON m.schedule_id = s.id AND m.person_id = %(person)s
        WHERE s.calendar_id = %(calendar)s
            AND s.deleted_at IS NULL
            AND (%(is_any)s OR s.id = %(number)s::bigint OR lower(s.slug) = lower(%(slug)s::text))
            AND (
                %(person)s IN (%(owner)s, s.owner_id)
                OR m.person_id IS NOT NULL
                OR (NOT s.is_private AND %(is_public)s)
            )
        ORDER BY s.id
        """,  # noqa: S608 - of constants
        {
            "calendar": calendar.id,
            "owner": calendar.person_id,
            "is_public": not calendar.is_private,
            "person": person_id,
            "is_any": schedule is None,
            "number": number if number is not None and number <= LARGEST_ID else None,
            "slug": schedule if number is None else None,
        },
    )


# Where events of a range are found, each by an index of its own: those that start in it or within a week before it, and
# the few that last longer than that (migration 0019). An event without length counts where it starts.
BY_START: LiteralString = """
    e.deleted_at IS NULL
    AND e.starts_at >= %(start)s::timestamptz - interval '168 hours'
    AND e.starts_at < %(end)s
    AND (e.starts_at >= %(start)s OR e.ends_at > %(start)s)
    AND e.ends_at - e.starts_at <= interval '168 hours'
"""
LONG: LiteralString = """
    e.deleted_at IS NULL
    AND e.ends_at - e.starts_at > interval '168 hours'
    AND e.ends_at > %(start)s
    AND e.starts_at < %(end)s
"""
IN_CALENDAR: LiteralString = f"""
    SELECT e.* FROM calendar_event AS e WHERE e.calendar_id = %(calendar)s AND {BY_START}
    UNION ALL
    SELECT e.* FROM calendar_event AS e WHERE e.calendar_id = %(calendar)s AND {LONG}
"""  # noqa: S608 - of constants
UNDER_SCHEDULES: LiteralString = f"""
    SELECT e.* FROM calendar_event AS e WHERE e.schedule_id = ANY(%(schedules)s) AND {BY_START}
    UNION ALL
    SELECT e.* FROM calendar_event AS e WHERE e.schedule_id = ANY(%(schedules)s) AND {LONG}
"""  # noqa: S608 - of constants
# What else takes the owner's time: what they attend that stands in somebody else's calendar, or in none.
ATTENDED_ELSEWHERE: LiteralString = """
    UNION ALL
    SELECT e.*
    FROM (
        SELECT DISTINCT b.event_id
        FROM busy_span AS b
        WHERE b.person_id = %(owner)s
            AND b.ends_at > %(start)s
            AND b.starts_at < %(end)s
            AND (b.held_until IS NULL OR b.held_until > %(now)s)
    ) AS taken
    JOIN calendar_event AS e ON e.id = taken.event_id
    WHERE e.deleted_at IS NULL
        AND NOT EXISTS (SELECT FROM calendar AS own WHERE own.id = e.calendar_id AND own.person_id = %(owner)s)
"""


async def events_seen(
    conn: Connection,
    calendar: CalendarRow,
    *,
    reader: Reader,
    within: Range,
    schedule_ids: Sequence[int] | None,
    at_least: Sight = Sight.BUSY,
    types: Sequence[int] = (1, 2),
    limit: int,
    now: datetime,
) -> list[SeenEvent]:
    """What meets the range, in order of time, as far as the reader sees it, in the calendar's zone.

    What takes time: meetings and time worked, no payments and comments. With `schedule_ids` what stands under these,
    in whosever calendar.
    """
    source = UNDER_SCHEDULES if schedule_ids is not None else IN_CALENDAR
    if schedule_ids is None and calendar.is_default:
        source += ATTENDED_ELSEWHERE
    rows = await fetch_all(
        conn,
        SeenEvent,
        f"""
        SELECT seen.*
        FROM (
            SELECT {EVENT_COLUMNS}, {SIGHT} AS sight
            FROM ({source}) AS e
            WHERE e.type_id = ANY(%(types)s)
        ) AS seen
        WHERE seen.sight >= %(at_least)s
        ORDER BY seen.starts_at, seen.id
        LIMIT %(limit)s
        """,  # noqa: S608 - of constants
        {
            "calendar": calendar.id,
            "owner": calendar.person_id,
            "viewer": reader.person_id,
            "is_owner": calendar.person_id == reader.person_id,
            "is_public": not calendar.is_private,
            "schedules": list(schedule_ids or ()),
            "start": within.start,
            "end": within.end,
            "types": list(types),
            "at_least": int(at_least),
            "limit": limit,
            "now": now,
        },
    )
    return [
        msgspec.structs.replace(
            as_seen(as_listed(row, reader.person_id), calendar_id=calendar.id, language=reader.language),
            timezone=calendar.timezone,
        )
        for row in rows
    ]


async def slots_seen(
    conn: Connection, schedules: Sequence[ScheduleRow], *, within: Range, now: datetime
) -> tuple[list[OfferedSlot], datetime]:
    """The free slots of these schedules in the range, by time, and until when they are all there are."""
    bookable = [row for row in schedules if row.type_id != OFFER][:MOST_SCHEDULES_WITH_SLOTS]
    if not bookable or within.end <= now:
        return [], within.end
    found = await free_slots_of_many(conn, bookable, start=within.start, end=within.end, now=now)
    slots = [OfferedSlot(schedule_id, slot) for schedule_id, of_one in found.items() for slot in of_one]
    slots.sort(key=lambda offered: (offered.slot.start, offered.schedule_id))
    if len(slots) <= MOST_SLOTS:
        return slots, within.end
    until = slots[MOST_SLOTS].slot.start
    return [offered for offered in slots[:MOST_SLOTS] if offered.slot.start < until], until
