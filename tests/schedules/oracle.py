"""Which slots are offered, worked out the slow and obvious way: every minute's civil time is asked of the time zone
database, and nothing is shared with the engine."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from artel.schedules.hours import SlotRules
from artel.schedules.slots import Busy, Taken

DAY = 1440
EPOCH = date(1970, 1, 1).toordinal()


class Span(msgspec.Struct, frozen=True):
    start: int
    end: int
    before: int = 0
    after: int = 0


def busy_spans(spans: Sequence[Span]) -> Busy:
    rows = [(span.start, span.end, span.before, span.after) for span in spans]
    return Busy(*np.array(rows, dtype=np.int64).reshape(-1, 4).T)


def minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


@lru_cache(maxsize=8)
def civil_times(timezone: str, first: int, last: int) -> tuple[list[int], dict[int, int]]:
    """The furthest civil time, in minutes since 1970, that the clocks have shown by each minute; and the first minute
    at which they show each."""
    zone = ZoneInfo(timezone)
    highest: list[int] = []
    first_at: dict[int, int] = {}
    for at in range(first, last):
        local = datetime.fromtimestamp(at * 60, zone)
        civil = (local.toordinal() - EPOCH) * DAY + local.hour * 60 + local.minute
        highest.append(max(civil, highest[-1]) if highest else civil)
        first_at.setdefault(civil, at)
    return highest, first_at


def local_date(timezone: str, at: int) -> date:
    return datetime.fromtimestamp(at * 60, ZoneInfo(timezone)).date()


def hours(rules: SlotRules, day: date) -> tuple[tuple[int, int], ...]:
    if day.isoformat() in rules.exceptions:
        return rules.exceptions[day.isoformat()]
    return rules.days.get(str(day.isoweekday()), ())


def oracle_starts(
    rules: SlotRules,
    *,
    start: int,
    end: int,
    now: int,
    duration: int,
    busy: Sequence[Span] = (),
    taken: Sequence[Taken] = (),
) -> list[int]:
    first, last = start - 3 * DAY, end + 4 * DAY
    highest, first_at = civil_times(rules.timezone, first, last)

    def reached(civil: int) -> int:
        """The first minute at which the clocks show this time, or have jumped over it."""
        return first + bisect_left(highest, civil)

    def is_in_bounds(at: int) -> bool:
        return (
            start <= at < end
            and at >= now + rules.notice_minutes
            and at < now + rules.horizon_days * DAY
            and (rules.starts_at is None or at >= rules.starts_at)
            and (rules.ends_at is None or at + duration <= rules.ends_at)
        )

    def is_free(at: int) -> bool:
        for span in busy:
            own_buffers = at - rules.buffer_before < span.end and span.start < at + duration + rules.buffer_after
            its_buffers = at < span.end + span.after and span.start - span.before < at + duration
            if own_buffers or its_buffers:
                return False
        return True

    def is_below_limit(at: int) -> bool:
        day = local_date(rules.timezone, at)
        return rules.max_per_day is None or rules.max_per_day > sum(
            local_date(rules.timezone, event.start) == day for event in taken
        )

    offered = set()
    for day in days(local_date(rules.timezone, start) - timedelta(days=2), local_date(rules.timezone, end)):
        midnight = (day.toordinal() - EPOCH) * DAY
        for opens, closes in hours(rules, day):
            closed = reached(midnight + closes)
            for civil in range(midnight + opens, midnight + closes, rules.step or duration):
                at = first_at.get(civil)
                if at is None or at + duration > closed or not is_in_bounds(at):
                    continue
                if is_free(at) and is_below_limit(at):
                    offered.add(at)
            for event in taken:
                is_inside = reached(midnight + opens) <= event.start and event.end <= closed
                has_seats = event.seats < rules.seats and event.end - event.start == duration
                if is_inside and has_seats and is_in_bounds(event.start):
                    offered.add(event.start)
    return sorted(offered)


def days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


@lru_cache
def changes(timezone: str, first_year: int, last_year: int) -> list[int]:
    """The minutes at which a zone's clocks change, found by looking every six hours and then at each minute."""
    zone = ZoneInfo(timezone)
    begin, end = (minute(datetime(year, 1, 1, tzinfo=UTC)) for year in (first_year, last_year + 1))

    def offset(at: int) -> timedelta | None:
        return datetime.fromtimestamp(at * 60, zone).utcoffset()

    return [
        next(at for at in range(before, before + 361) if offset(at) != offset(before))
        for before in range(begin, end, 360)
        if offset(before) != offset(before + 360)
    ]
