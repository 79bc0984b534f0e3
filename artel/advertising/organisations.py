"""Organisations of the advertising law: customers that a company adds, its own record, and the platform's."""

from datetime import datetime
from uuid import UUID

import msgspec

from artel.advertising.kinds import FIELDS, Kind
from artel.advertising.numbers import (
    LEGAL_INN_DIGITS,
    PERSONAL_INN_DIGITS,
    is_foreign_number,
    is_foreign_tax_number,
    is_inn,
    is_kpp,
    is_ogrn,
    is_ogrnip,
    without_card_digits,
)
from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.operations import audit
from artel.people.contacts import clean_phone
from artel.people.errors import PhoneInvalid

LONGEST_NAME = 500
LONGEST_NUMBER = 50
RUSSIA = 643


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation as somebody describes it. An empty text, and a number of "0", are no text and no number."""

    kind: Kind
    uuid: UUID
    full_opf: str | None = None
    fio: str | None = None
    inn: str | None = None
    kpp: str | None = None
    ogrn: str | None = None
    ogrnip: str | None = None
    registration_number: str | None = None
    tax_id: str | None = None
    phone_number: str | None = None
    payment_number: str | None = None
    region_number: str | None = None  # OKSM


TEXTS = tuple(field for field in Organisation.__struct_fields__ if field not in {"kind", "uuid"})
# The documents' replies show a number that is not there as "0", and clients send back what they got.
NO_NUMBER = {"inn", "ogrn", "ogrnip"}


async def add_organisation(conn: Connection, member: Member, given: Organisation, *, now: datetime) -> None:
    """Add a customer to the company's books (S, "Добавить данные заказчика").

    Refuses: what `check_organisation` refuses; organisation_uuid_taken; organisation_taken where the company has one
    of the same kind and number.
    """
    organisation = await check_organisation(conn, given)
    organisation_id = await insert_organisation(
        conn, organisation, company_id=member.company_id, is_primary=False, actor_id=member.person_id, now=now
    )
    if organisation_id is None:
        await refuse_taken(conn, member.company_id, organisation)
        raise AssertionError("an organisation was refused by the table alone")
    await audit.record(
        conn,
        "advertising.organisation_added",
        subject="advertising_organisation",
        subject_id=organisation_id,
        actor_id=member.person_id,
        company_id=member.company_id,
        now=now,
        kind=organisation.kind,
    )


async def check_organisation(conn: Connection, given: Organisation) -> Organisation:
    """The organisation as it is kept.

    Refuses, naming the field: field_required for what its kind must have, organisation_field_unused for what its kind
    cannot have; field_too_long, field_invalid; inn_invalid, kpp_invalid, ogrn_invalid, ogrnip_invalid, tax_id_invalid,
    foreign_number_invalid, phone_invalid; region_unknown, region_is_russia for a foreign one of Russia.
    """
    clean = {field: clean_text(field, getattr(given, field)) for field in TEXTS}
    asked = FIELDS[given.kind]
    for field in asked.required:
        if clean[field] is None:
            raise Refused("field_required", field)
    for field in TEXTS:
        if clean[field] is not None and field not in asked.required and field not in asked.optional:
            raise Refused("organisation_field_unused", field)
    check_russian_numbers(given.kind, clean)
    country = await check_region(conn, given.kind, clean)
    if (number := clean["registration_number"]) and not is_foreign_number(number):
        raise Refused("foreign_number_invalid", "registration_number")
    if number := clean["tax_id"]:
        fits = (
            is_foreign_tax_number(country, number) if given.kind.is_foreign and country else is_foreign_number(number)
        )
        if not fits:
            raise Refused("tax_id_invalid", "tax_id")
    if number := clean["phone_number"]:
        try:
            clean["phone_number"] = clean_phone(number)
        except PhoneInvalid:
            raise Refused("phone_invalid", "phone_number") from None
    if number := clean["payment_number"]:
        if not is_foreign_number(number):
            raise Refused("foreign_number_invalid", "payment_number")
        clean["payment_number"] = without_card_digits(number)
    return msgspec.structs.replace(given, **clean)


def clean_text(field: str, text: str | None) -> str | None:
    """Refuses: field_too_long; field_invalid for control characters."""
    text = (text or "").strip()
    if not text or (text == "0" and field in NO_NUMBER):
        return None
    longest = LONGEST_NAME if field in {"full_opf", "fio"} else LONGEST_NUMBER
    if len(text) > longest:
        raise Refused("field_too_long", field, longest=longest)
    if not text.isprintable():
        raise Refused("field_invalid", field)
    return text


def check_russian_numbers(kind: Kind, clean: dict[str, str | None]) -> None:
    """Refuses: inn_invalid, which says how many digits; kpp_invalid, ogrn_invalid, ogrnip_invalid."""
    digits = PERSONAL_INN_DIGITS if kind.is_person else LEGAL_INN_DIGITS
    if (number := clean["inn"]) and not is_inn(number, digits=digits):
        raise Refused("inn_invalid", "inn", digits=digits)
    for field, fits in (("kpp", is_kpp), ("ogrn", is_ogrn), ("ogrnip", is_ogrnip)):
        if (number := clean[field]) and not fits(number):
            raise Refused(f"{field}_invalid", field)


async def check_region(conn: Connection, kind: Kind, clean: dict[str, str | None]) -> str | None:
    """The country of the OKSM number, by its two letters; None where none is given. The number loses its zeros.

    A Russian organisation may have any: the documents' own example of one has 12, which is Algeria's.
    Refuses: region_unknown; region_is_russia.
    """
    text = clean["region_number"]
    if text is None:
        return None
    number = int(text) if text.isascii() and text.isdecimal() else 0
    country: str | None = await fetch_value(
        conn, "SELECT code FROM country WHERE oksm = %(oksm)s AND is_active", {"oksm": min(number, 1000)}
    )
    if country is None:
        raise Refused("region_unknown", "region_number")
    if kind.is_foreign and number == RUSSIA:
        raise Refused("region_is_russia", "region_number")
    clean["region_number"] = str(number)
    return country


async def insert_organisation(
    conn: Connection,
    organisation: Organisation,
    *,
    company_id: int | None,
    is_primary: bool,
    actor_id: int | None,
    now: datetime,
) -> int | None:
    """The row's id; None where the company has this uuid or this number already."""
    added: int | None = await fetch_value(
        conn,
        """
        INSERT INTO advertising_organisation (
            company_id, uuid, is_primary, legal_type, full_opf, fio, inn, kpp, ogrn, ogrnip, registration_number,
            tax_id, phone_number, payment_number, region_number, created_at, created_by
        )
        VALUES (
            %(company)s, %(uuid)s, %(primary)s, %(kind)s, %(full_opf)s, %(fio)s, %(inn)s, %(kpp)s, %(ogrn)s,
            %(ogrnip)s, %(registration_number)s, %(tax_id)s, %(phone_number)s, %(payment_number)s,
            %(region_number)s::integer, %(now)s, %(actor)s
        )
        ON CONFLICT DO NOTHING
        RETURNING id
        """,
        {
            **msgspec.structs.asdict(organisation),
            "company": company_id,
            "primary": is_primary,
            "actor": actor_id,
            "now": now,
        },
    )
    return added


async def refuse_taken(conn: Connection, company_id: int | None, organisation: Organisation) -> None:
    """Refuses: organisation_uuid_taken, organisation_taken, which names the number.

    Another call may have taken them while this one waited: the insert has waited for it, and this looks anew.
    """
    taken = await fetch_value(
        conn,
        """
        SELECT CASE
            WHEN uuid = %(uuid)s THEN 'external_organisation_id'
            WHEN inn = %(inn)s THEN 'inn'
            WHEN registration_number = %(registration_number)s THEN 'registration_number'
            ELSE 'tax_id'
        END
        FROM advertising_organisation
        WHERE company_id IS NOT DISTINCT FROM %(company)s::bigint AND (
            uuid = %(uuid)s
            OR legal_type = %(kind)s AND (
                inn = %(inn)s
                OR region_number = %(region_number)s::integer
                    AND (registration_number = %(registration_number)s OR tax_id = %(tax_id)s)
            )
        )
        ORDER BY uuid = %(uuid)s DESC
        LIMIT 1
        """,
        {**msgspec.structs.asdict(organisation), "company": company_id},
    )
    if taken == "external_organisation_id":
        raise Refused("organisation_uuid_taken", taken)
    if taken is not None:
        raise Refused("organisation_taken", taken)
