"""A task on the wire: what both documents show of it and what is seen in use (docs/customer-api/task-list.md)."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from artel.api.customer.replies import CURRENCIES, Currency, moment, moment_or_none, number
from artel.api.customer.task_advertising import AdvertisingData, render_advertising
from artel.tasks.details import AttributeRow, TaskDetails
from artel.tasks.machine import State
from artel.tasks.messages import MessageRow


class Service(msgspec.Struct, rename="camel"):
    id: int
    title: str
    title_en: str
    title_doc: str
    title_doc_en: str


class ParentCategory(msgspec.Struct, rename="camel"):
    id: int
    title: str
    title_en: str


class Customer(msgspec.Struct):
    id: int
    title: str


class Creator(msgspec.Struct, rename="camel"):
    id: int
    uuid: str
    full_name: str


class Payer(msgspec.Struct, rename="camel"):
    """Nobody yet is number 0."""

    id: int
    full_name: str


class Worker(msgspec.Struct, rename="camel"):
    id: int
    uuid: str
    name: str
    email: str
    first_name: str
    last_name: str
    is_verified: bool
    taxation_status: int


class File(msgspec.Struct, rename="camel"):
    id: int
    name: str
    type_id: int
    owner_id: int


class Deadline(msgspec.Struct, rename="camel"):
    type: int
    trigger_date: str | None
    is_coming_up: bool


class Hold(msgspec.Struct, rename="camel"):
    type: str
    is_active: bool


class Insurance(msgspec.Struct, frozen=True):
    """Status 1: the task is insured, at this cost; 0: it is not."""

    status: int
    cost: float


class Group(msgspec.Struct):
    id: int
    title: str


class AttributeName(msgspec.Struct, rename="camel"):
    title: str
    title_en: str
    type: str


class Value(msgspec.Struct):
    title: str


class Attribute(msgspec.Struct, rename="camel"):
    """A value the client gave. The task alone tells, besides, how the documents call it."""

    id: int
    title: str
    title_en: str
    type: str
    attr_type_id: int
    values: list[Value]
    description: str | UnsetType = UNSET
    description_en: str | UnsetType = UNSET
    attribute: AttributeName | UnsetType = UNSET
    attribute_type: AttributeName | UnsetType = UNSET


class Author(msgspec.Struct, rename="camel"):
    id: int
    full_name: str


class Message(msgspec.Struct, rename="camel"):
    id: int
    task_id: int
    author: Author
    message: str
    created_at: str


class Task(msgspec.Struct, rename="camel", kw_only=True):
    """One task. In lists `messages` is empty and attributes are short."""

    id: int
    uuid: str
    token: str
    title: str
    description: str
    state: int
    external_id: str | None
    merchant_id: int | None = None
    company_id: int
    customer: Customer
    creator: Creator
    payer: Payer
    worker: Worker
    category: Service
    service: Service
    parent_category: ParentCategory
    group: Group | None
    attributes: list[Attribute]
    additional_attributes: dict[str, str] | None = None
    create_type: str
    copyright: bool
    need_report: bool
    currency: Currency
    worker_currency: Currency
    price: float
    price_in_worker_currency: float
    price_with_commission: float
    commission_amount: float
    commission_amount_in_worker_currency: float
    commission_percent: float
    share_commission: bool
    shared_commission: float  # the earlier edition's name of the next
    shared_commission_amount: float
    shared_commission_amount_in_worker_currency: float
    service_fee_compensation: float = 0
    service_fee_compensation_percent: float = 0
    vat: float
    full_price_with_vat: float = msgspec.field(name="fullPriceWithVAT")
    insurance: Insurance
    insurance_cost: float
    hold: Hold
    deadline: Deadline
    date_created: str
    date_end: str
    date_finished: str | None
    date_accepted: str | None
    date_pay_at: str | None
    date_paid: str | None
    document_date: str | None
    files: list[File]
    links: list[str] = []
    agreement_file_link: str | None = None
    messages: list[Message] = []
    message_count: int
    actions: list[str] = []
    has_payout: bool
    issue_code: str | None
    active_dispute: bool | None
    active_changeset_id: int | None = None
    offer_task_id: int | None = None
    report_id: int | None = None
    adv_data: AdvertisingData | None
    # The service's own mailing tool; its clients expect the key.
    data_for_iterable: dict[str, str] = {}


def full_name(first: str | None, last: str | None) -> str:
    return f"{first or ''} {last or ''}".strip()


def render_task(row: TaskDetails, attributes: Mapping[int, AttributeRow]) -> Task:
    uuid = str(row.uuid)
    service = Service(
        row.service_id,
        row.service_title_ru,
        row.service_title_en,
        row.service_title_doc_ru,
        row.service_title_doc_en,
    )
    worker_name = full_name(row.worker_first_name, row.worker_last_name)
    return Task(
        id=row.id,
        uuid=uuid,
        token=b64encode(uuid.encode()).decode(),
        title=row.title,
        description=row.description,
        state=row.state,
        external_id=row.external_id,
        company_id=row.company_id,
        customer=Customer(row.company_id, row.company_name),
        creator=Creator(
            row.creator_id, str(row.creator_uuid), full_name(row.creator_first_name, row.creator_last_name)
        ),
        payer=Payer(row.payer_id or 0, full_name(row.payer_first_name, row.payer_last_name)),
        worker=Worker(
            row.worker_id,
            str(row.worker_uuid),
            worker_name,
            row.worker_email,
            row.worker_first_name,
            row.worker_last_name,
            row.worker_is_verified,
            row.worker_taxation_status,
        ),
        category=service,
        service=service,
        parent_category=ParentCategory(row.category_id, row.category_title_ru, row.category_title_en),
        group=None if row.group_id is None else Group(row.group_id, row.group_title or ""),
        attributes=[render_attribute(given, attributes[given["id"]]) for given in row.attributes],
        create_type=row.create_type,
        copyright=row.copyright,
        need_report=row.need_report,
        currency=CURRENCIES[row.currency],
        worker_currency=CURRENCIES[row.worker_currency],
        price=number(row.price),
        price_in_worker_currency=number(row.worker_price),
        price_with_commission=number(row.price + row.commission),
        commission_amount=number(row.commission),
        commission_amount_in_worker_currency=number(row.worker_commission),
        commission_percent=number(row.commission_percent),
        share_commission=row.share_commission,
        shared_commission=number(row.shared_commission),
        shared_commission_amount=number(row.shared_commission),
        shared_commission_amount_in_worker_currency=number(row.worker_shared_commission),
        vat=number(row.vat),
        full_price_with_vat=number(row.total + row.vat),
        insurance=Insurance(int(row.insurance > 0), number(row.insurance)),
        insurance_cost=number(row.insurance),
        hold=Hold(row.escrow, row.held > 0),
        deadline=Deadline(row.deadline_type, moment(row.deadline) if row.deadline_type else None, row.is_coming_up),
        date_created=moment(row.created_at),
        date_end=moment(row.deadline),
        date_finished=moment_or_none(row.finished_at),
        date_accepted=moment_or_none(row.accepted_at),
        date_pay_at=moment_or_none(row.pay_requested_at),
        date_paid=moment_or_none(row.paid_at),
        document_date=moment_or_none(row.paid_at),
        files=[File(file["id"], file["name"], file["type"], file["owner_id"]) for file in row.files],
        message_count=row.message_count,
        has_payout=row.has_payout,
        issue_code=row.issue_code,
        active_dispute=True if row.state == State.DISPUTE else None,
        active_changeset_id=row.changeset_id,
        adv_data=render_advertising(row),
    )


def render_attribute(given: Mapping[str, Any], known: AttributeRow) -> Attribute:
    value = given["value"]
    return Attribute(
        known.id,
        known.title_ru,
        known.title_en,
        known.type,
        known.type_id,
        [Value(each) for each in (value if isinstance(value, list) else [value])],
    )


def with_descriptions(task: Task, attributes: Mapping[int, AttributeRow]) -> None:
    """Add to a task's attributes what the task alone shows of them."""
    for attribute in task.attributes:
        known = attributes[attribute.id]
        attribute.description = known.description_ru
        attribute.description_en = known.description_en
        attribute.attribute = AttributeName(known.title_ru, known.title_en, str(known.type_id))
        attribute.attribute_type = AttributeName(known.description_ru, known.description_en, known.type)


def render_message(row: MessageRow) -> Message:
    author = Author(row.author_id, full_name(row.author_first_name, row.author_last_name))
    return Message(row.id, row.task_id, author, row.text, moment(row.created_at))
