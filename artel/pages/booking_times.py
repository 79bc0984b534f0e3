"""Times on the booking pages: in the visitor's own zone, in the reader's language."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date, format_time
from babel.numbers import format_currency, get_currency_symbol
from litestar.datastructures import Cookie

from artel.api.context import Connection, context_of
from artel.schedules.hours import Cancellation
from artel.timezones import known_timezones

COOKIE = "artel_timezone"  # zone.js writes it too
YEAR_S = 365 * 24 * 3600
HOUR, DAY = 60, 1440
# What stands before the "/" of names that people know their zone by. The others are older names of the same zones.
REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


class Zone(msgspec.Struct, frozen=True):
    """`is_chosen`: by the visitor, or by their browser; else it is the schedule's own."""

    name: str
    is_chosen: bool

    @property
    def info(self) -> ZoneInfo:
        return ZoneInfo(self.name)


def visitor_zone(request: Connection, *defaults: str | None) -> Zone:
    """What `?tz=` asks for, else the first default that is one, but the last comes after the visitor's cookie."""
    asked = request.query_params.get("tz")
    kept = request.cookies.get(COOKIE)
    wanted = [asked, *defaults[:-1], kept]
    known = next((str(name) for name in wanted if name in known_timezones()), None)
    if known is not None:
        return Zone(known, is_chosen=True)
    # A zone that is not known here is not asked for again.
    return Zone(str(defaults[-1]), is_chosen=asked is not None or kept is not None)


def zone_cookie(request: Connection, zone: Zone) -> Cookie | None:
    """Remember what was chosen with `?tz=`. Scripts may read it: zone.js writes it as well."""
    if request.query_params.get("tz") != zone.name or request.cookies.get(COOKIE) == zone.name:
        return None
    secure = context_of(request).settings.base_url.startswith("https:")
    return Cookie(key=COOKIE, value=zone.name, path="/", max_age=YEAR_S, samesite="lax", secure=secure)


def zone_choices(chosen: str, now: datetime) -> list[tuple[str, list[tuple[str, str]]]]:
    """(region, [(name, what it is called)]): cities with their distance from UTC at the moment."""
    groups = choices_in(now.replace(minute=0, second=0, microsecond=0))
    if any(name == chosen for _, group in groups for name, _ in group):
        return groups
    return [("", [(chosen, f"{chosen} ({offset_of(now, ZoneInfo(chosen))})")]), *groups]


@lru_cache(maxsize=4)
def choices_in(hour: datetime) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {"UTC": [("UTC", "UTC")]}
    for name in sorted(known_timezones()):
        region, _, city = name.partition("/")
        if region in REGIONS:
            text = f"{city.replace('_', ' ').replace('/', ', ')} ({offset_of(hour, ZoneInfo(name))})"
            groups.setdefault(region, []).append((name, text))
    return list(groups.items())


def offset_of(at: datetime, zone: ZoneInfo) -> str:
    """UTC+1, UTC+5:30, UTC-3."""
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta() else "+"
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")


class Words:
    """How times, lengths and prices are written in one language, in one zone."""

    def __init__(self, language: str, zone: str) -> None:
        self.locale = language.lower()
        self.zone = ZoneInfo(zone)
        self.zone_name = zone

    def clock(self, at: datetime, zone: str | None = None) -> str:
        return format_time(at.astimezone(ZoneInfo(zone) if zone else self.zone).time(), "short", locale=self.locale)

    def day(self, at: datetime | date, zone: str | None = None) -> str:
        """Tuesday, 1 December 2026."""
        civil = at.astimezone(ZoneInfo(zone) if zone else self.zone).date() if isinstance(at, datetime) else at
        if self.locale == "en":
            return format_date(civil, "EEEE, d MMMM y", locale="en")
        return format_date(civil, "EEEE, d MMMM y 'г.'", locale=self.locale)

    def month(self, first: date) -> str:
        name = format_date(first, "LLLL y", locale=self.locale)
        return name[0].upper() + name[1:]

    def weekdays(self) -> list[tuple[str, str]]:
        """(short, whole) names from Monday on."""
        week = [date(2024, 1, day) for day in range(1, 8)]  # it begins on a Monday
        return [
            (format_date(each, "ccc", locale=self.locale), format_date(each, "cccc", locale=self.locale))
            for each in week
        ]

    def span(self, start: datetime, end: datetime, zone: str | None = None) -> str:
        """09:30 – 10:00; the day it ends on as well, where it is another one."""
        until = self.clock(end, zone)
        if self.day(start, zone) != self.day(end, zone) and end - start >= timedelta(hours=24):
            until = f"{self.day(end, zone)}, {until}"
        return f"{self.clock(start, zone)} – {until}"

    def offset(self, at: datetime, zone: str | None = None) -> str:
        return offset_of(at, ZoneInfo(zone) if zone else self.zone)

    def differs(self, at: datetime, zone: str) -> bool:
        """Whether clocks in that zone show something else then."""
        return at.astimezone(ZoneInfo(zone)).utcoffset() != at.astimezone(self.zone).utcoffset()

    def length(self, minutes: int) -> str:
        """30 min, 1 h 30 min, 2 days."""
        day, hour, minute = ("дн.", "ч", "мин") if self.locale == "ru" else ("d", "h", "min")
        days, rest = divmod(minutes, DAY) if minutes % DAY == 0 and minutes > DAY else (0, minutes)
        hours, rest = divmod(rest, HOUR)
        parts = ((days, day), (hours, hour), (rest, minute))
        return " ".join(f"{count}\xa0{unit}" for count, unit in parts if count) or f"0\xa0{minute}"

    def money(self, amount: Decimal, currency: str) -> str:
        """With the digits that are there: cents, and all of a coin's."""
        digits = max(2, -int(amount.normalize().as_tuple().exponent)) if amount else 2
        pattern = f"#,##0.{'0' * digits}\xa0¤¤"
        if digits > 2 or get_currency_symbol(currency, self.locale) == currency:
            return format_currency(amount, currency, pattern, locale=self.locale, currency_digits=False)
        return format_currency(amount, currency, locale=self.locale)


def terms_key(terms: Cancellation, *, is_priced: bool) -> str:
    """Which sentence says what cancelling costs."""
    if not is_priced:
        return "terms_free"
    if terms.until_minutes == 0:
        return "terms_until_start"
    return "terms_part" if terms.refund_percent else "terms_none"


def address(slug: str, **query: Any) -> str:
    """A schedule's page; what is None is left out."""
    given = urlencode({name: value for name, value in query.items() if value is not None})
    return f"/book/{slug}{'?' if given else ''}{given}"


def slot_address(slug: str, start: datetime, duration: int | None) -> str:
    """The form for one slot."""
    query = f"?duration={duration}" if duration else ""
    return f"/book/{slug}/{start:%Y-%m-%dT%H:%M}Z{query}"


def names(hosts: Sequence[str]) -> str:
    return ", ".join(name for name in hosts if name)
