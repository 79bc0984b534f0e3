"""iCalendar text turned into single events, in a process of its own.

Anybody may write a file whose rules take for ever or fill the memory, and a thread cannot be stopped. So this runs as
a child of the worker (`expansion.py`), with limits of the system on its time and memory, reads one Job from standard
input and writes one Expanded to standard output.
"""

import hashlib
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import recurring_ical_events
from recurring_ical_events.occurrence import Occurrence as Found

from artel.calendar_sync.occurrences import LONGEST_DESCRIPTION, LONGEST_ID, LONGEST_LABEL, Occurrence

CPU_S = 10
MEMORY_BYTES = 1 << 30
MOST_COMPONENTS = 50_000
# Nobody means more of these: a rule by the second or minute needs a count, a day has so many times.
MOST_COUNTED = 500
MOST_TIMES_A_DAY = 96
# What PostgreSQL and every calendar take for a year.
EARLIEST = datetime(1901, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class File(msgspec.Struct, frozen=True):
    item: str | None  # None: the whole calendar is in this one, and its items are the UIDs
    body: bytes


class Job(msgspec.Struct, frozen=True):
    """`timezone` is for days and for times without a zone."""

    files: list[File]
    timezone: str
    start: datetime
    end: datetime
    most: int


class Expanded(msgspec.Struct, frozen=True):
    """`error`: not_a_calendar, too_many_occurrences or rule_too_frequent."""

    occurrences: list[Occurrence] = []
    error: str | None = None


class Refusal(Exception):
    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.msgpack.encode(expand(job)))


def expand(job: Job) -> Expanded:
    """Every occurrence within the job's time. What cannot be read of a single event is left out."""
    found: dict[str, Occurrence] = {}
    try:
        for file in job.files:
            for one in occurrences_of(file, job):
                found[one.external_id] = one
                if len(found) > job.most:
                    raise Refusal("too_many_occurrences")
    except Refusal as refusal:
        return Expanded(error=refusal.word)
    return Expanded(list(found.values()))


def occurrences_of(file: File, job: Job) -> Iterator[Occurrence]:
    for uid, components in series_of(file).items():
        for component in components:
            check_rules(component)
        calendar = icalendar.Calendar()
        for component in components:
            calendar.add_component(component)
        try:
            yield from occurrences_of_series(calendar, uid, file.item, job)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError, ArithmeticError, IndexError):
            continue  # one that makes no sense: the others may


def series_of(file: File) -> dict[str, list[icalendar.Component]]:
    """The events of a file by UID: a series and what differs from it stand side by side."""
    try:
        calendars = icalendar.Calendar.from_ical(file.body.decode("utf-8-sig", "replace"), multiple=True)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        if file.item is None:
            raise Refusal("not_a_calendar") from None
        return {}
    found = [c for c in calendars if c.name == "VCALENDAR"]
    if not found and file.item is None:
        raise Refusal("not_a_calendar")
    series: dict[str, list[icalendar.Component]] = {}
    for count, component in enumerate(event for calendar in found for event in calendar.walk("VEVENT")):
        if count > MOST_COMPONENTS:
            raise Refusal("too_many_occurrences")
        uid = text_of(component, "UID", LONGEST_ID) or hashlib.sha256(component.to_ical()).hexdigest()
        series.setdefault(uid, []).append(component)
    return series


def check_rules(component: icalendar.Component) -> None:
    rules = component.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if not isinstance(rule, dict):
            continue  # unreadable, which its series will find out
        count = min((int(n) for n in rule.get("COUNT", []) if str(n).lstrip("-").isdigit()), default=None)
        if any(not str(step).isdecimal() or int(step) < 1 for step in rule.get("INTERVAL", [])):
            raise Refusal("rule_too_frequent")  # a step of nothing never gets anywhere
        often = {str(freq).upper() for freq in rule.get("FREQ", [])} & {"SECONDLY", "MINUTELY"}
        times = 1
        for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            given = rule.get(part, [])
            times *= max(1, len(given) if isinstance(given, list) else 1)
        if times > MOST_TIMES_A_DAY or (often and (count is None or count > MOST_COUNTED)):
            raise Refusal("rule_too_frequent")


def occurrences_of_series(calendar: icalendar.Calendar, uid: str, item: str | None, job: Job) -> Iterator[Occurrence]:
    zone = ZoneInfo(job.timezone)
    is_series = any(
        name in component for component in calendar.walk("VEVENT") for name in ("RRULE", "RDATE", "RECURRENCE-ID")
    )
    query = recurring_ical_events.CalendarQuery(calendar, components=["VEVENT"])
    seen: set[str] = set()
    for series in query.series:
        for found in series.between(job.start, job.end):
            component = found.as_component(keep_recurrence_attributes=False)
            name = name_of(found, uid, seen) if is_series else uid
            seen.add(name)
            if text_of(component, "STATUS", 20) == "CANCELLED":
                continue
            starts_at, ends_at = instant_of(found.start, zone), instant_of(found.end, zone)
            if ends_at <= job.start or starts_at >= job.end:
                continue
            yield Occurrence(
                external_id=name,
                item=uid if item is None else item,
                uid=uid,
                label=text_of(component, "SUMMARY", LONGEST_LABEL) or "",
                description=text_of(component, "DESCRIPTION", LONGEST_DESCRIPTION),
                timezone=zone_name(found.start) or job.timezone,
                starts_at=starts_at,
                ends_at=max(starts_at, ends_at),
                is_busy=takes_time(component),
            )


def name_of(found: Found, uid: str, seen: set[str]) -> str:
    """By when it was to be: one that is moved keeps its name."""
    planned = found.id.recurrence_id
    name = f"{uid};{stamp(found.start if planned is None else planned)}"
    # A change of "this and all that follow" gives all of them one recurrence.
    return f"{uid};{stamp(found.start)}" if name in seen else name


def stamp(at: Any) -> str:
    if not isinstance(at, datetime):
        return f"{at:%Y%m%d}"
    plain = at.astimezone(UTC) if at.tzinfo is not None else at
    return f"{plain:%Y%m%dT%H%M%S}"


def instant_of(at: Any, zone: ZoneInfo) -> datetime:
    """Days begin at midnight of the zone; a time without a zone is the zone's own."""
    whole = at if isinstance(at, datetime) else datetime.combine(at, time())
    instant = (whole.replace(tzinfo=zone) if whole.tzinfo is None else whole).astimezone(UTC)
    return min(max(instant.replace(microsecond=0), EARLIEST), LATEST)


def zone_name(at: Any) -> str | None:
    """The IANA name, where it has one: a file may define zones of its own."""
    key = getattr(getattr(at, "tzinfo", None), "key", None)
    return str(key) if key else None


def takes_time(component: icalendar.Component) -> bool:
    is_free = text_of(component, "X-MICROSOFT-CDO-BUSYSTATUS", 20) == "FREE"
    return text_of(component, "TRANSP", 20) != "TRANSPARENT" and not is_free


def text_of(component: icalendar.Component, name: str, longest: int) -> str | None:
    """A property's text, without what PostgreSQL cannot keep; None where it is missing. Given twice, the first."""
    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None:
        return None
    text = str(value).replace("\0", "").encode("utf-8", "replace").decode()
    if name == "UID" and len(text) > longest:
        return hashlib.sha256(text.encode()).hexdigest()
    return text[:longest]


if __name__ == "__main__":
    main()
