"""When an event is to be: `timezone`, `date`, `start`, `end` and `duration` read together, over what it is now.

A time of day ("10:30") is civil time in the zone on `date`'s day, or on the event's own; a date and time without an
offset is civil time too, with one it is an instant (times.py). What is not given stays: a new start keeps the length,
a new date keeps the time of day, a new zone alone keeps the instants.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from artel.events.change_errors import ChangeInvalid
from artel.events.errors import EventTimesInvalid
from artel.events.queries import EventRow
from artel.events.times import LONGEST, SHORTEST, as_instant, read_day, read_end, read_instant, time_of_day
from artel.timezones import known_timezones


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


def times_over(event: EventRow, wanted: WantedTimes) -> Times:
    """Refuses: ChangeInvalid for an unknown zone; EventTimesInvalid, which names the field, for the rest."""
    timezone = wanted.timezone or event.timezone
    if timezone not in known_timezones():
        raise ChangeInvalid("schedule_timezone_unknown", "timezone")
    length = event.ends_at - event.starts_at
    starts_at = start_over(event, wanted, timezone)
    ends_at = starts_at + length
    if wanted.duration is not None:
        ends_at = starts_at + timedelta(minutes=wanted.duration)
    if wanted.end is not None:
        by_end = read_end(wanted.end, starts_at, timezone).astimezone(UTC)
        if wanted.duration is not None and by_end != ends_at:
            raise EventTimesInvalid("event_times_disagree", "duration")
        ends_at = by_end
    if ends_at <= starts_at:
        raise EventTimesInvalid("event_ends_before_start", "end")
    if ends_at - starts_at > LONGEST:
        raise EventTimesInvalid("event_too_long", "end", days=LONGEST.days)
    # Slots may be shorter: their schedule says which lengths there are.
    if event.schedule_id is None and ends_at - starts_at < min(SHORTEST, length):
        raise EventTimesInvalid("event_too_short", "end", minutes=SHORTEST.seconds // 60)
    return Times(timezone, starts_at, ends_at)


def start_over(event: EventRow, wanted: WantedTimes, timezone: str) -> datetime:
    local = event.starts_at.astimezone(ZoneInfo(timezone))
    day = local.date() if wanted.date is None else read_day(wanted.date, timezone)
    if wanted.start is None:
        if wanted.date is None:
            return event.starts_at.astimezone(UTC)
        return as_instant(datetime.combine(day, local.time()), timezone, "date")
    clock_time = time_of_day(wanted.start)
    if clock_time is not None:
        return as_instant(datetime.combine(day, clock_time), timezone, "start")
    return read_instant(wanted.start, timezone, "start")
