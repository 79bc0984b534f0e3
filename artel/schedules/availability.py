"""Free slots of a schedule: its hosts' busy time read once, and put to `slots.offered_starts`.

The listing and the booking ask here, so that what is listed can be booked and what is not cannot.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np

from artel.db.pool import Connection
from artel.schedules.errors import DurationNotOffered
from artel.schedules.queries import ScheduleRow
from artel.schedules.slots import Busy, Taken, offered_starts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
# Busy spans reach past a window by their buffers and the slot's own.
REACH = timedelta(days=2)
# A host works under a schedule; the owner of a schedule with several hosts works there only as one of them.
HOST_ROLES = (3,)


class Slot(msgspec.Struct, frozen=True):
    start: datetime
    end: datetime
    host_ids: tuple[int, ...]  # free then; of a round robin each alone, of a collective all together
    seats_left: int


def minute_of(at: datetime) -> int:
    """Whole minutes since 1970, rounded down."""
    return (at - EPOCH) // MINUTE


def minute_after(at: datetime) -> int:
    """Whole minutes since 1970, rounded up."""
    return -((EPOCH - at) // MINUTE)


def instant_of(minute: int) -> datetime:
    return EPOCH + minute * MINUTE


async def hosts_of(conn: Connection, schedule: ScheduleRow) -> tuple[int, ...]:
    """Who is booked: the one who works; with several hosts, every member that is a worker, in the order of ids."""
    if schedule.slot_rules.assignment == "one":
        return (schedule.benefitable_id,)
    cursor = await conn.execute(
        """
        SELECT person_id
        FROM schedule_member
        WHERE schedule_id = %(schedule)s AND role_id = ANY(%(roles)s)
        ORDER BY person_id
        """,
        {"schedule": schedule.id, "roles": list(HOST_ROLES)},
    )
    return tuple(row[0] for row in await cursor.fetchall()) or (schedule.benefitable_id,)


async def free_slots(
    conn: Connection,
    schedule: ScheduleRow,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    duration: int | None = None,
    but_event: int | None = None,
) -> list[Slot]:
    """The slots that start in [start, end) and can be booked at `now`, in order.

    `but_event` is one that is about to be moved: it does not stand in its own way.
    Refuses: DurationNotOffered.
    """
    rules = schedule.slot_rules
    length = rules.duration if duration is None else duration
    if length not in rules.all_durations:
        raise DurationNotOffered(rules.all_durations)
    hosts = await hosts_of(conn, schedule)
    taken = await taken_events(conn, schedule.id, start=start - REACH, end=end + REACH, now=now, but_event=but_event)
    busy = await busy_of(conn, hosts, start=start - REACH, end=end + REACH, now=now, but=[but_event or 0])
    free: dict[int, list[int]] = {}
    for host in hosts:
        own = [Taken(row.start, row.end, row.seats) for row in taken if host in row.host_ids or rules.seats == 1]
        for at in offered_starts(
            rules,
            start=minute_of(start),
            end=minute_after(end),
            now=minute_after(now),
            duration=length,
            busy=busy[host],
            taken=own,
        ).tolist():
            free.setdefault(at, []).append(host)
    left = {(row.start, row.end): rules.seats - row.seats for row in taken}
    return [
        Slot(instant_of(at), instant_of(at + length), tuple(free_hosts), left.get((at, at + length), rules.seats))
        for at, free_hosts in sorted(free.items())
        if rules.assignment != "collective" or len(free_hosts) == len(hosts)
    ]


class TakenRow(msgspec.Struct, frozen=True):
    event_id: int
    start: int
    end: int
    seats: int
    host_ids: list[int]


async def taken_events(
    conn: Connection, schedule_id: int, *, start: datetime, end: datetime, now: datetime, but_event: int | None
) -> list[TakenRow]:
    """The schedule's events that somebody has a seat in, confirmed, pending or held."""
    cursor = await conn.execute(
        """
        SELECT e.id, e.starts_at, e.ends_at,
            count(*) FILTER (WHERE a.role_id = 4),
            coalesce(array_agg(a.person_id) FILTER (WHERE a.role_id = 3), '{}')
        FROM calendar_event AS e
        JOIN event_attendee AS a ON a.event_id = e.id
        WHERE e.schedule_id = %(schedule)s
            AND e.deleted_at IS NULL
            AND e.type_id = 1
            AND e.status_id IN (100, 200)
            AND e.starts_at < %(end)s
            AND e.starts_at >= %(start)s
            AND a.status_id IN (100, 200)
            AND (a.hold_until IS NULL OR a.hold_until > %(now)s)
            AND e.id IS DISTINCT FROM %(but)s::bigint
        GROUP BY e.id
        HAVING count(*) FILTER (WHERE a.role_id = 4) > 0
        """,
        {"schedule": schedule_id, "start": start, "end": end, "now": now, "but": but_event},
    )
    return [
        TakenRow(row[0], minute_of(row[1]), minute_after(row[2]), row[3], row[4]) for row in await cursor.fetchall()
    ]


async def busy_of(
    conn: Connection, person_ids: Sequence[int], *, start: datetime, end: datetime, now: datetime, but: Sequence[int]
) -> dict[int, Busy]:
    """Each person's busy spans that meet [start, end), without those of the events `but`."""
    cursor = await conn.execute(
        """
        SELECT person_id,
            array_agg(floor(extract(epoch FROM starts_at) / 60)::bigint),
            array_agg(ceil(extract(epoch FROM ends_at) / 60)::bigint),
            array_agg(before_minutes),
            array_agg(after_minutes)
        FROM busy_span
        WHERE person_id = ANY(%(people)s)
            AND ends_at > %(start)s
            AND starts_at < %(end)s
            AND (held_until IS NULL OR held_until > %(now)s)
            AND event_id <> ALL(%(but)s)
        GROUP BY person_id
        """,
        {"people": list(person_ids), "start": start, "end": end, "now": now, "but": list(but)},
    )
    nothing = np.empty(0, dtype=np.int64)
    found = {person: Busy(nothing, nothing, nothing, nothing) for person in person_ids}
    for person, *columns in await cursor.fetchall():
        found[person] = Busy(*(np.array(column, dtype=np.int64) for column in columns))
    return found
