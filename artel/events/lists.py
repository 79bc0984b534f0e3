"""Lists of events: a person's upcoming ones, and an event's children."""

from datetime import datetime, timedelta

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.events.access import VISIBLE, EventAccess
from artel.events.queries import COLUMNS, EventRow
from artel.schedules.availability import Slot, free_slots_of_many
from artel.schedules.queries import COLUMNS as SCHEDULE_COLUMNS
from artel.schedules.queries import ScheduleRow

# The longest page.
MOST_EVENTS = 100
# What one reply shows of generated slots: of so many schedules, and so many together.
MOST_SCHEDULES = 20
MOST_SLOTS = 500


async def upcoming_events(
    conn: Connection, person_id: int, *, now: datetime, limit: int, offset: int
) -> list[EventRow]:
    """What is under way or ahead of this person, the next first: where they take part, and what stands in their own
    calendars. Declined, cancelled and missed events are none."""
    return await fetch_all(
        conn,
        EventRow,
        f"""
        SELECT {COLUMNS}
        FROM calendar_event AS e
        WHERE e.id IN (
            SELECT a.event_id
            FROM event_attendee AS a
            JOIN calendar_event AS attended ON attended.id = a.event_id
            WHERE a.person_id = %(person)s AND a.status_id IN (100, 200)
                AND (a.hold_until IS NULL OR a.hold_until > %(now)s)
                AND attended.ends_at > %(now)s
            UNION
            SELECT own.id
            FROM calendar AS c
            JOIN calendar_event AS own ON own.calendar_id = c.id
            WHERE c.person_id = %(person)s AND c.deleted_at IS NULL AND own.deleted_at IS NULL
                -- The calendar's index is by the start: what began longer ago than a month is no "upcoming" event.
                AND own.starts_at > %(month_ago)s AND own.ends_at > %(now)s
        )
            AND e.deleted_at IS NULL
            AND e.type_id = 1
            AND e.status_id IN (100, 200)
        ORDER BY e.starts_at, e.id
        LIMIT %(limit)s OFFSET %(offset)s
        """,  # noqa: S608 - of constants
        {
            "person": person_id,
            "now": now,
            "month_ago": now - timedelta(days=31),
            "limit": limit,
            "offset": offset,
        },
    )


async def upcoming_slots(
    conn: Connection, person_id: int, *, now: datetime, days: int
) -> list[tuple[ScheduleRow, Slot]]:
    """The free slots of the coming days on the schedules that this person works under, the next first.

    One query finds the schedules, and `free_slots_of_many` reads the busy time of all of them together.
    """
    schedules = await fetch_all(
        conn,
        ScheduleRow,
        f"""
        SELECT {SCHEDULE_COLUMNS}
        FROM schedule AS s
        WHERE s.benefitable_id = %(person)s AND s.deleted_at IS NULL AND s.type_id IN (1, 2)
            AND (s.ends_at IS NULL OR s.ends_at > %(now)s)
        ORDER BY s.id DESC
        LIMIT %(most)s
        """,  # noqa: S608 - of constants
        {"person": person_id, "now": now, "most": MOST_SCHEDULES},
    )
    if not schedules:
        return []
    found = await free_slots_of_many(conn, schedules, start=now, end=now + timedelta(days=days), now=now)
    slots = [(schedule, slot) for schedule in schedules for slot in found.get(schedule.id, [])]
    slots.sort(key=lambda one: (one[1].start, one[0].id))
    return slots[:MOST_SLOTS]


async def children_of(conn: Connection, access: EventAccess, *, limit: int, offset: int) -> list[EventRow]:
    """The event's children that the person may see as well, in the order of their start."""
    return await fetch_all(
        conn,
        EventRow,
        f"""
        SELECT {COLUMNS}
        FROM calendar_event AS e
        LEFT JOIN calendar AS c ON c.id = e.calendar_id
        LEFT JOIN schedule AS s ON s.id = e.schedule_id
        LEFT JOIN schedule_member AS m ON m.schedule_id = e.schedule_id AND m.person_id = %(person)s
        WHERE e.parent_id = %(parent)s AND e.deleted_at IS NULL AND {VISIBLE}
        ORDER BY e.starts_at, e.id
        LIMIT %(limit)s OFFSET %(offset)s
        """,  # noqa: S608 - of constants
        {"person": access.person_id, "parent": access.event.id, "limit": limit, "offset": offset},
    )
