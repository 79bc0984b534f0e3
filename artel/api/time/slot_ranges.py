"""Which days a call asks about: `?start=&end=&timezone=`."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from litestar.params import QueryParameter

from artel.errors import Refused
from artel.schedules.errors import RangeInvalid, RangeTooLong, TimezoneUnknown
from artel.schedules.hours import SlotRules
from artel.schedules.terms import FIRST_YEAR, LAST_YEAR
from artel.timezones import known_timezones

MOST_DAYS = 366
# A reply with more slots keeps others waiting: of slots every five minutes day and night it is 138 days.
MOST_SLOTS = 40_000
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


def most_days(rules: SlotRules, duration: int | None) -> int:
    """For how many days a schedule's slots are shown at a time."""
    return min(MOST_DAYS, MOST_SLOTS * (rules.step or duration or rules.duration) // 1440)


def read_range(
    start: str | None, end: str | None, zone: str, *, now: datetime, most_days: int
) -> tuple[datetime, datetime]:
    """The instants asked about. Refuses: RangeInvalid, RangeTooLong."""
    begin = now if not start else read_instant(start, "start", zone)
    until = begin + timedelta(days=USUAL_DAYS) if not end else read_instant(end, "end", zone, is_last_day=True)
    if until <= begin:
        raise RangeInvalid("end")
    if until - begin > timedelta(days=most_days, hours=1):  # days in which a clock was put back
        raise RangeTooLong(most_days)
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
