"""Operators' pages: who waits for their documents to be looked at, the photos, and the decision.

For everybody else there is no such page. Each look at a photo is written down.
"""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from artel import clock
from artel.api.context import context_of
from artel.companies.access import Person
from artel.errors import NotFound, Refused
from artel.operations import audit
from artel.pages.errors import refusal_text
from artel.pages.forms import Form, read_form
from artel.pages.language import page_language
from artel.pages.my import LARGEST_ID, in_words
from artel.pages.operator_verification_texts import TEXTS
from artel.pages.render import go_to, page
from artel.pages.session import require_person
from artel.verifications.decisions import decide_verification
from artel.verifications.errors import DeclineReasonIncomplete, DeclineReasonUnknown, VerificationDecided
from artel.verifications.queries import (
    access_verification,
    photo_key,
    require_operator,
    waiting_verifications,
)
from artel.verifications.reasons import OTHER, REASONS, decline_reason

PageRequest = Request[None, None, State]
LIST_PATH = "/operator/verifications"
A_PAGE = 30


async def operator_of(request: PageRequest) -> Person:
    """Refuses: NotSignedIn; NotFound for who is no operator."""
    person = await require_person(request)
    async with context_of(request).database.connection() as conn:
        await require_operator(conn, person.person_id)
    return person


def show(request: PageRequest, template: str, *, status_code: int = 200, **context: Any) -> Response[str]:
    words = in_words(page_language(request))
    return page(request, f"operator/{template}.html", TEXTS, status_code=status_code, **words, **context)


@get(LIST_PATH)
async def list_verifications(request: PageRequest) -> Response[str]:
    await operator_of(request)
    after = str(request.query_params.get("after", ""))
    after_id = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None
    async with context_of(request).database.connection() as conn:
        rows, total = await waiting_verifications(conn, after_id=after_id, limit=A_PAGE + 1)
    return show(
        request,
        "verifications",
        rows=rows[:A_PAGE],
        total=total,
        is_first=after_id is None,
        next_after=rows[A_PAGE - 1].id if len(rows) > A_PAGE else None,
    )


@get(LIST_PATH + "/{verification_id:int}")
async def show_verification(request: PageRequest, verification_id: FromPath[int]) -> Response[str]:
    await operator_of(request)
    return await show_one(request, verification_id, {})


async def show_one(
    request: PageRequest, verification_id: int, values: Form, refusal: Refused | None = None
) -> Response[str]:
    language = page_language(request)
    async with context_of(request).database.connection() as conn:
        row = await access_verification(conn, require_id(verification_id))
    text = refusal_text(refusal, language) if refusal else ""
    column = 1 if language == "RU" else 0
    return show(
        request,
        "verification",
        status_code=409 if isinstance(refusal, VerificationDecided) else 422 if refusal else 200,
        row=row,
        reasons=[(code, texts[column]) for code, texts in REASONS.items()] + [(OTHER, TEXTS["other"][column])],
        values=values,
        problems={(refusal.field or "") if refusal else "": text} if text else {},
    )


def require_id(given: int) -> int:
    """Refuses: NotFound for what no id can be."""
    if not 0 < given <= LARGEST_ID:
        raise NotFound("verification")
    return given


@get(LIST_PATH + "/{verification_id:int}/photos/{part:str}")
async def show_photo(request: PageRequest, verification_id: FromPath[int], part: FromPath[str]) -> Response[bytes]:
    """A picture that we encoded ourselves; shown, because that is what it is for."""
    operator = await operator_of(request)
    context = context_of(request)
    async with context.database.transaction() as conn:
        key = await photo_key(conn, require_id(verification_id), part)
        await audit.record(
            conn,
            "verification.photo_seen",
            subject="verification",
            subject_id=verification_id,
            actor_id=operator.person_id,
            company_id=None,
            now=clock.now(),
            part=part,
        )
    headers = {
        "Content-Type": "image/jpeg",
        "Content-Disposition": "inline",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
    return Response(await context.files.get(key), headers=headers)


@post(LIST_PATH + "/{verification_id:int}", status_code=200)
async def decide(request: PageRequest, verification_id: FromPath[int]) -> Response[Any]:
    operator = await operator_of(request)
    form = await read_form(request)
    context = context_of(request)
    try:
        decline = None
        if form.get("decision") != "verify":
            decline = decline_reason(form.get("reason", ""), form.get("reason_en", ""), form.get("reason_ru", ""))
        async with context.database.transaction() as conn:
            await decide_verification(
                conn,
                require_id(verification_id),
                decline=decline,
                actor_id=operator.person_id,
                base_url=context.settings.base_url,
                now=clock.now(),
            )
    except (DeclineReasonUnknown, DeclineReasonIncomplete, VerificationDecided) as refusal:
        return await show_one(request, verification_id, form, refusal)
    return go_to(LIST_PATH)


ROUTES = [list_verifications, show_verification, show_photo, decide]
