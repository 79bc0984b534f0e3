"""Free slots of schedules: their hosts' busy time read once, and put to `slots`.

The listing and the booking ask here, so that what is listed can be booked and what is not cannot.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from artel.db.pool import Connection
from artel.schedules.errors import DurationNotOffered
from artel.schedules.hours import SlotRules
from artel.schedules.queries import ScheduleRow
from artel.schedules.slots import (
    Busy,
    Taken,
    candidate_starts,
    free_mask,
    joinable,
    window_of,
    without_full_days,
)
from artel.schedules.zones import MINUTE, Minutes, instant_of, minute_after, minute_of

# Busy spans reach into a window by the slot's own length and the larger buffer, each at most a day; a day's limit
# counts all events of the local days that the window touches.
REACH = timedelta(days=2)
# A host works under a schedule; the owner of a schedule with several hosts works there only as one of them.
HOST_ROLES = (3,)
# How far `next_free_slot` looks at first, and how much further each time that it finds nothing.
FIRST_LOOK = timedelta(days=4)
FURTHER = 4


class Slot(msgspec.Struct, frozen=True):
    """A slot that can be booked. With `event_id` it is a seat in that event, whose hosts then are `host_ids`."""

    start: datetime
    end: datetime
    host_ids: tuple[int, ...]  # free then; of a round robin each alone, of a collective all together
    seats_left: int
    event_id: int | None = None


class Bookable(Protocol):
    """What is needed of a schedule to know when it is free."""

    @property
    def id(self) -> int: ...

    @property
    def benefitable_id(self) -> int: ...

    @property
    def slot_rules(self) -> SlotRules: ...


class TakenRow(Taken, frozen=True, kw_only=True):
    event_id: int
    schedule_id: int
    host_ids: tuple[int, ...]
    is_done: bool = False  # it counts for its day, and nobody joins it any more


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
    offered = schedule.slot_rules.all_durations
    if duration is not None and duration not in offered:
        raise DurationNotOffered(offered)
    found = await free_slots_of_many(
        conn, [schedule], start=start, end=end, now=now, duration=duration, but_event=but_event
    )
    return found[schedule.id]


async def slot_at(
    conn: Connection,
    schedule: ScheduleRow,
    *,
    start: datetime,
    now: datetime,
    duration: int | None = None,
    but_event: int | None = None,
) -> Slot | None:
    """The very slot that `free_slots` lists at `start`; None where it lists none. A booking asks it under its hosts'
    locks. Refuses: DurationNotOffered."""
    found = await free_slots(
        conn, schedule, start=start, end=start + MINUTE, now=now, duration=duration, but_event=but_event
    )
    return found[0] if found and found[0].start == start else None


async def next_free_slot(
    conn: Connection, schedule: ScheduleRow, *, after: datetime, now: datetime, duration: int | None = None
) -> Slot | None:
    """The first slot that starts at `after` or later; None where there is none up to the horizon.

    Refuses: DurationNotOffered.
    """
    rules = schedule.slot_rules
    start = max(after, now + timedelta(minutes=rules.notice_minutes))
    if schedule.starts_at is not None:
        start = max(start, schedule.starts_at)
    last = now + timedelta(days=rules.horizon_days) + MINUTE
    if schedule.ends_at is not None:
        last = min(last, schedule.ends_at)
    look = FIRST_LOOK
    while start < last:
        end = min(start + look, last)
        found = await free_slots(conn, schedule, start=start, end=end, now=now, duration=duration)
        if found:
            return found[0]
        start, look = end, look * FURTHER
    return None


async def free_slots_of_many(
    conn: Connection,
    schedules: Sequence[ScheduleRow],
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    duration: int | None = None,
    but_event: int | None = None,
) -> dict[int, list[Slot]]:
    """The free slots of each schedule, by its id, at the cost of three queries for all together.

    A schedule that does not offer `duration` has none.
    """
    found: dict[int, list[Slot]] = {schedule.id: [] for schedule in schedules}
    # Nothing is offered before now and beyond the horizon: nothing there need be read.
    horizon = max((schedule.slot_rules.horizon_days for schedule in schedules), default=0)
    start, end = max(start, now), min(end, now + timedelta(days=horizon) + MINUTE)
    if start >= end:
        return found
    hosts = await hosts_of_many(conn, schedules)
    reach = {"start": start - REACH, "end": end + REACH, "now": now}
    taken = await taken_events(conn, counting(schedules), **reach, but_event=but_event)
    everybody = sorted({host for each in hosts.values() for host in each})
    busy = await busy_of(conn, everybody, **reach, but=[] if but_event is None else [but_event])
    window = {"start": minute_after(start), "end": minute_after(end), "now": minute_after(now)}
    for schedule in schedules:
        rules = schedule.slot_rules
        length = rules.duration if duration is None else duration
        if length in rules.all_durations:
            busy_hosts = {host: busy[host] for host in hosts[schedule.id]}
            found[schedule.id] = slots_of(rules, busy_hosts, taken.get(schedule.id, []), length, **window)
    return found


class Free(msgspec.Struct, frozen=True):
    """When a schedule can be booked: the starts of new events, in order, with which of its hosts, in order, are free
    then; and the events in which seats are left, by their start."""

    starts: Minutes
    is_free: npt.NDArray[np.bool_]  # host by host, a column a start
    seats_in: dict[int, TakenRow]

    @property
    def all_starts(self) -> Minutes:
        if not self.seats_in:
            return self.starts
        return np.union1d(self.starts, np.fromiter(self.seats_in, dtype=np.int64))


def free_of(
    rules: SlotRules, busy: Sequence[Busy], taken: list[TakenRow], duration: int, *, start: int, end: int, now: int
) -> Free:
    """When a schedule can be booked whose hosts, in order, are busy so.

    A slot in which an event has seats left is a seat there and nothing else, so that a group is filled before another
    begins; of several events the fullest. A full one leaves a round robin's slot to the hosts who are free.
    """
    seats_in: dict[int, TakenRow] = {}
    window = window_of(rules, start=start, end=end, now=now)
    running = [event for event in taken if not event.is_done]
    for event in sorted(joinable(rules, running, window, duration), key=lambda event: (-event.seats, event.event_id)):
        seats_in.setdefault(event.start, event)
    starts = candidate_starts(rules, start=start, end=end, now=now, duration=duration)
    starts = without_full_days(rules, starts, taken)
    is_free = np.stack([free_mask(rules, starts, duration, each) for each in busy])
    enough = is_free.all(axis=0) if rules.assignment == "collective" else is_free.any(axis=0)
    return Free(starts[enough], is_free[:, enough], seats_in)


def slots_of(
    rules: SlotRules, busy: dict[int, Busy], taken: list[TakenRow], duration: int, *, start: int, end: int, now: int
) -> list[Slot]:
    """As `free_of`, with everything that is to be said of each slot."""
    free = free_of(rules, list(busy.values()), taken, duration, start=start, end=end, now=now)
    everyone = tuple(busy)
    slots = {
        at: Slot(
            instant_of(at),
            instant_of(at + duration),
            everyone if all(row) else tuple(host for host, is_free in zip(everyone, row, strict=True) if is_free),
            rules.seats,
        )
        for at, row in zip(free.starts.tolist(), free.is_free.T.tolist(), strict=True)
    }
    for at, event in free.seats_in.items():
        left = rules.seats - event.seats
        slots[at] = Slot(instant_of(at), instant_of(at + duration), event.host_ids, left, event.event_id)
    return [slots[at] for at in sorted(slots)] if free.seats_in else list(slots.values())


async def hosts_of(conn: Connection, schedule: ScheduleRow) -> tuple[int, ...]:
    """Who is booked: the one who works; with several hosts, every member that is a worker, in the order of ids."""
    return (await hosts_of_many(conn, [schedule]))[schedule.id]


async def hosts_of_many(conn: Connection, schedules: Sequence[Bookable]) -> dict[int, tuple[int, ...]]:
    hosts: dict[int, tuple[int, ...]] = {schedule.id: (schedule.benefitable_id,) for schedule in schedules}
    several = [schedule.id for schedule in schedules if schedule.slot_rules.assignment != "one"]
    if several:
        cursor = await conn.execute(
            """
            SELECT schedule_id, array_agg(person_id ORDER BY person_id)
            FROM schedule_member
            WHERE schedule_id = ANY(%(schedules)s) AND role_id = ANY(%(roles)s) AND accepted_at IS NOT NULL
            GROUP BY schedule_id
            """,
            {"schedules": several, "roles": list(HOST_ROLES)},
        )
        hosts |= {schedule_id: tuple(people) for schedule_id, people in await cursor.fetchall()}
    return hosts


def counting(schedules: Sequence[ScheduleRow]) -> list[int]:
    """The schedules whose events are to be looked at: those with a limit a day, or seats to be left."""
    each = [(schedule.id, schedule.slot_rules) for schedule in schedules]
    return [schedule_id for schedule_id, rules in each if rules.seats > 1 or rules.max_per_day is not None]


async def taken_events(
    conn: Connection,
    schedule_ids: Sequence[int],
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    but_event: int | None = None,
) -> dict[int, list[TakenRow]]:
    """Each schedule's events that begin in [start, end) and have a seat taken: confirmed, pending, held or done."""
    if not schedule_ids:
        return {}
    cursor = await conn.execute(
        """
        SELECT e.schedule_id, e.id, e.starts_at, e.ends_at,
            count(*) FILTER (WHERE a.role_id = 4),
            coalesce(array_agg(a.person_id ORDER BY a.person_id) FILTER (WHERE a.role_id = 3), '{}'),
            e.status_id = 777
        FROM calendar_event AS e
        JOIN event_attendee AS a ON a.event_id = e.id
        WHERE e.schedule_id = ANY(%(schedules)s)
            AND e.deleted_at IS NULL
            AND e.type_id = 1
            AND e.status_id IN (100, 200, 777)
            AND e.starts_at < %(end)s
            AND e.starts_at >= %(start)s
            AND a.status_id IN (100, 200)
            AND (a.hold_until IS NULL OR a.hold_until > %(now)s)
            AND e.id IS DISTINCT FROM %(but)s::bigint
        GROUP BY e.id
        HAVING count(*) FILTER (WHERE a.role_id = 4) > 0
        """,
        {"schedules": list(schedule_ids), "start": start, "end": end, "now": now, "but": but_event},
    )
    taken: dict[int, list[TakenRow]] = {schedule_id: [] for schedule_id in schedule_ids}
    for schedule_id, event_id, starts_at, ends_at, seats, host_ids, is_done in await cursor.fetchall():
        taken[schedule_id].append(
            TakenRow(
                start=minute_of(starts_at),
                end=minute_after(ends_at),
                seats=seats,
                event_id=event_id,
                schedule_id=schedule_id,
                host_ids=tuple(host_ids),
                is_done=is_done,
            )
        )
    return taken


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
