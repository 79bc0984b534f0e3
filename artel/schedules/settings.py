"""Settings as they are sent, read into `SlotRules`: what can be used is used, what cannot is refused by its name."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from artel import clock
from artel.schedules.errors import SettingsInvalid
from artel.schedules.hours import Cancellation, SlotRules
from artel.schedules.opening_hours import gather, read_days, read_exceptions, read_line, read_opening_hours
from artel.schedules.recurrence_lines import Anchor, is_recurrence, read_recurrence, read_start
from artel.schedules.values import items, mapping, one_of, text, whole_number
from artel.schedules.zones import DAY, minute_after, minute_of
from artel.timezones import known_timezones

# Least and most of each number.
BOUNDS = {
    "duration": (5, DAY),
    "step": (5, DAY),
    "buffer_before": (0, DAY),
    "buffer_after": (0, DAY),
    "horizon_days": (1, 1095),
    "max_per_day": (1, 1000),
    "seats": (1, 1000),
    "hold_minutes": (1, DAY),
}
CHOICES = {
    "price_per": ("slot", "hour"),
    "assignment": ("one", "round_robin", "collective"),
    "confirmation": ("auto", "manual"),
}
LONGEST_NOTICE = 525_600  # a year
MOST_DURATIONS = 20
MOST_LINES = 100
MOST_RECURRENCES = 10  # lines: the hours of several may lie over each other
MOST_LANGUAGES = 50
MOST_REMINDERS = 10
EARLIEST_REMINDER = 43_200  # thirty days before
YEARS = (1970, 2200)


def read_settings(
    given: object,
    *,
    timezone: str,
    notice_minutes: int,
    starts_at: datetime | None,
    ends_at: datetime | None,
    duration: int | None = None,
    now: datetime | None = None,
) -> SlotRules:
    """The rules that the settings of a schedule mean: an object, or lines of opening hours and recurrence rules.

    Keys that are not known are passed over, and null is a key left out. `duration` is the slot's length where the
    settings do not say it; recurrence rules of a schedule without a start begin today, at `now`.

    Refuses: SettingsInvalid, whose field is "settings", "settings.<name>", "settings.<number of the line>",
    "timezone", "msp", "duration", "start" or "end".
    """
    zone = known_zone(timezone)
    notice = whole_number(notice_minutes, "msp", 0, LONGEST_NOTICE)
    for field, at in (("start", starts_at), ("end", ends_at)):
        if at is not None and not YEARS[0] < at.year < YEARS[1]:
            raise SettingsInvalid(field, "field_out_of_range")
    settings: dict[Any, Any]
    if isinstance(given, dict):
        settings = {key: value for key, value in given.items() if value is not None}
        where = "settings.days"
        hours = settings.get("days", {})
    elif isinstance(given, list | tuple):
        settings, where, hours = {}, "settings", given
    else:
        raise SettingsInvalid("settings", "field_not_an_object")
    if duration is not None:
        whole_number(duration, "duration", *BOUNDS["duration"])
        settings.setdefault("duration", duration)
    rules = SlotRules(
        timezone=timezone,
        notice_minutes=notice,
        starts_at=None if starts_at is None else minute_after(starts_at),
        ends_at=None if ends_at is None else minute_of(ends_at),
        **numbers_of(settings),
        **words_of(settings),
        exceptions=read_exceptions(settings.get("exceptions", []), "settings.exceptions"),
    )
    if isinstance(hours, dict):
        return msgspec.structs.replace(rules, days=read_days(hours, where))
    begin = now or clock.now()
    return with_lines(rules, items(hours, where, MOST_LINES), where, zone, starts_at, ends_at, begin)


def known_zone(timezone: object) -> ZoneInfo:
    if not isinstance(timezone, str) or timezone not in known_timezones():
        raise SettingsInvalid("timezone", "schedule_timezone_unknown")
    return ZoneInfo(timezone)


def numbers_of(settings: dict[Any, Any]) -> dict[str, Any]:
    numbers: dict[str, Any] = {
        name: whole_number(settings[name], f"settings.{name}", *bounds)
        for name, bounds in BOUNDS.items()
        if name in settings
    }
    if "durations" in settings:
        given = items(settings["durations"], "settings.durations", MOST_DURATIONS)
        lengths = [whole_number(each, f"settings.durations.{at}", *BOUNDS["duration"]) for at, each in enumerate(given)]
        numbers["durations"] = tuple(dict.fromkeys(lengths))
    if "reminders" in settings:
        given = items(settings["reminders"], "settings.reminders", MOST_REMINDERS)
        before = {whole_number(each, f"settings.reminders.{at}", 1, EARLIEST_REMINDER) for at, each in enumerate(given)}
        numbers["reminders"] = tuple(sorted(before, reverse=True))
    if "cancellation" in settings:
        terms = mapping(settings["cancellation"], "settings.cancellation")
        bounds = {"until_minutes": LONGEST_NOTICE, "refund_percent": 100}
        numbers["cancellation"] = Cancellation(
            **{
                name: whole_number(terms[name], f"settings.cancellation.{name}", 0, most)
                for name, most in bounds.items()
                if terms.get(name) is not None
            }
        )
    return numbers


def words_of(settings: dict[Any, Any]) -> dict[str, Any]:
    words: dict[str, Any] = {
        name: one_of(settings[name], f"settings.{name}", choices)
        for name, choices in CHOICES.items()
        if name in settings
    }
    if "location" in settings:
        words["location"] = text(settings["location"], "settings.location", 1000)
    if "languages" in settings:
        given = items(settings["languages"], "settings.languages", MOST_LANGUAGES)
        tags = [text(each, f"settings.languages.{at}", 35).lower() for at, each in enumerate(given)]
        words["languages"] = tuple(dict.fromkeys(tags))
    return words


def with_lines(
    rules: SlotRules,
    given: list[Any],
    where: str,
    zone: ZoneInfo,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> SlotRules:
    """The rules with the hours of these lines: opening hours, DTSTART and RRULE, in any order."""
    lines = [
        (f"{where}.{number}", line)
        for number, each in enumerate(given)
        for line in read_line(each, f"{where}.{number}").splitlines()
    ]
    opening_hours = [(field, line) for field, line in lines if not is_recurrence(line)]
    recurring = items([(field, line) for field, line in lines if is_recurrence(line)], where, MOST_RECURRENCES)
    starts = [(field, line, read_start(line, field, rules.timezone)) for field, line in recurring]
    begins = [begin for _, _, begin in starts if begin is not None]
    if not begins:
        begin_of_today = now.astimezone(zone).replace(hour=0, minute=0)
        begins = [civil_minute_of(starts_at or begin_of_today, zone)]
    closes = None if ends_at is None else civil_minute_of(ends_at, zone) % DAY
    anchor = Anchor(begins[0], closes, rules.duration)
    return msgspec.structs.replace(
        rules,
        days=gather((field, read_opening_hours(line, field)) for field, line in opening_hours),
        recurrences=tuple(
            read_recurrence(line, field, anchor, rules.timezone) for field, line, begin in starts if begin is None
        ),
    )


def civil_minute_of(at: datetime, zone: ZoneInfo) -> int:
    return minute_of(at.astimezone(zone).replace(tzinfo=UTC))
