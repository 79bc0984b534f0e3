"""The sandbox's own calls (ARCHITECTURE "Sandbox"): for integrators' tests, with no sign-in, and only in a sandbox."""

import asyncio
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from artel import clock
from artel.api.answers import EXCEPTION_HANDLERS
from artel.api.context import context_of
from artel.api.once import answer_once_within
from artel.api.wire import Wire
from artel.db.pool import Connection
from artel.errors import Refused
from artel.payouts import queries as payout_queries
from artel.payouts.rules import report_outcome
from artel.process.sandbox_clock import store_offset, stored_offset
from artel.sandbox import mailbox, rules

Call = Request[None, None, State]
# Nobody is signed in here, so everybody's idempotency keys are one lot.
KEYS = "sandbox"


class AttachedFile(msgspec.Struct, rename="camel"):
    """`content` is text where the type is text, else base64."""

    name: str
    content_type: str
    content: str


class Message(msgspec.Struct, rename="camel"):
    channel: Literal["email", "sms"]
    to: str
    subject: str
    text: str
    code: str | None
    link: str | None
    sent_at: str
    attachments: list[AttachedFile]


@get("/messages", summary="Every mail and SMS sent, newest first")
async def list_messages(request: Call, to: FromQuery[str | None] = None) -> list[Message]:
    async with context_of(request).database.connection() as conn:
        rows = await mailbox.sent_messages(conn, to=to)
    return [
        Message(
            row.channel,  # type: ignore[arg-type]
            row.recipient,
            row.subject,
            row.text,
            row.code,
            row.link,
            row.created_at.isoformat(),
            [AttachedFile(**file) for file in row.attachments],
        )
        for row in rows
    ]


class ClockMove(msgspec.Struct, rename="camel"):
    advance_seconds: float | None = None
    reset: bool = False


class ClockReply(msgspec.Struct):
    now: str


@post("/clock", status_code=200, summary="Move time forward, or back to the machine's")
async def move_clock(request: Call, data: JSONBody[ClockMove]) -> ClockReply:
    """Everything that falls due by the new time happens, as if the time had passed."""
    async with context_of(request).database.transaction() as conn:
        offset_s = 0.0
        if not data.reset:
            current = await stored_offset(conn)
            offset_s = rules.moved_offset_s(current.total_seconds(), data.advance_seconds or 0.0)
        await store_offset(conn, timedelta(seconds=offset_s))
    clock.move_to_offset(timedelta(seconds=offset_s))
    return ClockReply(clock.now().isoformat())


class TopUp(msgspec.Struct, rename="camel"):
    company_id: int
    amount: Decimal


class TopUpReply(msgspec.Struct, rename="camel"):
    company_id: int
    amount: float
    currency: str


@post("/top-up", status_code=200, summary="Money arrives on a company's balance")
async def top_up(request: Call, data: JSONBody[TopUp]) -> Response[TopUpReply]:
    """`amount` is what the balance grows by; VAT, where the company has it, is paid on top."""

    async def work(conn: Connection) -> TopUpReply:
        currency = await rules.receive_money(conn, company_id=data.company_id, amount=data.amount, now=clock.now())
        return TopUpReply(data.company_id, float(data.amount), currency)

    return await answer_once_within(request, KEYS, work)


class PayoutReport(msgspec.Struct, rename="camel"):
    outcome: Literal["completed", "declined", "partial"]
    completed_amount: Decimal | None = None  # partial: of the endpoint's currency; half of it when not given


class PayoutReply(msgspec.Struct, rename="camel"):
    payout_status: int


@post("/payouts/{payout:str}", status_code=200, summary="What the payment rail reports of a payout")
async def report_payout(request: Call, payout: FromPath[str], data: JSONBody[PayoutReport]) -> Response[PayoutReply]:
    """`payout` is a payout's id or uuid, or its task's."""

    async def work(conn: Connection) -> PayoutReply:
        payout_id = await payout_queries.find_payout(conn, payout)
        await report_outcome(conn, payout_id, data.outcome, completed_amount=data.completed_amount, now=clock.now())
        return PayoutReply(await rules.payout_status(conn, payout_id))

    return await answer_once_within(request, KEYS, work)


