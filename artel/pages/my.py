"""A freelancer's own place: tasks with their steps, balances, payouts, and an agreement to sign.

Each step calls the rule that the customer API calls.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from babel.dates import format_date, format_time
from babel.numbers import format_currency, get_currency_symbol
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from artel import clock
from artel.api.context import client_address, context_of
from artel.db.pool import Connection
from artel.errors import NotFound, Refused
from artel.freelancers.agreements import has_agreement_to_sign
from artel.freelancers.errors import AgreementNotAccepted, AgreementRequired, AgreementSuperseded
from artel.freelancers.papers import newest_agreement, sign_agreement
from artel.freelancers.queries import is_freelancer
from artel.ledger.queries import person_balances
from artel.pages.agreements import agreement_parts
from artel.pages.errors import refusal_text
from artel.pages.forms import Form, read_form
from artel.pages.language import page_language
from artel.pages.my_texts import TEXTS
from artel.pages.registration_form import read_uuid
from artel.pages.render import go_to, page
from artel.pages.session import local_path, require_person, signed_in_person
from artel.payouts.own_payouts import list_own_payouts
from artel.tasks import machine, rules
from artel.tasks.machine import Actor, Side
from artel.tasks.messages import add_message
from artel.tasks.own_tasks import (
    DocumentRow,
    OwnTaskRow,
    access_document,
    access_own_task,
    documents_of,
    list_own_tasks,
    lock_own_task,
    report_on_task,
)
from artel.tasks.queries import TaskRow

PageRequest = Request[None, None, State]
TASKS_A_PAGE = 20
PAYOUTS_SHOWN = 10
LARGEST_ID = 2**63 - 1
# Step -> the rule, and the state in which its button is there.
STEPS: dict[str, tuple[Callable[..., Awaitable[None]], int]] = {
    "start": (rules.start_task, 1),
    "decline": (rules.refuse_task, 1),
    "finish": (rules.finish_task, 2),
    "confirm": (rules.confirm_cancellation, 11),
}


def in_words(language: str) -> dict[str, Any]:
    """How money and times are written in the reader's language."""
    locale = language.lower()

    def money(amount: Decimal, currency: str) -> str:
        if get_currency_symbol(currency, locale) == currency:  # RUB100.00 is hard to read
            return format_currency(amount, currency, "#,##0.00\xa0¤¤", locale=locale)
        return format_currency(amount, currency, locale=locale)

    def day(at: datetime) -> str:
        return format_date(at.date(), "medium", locale=locale)

    def moment(at: datetime) -> str:
        return f"{day(at)}, {format_time(at, 'short', locale=locale)} UTC"

    return {"money": money, "day": day, "moment": moment}


def show(request: PageRequest, template: str, *, status_code: int = 200, **context: Any) -> Response[str]:
    words = in_words(page_language(request))
    return page(request, f"my/{template}.html", TEXTS, status_code=status_code, **words, **context)


@get("/")
async def home(request: PageRequest) -> Response[Any]:
    if await signed_in_person(request) is not None:
        return go_to("/my")
    return show(request, "home")


@get("/my")
async def my_work(request: PageRequest) -> Response[Any]:
    person = await require_person(request)
    before = str(request.query_params.get("before", ""))
    before_id = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    async with context_of(request).database.connection() as conn:
        if not await is_freelancer(conn, person.person_id):
            return show(request, "not_freelancer")
        tasks = await list_own_tasks(conn, person.person_id, before_id=before_id, limit=TASKS_A_PAGE + 1)
        balances = await person_balances(conn, person.person_id)
        payouts = await list_own_payouts(conn, person.person_id, limit=PAYOUTS_SHOWN)
        to_sign = await has_agreement_to_sign(conn, person.person_id)
    return show(
        request,
        "work",
        tasks=tasks[:TASKS_A_PAGE],
        older_than=tasks[TASKS_A_PAGE - 1].id if len(tasks) > TASKS_A_PAGE else None,
        is_newest=before_id is None,
        balances=balances,
        payouts=payouts,
        agreement_to_sign=to_sign,
    )


@get("/my/tasks/{task_id:int}")
async def my_task(request: PageRequest, task_id: FromPath[int]) -> Response[Any]:
    person = await require_person(request)
    return await show_task(request, person.person_id, task_id)


