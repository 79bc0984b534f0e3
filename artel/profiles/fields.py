"""What each field of a profile may be: JSON in, what is stored out. No rule here looks into the database.

Every function refuses with FieldInvalid, naming the field, beside what it says itself.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from babel import Locale

from artel.people.contacts import clean_phone
from artel.profiles.errors import (
    BirthDateUnlikely,
    FieldInvalid,
    FieldTooShort,
    LanguageTagUnknown,
    TimezoneUnknown,
    TooManyOf,
)
from artel.timezones import known_timezones

SHORTEST_NAME = 2
LONGEST_NAME = 100
LONGEST: Mapping[str, int] = {"city": 100, "birthcity": 100, "education": 2000, "about": 5000}
MOST_LANGUAGES = 20
MOST_LINKS = 20
LONGEST_LABEL = 100
LONGEST_URL = 500
LONGEST_LIFE = timedelta(days=120 * 366)
PERIODS = ("hour", "day", "month")
LARGEST_SALARY = Decimal(10) ** 9
# A client's own settings: kept, not read.
MOST_SETTINGS_BYTES = 16 * 1024
DEEPEST_SETTINGS = 20
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean_text(field: str, given: Any, longest: int) -> str | None:
    """The text without spaces around it; None where nothing is left."""
    if given is None:
        return None
    if not isinstance(given, str):
        raise FieldInvalid(field, "field_not_a_string")
    text = given.strip()
    if len(text) > longest:
        raise FieldInvalid(field, "field_too_long", longest=longest)
    if CONTROL_CHARACTERS.search(text):
        raise FieldInvalid(field)
    return text or None


def clean_name(given: Any) -> str:
    """In one line, with single spaces. Refuses: FieldTooShort."""
    name = " ".join((clean_text("name", given, LONGEST_NAME) or "").split())
    if len(name) < SHORTEST_NAME:
        raise FieldTooShort("name", SHORTEST_NAME)
    return name


def clean_timezone(given: Any) -> str:
    """An IANA name; none is UTC. Refuses: TimezoneUnknown."""
    name = clean_text("timezone", given, 100) or "UTC"
    if name not in known_timezones():
        raise TimezoneUnknown
    return name


def clean_birth_date(given: Any, *, today: date) -> date | None:
    """A date, or a date-time whose day counts as it is written. Refuses: BirthDateUnlikely."""
    text = clean_text("birthdate", given, 40)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text).date()
    except ValueError:
        raise FieldInvalid("birthdate", "field_not_a_date", example="1990-05-17") from None
    if not today - LONGEST_LIFE < day < today:
        raise BirthDateUnlikely
    return day


def clean_birth_time(given: Any) -> time | None:
    """Hours and minutes of a clock where the person was born."""
    text = clean_text("birthtime", given, 15)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", text, re.ASCII):
        raise FieldInvalid("birthtime")
    try:
        return time.fromisoformat(text.zfill(5 if text.count(":") == 1 else 8)).replace(second=0)
    except ValueError:
        raise FieldInvalid("birthtime") from None


def clean_own_phone(given: Any) -> str | None:
    """E.164's digits. Refuses: PhoneInvalid."""
    text = clean_text("phone", given, 100)
    return None if text is None else clean_phone(text)


def as_list(field: str, given: Any, most: int) -> list[Any]:
    """Refuses: TooManyOf."""
    if given is None:
        return []
    if not isinstance(given, list):
        raise FieldInvalid(field, "field_not_a_list")
    if len(given) > most:
        raise TooManyOf(field, most)
    return given


@cache
def known_languages() -> frozenset[str]:
    return frozenset(Locale("en").languages)


