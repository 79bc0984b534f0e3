"""Changing what a person shows of themselves. Their own change, and a proposal of somebody else's that they agreed
to, both come here."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.operations import audit
from artel.people.codes import void_codes
from artel.profiles.errors import (
    CurrencyUnknown,
    FieldInvalid,
    IdentityVerified,
    PhoneSignsIn,
)
from artel.profiles.fields import COLUMNS, clean_birth_date, clean_name, clean_own_phone, clean_text
from artel.profiles.names import full_name, split_name
from artel.profiles.skills import clean_skills, replace_skills

# What may be changed.
FIELDS = frozenset({"name", "birthdate", "phone", "currency", "skills", *COLUMNS})
JSON_COLUMNS = frozenset({"links", "salary", "settings"})


class _Holder(msgspec.Struct):
    first_name: str
    middle_name: str
    last_name: str
    birth_date: date | None
    phone: str | None
    two_factor: str
    is_verified: bool

    @property
    def name(self) -> str:
        return full_name(self.first_name, self.middle_name, self.last_name)


async def change_profile(
    conn: Connection, person_id: int, changes: Mapping[str, Any], *, actor_id: int, now: datetime
) -> None:
    """Write fields of a profile; those not in `changes` stay. Values are JSON; null empties a field that may be empty.

    `name` (in one line), `timezone` (IANA), `birthdate`, `birthtime`, `birthcity`, `phone`, `city`, `currency`,
    `education`, `about`, `languages` (tags, or {"code"}), `skills` (ids, names, or objects with either), `links`
    ({"label", "url"}), `sallary` ({"amount", "currency", "per"}), `settings` (an object).
    A new phone is unconfirmed. Each refusal names its field: FieldInvalid, FieldTooShort, TooManyOf, TimezoneUnknown,
    CurrencyUnknown, LanguageTagUnknown, PhoneInvalid, BirthDateUnlikely; what `find_or_add_skills` refuses;
    IdentityVerified for the name and date of birth of a freelancer whose papers were checked; PhoneSignsIn where
    codes for signing in come to the phone.
    """
    holder = await lock_holder(conn, person_id)
    values: dict[str, Any] = {}
    for field, given in changes.items():
        if field == "skills":
            await replace_skills(conn, person_id, clean_skills(given), now=now)
        elif field == "name":
            values |= name_columns(holder, clean_name(given))
        elif field == "birthdate":
            values["birth_date"] = clean_birth_date(given, today=now.date())
            if holder.is_verified and values["birth_date"] != holder.birth_date:
                raise IdentityVerified(field)
        elif field == "phone":
            values |= await phone_columns(conn, person_id, holder, clean_own_phone(given), now=now)
        elif field == "currency":
            values["currency"] = await known_currency(conn, "currency", clean_text("currency", given, 10))
        elif field in COLUMNS:
            column, clean = COLUMNS[field]
            values[column] = clean(given)
        else:
            raise FieldInvalid(field)
    if values.get("salary"):
        await known_currency(conn, "sallary", values["salary"]["currency"])
    values["profile_updated_at"] = now
    await conn.execute(
        SQL("UPDATE person SET {columns} WHERE id = %(person)s").format(
            columns=SQL(", ").join(SQL("{} = {}").format(Identifier(name), Placeholder(name)) for name in values)
        ),
        {
            **values,
            **{name: Jsonb(values[name]) for name in JSON_COLUMNS & values.keys() if values[name] is not None},
            "person": person_id,
        },
    )
    await audit.record(
        conn,
        "profile.changed",
        subject="person",
        subject_id=person_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        fields=sorted(changes),
    )


async def lock_holder(conn: Connection, person_id: int) -> _Holder:
    holder = await fetch_one(
        conn,
        _Holder,
        """
        SELECT p.first_name, p.middle_name, p.last_name, p.birth_date, p.phone, p.two_factor,
            EXISTS (
                SELECT FROM freelancer AS f WHERE f.person_id = p.id AND f.verified_at IS NOT NULL
            ) AS is_verified
        FROM person AS p
        WHERE p.id = %(person)s
        FOR NO KEY UPDATE OF p
        """,
        {"person": person_id},
    )
    if holder is None:
        raise LookupError("people are not deleted")
    return holder


def name_columns(holder: _Holder, name: str) -> dict[str, Any]:
    """Nothing where the name is what it was: the columns stay as they were parted. Refuses: IdentityVerified."""
    if name == holder.name:
        return {}
    if holder.is_verified:
        raise IdentityVerified("name")
    first, last = split_name(name)
    return {"first_name": first, "middle_name": "", "last_name": last}


async def phone_columns(
    conn: Connection, person_id: int, holder: _Holder, phone: str | None, *, now: datetime
) -> dict[str, Any]:
    """Refuses: PhoneSignsIn."""
    if phone == holder.phone:
        return {}
    if holder.two_factor == "sms":
        raise PhoneSignsIn
    if holder.phone is not None:
        await void_codes(conn, person_id, sent_to=holder.phone, now=now)
    return {"phone": phone, "phone_confirmed_at": None}


async def known_currency(conn: Connection, field: str, code: str | None) -> str | None:
    """Refuses: CurrencyUnknown."""
    if code is None:
        return None
    known: str | None = await fetch_value(
        conn, "SELECT code FROM currency WHERE code = upper(%(code)s)", {"code": code}
    )
    if known is None:
        raise CurrencyUnknown(field)
    return known
