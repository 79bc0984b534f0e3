"""Which slots are offered: one pure function decides, for the listing and for the booking alike.

Time is in whole minutes since 1970, UTC. Slots are computed, never stored.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt

from artel.schedules.hours import SlotRules

Minutes = npt.NDArray[np.int64]


class Busy(msgspec.Struct, frozen=True):
    """One host's busy spans, in any order: from, to, and the buffers each keeps free around itself."""

    starts: Minutes
    ends: Minutes
    before: Minutes
    after: Minutes


class Taken(msgspec.Struct, frozen=True):
    """An event that was booked on this very schedule: it counts for the day's limit, and may have seats left."""

    start: int
    end: int
    seats: int  # taken


def offered_starts(
    rules: SlotRules,
    *,
    start: int,
    end: int,
    now: int,
    duration: int,
    busy: Busy,
    taken: Sequence[Taken] = (),
) -> Minutes:
    """The starts in [start, end) of the slots of `duration` minutes that can be booked, in order.

    A slot is offered when it lies inside the hours of its local day, neither its buffered span meets a busy span nor
    it a busy span's buffered one, notice and horizon allow it, and the day's limit is not reached. A `taken`
    event with seats left is offered again as exactly the slot it is, whatever else the host has then.
    """
    zone = ZoneInfo(rules.timezone)
    earliest = max(start, now + rules.notice_minutes, rules.starts_at if rules.starts_at is not None else start)
    latest_start = min(end, now + rules.horizon_days * 1440)
    full_days, joinable = look_at_taken(rules, zone, taken)
    offered: set[int] = set()
    day = (datetime.fromtimestamp(start * 60, UTC).astimezone(zone) - timedelta(days=2)).date()
    last = (datetime.fromtimestamp(end * 60, UTC).astimezone(zone) + timedelta(days=1)).date()
    while day <= last:
        for opens, closes in hours_of(rules, day):
            closes_at = civil_end(zone, day, closes)
            for minute in range(opens, closes, rules.step or duration):
                at = civil_minute(zone, day, minute)
                if at is None or not earliest <= at < latest_start or at + duration > closes_at:
                    continue
                if rules.ends_at is not None and at + duration > rules.ends_at:
                    continue
                if (at, at + duration) in joinable or (
                    local_day(zone, at) not in full_days and is_free(rules, at, duration, busy)
                ):
                    offered.add(at)
        day += timedelta(days=1)
    return np.array(sorted(offered), dtype=np.int64)


def hours_of(rules: SlotRules, day: date) -> tuple[tuple[int, int], ...]:
    exception = rules.exceptions.get(day.isoformat())
    return exception if exception is not None else rules.days.get(str(day.isoweekday()), ())


def civil_minute(zone: ZoneInfo, day: date, minute: int) -> int | None:
    """A civil time as an instant; None where the clocks skip it. One that comes twice is the first."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minute)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        return None
    return int(instant.timestamp()) // 60


def civil_end(zone: ZoneInfo, day: date, minute: int) -> int:
    """The instant at which hours end: a civil time the clocks skip is the moment they skip it."""
    at = civil_minute(zone, day, minute)
    while at is None:
        minute -= 1
        at = civil_minute(zone, day, minute)
        if at is not None:
            at += 1
    return at


def local_day(zone: ZoneInfo, minute: int) -> date:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(zone).date()


def look_at_taken(rules: SlotRules, zone: ZoneInfo, taken: Sequence[Taken]) -> tuple[set[date], set[tuple[int, int]]]:
    """The days whose limit is reached, and the spans of events with seats left."""
    counts: dict[date, int] = {}
    for event in taken:
        counts[local_day(zone, event.start)] = counts.get(local_day(zone, event.start), 0) + 1
    full = {day for day, count in counts.items() if rules.max_per_day is not None and count >= rules.max_per_day}
    return full, {(event.start, event.end) for event in taken if event.seats < rules.seats}


def is_free(rules: SlotRules, at: int, duration: int, busy: Busy) -> bool:
    before = np.maximum(busy.after, rules.buffer_before)
    after = np.maximum(busy.before, rules.buffer_after)
    return not bool(np.any((at - before < busy.ends) & (at + duration + after > busy.starts)))