async def show_task(
    request: PageRequest,
    person_id: int,
    task_id: int,
    values: Form | None = None,
    problem: str = "",
    problems: dict[str, str] | None = None,
) -> Response[str]:
    """`problem` is what is wrong with a step, `problems` what is beside the documents to be signed."""
    async with context_of(request).database.connection() as conn:
        task = await access_own_task(conn, person_id, require_id(task_id))
        documents = await documents_of(conn, task)
    return show(
        request,
        "task",
        status_code=422 if problem or problems else 200,
        task=task,
        documents=documents,
        to_sign=to_sign(task, documents),
        steps=[name for name, (_, state) in STEPS.items() if state == task.state],
        values=values or {},
        problem=problem,
        problems=problems or {},
    )


def to_sign(task: OwnTaskRow, documents: list[DocumentRow]) -> list[DocumentRow]:
    """The documents that keep the task from being started."""
    if task.state != machine.State.NEW:
        return []
    return [document for document in documents if document.paper_id is not None and document.signed_at is None]


def require_id(given: int) -> int:
    """Refuses: NotFound for what no id can be."""
    if not 0 < given <= LARGEST_ID:
        raise NotFound("task")
    return given


@get("/my/tasks/{task_id:int}/files/{file_id:int}")
async def my_document(request: PageRequest, task_id: FromPath[int], file_id: FromPath[int]) -> Response[bytes]:
    """Always as an attachment: no browser shows or runs what somebody uploaded."""
    person = await require_person(request)
    context = context_of(request)
    async with context.database.connection() as conn:
        task = await access_own_task(conn, person.person_id, require_id(task_id))
        document = await access_document(conn, task, file_id)
    headers = {
        "Content-Type": document.content_type,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.name)}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Response(await context.files.get(document.storage_key), headers=headers)


@post("/my/tasks/{task_id:int}/{step:str}", status_code=200)
async def take_my_step(request: PageRequest, task_id: FromPath[int], step: FromPath[str]) -> Response[Any]:
    person = await require_person(request)
    if step not in STEPS:
        raise NotFound("step")
    form = await read_form(request)
    try:
        async with context_of(request).database.transaction() as conn:
            task = await lock_own_task(conn, person.person_id, require_id(task_id))
            now = clock.now()
            if step == "finish" and form.get("message"):
                task = await hand_over(conn, task, form["message"], now=now)
            rule, _ = STEPS[step]
            await rule(conn, task, actor=Actor(person.person_id, Side.FREELANCER), now=now)
    except AgreementRequired:
        return go_to(f"/my/agreement?{urlencode({'next': f'/my/tasks/{task_id}'})}")
    except NotFound:
        raise
    except Refused as refusal:
        return await show_task(request, person.person_id, task_id, form, refusal_text(refusal, page_language(request)))
    return go_to(f"/my/tasks/{task_id}")


async def hand_over(conn: Connection, task: TaskRow, text: str, *, now: datetime) -> TaskRow:
    """What is written when handing in: the report, where the task asks for one, or a message."""
    if task.need_report:
        return await report_on_task(conn, task, text, now=now)
    await add_message(conn, task, text, author_id=task.freelancer_id, now=now)
    return task


@get("/my/agreement")
async def my_agreement(request: PageRequest) -> Response[Any]:
    await require_person(request)
    return await show_agreement(request, local_path(str(request.query_params.get("next", ""))))


async def show_agreement(request: PageRequest, next_path: str, problem: Refused | None = None) -> Response[str]:
    language = page_language(request)
    async with context_of(request).database.connection() as conn:
        agreement = await newest_agreement(conn)
    return show(
        request,
        "agreement",
        status_code=422 if problem else 200,
        problems={"agreement": refusal_text(problem, language)} if problem else {},
        next_path=next_path,
        **agreement_parts(agreement, language),
    )


@post("/my/agreement", status_code=200)
async def sign_my_agreement(request: PageRequest) -> Response[Any]:
    person = await require_person(request)
    form = await read_form(request)
    next_path = local_path(form.get("next", ""))
    agreement_uuid = read_uuid(form.get("agreement_uuid", ""))
    if agreement_uuid is None or not form.get("agreement"):
        return await show_agreement(request, next_path, AgreementNotAccepted())
    try:
        async with context_of(request).database.transaction() as conn:
            if not await is_freelancer(conn, person.person_id):
                raise NotFound("freelancer")
            await sign_agreement(
                conn,
                person.person_id,
                template_uuid=agreement_uuid,
                actor_id=person.person_id,
                address=client_address(request),
                now=clock.now(),
            )
    except AgreementSuperseded as refusal:
        return await show_agreement(request, next_path, refusal)
    return go_to(next_path)


ROUTES = [home, my_work, my_task, my_document, take_my_step, my_agreement, sign_my_agreement]
