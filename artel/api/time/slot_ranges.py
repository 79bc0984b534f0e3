"""Which days a call asks about: `?start=&end=&timezone=`."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar.params import QueryParameter

from artel.errors import Refused
from artel.schedules.errors import RangeInvalid, RangeTooLong, TimezoneUnknown
from artel.schedules.terms import FIRST_YEAR, LAST_YEAR, known_timezones

MOST_DAYS = 366
USUAL_DAYS = 7
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
# A plus that was sent as it is arrives as a space.
LOST_PLUS = re.compile(r" (?=\d{2}:?\d{2}$)")

StartAsked = Annotated[
    str | None,
    QueryParameter(name="start", required=False, description="A date or an instant; by default now."),
]
EndAsked = Annotated[
    str | None,
    QueryParameter(
        name="end",
        required=False,
        description="An instant, or the last date to be shown; by default 7 days after the start.",
    ),
]
TimezoneAsked = Annotated[
    str | None,
    QueryParameter(
        name="timezone",
        required=False,
        description="The IANA zone to show times in, and to read those without an offset; by default the schedule's.",
    ),
]
DurationAsked = Annotated[
    int | None,
    QueryParameter(
        name="duration", ge=1, le=1440, required=False, description="Minutes; by default the schedule's own."
    ),
]


def read_zone(given: str | None, usual: str) -> str:
    """Refuses: TimezoneUnknown."""
    zone = given or usual
    if zone not in known_timezones():
        raise TimezoneUnknown
    return zone


def read_range(start: str | None, end: str | None, zone: str, *, now: datetime) -> tuple[datetime, datetime]:
    """The instants asked about, at most MOST_DAYS. Refuses: RangeInvalid, RangeTooLong."""
    begin = now if not start else read_instant(start, "start", zone)
    until = begin + timedelta(days=USUAL_DAYS) if not end else read_instant(end, "end", zone, is_last_day=True)
    if until <= begin:
        raise RangeInvalid("end")
    if until - begin > timedelta(days=MOST_DAYS, hours=1):  # days of a year in which a clock was put back
        raise RangeTooLong(MOST_DAYS)
    return begin, until


def read_instant(text: str, field: str, zone: str, *, is_last_day: bool = False) -> datetime:
    """Without an offset civil time in the zone; a date alone is its beginning, as the last day its end."""
    try:
        if DAY.fullmatch(text):
            day = date.fromisoformat(text) + timedelta(days=1 if is_last_day else 0)
            at = datetime.combine(day, time.min)
        else:
            at = datetime.fromisoformat(LOST_PLUS.sub("+", text))
    except (ValueError, OverflowError):
        raise RangeInvalid(field) from None
    if not FIRST_YEAR < at.year < LAST_YEAR:
        raise Refused("field_out_of_range", field)
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
