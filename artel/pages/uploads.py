"""A company's tables of tasks and of payments: upload, look at every line, confirm, watch, take the results home."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.params import FromPath

from artel import clock
from artel.api.context import context_of
from artel.api.parts import form_parts
from artel.errors import NotFound, Refused
from artel.files.inspection import safe_name
from artel.pages.errors import refusal_text
from artel.pages.forms import Form, read_form
from artel.pages.language import page_language
from artel.pages.my import in_words
from artel.pages.registration_form import read_uuid
from artel.pages.render import go_to, page
from artel.pages.session import require_person
from artel.pages.upload_texts import TEXTS
from artel.tasks import spreadsheets, uploads
from artel.tasks.bulk import Line, Mode
from artel.tasks.upload_jobs import write_upload
from artel.tasks.uploads import NEEDS, Upload

PageRequest = Request[None, None, State]
REFRESH_S = 2


def show(request: PageRequest, template: str, *, status_code: int = 200, **context: Any) -> Response[str]:
    words = in_words(page_language(request))
    return page(request, f"uploads/{template}.html", TEXTS, status_code=status_code, **words, **context)


@get("/company/uploads")
async def uploads_page(request: PageRequest) -> Response[Any]:
    person = await require_person(request)
    return await show_uploads(request, person.person_id)


async def show_uploads(
    request: PageRequest, person_id: int, values: Form | None = None, problems: Form | None = None
) -> Response[str]:
    async with context_of(request).database.connection() as conn:
        members = await uploads.companies_to_upload_for(conn, person_id)
        names = await uploads.company_names(conn, members)
        listed = await uploads.list_uploads(conn, members)
    if not members:
        return show(request, "nobody", status_code=403)
    return show(
        request,
        "start",
        status_code=422 if problems else 200,
        companies=names,
        kinds=[kind for kind, right in NEEDS.items() if any(right in member.rights for member in members)],
        headings=headings_in(page_language(request)),
        uploads=listed,
        values={"company": str(members[0].company_id), "kind": "tasks", "mode": "all", **(values or {})},
        problems=problems or {},
    )


def headings_in(language: str) -> dict[str, list[tuple[str, bool]]]:
    """The columns of each kind of table, as the reader would write them, and whether they are needed."""
    tables = {"tasks": spreadsheets.TASK_HEADINGS, "payments": spreadsheets.PAYMENT_HEADINGS}
    return {
        kind: [(russian if language == "RU" else english, needed) for english, russian, needed in table.values()]
        for kind, table in tables.items()
    }


@post("/company/uploads", status_code=200)
async def take_upload(request: PageRequest) -> Response[Any]:
    person = await require_person(request)
    form = await read_form(request)
    file = (await form_parts(request)).get("file")
    try:
        if not isinstance(file, UploadFile) or not file.filename:
            raise Refused("field_required", "file")
        content = await file.read(spreadsheets.MOST_BYTES + 1)
        async with context_of(request).database.transaction() as conn:
            member = await uploads.member_of(conn, person.person_id, company_of(form))
            uuid = await uploads.keep_upload(
                conn,
                member,
                kind=form.get("kind", "") if form.get("kind") in NEEDS else "tasks",
                mode=Mode.EACH if form.get("mode") == Mode.EACH else Mode.ALL,
                file_name=safe_name(file.filename),
                content=content,
                now=clock.now(),
            )
    except Refused as refusal:
        problems = {"file": refusal_text(refusal, page_language(request))}
        return await show_uploads(request, person.person_id, form, problems)
    return go_to(f"/company/uploads/{uuid}")


def company_of(form: Form) -> int:
    given = form.get("company", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0


@get("/company/uploads/{upload:str}")
async def upload_page(request: PageRequest, upload: FromPath[str]) -> Response[Any]:
    """Before it is confirmed, a preview of every line; while it is worked on, how far it is; then the results."""
    person = await require_person(request)
    async with context_of(request).database.connection() as conn:
        found, member = await uploads.access_upload(conn, person.person_id, uuid_of(upload))
        if found.confirmed_at is None:
            lines = await uploads.preview(conn, found, member, now=clock.now())
            rows = preview_rows(found, lines, page_language(request), member.currency)
            refused = sum(line.refusal is not None for line in lines)
            return show(request, "preview", upload=found, rows=rows, refused=refused)
    if found.finished_at is None:
        reply = show(request, "progress", upload=found)
        reply.headers["Refresh"] = str(REFRESH_S)
        return reply
    rows = result_rows(found, page_language(request), member.currency)
    done = sum(bool(result["done"]) for result in found.results)
    return show(request, "results", upload=found, rows=rows, done=done)


def uuid_of(text: str) -> UUID:
    found = read_uuid(text)
    if found is None:
        raise NotFound("upload")
    return found


def preview_rows(upload: Upload, lines: list[Line], language: str, currency: str) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "fine": line.refusal is None,
            "problem": "" if line.refusal is None else problem_text(line.refusal, language),
            "total": line.price.total if line.price is not None else line.total,
            "currency": currency,
            "uuid": "" if line.uuid is None else str(line.uuid),
            "state": None,  # nothing is written yet
        }
        for number, line in enumerate(lines, start=1)
    ]


def result_rows(upload: Upload, language: str, currency: str) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "fine": result["done"],
            "problem": kept_problem(result, language),
            "total": None if result["total"] is None else uploads.amount_of(result),
            "currency": currency,
            "uuid": result["uuid"] or "",
            "state": result["state"],
        }
        for number, result in enumerate(upload.results, start=1)
    ]


def kept_problem(result: dict[str, Any], language: str) -> str:
    if result["code"] is None:
        return ""
    return problem_text(Refused(result["code"], result["field"], **result["facts"]), language)


def problem_text(refusal: Refused, language: str) -> str:
    """What is wrong, with the column as the reader would head it."""
    text = refusal_text(refusal, language)
    headings = {**spreadsheets.TASK_HEADINGS, **spreadsheets.PAYMENT_HEADINGS}
    if refusal.field not in headings:
        return text
    return f"{headings[refusal.field][1 if language == 'RU' else 0]}: {text}"


@post("/company/uploads/{upload:str}", status_code=200)
async def confirm_upload(request: PageRequest, upload: FromPath[str]) -> Response[Any]:
    person = await require_person(request)
    uuid = uuid_of(upload)
    async with context_of(request).database.transaction() as conn:
        found, member = await uploads.lock_upload(conn, person.person_id, uuid)
        if found.confirmed_at is None:  # a second press finds it done
            await uploads.confirm_upload(conn, found, member, now=clock.now())
            await write_upload.configure(connection=conn).defer_async(upload_id=found.id)
    return go_to(f"/company/uploads/{uuid}")


@get("/company/uploads/{upload:str}/results.csv")
async def download_results(request: PageRequest, upload: FromPath[str]) -> Response[bytes]:
    person = await require_person(request)
    language = page_language(request)
    async with context_of(request).database.connection() as conn:
        found, member = await uploads.access_upload(conn, person.person_id, uuid_of(upload))
    column = 1 if language == "RU" else 0
    headings = [TEXTS[f"column_{name}"][column] for name in ("line", "result", "uuid", "total", "problem")]
    rows = [
        (
            row["number"],
            TEXTS["line_done" if row["fine"] else "line_not_done"][column],
            row["uuid"],
            row["total"],
            row["problem"],
        )
        for row in result_rows(found, language, member.currency)
    ]
    name = f"{found.file_name.rpartition('.')[0] or found.file_name}-results.csv"
    return Response(
        spreadsheets.write_table(headings, rows),
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )


ROUTES = [uploads_page, take_upload, upload_page, confirm_upload, download_results]
