"""Who of a schedule's hosts is booked, and in whose calendar the event stands."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from artel.calendars.rules import default_calendar
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.schedules.queries import ScheduleRow

# Bookings that a round robin counts: those of the last weeks and all that are ahead. Whoever joins later does not
# have to make up for years.
COUNTED = timedelta(days=30)


async def choose_hosts(
    conn: Connection, schedule: ScheduleRow, free: Sequence[int], *, now: datetime
) -> tuple[int, ...]:
    """Of the hosts who are free: all of a collective, the one of "one"; of a round robin whoever has the fewest
    bookings here, among equals whose last was made the longest ago, then the lowest id."""
    if schedule.slot_rules.assignment != "round_robin" or len(free) == 1:
        return tuple(free)
    chosen: int = await fetch_value(
        conn,
        """
        SELECT host
        FROM unnest(%(free)s::bigint[]) AS free (host)
        LEFT JOIN (
            SELECT a.person_id, count(*) AS bookings, max(e.created_at) AS last_at
            FROM calendar_event AS e
            JOIN event_attendee AS a ON a.event_id = e.id AND a.role_id = 3
            WHERE e.schedule_id = %(schedule)s
                AND e.deleted_at IS NULL
                AND e.type_id = 1
                AND e.starts_at >= %(since)s
                AND e.status_id IN (100, 200, 777)
            GROUP BY a.person_id
        ) AS booked ON booked.person_id = host
        ORDER BY coalesce(booked.bookings, 0), booked.last_at NULLS FIRST, host
        LIMIT 1
        """,
        {"free": list(free), "schedule": schedule.id, "since": now - COUNTED},
    )
    return (chosen,)


async def calendar_of_host(conn: Connection, schedule: ScheduleRow, host_id: int, *, now: datetime) -> int:
    """The schedule's own calendar where it is the host's, else the host's default one."""
    found = await fetch_value(
        conn,
        """
        SELECT id
        FROM calendar
        WHERE person_id = %(host)s AND deleted_at IS NULL AND (id = %(calendar)s OR is_default)
        ORDER BY id = %(calendar)s DESC
        LIMIT 1
        """,
        {"calendar": schedule.calendar_id, "host": host_id},
    )
    return int(found) if found is not None else await default_calendar(conn, host_id, now=now)
