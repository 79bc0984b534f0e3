"""A task's steps: operations 9, 10 and 13-17 of customer-api.md."""

from datetime import datetime
from typing import Any, Protocol

import msgspec
from litestar import Request, Response, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from artel import clock
from artel.api.customer.access import SignedMember
from artel.api.customer.replies import NOTHING, answer_once
from artel.api.customer.task_references import TaskReference, read_instant, require_same_company, task_of_path
from artel.companies.access import Member, Right
from artel.db.pool import Connection
from artel.errors import Refused
from artel.tasks import machine, payment, rules
from artel.tasks.errors import DoesNotActForFreelancers
from artel.tasks.machine import Actor, Side
from artel.tasks.queries import TaskRow, lock_task

ApiRequest = Request[None, None, State]
Nothing = Response[list[None]]


class Rule(Protocol):
    async def __call__(self, conn: Connection, task: TaskRow, /, *, actor: Actor, now: datetime) -> None: ...


class NewState(msgspec.Struct):
    """2 start, 3 finish, 6 refuse, 8 confirm a cancellation."""

    state: int


class NewDeadline(TaskReference, kw_only=True):
    deadline: str


# What the freelancer does, and a company with the right to act for its freelancers.
FREELANCERS_STEPS: dict[int, Rule] = {
    machine.State.IN_WORK: rules.start_task,
    machine.State.RESULT: rules.finish_task,
    machine.State.DECLINED_BY_FREELANCER: rules.refuse_task,
    machine.State.DECLINED_BY_CLIENT: rules.confirm_cancellation,
}


async def take_step(
    request: Request[Any, Any, Any], member: Member, reference: TaskReference, rule: Rule, *, side: Side = Side.CLIENT
) -> Nothing:
    """Lock the task and apply one rule, at most once for an Idempotency-Key."""
    require_same_company(member, reference.company_id)

    async def work(conn: Connection) -> list[None]:
        task = await lock_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        await rule(conn, task, actor=Actor(member.person_id, side), now=clock.now())
        return NOTHING

    return await answer_once(request, member, work)


@put(
    "/customer/tasks/{task:str}",
    right=Right.TASKS,
    tags=["Tasks"],
    summary="Take a freelancer's step on their behalf",
)
async def change_state(
    request: ApiRequest, member: SignedMember, task: FromPath[str], data: JSONBody[NewState]
) -> Nothing:
    if not member.acts_for_freelancers:
        raise DoesNotActForFreelancers
    rule = FREELANCERS_STEPS.get(data.state)
    if rule is None:
        raise Refused("state_not_settable", "state")
    return await take_step(request, member, task_of_path(task), rule, side=Side.FREELANCER)


@post(
    "/customer/tasks/prolong-deadline",
    status_code=200,
    right=Right.TASKS,
    tags=["Tasks"],
    summary="Give more time to a task whose deadline has passed",
)
async def prolong_deadline(request: ApiRequest, member: SignedMember, data: JSONBody[NewDeadline]) -> Nothing:
    deadline = read_instant(data.deadline, "deadline")

    async def prolong(conn: Connection, task: TaskRow, /, *, actor: Actor, now: datetime) -> None:
        await rules.prolong_deadline(conn, task, deadline=deadline, actor=actor, now=now)

    return await take_step(request, member, data, prolong)


@post(
    "/customer/tasks/accept",
    status_code=200,
    right=Right.TASKS,
    tags=["Tasks"],
    summary="Accept a task's result",
)
async def accept_task(request: ApiRequest, member: SignedMember, data: JSONBody[TaskReference]) -> Nothing:
    return await take_step(request, member, data, rules.accept_task)


@post(
    "/customer/tasks/pay",
    status_code=200,
    right=Right.PAY,
    tags=["Tasks"],
    summary="Pay for an accepted task",
)
async def pay_task(request: ApiRequest, member: SignedMember, data: JSONBody[TaskReference]) -> Nothing:
    return await take_step(request, member, data, payment.pay_task)


@post(
    "/customer/tasks/quick-pay",
    status_code=200,
    right=Right.PAY,
    tags=["Tasks"],
    summary="Pay for a new task at once",
)
async def quick_pay_task(request: ApiRequest, member: SignedMember, data: JSONBody[TaskReference]) -> Nothing:
    return await take_step(request, member, data, payment.quick_pay_task)


@post(
    "/customer/tasks/decline",
    status_code=200,
    right=Right.TASKS,
    tags=["Tasks"],
    summary="Decline a task",
)
async def decline_task(request: ApiRequest, member: SignedMember, data: JSONBody[TaskReference]) -> Nothing:
    return await take_step(request, member, data, rules.decline_task)


@post(
    "/customer/tasks/return-to-work",
    status_code=200,
    right=Right.TASKS,
    tags=["Tasks"],
    summary="Send a task's result back to the freelancer",
)
async def return_to_work(request: ApiRequest, member: SignedMember, data: JSONBody[TaskReference]) -> Nothing:
    return await take_step(request, member, data, rules.return_to_work)


ROUTES = [
    change_state,
    prolong_deadline,
    accept_task,
    pay_task,
    quick_pay_task,
    decline_task,
    return_to_work,
]
