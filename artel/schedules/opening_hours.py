"""Hours as they are written: pairs of civil times by weekday, and schema.org's lines ("Mo-Fr 09:00-18:00")."""

import re
from collections.abc import Iterable
from datetime import date
from itertools import pairwise

from artel.schedules.errors import SettingsInvalid
from artel.schedules.hours import Span
from artel.schedules.values import items, mapping, text

DAY = 1440
MOST_SPANS = 48  # in a day
MOST_EXCEPTIONS = 1000
TIME = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::00)?", re.ASCII)
SEPARATOR = re.compile(r"\s*([,–-])\s*")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Hours = tuple[Span, ...]


def read_days(given: object, field: str) -> dict[str, Hours]:
    """{"1": [["09:00", "13:00"], …], …}: the hours that begin on each ISO weekday."""
    days = {}
    for weekday, hours in mapping(given, field).items():
        if weekday not in {"1", "2", "3", "4", "5", "6", "7"}:
            raise SettingsInvalid(field, "schedule_settings_weekday_unknown")
        days[weekday] = read_hours(hours, f"{field}.{weekday}")
    return {weekday: days[weekday] for weekday in sorted(days) if days[weekday]}


def read_exceptions(given: object, field: str) -> dict[str, Hours]:
    """[{"date": "2026-12-31", "hours": []}, …]."""
    exceptions = {}
    for number, each in enumerate(items(given, field, MOST_EXCEPTIONS)):
        where = f"{field}.{number}"
        exception = mapping(each, where)
        day = read_date(exception.get("date"), f"{where}.date")
        if day in exceptions:
            raise SettingsInvalid(f"{where}.date", "schedule_settings_date_twice")
        exceptions[day] = read_hours(exception.get("hours"), f"{where}.hours")
    return dict(sorted(exceptions.items()))


def read_date(given: object, field: str) -> str:
    if isinstance(given, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
        try:
            return date.fromisoformat(given).isoformat()
        except ValueError:
            pass
    raise SettingsInvalid(field, "field_not_a_date", example="2026-12-31")


def read_hours(given: object, field: str) -> Hours:
    """[["09:00", "13:00"], …], in any order; null is none."""
    spans = []
    for pair in items([] if given is None else given, field, MOST_SPANS):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise SettingsInvalid(field, "schedule_settings_hours_invalid")
        spans.append(read_span(pair[0], pair[1], field))
    return in_order(spans, field)


def in_order(spans: Iterable[Span], field: str) -> Hours:
    """Refuses hours of one day that overlap: somebody would be offered one time twice."""
    ordered = tuple(sorted(spans))
    if any(following[0] < span[1] for span, following in pairwise(ordered)):
        raise SettingsInvalid(field, "schedule_settings_hours_overlap")
    return ordered


def read_span(opens: object, closes: object, field: str) -> Span:
    """From one civil time to another; one that is before it is the next day's. The same twice would say nothing."""
    begin, end = read_time(opens, field), read_time(closes, field)
    if begin in (end, DAY):
        raise SettingsInvalid(field, "schedule_settings_hours_invalid")
    return begin, end if end > begin else end + DAY


def read_time(given: object, field: str) -> int:
    found = TIME.fullmatch(given) if isinstance(given, str) else None
    minute = int(found[1]) * 60 + int(found[2]) if found else DAY + 1
    if minute > DAY:
        raise SettingsInvalid(field, "schedule_settings_time_invalid")
    return minute


def read_opening_hours(line: str, field: str) -> list[tuple[int, Span]]:
    """A schema.org line as (ISO weekday, hours): "Mo-Fr 09:00-18:00", "Sa,Su 10:00-14:00,15:00-17:00".

    Without days it means every day, without times the whole of each. Days may wrap: "Fr-Mo".
    """
    words = SEPARATOR.sub(r"\1", line.replace("–", "-")).split()
    times = [word for word in words if word[:1].isdigit()]
    days = [word for word in words if not word[:1].isdigit()]
    if not words or len(times) > 1 or len(days) > 1 or words != days + times:
        raise SettingsInvalid(field, "schedule_settings_line_invalid")
    weekdays = read_weekdays(days[0], field) if days else set(range(1, 8))
    spans = []
    for span in times[0].split(",") if times else ["00:00-24:00"]:
        opens, _, closes = span.partition("-")
        spans.append(read_span(opens, closes, field))
    return [(weekday, span) for weekday in sorted(weekdays) for span in spans]


def read_weekdays(written: str, field: str) -> set[int]:
    weekdays = set()
    for part in written.split(","):
        first, is_range, last = part.partition("-")
        begin = read_weekday(first, field)
        length = (read_weekday(last, field) - begin) % 7 if is_range else 0
        weekdays |= {(begin - 1 + number) % 7 + 1 for number in range(length + 1)}
    return weekdays


def read_weekday(name: str, field: str) -> int:
    """ "Mo", "Mon", "monday": the first two letters at least."""
    for number, weekday in enumerate(WEEKDAYS, 1):
        if len(name) >= 2 and weekday.startswith(name.lower()):
            return number
    raise SettingsInvalid(field, "schedule_settings_weekday_unknown")


def gather(lines: Iterable[tuple[str, list[tuple[int, Span]]]]) -> dict[str, Hours]:
    """Lines, each with the field it came in, by weekday. The line that overlaps one before it is to blame."""
    days: dict[str, Hours] = {}
    for field, spans in lines:
        for weekday, span in spans:
            days[str(weekday)] = in_order((*days.get(str(weekday), ()), span), field)
    return dict(sorted(days.items()))


def read_line(given: object, field: str) -> str:
    return text(given, field, 500).strip()
