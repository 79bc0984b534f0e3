"""Signing a task's documents, an NDA for instance, before the task is started."""

from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import FromPath

from artel import clock
from artel.api.context import client_address, context_of
from artel.errors import NotFound, Refused
from artel.pages.errors import refusal_text
from artel.pages.forms import read_form
from artel.pages.language import page_language
from artel.pages.my import require_id, show_task
from artel.pages.my_texts import TEXTS
from artel.pages.render import go_to
from artel.pages.session import require_person
from artel.pages.texts import Words
from artel.tasks.own_tasks import lock_own_task
from artel.tasks.papers import Signing, papers_of, sign_papers


@post("/my/tasks/{task_id:int}/documents", status_code=200)
async def sign_my_documents(request: Request[None, None, State], task_id: FromPath[int]) -> Response[Any]:
    """Each document is ticked by itself. What is ticked is signed; what is not is asked for again."""
    person = await require_person(request)
    form = await read_form(request)
    signing = Signing(actor_id=person.person_id, address=client_address(request))
    language = page_language(request)
    try:
        async with context_of(request).database.transaction() as conn:
            task = await lock_own_task(conn, person.person_id, require_id(task_id))
            unsigned = [paper for paper in await papers_of(conn, task.id) if paper.signed_at is None]
            ticked = {paper.id for paper in unsigned if form.get(f"document_{paper.id}")}
            await sign_papers(conn, task, ticked, signing=signing, now=clock.now())
    except NotFound:
        raise
    except Refused as refusal:
        return await show_task(request, person.person_id, task_id, form, refusal_text(refusal, language))
    words = Words(TEXTS, language)
    left = {f"document_{paper.id}": words("sign_untouched") for paper in unsigned if paper.id not in ticked}
    if left:
        return await show_task(request, person.person_id, task_id, form, problems=left)
    return go_to(f"/my/tasks/{task_id}")


ROUTES = [sign_my_documents]
