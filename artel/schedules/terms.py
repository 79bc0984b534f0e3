"""What somebody gives to a schedule, looked over before it is kept: for a new one, a change and a preview alike."""

import re
import secrets
import zoneinfo
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from anyascii import anyascii

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.schedules.errors import (
    CurrencyUnknown,
    FileUnknown,
    GroupNeedsSeats,
    PeriodInvalid,
    PriceInvalid,
    SettingsTooLarge,
    SlugInvalid,
    SlugReserved,
    TimezoneUnknown,
    TooMany,
)
from artel.schedules.hours import SlotRules
from artel.schedules.settings import read_settings
from artel.schedules.skills import GivenSkill
from artel.timezones import known_timezones

GROUP = 2
LONGEST_LABEL = 200
LONGEST_DESCRIPTION = 10_000
LONGEST_SLUG = 100
LONGEST_NOTICE_MINUTES = 366 * 1440
LARGEST_PRICE = Decimal(1_000_000_000)
MOST_FILES = 50
LARGEST_SETTINGS_KIB = 64
DEEPEST_SETTINGS = 8
FIRST_YEAR, LAST_YEAR = 1970, 2200

SLUG = re.compile(r"(?=.*[a-z])[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?", re.IGNORECASE)
# Words that stand, or may one day stand, where a slug does in an address.
RESERVED_SLUGS = frozenset(
    {
        "about",
        "admin",
        "agent",
        "api",
        "app",
        "auth",
        "book",
        "booking",
        "calendar",
        "contract",
        "docs",
        "event",
        "events",
        "help",
        "index",
        "kal",
        "login",
        "logout",
        "mcp",
        "me",
        "new",
        "next",
        "null",
        "pay",
        "preview",
        "register",
        "schedule",
        "schedules",
        "search",
        "settings",
        "signup",
        "static",
        "support",
        "undefined",
        "user",
        "users",
        "www",
    }
)
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class NewSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as somebody wants it. None takes the default: the owner's default calendar, the owner as the one who
    works, the calendar's time zone, a slug made from the label. A start or end without an offset is civil time."""

    label: str
    is_private: bool
    settings: Any
    type_id: int = 1
    calendar_id: int | None = None
    benefitable_id: int | None = None
    billable_id: int | None = None
    parent_id: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    slug: str | None = None
    notice_minutes: int = 0
    description: str | None = None
    timezone: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    file_ids: Sequence[int] = ()
    skills: Sequence[GivenSkill] = ()


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What was given, in order."""

    label: str
    description: str | None
    timezone: str
    starts_at: datetime | None
    ends_at: datetime | None
    price: Decimal | None
    currency: str | None
    exponent: int | None
    rules: SlotRules


async def read_terms(
    conn: Connection,
    given: NewSchedule,
    *,
    timezone: str,
    now: datetime,
    before: SlotRules | None = None,
    duration: int | None = None,
) -> Terms:
    """Look over what is said of hours, price and texts.

    `timezone` is the calendar's, where none is given; `duration` the slots' length, where the settings have none;
    recurrence rules of a schedule without a start count from today, or from where they did `before`, where the settings
    are the same: every second week stays the same one.

    Refuses: field_required, field_too_long, field_invalid, field_out_of_range; TimezoneUnknown; PeriodInvalid;
    CurrencyUnknown; PriceInvalid; SettingsTooLarge; GroupNeedsSeats; what `read_settings` refuses.
    """
    if given.type_id not in (1, 2, 3):
        raise Refused("field_invalid", "type_id")
    label = clean_text("label", given.label, LONGEST_LABEL)
    if not label:
        raise Refused("field_required", "label")
    if not 0 <= given.notice_minutes <= LONGEST_NOTICE_MINUTES:
        raise Refused("field_out_of_range", "msp")
    zone = given.timezone or timezone
    if zone not in known_timezones():
        raise TimezoneUnknown
    starts_at, ends_at = as_instant(given.starts_at, zone, "start"), as_instant(given.ends_at, zone, "end")
    if starts_at and ends_at and ends_at <= starts_at:
        raise PeriodInvalid
    require_plain(given.settings)
    rules = read_settings(
        given.settings,
        timezone=zone,
        notice_minutes=given.notice_minutes,
        starts_at=starts_at,
        ends_at=ends_at,
        duration=duration,
        now=first_day_at(before, zone) or now,
    )
    if given.type_id == GROUP and rules.seats < 2:
        raise GroupNeedsSeats
    price, currency, exponent = await read_price(conn, given.price, given.currency)
    return Terms(
        label=label,
        description=clean_text("description", given.description, LONGEST_DESCRIPTION) or None,
        timezone=zone,
        starts_at=starts_at,
        ends_at=ends_at,
        price=price,
        currency=currency,
        exponent=exponent,
        rules=rules,
    )


def clean_text(field: str, given: str | None, longest: int) -> str:
    text = (given or "").strip()
    if len(text) > longest:
        raise Refused("field_too_long", field, longest=longest)
    if CONTROL_CHARACTERS.search(text):
        raise Refused("field_invalid", field)
    return text


def as_instant(at: datetime | None, timezone: str, field: str) -> datetime | None:
    if at is None:
        return None
    if not FIRST_YEAR < at.year < LAST_YEAR:  # years at whose edges no time zone leads out of the calendar
        raise PeriodInvalid(field)
    return (at if at.tzinfo else at.replace(tzinfo=zoneinfo.ZoneInfo(timezone))).astimezone(UTC)


def first_day_at(rules: SlotRules | None, timezone: str) -> datetime | None:
    """Noon of the day from which recurrence rules count, wherever they are moved to."""
    if rules is None or not rules.recurrences:
        return None
    day = date(1970, 1, 1) + timedelta(days=rules.recurrences[0].first_day)
    return datetime.combine(day, time(12), zoneinfo.ZoneInfo(timezone))


async def read_price(
    conn: Connection, price: Decimal | None, currency: str | None
) -> tuple[Decimal | None, str | None, int | None]:
    """Price, currency and its digits. A price that is not 0 needs a currency."""
    if not currency:
        if price is None or price == 0:
            return price, None, None
        raise Refused("field_required", "currency")
    exponent = None
    if len(currency) <= 10 and currency.isascii() and currency.isalpha():
        exponent = await fetch_value(
            conn, "SELECT exponent FROM currency WHERE code = upper(%(code)s)", {"code": currency}
        )
    if exponent is None:
        raise CurrencyUnknown
    if price is not None:
        fits = price.is_finite() and 0 <= price <= LARGEST_PRICE
        if not fits or price != round(price, exponent):
            raise PriceInvalid(LARGEST_PRICE, exponent, currency.upper())
        price = abs(round(price, exponent))
    return price, currency.upper(), exponent


def require_plain(settings: Any) -> None:
    """Settings are kept and shown as they were sent, so they have to be something that can be. Refuses:
    SettingsTooLarge."""
    refusal = SettingsTooLarge(LARGEST_SETTINGS_KIB)
    level: list[Any] = [settings]
    for _ in range(DEEPEST_SETTINGS):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += [*value.keys(), *value.values()]
            elif isinstance(value, list | tuple):
                inner += value
            elif (isinstance(value, str) and "\0" in value) or (isinstance(value, int) and abs(value) >= 2**53):
                raise refusal
        level = inner
    if level or len(msgspec.json.encode(settings)) > LARGEST_SETTINGS_KIB * 1024:
        raise refusal


def clean_slug(given: str) -> str:
    """A slug somebody chose. Refuses: SlugInvalid; SlugReserved."""
    slug = given.strip()
    if len(slug) > LONGEST_SLUG or not SLUG.fullmatch(slug):
        raise SlugInvalid(LONGEST_SLUG)
    if slug.lower() in RESERVED_SLUGS:
        raise SlugReserved
    return slug


def slug_of(label: str, *, with_ending: bool) -> str:
    """A slug made from a label: its letters in Latin ones; with an ending that makes it one's own where asked."""
    words = re.sub(r"[^a-z0-9]+", "-", anyascii(label).lower())[: LONGEST_SLUG - 10].strip("-")
    if not re.search("[a-z]", words):
        words = f"schedule-{words}".strip("-")
    if with_ending or words in RESERVED_SLUGS:
        words = f"{words}-{secrets.token_hex(4)}"
    return words


async def require_own_files(
    conn: Connection, file_ids: Sequence[int], *, actor_id: int, kept: Sequence[int] = ()
) -> list[int]:
    """The ids, each once; those in `kept` are there already, whosever they are. Refuses: TooMany; FileUnknown."""
    ids = list(dict.fromkeys(file_ids))
    if len(ids) > MOST_FILES:
        raise TooMany("files", MOST_FILES)
    new = [file_id for file_id in ids if file_id not in kept]
    known = await fetch_value(
        conn,
        "SELECT count(*) FROM file WHERE id = ANY(%(ids)s) AND owner_id = %(owner)s",
        {"ids": new, "owner": actor_id},
    )
    if known != len(new):
        raise FileUnknown
    return ids
