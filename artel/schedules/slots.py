"""Which slots are offered: pure functions decide, for the listing and for the booking alike.

Time is in whole minutes since 1970, UTC. Slots are computed, never stored: in arrays, no step taken slot by slot.
Weeks in which no clock changes and no exception lies are copies of one week; the days of the others are worked out.
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import TypeVar

import msgspec
import numpy as np

from artel.schedules.hours import SlotRules, Span
from artel.schedules.recurrence import MONDAY, days_met
from artel.schedules.zones import DAY, Mask, Minutes, Offsets, offsets_between

WEEK = 7 * DAY
EPOCH_DAY = date(1970, 1, 1).toordinal()
NOTHING: Minutes = np.empty(0, dtype=np.int64)
NOTHING.flags.writeable = False


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


AnyTaken = TypeVar("AnyTaken", bound=Taken)


class Window(msgspec.Struct, frozen=True):
    """When a slot may start, and by when it must be over."""

    earliest: int
    latest_start: int  # starts before it
    latest_end: int | None


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
    event with seats left is offered again as exactly the slot it is, whatever else the host has then and wherever
    between the hours' steps it stands.
    """
    starts = candidate_starts(rules, start=start, end=end, now=now, duration=duration)
    starts = without_full_days(rules, starts, taken)
    starts = starts[free_mask(rules, starts, duration, busy)]
    window = window_of(rules, start=start, end=end, now=now)
    joined = [event.start for event in joinable(rules, taken, window, duration)]
    return np.union1d(starts, np.array(joined, dtype=np.int64)) if joined else starts


def window_of(rules: SlotRules, *, start: int, end: int, now: int) -> Window:
    earliest = max(start, now + rules.notice_minutes)
    if rules.starts_at is not None:
        earliest = max(earliest, rules.starts_at)
    return Window(earliest, min(end, now + rules.horizon_days * DAY), rules.ends_at)


