"""Many tasks, or payments of many tasks, in one call: as JSON, or as a CSV table."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.exceptions import ClientException, ValidationException
from litestar.params import QueryParameter

from artel import clock
from artel.api.customer.access import SignedMember
from artel.api.customer.bulk_document import CSV, PAYMENTS_BODY, TASKS_BODY, operation_with_body
from artel.api.customer.errors import refusal_reply
from artel.api.customer.replies import answer_once, number
from artel.api.customer.task_creation import NewTask, to_new_task
from artel.api.customer.task_references import Id, TaskReference, require_same_company
from artel.api.once import Answer
from artel.api.refusals.common import explain
from artel.companies.access import Member, Right
from artel.db.pool import Connection
from artel.errors import Refused
from artel.tasks import bulk_payment, creation, new_tasks, spreadsheets
from artel.tasks.bulk import Line, Mode, Outcome, require_size

ApiRequest = Request[None, None, State]


class BulkForm(msgspec.Struct, rename="camel"):
    """`tasks` are read one by one, so that one that cannot be read is that line's matter alone."""

    tasks: list[Any]
    mode: str = Mode.ALL
    validate_only: bool | None = None
    company_id: Id | None = None


class BulkLine(msgspec.Struct, rename="camel", kw_only=True):
    """What became of a line. `status` and `errors` are what a call of its own would have been answered; `errors` is
    null where nothing is wrong. `state` is the task's now; `total` what it costs the company."""

    index: int
    done: bool
    status: int
    uuid: UUID | None
    task_id: int | None
    state: int | None
    total: float | None
    errors: dict[str, str | int] | None


class BulkReply(msgspec.Struct, rename="camel", kw_only=True):
    """`done`: what nothing is wrong with has been written. With mode "all" and a line refused nothing has, and the
    status is 422."""

    mode: Mode
    validate_only: bool
    done: bool
    count: int
    refused: int
    results: list[BulkLine]


ModeAsked = Annotated[str | None, QueryParameter(required=False, description="For a CSV table: all or each.")]
ValidateAsked = Annotated[bool | None, QueryParameter(required=False, description="For a CSV table: only check.")]


@post(
    "/customer/tasks/bulk",
    status_code=200,
    right=Right.TASKS,
    tags=["Bulk"],
    summary="Create up to 1,000 tasks, all or each",
    operation_class=operation_with_body(TASKS_BODY),
)
async def create_tasks_in_bulk(
    request: ApiRequest,
    member: SignedMember,
    mode: ModeAsked = None,
    validateOnly: ValidateAsked = None,  # noqa: N803  refusals name it so
) -> Response[BulkReply]:
    """One transaction, as many statements as for one task. Lines are taken in their order: tasks are published as far
    as the money goes, the rest become drafts."""
    form = await read_form(request, member, mode, validateOnly)
    lines: list[new_tasks.NewTask | Refused] = (
        spreadsheets.read_tasks(form.table)
        if form.table is not None
        else [read_item(item, NewTask, lambda task: read_new_task(task, member)) for item in form.items]
    )

    async def work(conn: Connection) -> Outcome:
        if form.validate_only:
            return await creation.validate_tasks(conn, member, lines, now=clock.now())
        return await creation.create_tasks(conn, member, lines, mode=form.mode, now=clock.now())

    return await answer_bulk(request, member, form, work)


@post(
    "/customer/tasks/bulk-pay",
    status_code=200,
    right=Right.PAY,
    tags=["Bulk"],
    summary="Pay for up to 1,000 accepted tasks, all or each",
    operation_class=operation_with_body(PAYMENTS_BODY),
)
async def pay_tasks_in_bulk(
    request: ApiRequest,
    member: SignedMember,
    mode: ModeAsked = None,
    validateOnly: ValidateAsked = None,  # noqa: N803  refusals name it so
) -> Response[BulkReply]:
    """One transaction, as many statements as for one payment. Lines are paid in their order as far as the money goes;
    with mode "all" the money covers every line, or nothing is paid."""
    form = await read_form(request, member, mode, validateOnly)
    lines: list[bulk_payment.Reference | Refused] = (
        spreadsheets.read_payments(form.table)
        if form.table is not None
        else [read_item(item, TaskReference, lambda task: read_reference(task, member)) for item in form.items]
    )

    async def work(conn: Connection) -> Outcome:
        if form.validate_only:
            return await bulk_payment.validate_payments(conn, member, lines)
        return await bulk_payment.pay_tasks(conn, member, lines, mode=form.mode, now=clock.now())

    return await answer_bulk(request, member, form, work)


