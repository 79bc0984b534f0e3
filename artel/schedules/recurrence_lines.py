"""RFC 5545 lines as hours: `RRULE:FREQ=WEEKLY;BYDAY=MO,WE`, and `DTSTART:20260105T090000` for all of them.

Each occurrence begins hours at its civil time. A rule that names one time a day keeps them open until the time of day
at which the schedule ends; one that names several, or a schedule that has no end or ends at midnight, for one slot.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from artel.schedules.errors import SettingsInvalid
from artel.schedules.hours import Recurrence, Span
from artel.schedules.recurrence import days_met
from artel.schedules.zones import DAY, instant_of, minute_of

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = {
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYHOUR", "BYMINUTE", "BYSECOND",
}  # fmt: skip
MOST_TIMES = 288  # a day
STAMP = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?", re.ASCII)
WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
# Of a rule that says how often, the last time is looked for so many days ahead; later than that nobody books.
COUNTED_DAYS = 40_000
AT_ONCE = 4_000


class Anchor(msgspec.Struct, frozen=True):
    """Where a rule begins, in civil minutes since 1970, and the minute of the day at which its hours close."""

    begin: int
    closes: int | None
    duration: int


def is_recurrence(line: str) -> bool:
    return line.upper().startswith(("RRULE", "DTSTART", "EXRULE", "EXDATE", "RDATE"))


def read_start(line: str, field: str, timezone: str) -> int | None:
    """The civil minute that a DTSTART line says; None for another line. Its TZID, if any, is the schedule's."""
    name, _, stamp = line.partition(":")
    name, *parameters = name.upper().split(";")
    if name != "DTSTART":
        return None
    for parameter in parameters:
        if parameter not in {f"TZID={timezone.upper()}", "VALUE=DATE", "VALUE=DATE-TIME"}:
            raise refused(field, parameter)
    return civil_minute(stamp, field, timezone, "DTSTART")


def read_recurrence(line: str, field: str, anchor: Anchor, timezone: str) -> Recurrence:
    name, colon, rule = line.upper().partition(":")
    if name != "RRULE" or not colon:
        raise refused(field, name[:20])
    parts: dict[str, str] = {}
    for part in rule.strip().rstrip(";").split(";"):
        key, _, value = part.partition("=")
        if key not in PARTS or key in parts or not value:
            raise refused(field, key[:20] or "RRULE")
        parts[key] = value
    frequency = parts.get("FREQ", "")
    if frequency not in FREQUENCIES or parts.get("BYSECOND", "0") not in {"0", "00"}:
        raise refused(field, "FREQ" if frequency not in FREQUENCIES else "BYSECOND")
    if "WKST" in parts and parts["WKST"] not in WEEKDAYS:
        raise refused(field, "WKST")
    first_day = anchor.begin // DAY
    recurrence = Recurrence(
        frequency,
        first_day,
        hours_of(parts, field, anchor),
        interval=number(parts, "INTERVAL", field, 1, 1000, 1),
        weekdays=weekdays_of(parts, field, frequency),
        month_days=numbers(parts, "BYMONTHDAY", field, lambda day: 1 <= abs(day) <= 31),
        months=numbers(parts, "BYMONTH", field, lambda month: 1 <= month <= 12),
        week_start=WEEKDAYS.index(parts.get("WKST", "MO")) + 1,
        first_minute=anchor.begin,
        last_minute=until(parts["UNTIL"], field, timezone) if "UNTIL" in parts else None,
    )
    recurrence = with_implied_days(recurrence)
    if "COUNT" in parts:
        recurrence = counted(recurrence, number(parts, "COUNT", field, 1, 10_000, 1))
    return recurrence


def refused(field: str, part: str) -> SettingsInvalid:
    return SettingsInvalid(field, "schedule_settings_recurrence_invalid", part=part)


def number(parts: dict[str, str], key: str, field: str, least: int, most: int, default: int) -> int:
    written = parts.get(key)
    if written is None:
        return default
    if not re.fullmatch(r"[0-9]{1,6}", written, re.ASCII) or not least <= int(written) <= most:
        raise refused(field, key)
    return int(written)


