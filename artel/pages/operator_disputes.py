"""The operator's page of disputes: what waits, and the decision about each."""

from decimal import Decimal, InvalidOperation
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from artel import clock
from artel.api.context import context_of
from artel.errors import NotAllowed, NotFound, Refused
from artel.pages.errors import refusal_text
from artel.pages.forms import Form, read_form
from artel.pages.language import page_language
from artel.pages.my import in_words, require_id
from artel.pages.operator_dispute_texts import TEXTS
from artel.pages.render import go_to, page
from artel.pages.session import require_person
from artel.tasks.disputes import access_dispute, list_disputes, lock_disputed_task, resolve_dispute
from artel.tasks.machine import Actor, Side
from artel.tasks.messages import messages_of

PageRequest = Request[None, None, State]
DISPUTES_SHOWN = 100
MESSAGES_SHOWN = 50
PATH = "/operator/disputes"
FIELDS = ("state", "price", "comment")


def show(request: PageRequest, template: str, *, status_code: int = 200, **context: Any) -> Response[str]:
    words = in_words(page_language(request))
    return page(request, f"operator/{template}.html", TEXTS, status_code=status_code, **words, **context)


@get(PATH)
async def disputes(request: PageRequest) -> Response[Any]:
    person = await require_person(request)
    async with context_of(request).database.connection() as conn:
        rows = await list_disputes(conn, person.person_id, limit=DISPUTES_SHOWN)
    return show(request, "disputes", disputes=rows)


@get(PATH + "/{task_id:int}")
async def dispute(request: PageRequest, task_id: FromPath[int]) -> Response[Any]:
    person = await require_person(request)
    return await show_dispute(request, person.person_id, task_id)


async def show_dispute(
    request: PageRequest, operator_id: int, task_id: int, values: Form | None = None, refusal: Refused | None = None
) -> Response[str]:
    async with context_of(request).database.connection() as conn:
        row = await access_dispute(conn, operator_id, require_id(task_id))
        messages = await messages_of(conn, row.task_id, descending=True, limit=MESSAGES_SHOWN)
    text = refusal_text(refusal, page_language(request)) if refusal else ""
    at_field = refusal is not None and refusal.field in FIELDS
    return show(
        request,
        "dispute",
        status_code=422 if refusal else 200,
        dispute=row,
        messages=messages[::-1],
        values=values or {},
        problem="" if at_field else text,
        problems={refusal.field: text} if refusal and at_field else {},
    )


@post(PATH + "/{task_id:int}", status_code=200)
async def decide(request: PageRequest, task_id: FromPath[int]) -> Response[Any]:
    person = await require_person(request)
    form = await read_form(request)
    try:
        async with context_of(request).database.transaction() as conn:
            task = await lock_disputed_task(conn, person.person_id, require_id(task_id))
            await resolve_dispute(
                conn,
                task,
                end=read_state(form),
                comment=form.get("comment", ""),
                price=read_price(form),
                actor=Actor(person.person_id, Side.OPERATOR),
                now=clock.now(),
            )
    except (NotFound, NotAllowed):
        raise
    except Refused as refusal:
        if refusal.code == "task_not_in_state":  # the client was quicker
            return go_to(PATH)
        return await show_dispute(request, person.person_id, task_id, form, refusal)
    return go_to(PATH)


def read_state(form: Form) -> int:
    """Refuses: field_required."""
    given = form.get("state", "")
    if not (given.isascii() and given.isdecimal() and len(given) < 3):
        raise Refused("field_required", "state")
    return int(given)


def read_price(form: Form) -> Decimal | None:
    """A comma is a point. Refuses: price_not_positive for what is no number."""
    given = form.get("price", "").replace(",", ".").replace(" ", "").replace("\xa0", "")
    try:
        return Decimal(given) if given else None
    except InvalidOperation:
        raise Refused("price_not_positive", "price") from None


ROUTES = [disputes, dispute, decide]
