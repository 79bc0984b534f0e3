"""Organisations and contracts of the advertising law as clients send them."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec

from artel.advertising.kinds import Kind
from artel.advertising.organisations import Organisation
from artel.advertising.terms import Action, Contract, Subject, Type
from artel.errors import Refused

RUSSIAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
DAY_EXAMPLE = "11.01.2020"
LEGAL_TYPE, CONTRACT_TYPE, SUBJECT_TYPE, ACTION_TYPE = (
    "LEGAL_TYPE_",
    "CONTRACT_TYPE_",
    "SUBJECT_TYPE_",
    "ACTION_TYPE_",
)
# The documents' word for a type that is not known. It can be read, and as an action it can be written: none.
INVALID = "INVALID"

Word = TypeVar("Word", bound=StrEnum)


class NewOrganisation(msgspec.Struct, rename="camel", kw_only=True):
    """`legalType` is LEGAL_TYPE_LEGAL where it is left out, as in the documents' example. An empty text counts as left
    out."""

    external_organisation_id: UUID
    legal_type: str | None = None
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
    region_number: str | int | None = None


class NewContract(msgspec.Struct, rename="camel", kw_only=True):
    """The documents' example leaves out the contract's uuid, which is then made, and its type and subject, which are
    then a service contract's about distribution. `price` may be a text, as replies have it."""

    external_organisation_customer_id: UUID
    external_organisation_performer_id: UUID
    contract_date: str
    external_contract_id: UUID | None = None
    contract_number: str | None = None
    contract_type: str | None = None
    subject_type: str | None = None
    action_type: str | None = None
    additional_contract_number: str | None = None
    additional_contract_number_date: str | None = None
    external_parent_id: str | None = None
    price: str | int | float | None = None
    with_nds: bool | None = None
    is_creative_reporter: bool | None = None


def to_organisation(data: NewOrganisation) -> Organisation:
    """Refuses: legal_type_unknown."""
    return Organisation(
        uuid=data.external_organisation_id,
        kind=read_word(Kind, data.legal_type, LEGAL_TYPE, "legal_type") or Kind.LEGAL,
        full_opf=data.full_opf,
        fio=data.fio,
        inn=data.inn,
        kpp=data.kpp,
        ogrn=data.ogrn,
        ogrnip=data.ogrnip,
        registration_number=data.registration_number,
        tax_id=data.tax_id,
        phone_number=data.phone_number,
        payment_number=data.payment_number,
        region_number=None if data.region_number is None else str(data.region_number),
    )


def to_contract(data: NewContract) -> Contract:
    """Refuses: contract_type_unknown, subject_type_unknown, action_type_unknown; field_not_a_date, field_not_a_uuid,
    contract_price_invalid."""
    kind = read_word(Type, data.contract_type, CONTRACT_TYPE, "contract_type") or Type.SERVICE
    action = (
        None
        if data.action_type == ACTION_TYPE + INVALID
        else read_word(Action, data.action_type, ACTION_TYPE, "action_type")
    )
    if kind is Type.INTERMEDIARY and not data.action_type:
        action = Action.OTHER  # the documents' request has no field for it
    return Contract(
        uuid=data.external_contract_id or uuid4(),
        customer=data.external_organisation_customer_id,
        performer=data.external_organisation_performer_id,
        signed_on=read_day(data.contract_date, "contract_date"),
        number=data.contract_number or "",
        type=kind,
        subject=read_word(Subject, data.subject_type, SUBJECT_TYPE, "subject_type") or Subject.DISTRIBUTION,
        action=action,
        additional_number=data.additional_contract_number or "",
        additional_signed_on=(
            read_day(data.additional_contract_number_date, "additional_contract_number_date")
            if data.additional_contract_number_date
            else None
        ),
        parent=read_uuid(data.external_parent_id) if data.external_parent_id else None,
        price=None if data.price is None or data.price == "" else read_price(data.price),
        with_vat=bool(data.with_nds),
        is_creative_reporter=bool(data.is_creative_reporter),
    )


def read_word(words: type[Word], given: str | None, prefix: str, field: str) -> Word | None:
    """`LEGAL_TYPE_FOREIGN_LEGAL` -> Kind.FOREIGN_LEGAL. None: none is given. Refuses: `{field}_unknown`."""
    if not given:
        return None
    try:
        return words(given.removeprefix(prefix).lower() if given.startswith(prefix) and given.isupper() else "")
    except ValueError:
        known = ", ".join(write_word(word, prefix) for word in words)
        raise Refused(f"{field}_unknown", field, known=known) from None


def write_word(word: str | None, prefix: str) -> str:
    return prefix + (INVALID if word is None else word.upper())


def read_day(text: str, field: str) -> date:
    """`11.01.2020` as in the documents' request, or `2020-01-11` as in their reply. Refuses: field_not_a_date."""
    try:
        if match := RUSSIAN_DAY.fullmatch(text.strip()):
            day, month, year = (int(part) for part in match.groups())
            return date(year, month, day)
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("field_not_a_date", field, example=DAY_EXAMPLE) from None


def read_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("field_not_a_uuid", "external_parent_id") from None


def read_price(given: str | float) -> Decimal:
    """Refuses: field_not_a_number."""
    try:
        return Decimal(str(given))
    except InvalidOperation:
        raise Refused("field_not_a_number", "price") from None
