"""The hours of a week in which something may begin, as 168 bits: a cheap look before slots are computed.

Bit 0 is Monday 00:00 to 01:00 UTC. A civil hour counts under every offset its zone has had or will have around now,
so that a bit may be set too much, never too little.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from artel.schedules.hours import SlotRules

HOURS = 168
ALL = "1" * HOURS
DAY_MINUTES = 1440
WEEK_MINUTES = 7 * DAY_MINUTES
# Offsets are looked for every ten days over this many years from 2020 on: further than any horizon.
YEARS = range(2020, 2060)
MOST_EXCEPTIONS_LOOKED_AT = 400


@lru_cache(maxsize=1000)
def offsets_of(timezone: str) -> frozenset[int]:
    """Every offset from UTC the zone has, in minutes."""
    zone = ZoneInfo(timezone)
    found = set()
    at = datetime(YEARS.start, 1, 1, tzinfo=UTC)
    while at.year < YEARS.stop:
        offset = zone.utcoffset(at.astimezone(zone))
        assert offset is not None
        found.add(int(offset.total_seconds()) // 60)
        at += timedelta(days=10)
    return frozenset(found)


def week_of(spans: Iterable[tuple[int, int]], timezone: str) -> str:
    """The bits of civil spans, each in minutes of the week from Monday 00:00; they may run past the week's end."""
    hours = [False] * HOURS
    for offset in offsets_of(timezone):
        for begin, end in spans:
            for hour in range((begin - offset) // 60, -((offset - end) // 60)):
                hours[hour % HOURS] = True
    return "".join("1" if hour else "0" for hour in hours)


def hours_of_rules(rules: SlotRules) -> str:
    """When a slot of these rules may begin."""
    if not_of_a_week(rules):
        return ALL
    spans = [
        ((int(weekday) - 1) * DAY_MINUTES + opens, (int(weekday) - 1) * DAY_MINUTES + closes)
        for weekday, hours in rules.days.items()
        for opens, closes in hours
    ]
    for date, hours in rules.exceptions.items():
        begin = (datetime.fromisoformat(date).isoweekday() - 1) * DAY_MINUTES
        spans += [(begin + opens, begin + closes) for opens, closes in hours]
    return week_of(spans, rules.timezone)


def not_of_a_week(rules: SlotRules) -> bool:
    """Hours that a recurrence gives may be anywhere; and nobody's exceptions are read by the hundred."""
    return bool(rules.recurrences) or len(rules.exceptions) > MOST_EXCEPTIONS_LOOKED_AT


def hours_of_window(start: int, end: int) -> str:
    """The hours of the week that a window, in minutes since 1970, touches."""
    if end - start >= WEEK_MINUTES:
        return ALL
    thursday = 3 * DAY_MINUTES  # 1970-01-01 was one
    return week_of([(start + thursday, end + thursday)], "UTC")


def both(one: str, other: str) -> str:
    return "".join("1" if a == b == "1" else "0" for a, b in zip(one, other, strict=True))
