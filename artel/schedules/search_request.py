"""What a search asks for, read."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from artel.errors import Refused
from artel.timezones import known_timezones

DEFAULT_WINDOW = timedelta(days=14)
LONGEST_WINDOW = timedelta(days=62)
TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


class SearchInvalid(Refused):
    """`reason` is a word of the error tables: search_window_invalid, search_window_too_long, search_hours_invalid."""


def read_zone(timezone: str | None) -> str:
    """Refuses: SearchInvalid for a zone that does not exist."""
    if timezone is None:
        return "UTC"
    if timezone not in known_timezones():
        raise SearchInvalid("schedule_timezone_unknown", "timezone")
    return timezone


def read_window(
    start: datetime | None, end: datetime | None, zone: ZoneInfo, *, now: datetime
) -> tuple[datetime, datetime]:
    """From now, for 14 days, where nothing else is given; a time without an offset is civil time in the zone.

    Refuses: SearchInvalid for a window that ends before it begins, or is longer than 62 days.
    """
    try:
        begin = now if start is None else max(with_zone(start, zone), now)
        close = begin + DEFAULT_WINDOW if end is None else with_zone(end, zone)
    except OverflowError:
        raise SearchInvalid("search_window_invalid", "start") from None
    if close < begin:
        raise SearchInvalid("search_window_invalid", "end")
    if close - begin > LONGEST_WINDOW:
        raise SearchInvalid("search_window_too_long", "end", days=LONGEST_WINDOW.days)
    return begin, close


def with_zone(at: datetime, zone: ZoneInfo) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def read_hours(begin: str | None, end: str | None) -> tuple[int, int]:
    """Minutes of a day. Refuses: SearchInvalid for what is no time, and for an end before its begin."""
    opens = 0 if begin is None else minute_of_day(begin, "hours.from")
    closes = 1440 if end is None else minute_of_day(end, "hours.to")
    if closes <= opens:
        raise SearchInvalid("search_hours_invalid", "hours.to")
    return opens, closes


def minute_of_day(text: str, field: str) -> int:
    match = TIME.fullmatch(text)
    minute = int(match[1]) * 60 + int(match[2]) if match else 1441
    if minute > 1440:
        raise SearchInvalid("search_hours_invalid", field)
    return minute
