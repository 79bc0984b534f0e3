"""A freelancer's own place: tasks with their steps, balances, payouts, and an agreement to sign.

Each step calls the rule that the customer API calls.
"""

from collections.abc import Mapping
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
from artel.pages.my_steps import STEPS, seen_terms, steps_in
from artel.pages.my_texts import TEXTS
from artel.pages.registration_form import read_uuid
from artel.pages.render import go_to, page
from artel.pages.session import local_path, require_person, signed_in_person
from artel.payouts.auto_pay import choose_auto_pay, list_own_endpoints
from artel.payouts.own_payouts import list_own_payouts
from artel.tasks.disputes import is_operator
from artel.tasks.machine import Actor, Side
from artel.tasks.machine import State as TaskState
from artel.tasks.messages import messages_of
from artel.tasks.own_changes import own_proposal
from artel.tasks.own_tasks import (
    DocumentRow,
    OwnTaskRow,
    access_document,
    access_own_task,
    documents_of,
    list_own_tasks,
    lock_own_task,
)

PageRequest = Request[None, None, State]
TASKS_A_PAGE = 20
PAYOUTS_SHOWN = 10
LARGEST_ID = 2**63 - 1
MESSAGES_SHOWN = 20
# Fields of the task's forms: a refusal that names one is shown beside it.
TASK_FIELDS = ("reason", "comment")


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
            if await is_operator(conn, person.person_id):
                return go_to("/operator/disputes")
            return show(request, "not_freelancer")
        tasks = await list_own_tasks(conn, person.person_id, before_id=before_id, limit=TASKS_A_PAGE + 1)
        balances = await person_balances(conn, person.person_id)
        payouts = await list_own_payouts(conn, person.person_id, limit=PAYOUTS_SHOWN)
        endpoints = await list_own_endpoints(conn, person.person_id)
        to_sign = await has_agreement_to_sign(conn, person.person_id)
    return show(
        request,
        "work",
        tasks=tasks[:TASKS_A_PAGE],
        older_than=tasks[TASKS_A_PAGE - 1].id if len(tasks) > TASKS_A_PAGE else None,
        is_newest=before_id is None,
        balances=balances,
        payouts=payouts,
        endpoints=endpoints,
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
    problems: Mapping[str, str] | None = None,
) -> Response[str]:
    """`problem` is what is wrong with a step, `problems` what is beside the documents to be signed."""
    async with context_of(request).database.connection() as conn:
        task = await access_own_task(conn, person_id, require_id(task_id))
        documents = await documents_of(conn, task)
        messages = await messages_of(conn, task.id, descending=True, limit=MESSAGES_SHOWN)
        proposal = await own_proposal(conn, task) if task.state == TaskState.CHANGES_PROPOSED else None
    return show(
        request,
        "task",
        status_code=422 if problem or problems else 200,
        task=task,
        documents=documents,
        messages=messages[::-1],
        person_id=person_id,
        proposal=proposal,
        seen=seen_terms(
            title=task.title,
            description=task.description,
            amount=task.amount,
            currency=task.currency,
            deadline=task.deadline,
            need_report=task.need_report,
        ),
        to_sign=to_sign(task, documents),
        steps=steps_in(task.state),
        values=values or {},
        problem=problem,
        problems=problems or {},
    )


def to_sign(task: OwnTaskRow, documents: list[DocumentRow]) -> list[DocumentRow]:
    """The documents that keep the task from being started."""
    if task.state != TaskState.NEW:
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
            actor = Actor(person.person_id, Side.FREELANCER)
            await STEPS[step].take(conn, task, form, actor=actor, now=clock.now())
    except AgreementRequired:
        return go_to(f"/my/agreement?{urlencode({'next': f'/my/tasks/{task_id}'})}")
    except NotFound:
        raise
    except Refused as refusal:
        text = refusal_text(refusal, page_language(request))
        if refusal.field in TASK_FIELDS:
            return await show_task(request, person.person_id, task_id, form, problems={refusal.field: text})
        return await show_task(request, person.person_id, task_id, form, text)
    return go_to(f"/my/tasks/{task_id}")


@post("/my/auto-pay", status_code=200)
async def choose_my_auto_pay(request: PageRequest) -> Response[Any]:
    """Where payouts go by themselves from now on; an empty choice: nowhere."""
    person = await require_person(request)
    chosen = (await read_form(request)).get("endpoint", "")
    endpoint_id = None if chosen in ("", "none") else read_id(chosen)
    async with context_of(request).database.transaction() as conn:
        if not await is_freelancer(conn, person.person_id):
            raise NotFound("freelancer")
        await choose_auto_pay(
            conn, person.person_id, endpoint_id=endpoint_id, actor_id=person.person_id, now=clock.now()
        )
    return go_to("/my")


def read_id(text: str) -> int:
    """Refuses: NotFound for what is no number."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFound("payout_endpoint")
    return int(text)


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


ROUTES = [home, my_work, choose_my_auto_pay, my_task, my_document, take_my_step, my_agreement, sign_my_agreement]