class FreelancerSteps(msgspec.Struct):
    registered: bool = False
    verified: bool = False


class FreelancerReply(msgspec.Struct):
    id: int
    uuid: uuid.UUID
    email: str
    registered: bool
    verified: bool


@post("/freelancers/{freelancer_uuid:uuid}", status_code=200, summary="Do what a freelancer's pages do")
async def play_freelancer(
    request: Call, freelancer_uuid: FromPath[uuid.UUID], data: JSONBody[FreelancerSteps]
) -> FreelancerReply:
    """Registers (personal data, agreement, tax data) or verifies an invited freelancer."""
    context = context_of(request)
    async with context.database.transaction() as conn:
        state = await rules.play_freelancer(
            conn,
            freelancer_uuid,
            context.settings,
            register=data.registered,
            verify=data.verified,
            now=clock.now(),
        )
    return FreelancerReply(state.id, state.uuid, state.email, state.registered, state.verified)


class Hook(msgspec.Struct, rename="camel"):
    id: int
    received_at: str
    headers: dict[str, str]
    body: str
    answered: int


@get("/webhooks", summary="What the sandbox's web hook receiver was sent, newest first")
async def list_hooks(request: Call) -> list[Hook]:
    async with context_of(request).database.connection() as conn:
        rows = await mailbox.received_hooks(conn)
    return [Hook(row.id, row.received_at.isoformat(), row.headers, row.body, row.answered) for row in rows]


class HookReceipt(msgspec.Struct):
    received: bool


# What the receiver can be told to answer, each as it would come from somebody's server.
ANSWERS = (200, 201, 202, 302, 307, 401, 403, 404, 410, 429, 500, 502, 503)
LONGEST_DELAY_S = 30
Answered: TypeAlias = Annotated[int, QueryParameter(name="status", required=False, description=f"One of {ANSWERS}")]
RetryAfter: TypeAlias = Annotated[int | None, QueryParameter(name="retryAfter", required=False, ge=0, le=86_400)]
Delay: TypeAlias = Annotated[float, QueryParameter(name="delaySeconds", required=False, ge=0, le=LONGEST_DELAY_S)]


@post(
    "/webhooks/receive",
    status_code=200,
    summary="A receiver to point web hooks at",
    responses={status: ResponseSpec(HookReceipt, generate_examples=False) for status in ANSWERS if status != 200},
)
async def receive_hook(
    request: Call, status: Answered = 200, retry_after: RetryAfter = None, delay_seconds: Delay = 0
) -> Response[HookReceipt]:
    """`status`, `retryAfter` and `delaySeconds` in the hook's URL make it a receiver that fails, or is slow."""
    if status not in ANSWERS:
        raise Refused("field_out_of_range", "status")
    await asyncio.sleep(delay_seconds)
    # PostgreSQL's text holds no NUL; what is no UTF-8 is shown as well as it can be.
    body = (await request.body()).decode("utf-8", "replace").replace("\0", "�")
    headers = {name: value.replace("\0", "") for name, value in request.headers.items()}
    async with context_of(request).database.transaction() as conn:
        await mailbox.keep_hook(conn, headers=headers, body=body, answered=status, now=clock.now())
    more = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Response(HookReceipt(received=status == 200), status_code=status, headers=more)


ROUTES: list[Any] = [
    list_messages,
    move_clock,
    top_up,
    report_payout,
    play_freelancer,
    list_hooks,
    receive_hook,
]


def sandbox_router(path: str, wire: Wire) -> Router:
    """The calls under one of their two addresses; the one beside the API's base is the documented one."""
    return Router(
        path,
        route_handlers=ROUTES,
        exception_handlers=EXCEPTION_HANDLERS,
        opt={"wire": wire},
        tags=["Sandbox"],
        include_in_schema=path == "/sandbox",
    )
