"""Which of a schedule's events somebody may see."""

from datetime import datetime, timedelta

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.events.queries import COLUMNS, EventRow
from artel.schedules.queries import Read, ScheduleAccess

# A reply shows no more events than this; GET /event pages through all.
MOST_EVENTS = 1000
# Events are found by their start; none that is shown lasts longer.
LONGEST_EVENT = timedelta(days=366)


async def events_of(
    conn: Connection, access: ScheduleAccess, *, person_id: int, start: datetime, end: datetime
) -> list[EventRow]:
    """The schedule's events that meet [start, end), as far as they may be seen: all, one's own, or none; in order."""
    if access.read < Read.OWN_EVENTS:
        return []
    return await fetch_all(
        conn,
        EventRow,
        f"""
        SELECT {COLUMNS}
        FROM calendar_event AS e
        WHERE e.schedule_id = %(schedule)s
            AND e.deleted_at IS NULL
            AND e.starts_at > %(earliest)s
            AND e.starts_at < %(end)s
            AND e.ends_at > %(start)s
            AND (
                %(all)s
                OR %(person)s IN (e.creator_id, e.benefitable_id, e.billable_id)
                OR EXISTS (SELECT FROM event_attendee AS a WHERE a.event_id = e.id AND a.person_id = %(person)s)
            )
        ORDER BY e.starts_at, e.id
        LIMIT %(most)s
        """,  # noqa: S608 - of constants
        {
            "schedule": access.schedule.id,
            "all": access.read >= Read.EVERYTHING,
            "person": person_id,
            "earliest": start - LONGEST_EVENT,
            "start": start,
            "end": end,
            "most": MOST_EVENTS,
        },
    )
