"""When an event is, as people and programs write it: instants, civil times, days with times of day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from artel.events.errors import EventTimesInvalid

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(days=31)
# Years at whose edges no time zone leads out of the calendar.
FIRST_YEAR, LAST_YEAR = 1970, 2200


def read_instant(text: str, timezone: str, field: str) -> datetime:
    """ISO 8601; without an offset it is civil time in the zone, and of one that comes twice the first.

    Refuses: EventTimesInvalid for anything else, also for a civil time that the clocks skip.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise EventTimesInvalid("event_time_unreadable", field) from None
    return as_instant(at, timezone, field)


def as_instant(at: datetime, timezone: str, field: str) -> datetime:
    if not FIRST_YEAR < at.year < LAST_YEAR:
        raise EventTimesInvalid("event_time_unreadable", field)
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    instant = at.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    if instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) != at:
        raise EventTimesInvalid("event_time_skipped", field)
    return instant


def read_times(
    *,
    date_: str | None,
    start: str | None,
    end: str | None,
    duration: int | None,
    timezone: str,
    default_minutes: int,
) -> tuple[datetime, datetime]:
    """Start and end of an event put by hand.

    `start` is an instant, or a time of day ("09:30") on the day of `date`; without it `date` is the start. `end` is
    an instant, or a time of day: the next such after the start. Instead of `end`, `duration` counts minutes; with
    both, they agree; with neither, it lasts `default_minutes`.
    Refuses: EventTimesInvalid.
    """
    starts_at = read_start(date_, start, timezone)
    if end is None:
        ends_at = starts_at + timedelta(minutes=default_minutes if duration is None else duration)
    else:
        ends_at = read_end(end, starts_at, timezone)
        if duration is not None and ends_at - starts_at != timedelta(minutes=duration):
            raise EventTimesInvalid("event_times_disagree", "duration")
    if ends_at < starts_at:
        raise EventTimesInvalid("event_ends_before_start", "end")
    if ends_at - starts_at > LONGEST:
        raise EventTimesInvalid("event_too_long", "end" if duration is None else "duration", days=LONGEST.days)
    return starts_at, ends_at


def read_start(date_: str | None, start: str | None, timezone: str) -> datetime:
    if start is None:
        if date_ is None:
            raise EventTimesInvalid("field_required", "start")
        if len(date_.strip()) <= len("2026-01-01"):
            raise EventTimesInvalid("field_required", "start")
        return read_instant(date_, timezone, "date")
    clock_time = time_of_day(start)
    if clock_time is None:
        return read_instant(start, timezone, "start")
    if date_ is None:
        raise EventTimesInvalid("field_required", "date")
    return as_instant(datetime.combine(read_day(date_, timezone), clock_time), timezone, "start")


def read_end(end: str, starts_at: datetime, timezone: str) -> datetime:
    clock_time = time_of_day(end)
    if clock_time is None:
        return read_instant(end, timezone, "end")
    begun = starts_at.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    day = begun.date() if clock_time > begun.time() else begun.date() + timedelta(days=1)
    return as_instant(datetime.combine(day, clock_time), timezone, "end")


def time_of_day(text: str) -> time | None:
    """A time of day, or None for what has a date in it."""
    if ":" not in text[:3]:
        return None
    try:
        found = time.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo is None else None


def read_day(text: str, timezone: str) -> date:
    """The day of a date, or the local day of an instant."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return read_instant(text, timezone, "date").astimezone(ZoneInfo(timezone)).date()
