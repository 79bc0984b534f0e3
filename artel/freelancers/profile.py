"""Checks on personal data, for an invitation (anything may be missing) and for a registration (nothing may)."""

import re
from datetime import date, timedelta

import msgspec
import phonenumbers

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.freelancers.errors import (
    BirthDateInvalid,
    CountryUnknown,
    ProfileFieldMissing,
    TextInvalid,
    TextTooLong,
)
from artel.freelancers.requirements import PROFILE_FIELDS
from artel.people.contacts import clean_phone
from artel.people.errors import PhoneInvalid
from artel.people.profiles import Profile

LONGEST = {
    "first_name": 100,
    "middle_name": 100,
    "last_name": 100,
    "state": 100,
    "city": 100,
    "address": 300,
    "postal_code": 20,
}
COUNTRY_FIELDS = ("country", "citizenship", "birth_country")
LONGEST_LIFE = timedelta(days=120 * 366)
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean_text(field: str, given: str | None, longest: int) -> str | None:
    """The text without spaces around it, None where nothing is left. Refuses: TextTooLong, TextInvalid."""
    text = (given or "").strip()
    if len(text) > longest:
        raise TextTooLong(field, longest)
    if CONTROL_CHARACTERS.search(text):
        raise TextInvalid(field)
    return text or None


def read_phone(given: str, country: str | None) -> str | None:
    """A number as a person writes it, internationally or as in `country`, as E.164's digits. None: not a number."""
    try:
        number = phonenumbers.parse(given, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


async def clean_profile(
    conn: Connection, profile: Profile, *, today: date, complete: bool
) -> tuple[Profile, list[Refused]]:
    """The data as they are stored, and everything that is wrong with them, at most one thing a field.

    `complete`: what work needs (requirements.PROFILE_FIELDS) and the phone must be there.
    Refusals: ProfileFieldMissing, TextTooLong, TextInvalid, PhoneInvalid, BirthDateInvalid, CountryUnknown.
    """
    problems: dict[str, Refused] = {}
    clean = msgspec.structs.asdict(profile)
    for field, longest in LONGEST.items():
        try:
            clean[field] = clean_text(field, clean[field], longest)
        except Refused as refusal:
            problems[field] = refusal
    for field in ("first_name", "middle_name", "last_name"):
        clean[field] = clean[field] or ""
    try:
        clean["phone"] = clean_phone(profile.phone) if profile.phone else None
    except PhoneInvalid as refusal:
        problems["phone"] = refusal
    if profile.birth_date and not today - LONGEST_LIFE < profile.birth_date < today:
        problems["birth_date"] = BirthDateInvalid()
    for field in COUNTRY_FIELDS:
        clean[field] = (clean[field] or "").strip().upper() or None
    known = await known_countries(conn, {clean[field] for field in COUNTRY_FIELDS if clean[field]})
    problems |= {field: CountryUnknown(field) for field in COUNTRY_FIELDS if clean[field] and clean[field] not in known}
    if complete:
        empty = [field for field in (*PROFILE_FIELDS, "phone") if not clean[field]]
        problems |= {field: ProfileFieldMissing(field) for field in empty}
    return Profile(**clean), [problems[field] for field in Profile.__struct_fields__ if field in problems]


async def known_countries(conn: Connection, codes: set[str]) -> set[str]:
    """Those of the codes that are countries."""
    if not codes:
        return set()
    known = await fetch_value(
        conn,
        "SELECT array_agg(code) FROM country WHERE code = ANY(%(codes)s) AND is_active",
        {"codes": [code for code in codes if "\0" not in code]},  # which PostgreSQL's text cannot hold
    )
    return set(known or ())
