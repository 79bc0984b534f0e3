"""Payouts of finished tasks: operations 41 and 42 of customer-api.md."""

from typing import Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.replies import CURRENCY_IDS, NOTHING, answer_once
from artel.api.customer.task_references import Id, TaskReference, require_same_company, task_of_path
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.errors import Refused
from artel.payouts.queries import payout_status
from artel.payouts.rails import rail_named
from artel.payouts.rules import pay_out_task
from artel.tasks.queries import lock_task

CURRENCIES_BY_ID = {number: code for code, number in CURRENCY_IDS.items()}


class NewPayout(TaskReference, kw_only=True):
    """Types: 1 card, 2 wallet, 6 bank account. `currencyId`: what the payout is converted to before it is sent;
    the payout method's own currency unless it is given."""

    payout_endpoint_type: Literal[1, 2, 6]
    payout_endpoint_id: Id
    currency_id: int | None = None


class PayoutStatus(msgspec.Struct, rename="camel"):
    """10 created, 1 in progress, 2 completed, 3 declined, 5 partially completed."""

    payout_status: Literal[1, 2, 3, 5, 10]


@post(
    "/customer/tasks/payout",
    status_code=200,
    right=Right.PAY,
    tags=["Payouts"],
    summary="Pay a finished task out from the freelancer's balance",
)
async def create_payout(
    request: Request[None, None, State], member: SignedMember, data: JSONBody[NewPayout]
) -> Response[list[None]]:
    """One payout a task; one that was declined can be tried again. Send an `Idempotency-Key`."""
    require_same_company(member, data.company_id)
    currency = None if data.currency_id is None else CURRENCIES_BY_ID.get(data.currency_id)
    if data.currency_id is not None and currency is None:
        raise Refused("field_invalid", "currency_id")
    settings = context_of(request).settings
    rail = rail_named(settings.payout_rail, sandbox=settings.sandbox)

    async def work(conn: Connection) -> list[None]:
        await pay_out_task(
            conn,
            await lock_task(conn, member, task_id=data.task_id, uuid=data.uuid),
            endpoint_type=data.payout_endpoint_type,
            endpoint_id=data.payout_endpoint_id,
            currency=currency,
            rail=rail,
            actor_id=member.person_id,
            now=clock.now(),
        )
        return NOTHING

    return await answer_once(request, member, work)


@get(
    "/customer/tasks/payout/{task:str}",
    right=Right.VIEW,
    tags=["Payouts"],
    summary="How a task's payout stands",
)
async def show_payout_status(
    request: Request[None, None, State], member: SignedMember, task: FromPath[str]
) -> PayoutStatus:
    """By the task's id or uuid; 404 for a task without a payout."""
    reference = task_of_path(task)
    async with context_of(request).database.connection() as conn:
        status = await payout_status(conn, member, task_id=reference.task_id, uuid=reference.uuid)
    return PayoutStatus(status)  # type: ignore[arg-type]


ROUTES = [create_payout, show_payout_status]
