"""The range of time that a calendar is asked for."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from artel.calendars.errors import RangeBackwards, RangeTimeInvalid, RangeTooLong

MOST_DAYS = 366
# Civil days are not all of 24 hours.
TOLERANCE = timedelta(hours=2)
MONTH = timedelta(days=31)
# What stands around the month when nobody says which range: the rest of its first and last week, on whatever day a
# week begins.
AROUND_MONTH = timedelta(days=7)
EARLIEST, LATEST = 1970, 2199
# "+" of an offset that a client did not escape arrives as a space.
LOST_PLUS = re.compile(r"(T.*) (\d\d:?\d\d)$")


class Range(msgspec.Struct, frozen=True):
    """From `start`, to before `end`."""

    start: datetime
    end: datetime


def read_range(start: str | None, end: str | None, *, timezone: str, now: datetime) -> Range:
    """The range between two times as a client writes them.

    A time without an offset is civil time of the zone. A date alone is its first moment as a start, and as an end the
    day is still in. Without both it is the present month with a week on either side; without one, 31 days.
    Refuses: RangeTimeInvalid, RangeBackwards, RangeTooLong.
    """
    zone = ZoneInfo(timezone)
    first = None if not start else read_time("start", start, zone, is_end=False)
    last = None if not end else read_time("end", end, zone, is_end=True)
    if first is None and last is None:
        month = now.astimezone(zone).date().replace(day=1)
        following = (month + MONTH).replace(day=1)
        first = midnight(month - AROUND_MONTH, zone)
        last = midnight(following + AROUND_MONTH, zone)
    elif first is None:
        assert last is not None
        first = last - MONTH
    elif last is None:
        last = first + MONTH
    assert last is not None
    if last <= first:
        raise RangeBackwards
    if last - first > timedelta(days=MOST_DAYS) + TOLERANCE:
        raise RangeTooLong(MOST_DAYS)
    return Range(first, last)


def read_time(field: str, text: str, zone: ZoneInfo, *, is_end: bool) -> datetime:
    """Refuses: RangeTimeInvalid."""
    text = LOST_PLUS.sub(r"\1+\2", text.strip())
    day = day_of(text)
    try:
        at = datetime.fromisoformat(text) if day is None else datetime.combine(day, time())
    except ValueError:
        raise RangeTimeInvalid(field) from None
    if not EARLIEST < at.year < LATEST:
        raise RangeTimeInvalid(field)
    if day is not None:
        return midnight(day + timedelta(days=1) if is_end else day, zone)
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def day_of(text: str) -> date | None:
    """The day, where the text is a date alone."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day; where the clocks skip midnight, the moment they do."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
