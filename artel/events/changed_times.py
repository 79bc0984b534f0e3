"""When an event is to be: `timezone`, `date`, `start`, `end` and `duration` read together, over what it is now.

A time of day ("10:30") is civil time in the zone on `date`'s day, or on the event's own; a date and time without an
offset is civil time too, with one it is an instant. What is not given stays: a new start keeps the length, a new date
keeps the time of day, a new zone alone keeps the instants. A civil time that the clocks skip is none; one that comes
twice is the first.
"""

import functools
import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from artel.events.change_errors import ChangeInvalid
from artel.events.queries import EventRow

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=366)
FIRST_YEAR, LAST_YEAR = 1971, 2199
TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")


class WantedTimes(msgspec.Struct, frozen=True, kw_only=True):
    """As they came; None: not given. `duration` counts minutes."""

    timezone: str | None = None
    date: str | None = None
    start: str | None = None
    end: str | None = None
    duration: int | None = None


class Times(msgspec.Struct, frozen=True):
    timezone: str
    starts_at: datetime
    ends_at: datetime


def read_times(event: EventRow, wanted: WantedTimes) -> Times:
    """Refuses: ChangeInvalid, which names the field: event_timezone_unknown, event_time_unreadable, event_time_skipped,
    event_ends_before_start, event_too_long, event_duration_differs."""
    name = wanted.timezone or event.timezone
    if name not in zones():
        raise ChangeInvalid("event_timezone_unknown", "timezone")
    zone = ZoneInfo(name)
    old_start = event.starts_at.astimezone(zone)
    day = old_start.date() if wanted.date is None else read_day(wanted.date, zone)
    starts_at, ends_at = event.starts_at, None
    if wanted.start is not None:
        starts_at = read_instant(wanted.start, day, zone, "start")
    elif wanted.date is not None:
        starts_at = civil(day, old_start.time(), zone, "date")
    if wanted.end is not None:
        first_day = starts_at.astimezone(zone).date()
        ends_at = read_instant(wanted.end, first_day, zone, "end")
        if ends_at <= starts_at and TIME_OF_DAY.fullmatch(wanted.end.strip()):  # past midnight
            ends_at = read_instant(wanted.end, first_day + timedelta(days=1), zone, "end")
    if wanted.duration is not None:
        by_duration = starts_at + timedelta(minutes=wanted.duration)
        if ends_at is not None and ends_at != by_duration:
            raise ChangeInvalid("event_duration_differs", "duration")
        ends_at = by_duration
    if ends_at is None:
        ends_at = starts_at + (event.ends_at - event.starts_at)
    if ends_at - starts_at < SHORTEST:
        raise ChangeInvalid("event_ends_before_start", "end")
    if ends_at - starts_at > LONGEST:
        raise ChangeInvalid("event_too_long", "end")
    return Times(name, starts_at.astimezone(UTC), ends_at.astimezone(UTC))


@functools.cache
def zones() -> frozenset[str]:
    """IANA's names; a machine's files bring some that are none."""
    return frozenset(available_timezones()) - {"localtime", "Factory", "posixrules"}


def read_day(text: str, zone: ZoneInfo) -> date:
    """A date, or the local day of an instant."""
    try:
        if len(text.strip()) == len("2026-12-31"):
            return in_bounds(datetime.fromisoformat(text.strip()), "date").date()
        at = in_bounds(datetime.fromisoformat(text.strip()), "date")
    except ValueError:
        raise ChangeInvalid("event_time_unreadable", "date") from None
    return (at if at.tzinfo is None else at.astimezone(zone)).date()


def read_instant(text: str, day: date, zone: ZoneInfo, field: str) -> datetime:
    text = text.strip()
    found = TIME_OF_DAY.fullmatch(text)
    if found:
        return civil(day, time(int(found[1]), int(found[2]), int(found[3] or 0)), zone, field)
    try:
        at = in_bounds(datetime.fromisoformat(text), field).replace(microsecond=0)
    except ValueError:
        raise ChangeInvalid("event_time_unreadable", field) from None
    return civil(at.date(), at.time(), zone, field) if at.tzinfo is None else at.astimezone(UTC)


def in_bounds(at: datetime, field: str) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ChangeInvalid("event_time_unreadable", field)
    return at


def civil(day: date, at: time, zone: ZoneInfo, field: str) -> datetime:
    """A civil time as an instant. Refuses: ChangeInvalid where the clocks skip it."""
    local = datetime.combine(day, at.replace(tzinfo=None, fold=0), zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ChangeInvalid("event_time_skipped", field)
    return instant
