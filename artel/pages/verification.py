"""The page behind a link of operation 34: a freelancer photographs a document and their face, step by step.

Each step is a form of its own, so that it works without scripts, over a bad connection, and again after a break.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.params import FromPath

from artel import clock
from artel.api.context import context_of
from artel.api.parts import form_parts
from artel.errors import Refused
from artel.files.errors import FileRefused
from artel.operations.rate_limits import Limit, count_hits
from artel.pages.errors import TEXTS as ERROR_TEXTS
from artel.pages.errors import refusal_text
from artel.pages.forms import read_form
from artel.pages.language import page_language
from artel.pages.payout_endpoints import origin
from artel.pages.render import go_to, page
from artel.pages.verification_texts import TEXTS
from artel.people.errors import LinkGone
from artel.people.links import hash_link_token
from artel.verifications.checks import provider_name
from artel.verifications.errors import (
    ConsentMissing,
    DocumentUnknown,
    PhotoRefused,
    VerificationDone,
    VerificationWaiting,
)
from artel.verifications.photo_keeping import KEEP_DECIDED
from artel.verifications.photos import clean_photo
from artel.verifications.rules import (
    PAGE,
    PARTS,
    Visit,
    choose_document,
    keep_photo,
    new_photo_key,
    open_visit,
    reserve_photo,
    send_documents,
)

SENT_PATH = f"{PAGE}/sent"
DOCUMENT, SEND = "document", "send"  # the first and the last step; those between are photos
# Each photo is decoded, which takes a second of a processor: enough for every mistake somebody makes.
MOST_PHOTOS = 40
MOST_PHOTOS_WINDOW_S = 3600
HtmlRequest = Request[None, None, State]


def steps_of(visit: Visit) -> list[str]:
    return [DOCUMENT, *PARTS.get(visit.document or "", PARTS["id_card"]), SEND]


def next_step(visit: Visit, wanted: str = "") -> str:
    """The step asked for, where it can be taken by now, else the first one that is not done."""
    due = DOCUMENT if visit.document is None else next(iter(visit.missing), SEND)
    steps = steps_of(visit)
    return wanted if wanted in steps and steps.index(wanted) <= steps.index(due) else due


@get(PAGE + "/{token:str}")
async def show_verification(request: HtmlRequest, token: FromPath[str]) -> Response[Any]:
    try:
        visit = await visit_of(request, token)
    except LinkGone:
        return gone(request)
    return show_visit(request, visit, str(request.query_params.get("step", "")))


@post(PAGE + "/{token:str}", status_code=200)
async def take_verification_step(request: HtmlRequest, token: FromPath[str]) -> Response[Any]:
    step = (await read_form(request)).get("step", "")
    try:
        visit = await visit_of(request, token)
        if visit.is_verified or visit.is_waiting:
            return show_visit(request, visit)
        try:
            if step == SEND:
                return await send(request, token)
            await (take_document(request, token) if step == DOCUMENT else take_photo(request, token, step))
        except (DocumentUnknown, PhotoRefused, FileRefused, ConsentMissing) as refusal:
            return show_step(request, visit, next_step(visit, step), refusal)
        except (VerificationDone, VerificationWaiting):  # by another link, just now
            return show_visit(request, await visit_of(request, token))
    except LinkGone:
        return gone(request)
    return go_to(request.url.path)


@get(SENT_PATH, sync_to_thread=False)
def show_sent(request: HtmlRequest) -> Response[str]:
    return note(request, "sent")


async def visit_of(request: HtmlRequest, token: str) -> Visit:
    async with context_of(request).database.connection() as conn:
        return await open_visit(conn, token, now=clock.now())


async def take_document(request: HtmlRequest, token: str) -> None:
    document = (await read_form(request)).get("document", "")
    async with context_of(request).database.transaction() as conn:
        await choose_document(conn, token, document, now=clock.now())


async def take_photo(request: HtmlRequest, token: str, part: str) -> None:
    """Count it, make it harmless, write down that it comes, keep it, and let it count."""
    context = context_of(request)
    limit = Limit(f"photo:{hash_link_token(token).hex()[:32]}", MOST_PHOTOS, MOST_PHOTOS_WINDOW_S)
    async with context.database.transaction() as conn:
        refusal = await count_hits(conn, limit, now=clock.now())
    if refusal:
        raise refusal
    given = (await form_parts(request)).get("photo")
    content = await given.read() if isinstance(given, UploadFile) else b""
    photo = await clean_photo(content, most_bytes=context.settings.max_upload_bytes)
    key = new_photo_key()
    async with context.database.transaction() as conn:
        await reserve_photo(conn, token, part, photo, key=key, now=clock.now())
    await context.files.put(photo, key=key)
    async with context.database.transaction() as conn:
        await keep_photo(conn, token, part, key=key, now=clock.now())


async def send(request: HtmlRequest, token: str) -> Response[Any]:
    context = context_of(request)
    form = await read_form(request)
    async with context.database.transaction() as conn:
        link = await send_documents(
            conn,
            token,
            has_consent=bool(form.get("consent")),
            provider=provider_name(context.settings.verification_url, sandbox=context.settings.sandbox),
            now=clock.now(),
        )
    return go_to(link.redirect_url or SENT_PATH)


def show_visit(request: HtmlRequest, visit: Visit, wanted: str = "") -> Response[Any]:
    if visit.is_verified:
        return note(request, "verified", visit)
    if visit.is_waiting:
        return note(request, "waiting", visit)
    return show_step(request, visit, next_step(visit, wanted))


def show_step(request: HtmlRequest, visit: Visit, step: str, refusal: Refused | None = None) -> Response[str]:
    steps = steps_of(visit)
    problem = refusal_text(refusal, page_language(request, visit.language)) if refusal else ""
    is_photo = step not in (DOCUMENT, SEND)
    field = "photo" if is_photo else "consent" if isinstance(refusal, ConsentMissing) else step
    return page(
        request,
        "verification/step.html",
        TEXTS,
        status_code=422 if refusal else 200,
        person_language=visit.language,
        form_targets=[origin(visit.link.redirect_url)] if visit.link.redirect_url else [],
        step=step,
        path=request.url.path,
        number=steps.index(step) + 1,
        count=len(steps),
        previous=steps[steps.index(step) - 1] if step != DOCUMENT else None,
        following=steps[steps.index(step) + 1] if step in visit.parts else None,
        title_key="passport_front_title" if (visit.document, step) == ("passport", "front") else f"{step}_title",
        is_photo=is_photo,
        from_files=bool(request.query_params.get("files")),
        documents=list(PARTS),
        document=visit.document,
        parts=[part for part in PARTS.get(visit.document or "", ()) if part in visit.parts],
        company=visit.company_name,
        problems={field: problem} if problem else {},
        most_mb=context_of(request).settings.max_upload_bytes // 2**20,
        keep_days=KEEP_DECIDED.days,
    )


def note(request: HtmlRequest, key: str, visit: Visit | None = None) -> Response[str]:
    """There is nothing to do: why."""
    return page(
        request,
        "verification/note.html",
        TEXTS,
        person_language=visit.language if visit else None,
        title_key=f"{key}_title",
        text_key=f"{key}_text",
        return_to=visit.link.redirect_url if visit else None,
    )


def gone(request: HtmlRequest) -> Response[str]:
    text = TEXTS["gone_text"][1 if page_language(request) == "RU" else 0]
    return page(request, "error.html", {**ERROR_TEXTS, **TEXTS}, status_code=410, title_key="gone_title", text=text)


ROUTES = [show_verification, take_verification_step, show_sent]
