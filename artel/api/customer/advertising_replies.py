"""Organisations, contracts and summaries of the advertising law on the wire."""

from typing import Any

import msgspec

from artel.advertising.queries import ContractRow, OrganisationRow
from artel.advertising.summary import TaskSummary, WorkerAgreement
from artel.advertising.task_contracts import TaskContractRow
from artel.api.customer.advertising_requests import (
    ACTION_TYPE,
    CONTRACT_TYPE,
    LEGAL_TYPE,
    SUBJECT_TYPE,
    write_word,
)
from artel.api.customer.replies import CURRENCIES, Currency, fine_moment, number

ORGANISATION, CONTRACT = "organisation", "contract"
# A state registration number that is not there, as the documents show it.
NO_NUMBER = "0"


class Listed(msgspec.Struct, rename="camel"):
    """An organisation or a contract in a list. Primary is the company's own record, and its contract with the
    platform."""

    uuid: str
    title: str
    type: str
    is_primary: bool


class Address(msgspec.Struct, frozen=True):
    address: str = ""
    locality: str = ""
    postcode: str = ""


class OrganisationData(msgspec.Struct, rename="camel", kw_only=True):
    """What is not there is an empty text. Nobody here places advertisements: `platforms` is always empty."""

    external_organisation_id: str
    inn: str
    kpp: str
    is_opc: bool = False
    is_pp: bool = False
    fio: str
    full_opf: str
    individual_account_description: str = ""
    legal_address: Address = Address()
    legal_type: str
    ogrn: str
    ogrnip: str
    payment_number: str
    phone_number: str
    platforms: list[dict[str, str]] = []
    post_address: Address | None = None
    region_number: str
    registration_number: str
    short_opf: str = ""
    tax_id: str
    trusted_person: str = ""
    violation_description: str = ""


class Organisation(Listed, kw_only=True):
    data: OrganisationData


class Party(OrganisationData, kw_only=True):
    """A contract's party in a task's summary."""

    uuid: str
    title: str
    type: str


class Creator(msgspec.Struct):
    id: str
    email: str
    name: str


class ContractTerms(msgspec.Struct, rename="camel", kw_only=True):
    external_contract_id: str
    contract_type: str
    external_organisation_customer_id: str
    external_organisation_performer_id: str
    is_creative_reporter: bool
    action_type: str
    subject_type: str
    contract_number: str
    contract_date: str
    additional_contract_number: str
    additional_contract_number_date: str
    price: str
    with_nds: bool
    external_parent_id: str


class ContractData(ContractTerms, kw_only=True):
    """`createdBy` is null where the operator entered the contract. Nobody edits one: `editedBy` is always null."""

    created_at: str
    edited_at: str
    created_by: Creator | None
    edited_by: Creator | None = None


class Contract(Listed, kw_only=True):
    data: ContractData


class SummaryContract(ContractTerms, kw_only=True):
    """`contractSum`: the part of the task's price that is for this contract; null: all of it."""

    uuid: str
    title: str
    type: str
    customer: Party
    performer: Party
    contract_sum: float | None


class Agreement(msgspec.Struct, rename="camel", kw_only=True):
    """The freelancer's agreement with the platform. Texts are empty where nothing is known, or nothing is shared."""

    customer_name: str
    customer_tax_value: str
    customer_phone: str
    performer_name: str
    performer_phone: str
    performer_country: str
    performer_tax_value: str
    contract_number: str
    contract_date: str
    sum: float
    currency: Currency


class Summary(msgspec.Struct, rename="camel"):
    """`endContract` is the first of `endContracts`; `customerContract` the company's with the platform."""

    end_contract: SummaryContract | None
    end_contracts: list[SummaryContract]
    customer_contract: SummaryContract | None
    worker_agreement: Agreement


class CompanyData(msgspec.Struct):
    """The company's own record, and its primary contract."""

    organisation: Organisation
    contract: Contract


def list_organisation(row: OrganisationRow) -> Listed:
    return Listed(str(row.uuid), row.title, ORGANISATION, row.is_primary)


def list_contract(row: ContractRow) -> Listed:
    return Listed(str(row.uuid), row.title, CONTRACT, row.is_primary)


