"""Web hooks: operations 81-83 of customer-api.md, and what was sent to them."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.filters import PAGE, TEXT_KIND, Filter, Filters, Kind, operation_with, read_filters
from artel.api.customer.pagination import DEFAULT_SIZE, Paginated, effective_size, paginate
from artel.api.customer.replies import NOTHING, answer_once, moment, moment_or_none
from artel.api.customer.task_references import Id
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.errors import NotFound
from artel.webhooks import queries, rules
from artel.webhooks.signatures import signing_key, write_body, write_headers

ApiRequest = Request[None, None, State]
PATH = "/customer/web-hook"
TAGS = ["Web hooks"]
STATE_KIND = Kind(
    queries.State, "field_invalid", Schema(type=OpenAPIType.STRING, enum=[str(state) for state in queries.State])
)
PARAMETERS: Filters = {
    "state": Filter("state", STATE_KIND, "Deliveries in this state"),
    "name": Filter("name", TEXT_KIND, "Deliveries of events of this name"),
    **PAGE,
}


class Hook(msgspec.Struct, rename="camel"):
    """`signingSecret` is the secret as libraries for Standard Webhooks take it. `disabledReason`: `gone` after a 410,
    `failing` after days without a delivery; null when the company disabled it."""

    url: str
    status: Literal["enabled", "disabled"]
    secret: str
    last_triggered: str | None
    last_error: str | None
    signing_secret: str
    disabled_reason: Literal["gone", "failing"] | None


class HookWish(msgspec.Struct):
    status: Literal["enabled", "disabled"]
    url: Annotated[str, Meta(max_length=2000)]


class SentRequest(msgspec.Struct, rename="camel"):
    url: str
    sent_at: str
    headers: dict[str, str]
    body: str


class ReceivedAnswer(msgspec.Struct, rename="camel"):
    """The first 2,000 bytes of the body. `status` is null where no answer came."""

    status: int | None
    headers: dict[str, str]
    body: str
    took_ms: int


class Delivery(msgspec.Struct, rename="camel"):
    """`webhookId` is the webhook-id header of every try. `request` and `answer` are the last try's; `error` says why
    it failed."""

    id: int
    webhook_id: str
    name: str
    state: Literal["waiting", "delivered", "failed", "cancelled"]
    attempts: int
    created_at: str
    next_try_at: str | None
    request: SentRequest | None
    answer: ReceivedAnswer | None
    error: str | None


def render_hook(hook: queries.Hook) -> Hook:
    return Hook(
        url=hook.url,
        status=hook.status,  # type: ignore[arg-type]
        secret=hook.secret,
        last_triggered=moment_or_none(hook.last_triggered_at),
        last_error=moment_or_none(hook.last_failed_at),
        signing_secret=signing_key(hook.secret),
        disabled_reason=hook.disabled_reason,  # type: ignore[arg-type]
    )


def render_delivery(row: queries.DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=str(row.event_uuid),
        name=row.name,
        state=row.state,  # type: ignore[arg-type]
        attempts=row.attempts,
        created_at=moment(row.created_at),
        next_try_at=moment_or_none(row.due_at),
        request=render_request(row),
        answer=None
        if row.took_ms is None
        else ReceivedAnswer(row.answer_status, row.answer_headers or {}, row.answer_body or "", row.took_ms),
        error=row.error,
    )


def render_request(row: queries.DeliveryRow) -> SentRequest | None:
    """The request as it was made: all of it follows from the event, the secret and the moment."""
    if row.tried_at is None or row.signed_at is None or row.tried_url is None:
        return None
    body = write_body(row.event)
    headers = write_headers(row.event, row.secret, body=body, signed_at=row.signed_at)
    return SentRequest(row.tried_url, moment(row.tried_at), headers, body.decode())


@get(PATH, right=Right.COMPANY, tags=TAGS, summary="The company's web hook")
async def get_hook(request: ApiRequest, member: SignedMember) -> Hook:
    async with context_of(request).database.connection() as conn:
        return render_hook(await queries.access_hook(conn, member))


@post(PATH, status_code=200, right=Right.COMPANY, tags=TAGS, summary="Set or change the company's web hook")
async def set_hook(request: ApiRequest, member: SignedMember, data: JSONBody[HookWish]) -> Response[list[None]]:
    """The secret is made the first time and stays; GET shows it. While `disabled` nothing is sent or kept for later."""
    allow_private = context_of(request).settings.sandbox

    async def work(conn: Connection) -> list[None]:
        await rules.set_hook(
            conn, member, url=data.url, status=data.status, allow_private=allow_private, now=clock.now()
        )
        return NOTHING

    return await answer_once(request, member, work)


@delete(PATH, status_code=200, right=Right.COMPANY, tags=TAGS, summary="Remove the company's web hook")
async def remove_hook(request: ApiRequest, member: SignedMember) -> Response[list[None]]:
    """A new one gets a new secret."""

    async def work(conn: Connection) -> list[None]:
        await rules.remove_hook(conn, member, now=clock.now())
        return NOTHING

    return await answer_once(request, member, work)


@get(
    f"{PATH}/deliveries",
    right=Right.COMPANY,
    tags=TAGS,
    summary="What was sent to the web hook and what came back, the newest first",
    operation_class=operation_with(PARAMETERS),
)
async def list_deliveries(request: ApiRequest, member: SignedMember) -> Paginated[Delivery]:
    """Kept for 30 days, those of removed hooks too."""
    asked = read_filters(request, PARAMETERS)
    page, size = asked.pop("page", 1), effective_size(asked.pop("size", DEFAULT_SIZE))
    async with context_of(request).database.connection() as conn:
        total, rows = await queries.deliveries_of(conn, member, asked, limit=size, offset=(page - 1) * size)
    return paginate([render_delivery(row) for row in rows], total=total, page=page, size=size)


@post(
    f"{PATH}/deliveries/{{delivery:str}}/replay",
    status_code=200,
    right=Right.COMPANY,
    tags=TAGS,
    summary="Send an event to the web hook again",
)
async def replay_delivery(request: ApiRequest, member: SignedMember, delivery: FromPath[str]) -> Response[list[None]]:
    """Under the same webhook-id, to the hook as it is now."""
    try:
        delivery_id = msgspec.convert(int(delivery) if delivery.isascii() and delivery.isdecimal() else None, Id)
    except (msgspec.ValidationError, ValueError):
        raise NotFound("delivery") from None

    async def work(conn: Connection) -> list[None]:
        await rules.replay_delivery(conn, member, delivery_id, now=clock.now())
        return NOTHING

    return await answer_once(request, member, work)


ROUTES: list[Any] = [get_hook, set_hook, remove_hook, list_deliveries, replay_delivery]
