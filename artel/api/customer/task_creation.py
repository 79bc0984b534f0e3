"""Making tasks: operations 5 and 6 of customer-api.md."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import JSONBody

from artel import clock
from artel.advertising import task_contracts
from artel.api.customer.access import SignedMember
from artel.api.customer.replies import answer_once
from artel.api.customer.task_costs import TotalCost, render_cost
from artel.api.customer.task_references import Id, TaskReference, read_instant, require_same_company
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.errors import Refused
from artel.tasks import creation, new_tasks, rules
from artel.tasks.attributes import Given
from artel.tasks.machine import Actor, Side
from artel.tasks.queries import lock_task
from artel.tasks.quotes import Quote

ApiRequest = Request[None, None, State]
DRAFT = "draft"


class NewTaskAttribute(msgspec.Struct):
    """`value`: the text; of a choice, the option's text; of several, a list or the texts separated by commas."""

    id: Id
    value: str | int | float | list[str]


class EndContract(msgspec.Struct):
    """A contract of the company, and the part of the price that is for it; of one contract it may be left out."""

    uuid: UUID
    sum: Decimal | None = None


class AdvertisingData(msgspec.Struct, rename="camel"):
    end_contracts: list[EndContract] = []


class NewTask(msgspec.Struct, rename="camel", kw_only=True):
    """`price` is in `workerCurrency`, by default the company's. The task goes into the first group of `editGroup`.

    The earlier edition's compensateWorkerServiceFee and compensationType are taken and change nothing.
    """

    title: str
    description: str
    category_id: Id
    worker_id: Id
    deadline: str
    price: Decimal
    attributes: list[NewTaskAttribute]
    uuid: UUID | None = None
    external_id: str | int | None = None
    worker_currency: str | None = None
    share_commission: bool | None = None
    copyright: bool | None = None
    need_report: bool | None = None
    edit_group: list[Id] | Id | None = None
    file_ids: list[Id] | str | None = None
    acceptance_file_ids: list[Id] | None = None
    deadline_type: Annotated[int, msgspec.Meta(ge=1, le=2)] = 1
    create_type: str | None = None
    validate_only: bool | None = None
    need_insurance: bool | None = None
    adv_data: AdvertisingData | None = None
    company_id: Id | None = None


class TaskUuid(msgspec.Struct):
    uuid: UUID


def to_new_task(data: NewTask) -> new_tasks.NewTask:
    groups = data.edit_group or []
    return new_tasks.NewTask(
        title=data.title,
        description=data.description,
        service_id=data.category_id,
        freelancer_id=data.worker_id,
        deadline=read_instant(data.deadline, "deadline"),
        price=data.price,
        attributes=[Given(attribute.id, to_value(attribute.value)) for attribute in data.attributes],
        uuid=data.uuid,
        external_id=None if data.external_id is None else str(data.external_id),
        worker_currency=data.worker_currency,
        share_commission=bool(data.share_commission),
        deadline_type=data.deadline_type,
        copyright=bool(data.copyright),
        need_report=bool(data.need_report),
        group_ids=groups if isinstance(groups, list) else [groups],
        file_ids=read_ids(data.file_ids or [], "file_ids"),
        acceptance_file_ids=data.acceptance_file_ids or [],
        end_contracts=[
            task_contracts.EndContract(contract.uuid, contract.sum)
            for contract in (data.adv_data.end_contracts if data.adv_data else [])
        ],
        insured=data.need_insurance,
        as_draft=data.create_type == DRAFT,
    )


def to_value(value: str | float | list[str]) -> str | list[str]:
    return value if isinstance(value, str | list) else f"{Decimal(str(value)):f}"


def read_ids(ids: list[int] | str, field: str) -> list[int]:
    """A list, or numbers in a text (M's table has it as a string, M's example as a list)."""
    if not isinstance(ids, str):
        return ids
    try:
        return msgspec.convert([part.strip() for part in ids.split(",") if part.strip()], list[Id], strict=False)
    except msgspec.ValidationError:
        raise Refused("field_not_a_list", field) from None


@post(
    ["/customer/tasks", "/tasks"],
    status_code=200,
    right=Right.TASKS,
    tags=["Tasks"],
    summary="Create a task; with validateOnly, only check it and tell its cost",
)
async def create_task(
    request: ApiRequest, member: SignedMember, data: JSONBody[NewTask]
) -> Response[TaskUuid | TotalCost]:
    require_same_company(member, data.company_id)
    wanted = to_new_task(data)

    async def create(conn: Connection) -> TaskUuid:
        return TaskUuid(await creation.create_task(conn, member, wanted, now=clock.now()))

    async def validate(conn: Connection) -> TotalCost:
        price = await creation.validate_task(conn, member, wanted, now=clock.now())
        return render_cost(Quote(price, price))

    return await answer_once(request, member, validate if data.validate_only else create)


@post(
    "/customer/tasks/publish-draft",
    status_code=200,
    right=Right.TASKS,
    tags=["Tasks"],
    summary="Publish a draft",
    refusal_status={"insufficient_funds": 409},
)
async def publish_draft(request: ApiRequest, member: SignedMember, data: JSONBody[TaskReference]) -> Response[TaskUuid]:
    require_same_company(member, data.company_id)

    async def publish(conn: Connection) -> TaskUuid:
        task = await lock_task(conn, member, task_id=data.task_id, uuid=data.uuid)
        await rules.publish_draft(conn, task, actor=Actor(member.person_id, Side.CLIENT), now=clock.now())
        return TaskUuid(task.uuid)

    return await answer_once(request, member, publish)


ROUTES = [create_task, publish_draft]