class Asked(msgspec.Struct, frozen=True):
    """The call, from either body."""

    mode: Mode
    validate_only: bool
    items: list[Any]
    table: bytes | None


async def read_form(request: ApiRequest, member: Member, mode: str | None, validate_only: bool | None) -> Asked:
    """Refuses: mode_unknown; too_many_lines; field_required; NotAllowed("other_company")."""
    body = await request.body()
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == CSV:
        return Asked(mode_of(mode or Mode.ALL), bool(validate_only), [], body)
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ClientException from None
    try:
        form = msgspec.convert(given, BulkForm, strict=False)
    except msgspec.ValidationError as error:
        raise ValidationException(extra=[complaint(error)]) from None
    require_same_company(member, form.company_id)
    require_size(len(form.tasks), "tasks")
    return Asked(mode_of(form.mode), bool(form.validate_only), form.tasks, None)


def mode_of(text: str) -> Mode:
    try:
        return Mode(text)
    except ValueError:
        raise Refused("mode_unknown", "mode") from None


def complaint(error: msgspec.ValidationError) -> dict[str, str]:
    message, _, place = str(error).partition(" - at `$")
    return {"message": message, "key": place.strip("`.")}


def read_item(item: Any, form: type[Any], convert: Callable[[Any], Any]) -> Any:
    """A line, or why it is refused."""
    try:
        return convert(msgspec.convert(item, form, strict=False))
    except Refused as refusal:
        return refusal
    except msgspec.ValidationError as error:
        field, code, facts = explain(complaint(error))
        return Refused(code, None if field == "error" else field, **facts)


def read_new_task(task: NewTask, member: Member) -> new_tasks.NewTask:
    """Refuses a line that asks by itself to be only checked: that is asked for all lines together."""
    require_same_company(member, task.company_id)
    if task.validate_only:
        raise Refused("field_invalid", "validate_only")
    return to_new_task(task)


def read_reference(task: TaskReference, member: Member) -> bulk_payment.Reference:
    require_same_company(member, task.company_id)
    return bulk_payment.Reference(task.task_id, task.uuid)


async def answer_bulk(
    request: ApiRequest, member: Member, asked: Asked, work: Callable[[Connection], Awaitable[Outcome]]
) -> Response[Any]:
    async def tell(conn: Connection) -> Answer:
        outcome = await work(conn)
        reply = render(request, asked, outcome)
        is_refused = asked.mode is Mode.ALL and reply.refused > 0 and not asked.validate_only
        return Answer(422 if is_refused else 200, reply)

    reply = await answer_once(request, member, tell)
    return as_table(reply) if CSV in request.headers.get("accept", "") else reply


def render(request: ApiRequest, asked: Asked, outcome: Outcome) -> BulkReply:
    return BulkReply(
        mode=asked.mode,
        validate_only=asked.validate_only,
        done=outcome.is_done,
        count=len(outcome.lines),
        refused=outcome.refused_count,
        results=[
            render_line(request, index, line, is_done=outcome.is_done) for index, line in enumerate(outcome.lines)
        ],
    )


def render_line(request: ApiRequest, index: int, line: Line, *, is_done: bool) -> BulkLine:
    status, errors = (200, None) if line.refusal is None else refusal_reply(request, line.refusal)
    total = line.price.total if line.price is not None else line.total
    return BulkLine(
        index=index,
        done=is_done and line.refusal is None,
        status=status,
        uuid=line.uuid,
        task_id=line.task_id,
        state=line.state,
        total=None if total is None else number(total),
        errors=errors,
    )


def as_table(reply: Response[Any]) -> Response[bytes]:
    """The same results for a spreadsheet."""
    content = reply.content
    told = content if isinstance(content, BulkReply) else msgspec.json.decode(content, type=BulkReply)
    rows = [
        (
            line.index + 1,
            "yes" if line.done else "no",
            line.status,
            line.uuid,
            line.state,
            line.total,
            "; ".join(f"{field}: {text}" for field, text in (line.errors or {}).items()),
        )
        for line in told.results
    ]
    headings = ("line", "done", "status", "uuid", "state", "total", "errors")
    return Response(
        spreadsheets.write_table(headings, rows),
        status_code=reply.status_code,
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="results.csv"',
            "X-Content-Type-Options": "nosniff",
        },
    )


ROUTES: list[Any] = [create_tasks_in_bulk, pay_tasks_in_bulk]
