"""Disputes: calls of our own beside the documents' (docs/customer-api/disputes-and-changes.md)."""

from decimal import Decimal

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from artel import clock
from artel.api.customer.access import SignedMember
from artel.api.customer.replies import NOTHING, answer_once
from artel.api.customer.task_changes import freelancers_actor
from artel.api.customer.task_references import task_of_path
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.tasks import disputes
from artel.tasks.machine import Actor, Side
from artel.tasks.queries import lock_task

ApiRequest = Request[None, None, State]
Nothing = Response[list[None]]


class Complaint(msgspec.Struct):
    """`reason` becomes a message of the task."""

    reason: str


class Resolution(msgspec.Struct):
    """`state`: 2 back to work, 4 for payment, 8 declined. `price` is a new one, in the task's `workerCurrency`;
    `comment` becomes a message of the task."""

    state: int
    comment: str
    price: Decimal | None = None


@post(
    "/customer/tasks/{task:str}/dispute",
    status_code=200,
    right=Right.TASKS,
    tags=["Task disputes"],
    summary="Open a dispute on the freelancer's behalf",
)
async def open_dispute(
    request: ApiRequest, member: SignedMember, task: FromPath[str], data: JSONBody[Complaint]
) -> Nothing:
    reference, actor = task_of_path(task), freelancers_actor(member)

    async def dispute(conn: Connection) -> list[None]:
        found = await lock_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        await disputes.open_dispute(conn, found, reason=data.reason, actor=actor, now=clock.now())
        return NOTHING

    return await answer_once(request, member, dispute)


@post(
    "/customer/tasks/{task:str}/resolve-dispute",
    status_code=200,
    right=Right.TASKS,
    tags=["Task disputes"],
    summary="End a dispute: back to work, for payment, or declined",
)
async def resolve_dispute(
    request: ApiRequest, member: SignedMember, task: FromPath[str], data: JSONBody[Resolution]
) -> Nothing:
    reference = task_of_path(task)

    async def resolve(conn: Connection) -> list[None]:
        found = await lock_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        await disputes.resolve_dispute(
            conn,
            found,
            end=data.state,
            comment=data.comment,
            price=data.price,
            actor=Actor(member.person_id, Side.CLIENT),
            now=clock.now(),
        )
        return NOTHING

    return await answer_once(request, member, resolve)


ROUTES = [open_dispute, resolve_dispute]