def candidate_starts(rules: SlotRules, *, start: int, end: int, now: int, duration: int) -> Minutes:
    """The starts of all slots between the hours, notice, horizon and bounds, whoever is busy."""
    window = window_of(rules, start=start, end=end, now=now)
    latest_start = window.latest_start
    if window.latest_end is not None:
        latest_start = min(latest_start, window.latest_end - duration + 1)
    if window.earliest >= latest_start:
        return NOTHING
    offsets = offsets_between(rules.timezone, window.earliest - 4 * DAY, latest_start + 3 * DAY)
    # Hours that began two days ago may still be open.
    first = (offsets.civil_one(window.earliest) // DAY - 2 + MONDAY) // 7
    last = (offsets.civil_one(latest_start) // DAY + 1 + MONDAY) // 7
    starts = starts_in_weeks(rules, offsets, range(first, last + 1), rules.step or duration, duration)
    low, high = starts.searchsorted((window.earliest, latest_start))
    return starts[low:high]


def starts_in_weeks(rules: SlotRules, offsets: Offsets, weeks: range, step: int, duration: int) -> Minutes:
    if rules.recurrences:
        days = np.arange(weeks.start * 7 - MONDAY, weeks.stop * 7 - MONDAY)
        return in_order(starts_on(rules, offsets, days, step, duration))
    week, overlaps = week_of(tuple(rules.days.items()), step, duration)
    odd = odd_weeks(rules, offsets, weeks)
    alike = np.array([each for each in weeks if each not in odd], dtype=np.int64) * WEEK - MONDAY * DAY
    alike -= offsets.offsets[offsets.civil_ends.searchsorted(alike, side="right")]
    starts = (alike[:, None] + week).ravel()
    if odd:
        odd_days = (np.array(sorted(odd), dtype=np.int64)[:, None] * 7 + np.arange(-MONDAY, 7 - MONDAY)).ravel()
        starts = np.concatenate((starts, starts_on(rules, offsets, odd_days, step, duration)))
    return in_order(starts) if odd or overlaps else starts


@lru_cache(maxsize=4096)
def week_of(days: tuple[tuple[str, tuple[Span, ...]], ...], step: int, duration: int) -> tuple[Minutes, bool]:
    """The starts of a week without changes, in minutes from its Monday, and whether they run into the next week's."""
    starts = {
        (int(weekday) - 1) * DAY + minute
        for weekday, hours in days
        for opens, closes in hours
        for minute in range(opens, closes - duration + 1, step)
    }
    week = np.array(sorted(starts), dtype=np.int64)
    week.flags.writeable = False
    return week, bool(starts) and max(starts) - min(starts) >= WEEK


def odd_weeks(rules: SlotRules, offsets: Offsets, weeks: range) -> set[int]:
    """The weeks that hold an exception, or hours that a change of clocks may touch."""
    odd = set()
    for change in range(1, len(offsets.since)):
        civil = int(offsets.civil_starts[change]), int(offsets.civil_ends[change - 1])
        odd |= set(range((min(civil) // DAY - 2 + MONDAY) // 7, (max(civil) // DAY + MONDAY) // 7 + 1))
    odd |= {(date.fromisoformat(day).toordinal() - EPOCH_DAY + MONDAY) // 7 for day in rules.exceptions}
    return odd.intersection(weeks)


def in_order(starts: Minutes) -> Minutes:
    starts.sort(kind="stable")  # runs in order are merged, not sorted anew
    again = starts[1:] == starts[:-1]
    return starts[np.concatenate(([True], ~again))] if again.any() else starts


def starts_on(rules: SlotRules, offsets: Offsets, days: Minutes, step: int, duration: int) -> Minutes:
    """The starts between the hours that begin on these local days, in no order."""
    day, opens, closes = hours_on(rules, days)
    count = (closes - opens + step - 1) // step
    before = count.cumsum() - count
    number = np.arange(count.sum()) - before.repeat(count)
    starts, there = offsets.instants((day * DAY + opens).repeat(count) + number * step)
    ends, _ = offsets.instants(day * DAY + closes)
    return starts[there & (starts + duration <= ends.repeat(count))]


def hours_on(rules: SlotRules, days: Minutes) -> tuple[Minutes, Minutes, Minutes]:
    """The hours that begin on each of the local days: day, opens, closes."""
    exceptions = {date.fromisoformat(day).toordinal() - EPOCH_DAY: hours for day, hours in rules.exceptions.items()}
    weekdays = [rules.days.get(str(weekday), ()) for weekday in range(1, 8)]
    spans = [
        (day, opens, closes)
        for day in days.tolist()
        for opens, closes in exceptions.get(day, weekdays[(day + MONDAY) % 7])
    ]
    columns = np.array(spans, dtype=np.int64).reshape(-1, 3).T
    if rules.recurrences:
        plain = days[~np.isin(days, list(exceptions))] if exceptions else days
        met = [days_met(recurrence, plain) for recurrence in rules.recurrences]
        columns = np.concatenate((columns, *met), axis=1)
    return columns[0], columns[1], columns[2]


def without_full_days(rules: SlotRules, starts: Minutes, taken: Sequence[Taken]) -> Minutes:
    """The starts without those of local days that have as many events as they may."""
    if rules.max_per_day is None or not starts.size or not taken:
        return starts
    begins = np.array([event.start for event in taken], dtype=np.int64)
    low = min(int(starts[0]), int(begins.min()))
    high = max(int(starts[-1]), int(begins.max()))
    offsets = offsets_between(rules.timezone, low - DAY, high + DAY)
    days, counts = np.unique(offsets.civil(begins) // DAY, return_counts=True)
    full = days[counts >= rules.max_per_day]
    return starts[~np.isin(offsets.civil(starts) // DAY, full)] if full.size else starts


def free_mask(rules: SlotRules, starts: Minutes, duration: int, busy: Busy) -> Mask:
    """Which of the ordered starts no busy span is in the way of. Of two buffers the larger counts, not their sum."""
    # Starts that one span forbids are those from `low` until before `high`.
    low = starts.searchsorted(np.sort(busy.starts - np.maximum(busy.before, rules.buffer_after) - (duration - 1)))
    high = starts.searchsorted(np.sort(busy.ends + np.maximum(busy.after, rules.buffer_before)))
    if not low.size:
        return np.ones(starts.size, dtype=np.bool_)
    # Sorted each on its own they still cover the same: a gap is wherever the next begins after all before have ended.
    apart = low[1:] >= high[:-1]
    low = low[np.concatenate(([True], apart))]
    high = high[np.concatenate((apart, [True]))]
    edges = np.empty(2 * low.size + 2, dtype=np.int64)
    edges[0], edges[1:-1:2], edges[2:-1:2], edges[-1] = 0, low, high, starts.size
    free = np.ones(edges.size - 1, dtype=np.bool_)
    free[1::2] = False
    return free.repeat(np.diff(edges))


def joinable(rules: SlotRules, taken: Sequence[AnyTaken], window: Window, duration: int) -> list[AnyTaken]:
    """The events with seats left that can be offered: of this duration, in the window, inside the hours."""
    possible = [
        event
        for event in taken
        if event.seats < rules.seats
        and event.end - event.start == duration
        and window.earliest <= event.start < window.latest_start
        and (window.latest_end is None or event.end <= window.latest_end)
    ]
    if not possible:
        return []
    starts = np.array([event.start for event in possible], dtype=np.int64)
    offsets = offsets_between(rules.timezone, int(starts.min()) - 4 * DAY, int(starts.max()) + 3 * DAY)
    days = offsets.civil(starts) // DAY
    day, opens, closes = hours_on(rules, np.unique(days[:, None] - np.arange(3)))
    opened, _ = offsets.instants(day * DAY + opens)
    closed, _ = offsets.instants(day * DAY + closes)
    inside = (opened <= starts[:, None]) & (starts[:, None] + duration <= closed)
    fits = np.flatnonzero(inside.any(axis=1)).tolist()
    return [possible[number] for number in fits]
