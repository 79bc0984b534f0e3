"""What a contract of the advertising law may say: its types, subjects and an intermediary's actions, and the checks
that need nothing but the contract itself (S, "Добавить данные договора")."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec

from artel.errors import Refused
from artel.tasks.pricing import LARGEST_PRICE

LONGEST_NUMBER = 100
PRICE_DIGITS = 2
# Where the day begins first in Russia: Kamchatka. A contract of today there is not of the future.
FIRST_DAY = timedelta(hours=12)


class Type(StrEnum):
    SERVICE = "service"
    INTERMEDIARY = "intermediary"
    ADDITIONAL_AGREEMENT = "additional_agreement"


class Subject(StrEnum):
    DISTRIBUTION = "distribution"
    ORGANISATION = "organisation"
    INTERMEDIARY = "intermediary"
    REPRESENTATION = "representation"
    OTHER = "other"


class Action(StrEnum):
    """What an intermediary, or a representative, does for the customer."""

    CONCLUSION = "conclusion"
    DISTRIBUTION = "distribution"
    COMMERCIAL = "commercial"
    OTHER = "other"


BY_PROXY = {Subject.INTERMEDIARY, Subject.REPRESENTATION}


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """A contract as somebody describes it. Its parties and its parent are named by their uuids."""

    uuid: UUID
    customer: UUID
    performer: UUID
    signed_on: date
    number: str = ""
    type: Type = Type.SERVICE
    subject: Subject = Subject.DISTRIBUTION
    action: Action | None = None
    additional_number: str = ""
    additional_signed_on: date | None = None
    parent: UUID | None = None
    price: Decimal | None = None
    with_vat: bool = False
    is_creative_reporter: bool = False


def check_terms(given: Contract, *, now: datetime) -> Contract:
    """The contract as it is kept, its texts trimmed.

    Refuses: contract_parties_same; contract_date_ahead for a day that has begun nowhere in Russia; field_too_long,
    field_invalid for a number; contract_action_required for an intermediary's contract, contract_action_unused for one
    that has nothing of an intermediary; contract_parent_required for an additional agreement; contract_parent_unused
    and additional_number_unused for anything else; additional_date_early; contract_price_invalid.
    """
    contract = msgspec.structs.replace(
        given,
        number=clean_number("contract_number", given.number),
        additional_number=clean_number("additional_contract_number", given.additional_number),
    )
    if contract.customer == contract.performer:
        raise Refused("contract_parties_same", "external_organisation_performer_id")
    last_day = (now + FIRST_DAY).date()
    if contract.signed_on > last_day:
        raise Refused("contract_date_ahead", "contract_date")
    if contract.type is Type.INTERMEDIARY and contract.action is None:
        raise Refused("contract_action_required", "action_type")
    if contract.action and contract.type is not Type.INTERMEDIARY and contract.subject not in BY_PROXY:
        raise Refused("contract_action_unused", "action_type")
    check_agreement(contract, last_day=last_day)
    if contract.price is not None:
        check_contract_price(contract.price)
    return contract


def check_agreement(contract: Contract, *, last_day: date) -> None:
    """What an additional agreement has, and no other contract."""
    if contract.type is Type.ADDITIONAL_AGREEMENT:
        if contract.parent is None:
            raise Refused("contract_parent_required", "external_parent_id")
        signed_on = contract.additional_signed_on
        if signed_on and signed_on < contract.signed_on:
            raise Refused("additional_date_early", "additional_contract_number_date")
        if signed_on and signed_on > last_day:
            raise Refused("contract_date_ahead", "additional_contract_number_date")
        return
    if contract.parent is not None:
        raise Refused("contract_parent_unused", "external_parent_id")
    if contract.additional_number:
        raise Refused("additional_number_unused", "additional_contract_number")
    if contract.additional_signed_on:
        raise Refused("additional_number_unused", "additional_contract_number_date")


def clean_number(field: str, number: str) -> str:
    number = number.strip()
    if len(number) > LONGEST_NUMBER:
        raise Refused("field_too_long", field, longest=LONGEST_NUMBER)
    if not number.isprintable():
        raise Refused("field_invalid", field)
    return number


def check_contract_price(price: Decimal) -> None:
    """Refuses: contract_price_invalid below zero, above what a task can cost, and with more than two decimals."""
    fits = price.is_finite() and 0 <= price <= LARGEST_PRICE
    if not fits or price != price.quantize(Decimal(1).scaleb(-PRICE_DIGITS)):
        raise Refused("contract_price_invalid", "price", largest=LARGEST_PRICE)