def clean_languages(given: Any) -> list[str]:
    """Primary tags of BCP 47 in lower case, in the order given: of "en", "pt-BR" or {"code": "en"}.

    Refuses: LanguageTagUnknown; TooManyOf.
    """
    tags: dict[str, None] = {}
    for item in as_list("languages", given, MOST_LANGUAGES):
        tag = item.get("code") if isinstance(item, dict) else item
        text = clean_text("languages", tag, 35)
        primary = re.split(r"[-_]", text or "")[0].lower()
        if primary not in known_languages():
            raise LanguageTagUnknown(text or "")
        tags[primary] = None
    return list(tags)


def clean_links(given: Any) -> list[dict[str, str]]:
    """Addresses of http or https with a label: of "https://…" or {"label", "url"}; without a label, the host's name.

    Refuses: FieldInvalid; TooManyOf.
    """
    return [clean_link(item) for item in as_list("links", given, MOST_LINKS)]


def clean_link(item: Any) -> dict[str, str]:
    label, url = (item.get("label"), item.get("url")) if isinstance(item, dict) else (None, item)
    address = clean_text("links", url, LONGEST_URL) or ""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        raise FieldInvalid("links") from None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or re.search(r"\s", address):
        raise FieldInvalid("links")
    return {"label": clean_text("links", label, LONGEST_LABEL) or host, "url": address}


def clean_salary(given: Any) -> dict[str, str] | None:
    """{"amount", "currency", "per"}: what is asked for an hour, a day or a month. Whether the currency is known the
    rule looks up."""
    if given is None or given == {}:
        return None
    if not isinstance(given, dict):
        raise FieldInvalid("sallary", "field_not_an_object")
    amount, per = given.get("amount"), given.get("per", "hour")
    currency = clean_text("sallary", given.get("currency"), 10)
    if isinstance(amount, bool) or not isinstance(amount, int | float | str | Decimal) or per not in PERIODS:
        raise FieldInvalid("sallary")
    try:
        number = Decimal(str(amount).strip())
    except InvalidOperation:
        raise FieldInvalid("sallary", "field_not_a_number") from None
    if not number.is_finite() or not 0 <= number <= LARGEST_SALARY or number.as_tuple().exponent < -18:  # type: ignore[operator]
        raise FieldInvalid("sallary", "field_out_of_range")
    if currency is None:
        raise FieldInvalid("sallary", "field_required")
    return {"amount": f"{number:f}", "currency": currency.upper(), "per": per}


def clean_settings(given: Any) -> dict[str, Any]:
    """An object that can be stored, of at most 16 KiB and 20 levels."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise FieldInvalid("settings", "field_not_an_object")
    size, level = 0, [given]
    for _ in range(DEEPEST_SETTINGS):
        inner: list[Any] = []
        for value in level:
            texts = [*value] if isinstance(value, dict) else [value] if isinstance(value, str) else []
            if any(CONTROL_CHARACTERS.search(text) for text in texts):
                raise FieldInvalid("settings")
            if isinstance(value, float) and value - value != 0:  # neither a number nor JSON
                raise FieldInvalid("settings")
            size += 8 + sum(len(text.encode()) for text in texts)
            inner += value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
        if size > MOST_SETTINGS_BYTES:
            raise FieldInvalid("settings", "field_too_long", longest=MOST_SETTINGS_BYTES)
        level = inner
    if level:
        raise FieldInvalid("settings")
    return given


# Fields that are one column, and how each is read.
COLUMNS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "timezone": ("timezone", clean_timezone),
    "birthtime": ("birth_time", clean_birth_time),
    "birthcity": ("birth_city", lambda given: clean_text("birthcity", given, LONGEST["birthcity"])),
    "city": ("city", lambda given: clean_text("city", given, LONGEST["city"])),
    "education": ("education", lambda given: clean_text("education", given, LONGEST["education"])),
    "about": ("about", lambda given: clean_text("about", given, LONGEST["about"])),
    "languages": ("languages", clean_languages),
    "links": ("links", clean_links),
    "sallary": ("salary", clean_salary),
    "settings": ("settings", clean_settings),
}