def organisation_fields(row: OrganisationRow) -> dict[str, Any]:
    """The fields of OrganisationData."""
    return {
        "external_organisation_id": str(row.uuid),
        "inn": row.inn or "",
        "kpp": row.kpp or "",
        "fio": row.fio or "",
        "full_opf": row.full_opf or "",
        "legal_type": write_word(row.legal_type, LEGAL_TYPE),
        "ogrn": row.ogrn or NO_NUMBER,
        "ogrnip": row.ogrnip or NO_NUMBER,
        "payment_number": row.payment_number or "",
        "phone_number": row.phone_number or "",
        "region_number": "" if row.region_number is None else str(row.region_number),
        "registration_number": row.registration_number or "",
        "tax_id": row.tax_id or "",
    }


def render_organisation(row: OrganisationRow) -> Organisation:
    return Organisation(
        uuid=str(row.uuid),
        title=row.title,
        type=ORGANISATION,
        is_primary=row.is_primary,
        data=OrganisationData(**organisation_fields(row)),
    )


def contract_fields(row: ContractRow) -> dict[str, Any]:
    """The fields of ContractTerms."""
    return {
        "external_contract_id": str(row.uuid),
        "contract_type": write_word(row.type, CONTRACT_TYPE),
        "external_organisation_customer_id": str(row.customer_uuid),
        "external_organisation_performer_id": str(row.performer_uuid),
        "is_creative_reporter": row.is_creative_reporter,
        "action_type": write_word(row.action, ACTION_TYPE),
        "subject_type": write_word(row.subject, SUBJECT_TYPE),
        "contract_number": row.number,
        "contract_date": row.signed_on.isoformat(),
        "additional_contract_number": row.additional_number,
        "additional_contract_number_date": row.additional_signed_on.isoformat() if row.additional_signed_on else "",
        "price": "" if row.price is None else f"{row.price:.2f}",
        "with_nds": row.with_vat,
        "external_parent_id": str(row.parent_uuid) if row.parent_uuid else "",
    }


def render_contract(row: ContractRow) -> Contract:
    creator = None
    if row.creator_id is not None:
        name = f"{row.creator_last_name or ''} {row.creator_first_name or ''}".strip()
        creator = Creator(str(row.creator_id), row.creator_email or "", name)
    return Contract(
        uuid=str(row.uuid),
        title=row.title,
        type=CONTRACT,
        is_primary=row.is_primary,
        data=ContractData(
            **contract_fields(row),
            created_at=fine_moment(row.created_at),
            edited_at=fine_moment(row.edited_at),
            created_by=creator,
        ),
    )


def render_summary(summary: TaskSummary) -> Summary:
    def render(row: ContractRow) -> SummaryContract:
        """The sum is told with the end contracts alone, as the documents' sample does."""
        part = row.sum if isinstance(row, TaskContractRow) else None
        return SummaryContract(
            **contract_fields(row),
            uuid=str(row.uuid),
            title=row.title,
            type=CONTRACT,
            customer=render_party(summary.parties[row.customer_id]),
            performer=render_party(summary.parties[row.performer_id]),
            contract_sum=None if part is None else number(part),
        )

    every = [render(row) for row in summary.end_contracts]
    return Summary(
        end_contract=msgspec.structs.replace(every[0], contract_sum=None) if every else None,
        end_contracts=every,
        customer_contract=render(summary.primary) if summary.primary else None,
        worker_agreement=render_agreement(summary.worker),
    )


def render_party(row: OrganisationRow) -> Party:
    return Party(**organisation_fields(row), uuid=str(row.uuid), title=row.title, type=ORGANISATION)


def render_agreement(row: WorkerAgreement) -> Agreement:
    return Agreement(
        customer_name=row.customer_name or "",
        customer_tax_value=row.customer_tax_value or "",
        customer_phone=row.customer_phone or "",
        performer_name=f"{row.performer_first_name} {row.performer_last_name}".strip(),
        performer_phone=row.performer_phone or "",
        performer_country=row.performer_country or "",
        performer_tax_value=row.performer_tax_value or "",
        contract_number=str(row.performer_id) if row.signed_on else "",
        contract_date=row.signed_on.isoformat() if row.signed_on else "",
        sum=number(row.sum),
        currency=CURRENCIES[row.currency],
    )