def numbers(parts: dict[str, str], key: str, field: str, allowed: Callable[[int], bool]) -> tuple[int, ...]:
    written = parts.get(key, "").split(",") if key in parts else []
    if not all(re.fullmatch(r"[+-]?[0-9]{1,3}", each, re.ASCII) and allowed(int(each)) for each in written):
        raise refused(field, key)
    return tuple(sorted({int(each) for each in written}))


def weekdays_of(parts: dict[str, str], field: str, frequency: str) -> tuple[Span, ...]:
    weekdays = set()
    for written in parts["BYDAY"].split(",") if "BYDAY" in parts else []:
        found = WEEKDAY.fullmatch(written)
        which = int(found[1] or 0) if found else 0
        numbered = found is not None and found[1] is not None
        if found is None or (numbered and (which == 0 or frequency not in {"MONTHLY", "YEARLY"})):
            raise refused(field, "BYDAY")
        weekdays.add((which, WEEKDAYS.index(found[2]) + 1))
    return tuple(sorted(weekdays))


def hours_of(parts: dict[str, str], field: str, anchor: Anchor) -> tuple[Span, ...]:
    minute_of_day = anchor.begin % DAY
    hours = numbers(parts, "BYHOUR", field, lambda hour: 0 <= hour <= 23) or (minute_of_day // 60,)
    minutes = numbers(parts, "BYMINUTE", field, lambda minute: 0 <= minute <= 59) or (minute_of_day % 60,)
    if len(hours) * len(minutes) > MOST_TIMES:
        raise refused(field, "BYMINUTE")
    times = [hour * 60 + minute for hour in hours for minute in minutes]
    if len(times) == 1 and anchor.closes not in {None, 0, times[0]}:
        assert anchor.closes is not None
        return ((times[0], anchor.closes if anchor.closes > times[0] else anchor.closes + DAY),)
    return tuple((at, at + anchor.duration) for at in times)


def with_implied_days(recurrence: Recurrence) -> Recurrence:
    """What a rule leaves to its beginning (RFC 5545, 3.3.10): the weekday, the day of the month, the month."""
    if recurrence.weekdays or recurrence.month_days or recurrence.frequency == "DAILY":
        return recurrence
    first = instant_of(recurrence.first_day * DAY)
    if recurrence.frequency == "WEEKLY":
        return msgspec.structs.replace(recurrence, weekdays=((0, first.isoweekday()),))
    months = recurrence.months or ((first.month,) if recurrence.frequency == "YEARLY" else ())
    return msgspec.structs.replace(recurrence, month_days=(first.day,), months=months)


def counted(recurrence: Recurrence, count: int) -> Recurrence:
    """The rule with the last of `count` beginnings for its last minute."""
    for begin in range(recurrence.first_day, recurrence.first_day + COUNTED_DAYS, AT_ONCE):
        day, opens, _ = days_met(recurrence, np.arange(begin, begin + AT_ONCE))
        begins = np.unique(day * DAY + opens)
        if begins.size >= count:
            return msgspec.structs.replace(recurrence, last_minute=int(begins[count - 1]))
        count -= begins.size
    return recurrence


def until(stamp: str, field: str, timezone: str) -> int:
    """UNTIL in civil minutes. A date alone means the whole of that day."""
    minute = civil_minute(stamp, field, timezone, "UNTIL")
    return minute if "T" in stamp else minute + DAY - 1


def civil_minute(stamp: str, field: str, timezone: str, part: str) -> int:
    found = STAMP.fullmatch(stamp.strip())
    try:
        at = datetime.strptime(found[1] + (found[2] or "000000"), "%Y%m%d%H%M%S") if found else None  # noqa: DTZ007 - civil
    except ValueError:
        at = None
    if found is None or at is None or not 1970 < at.year < 2200:
        raise refused(field, part)
    if found[3]:
        at = at.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    return minute_of(at.replace(tzinfo=UTC))
