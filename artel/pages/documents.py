"""The link of a letter with packed documents (operation 57): the ZIP, as an attachment."""

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Stream

from artel import clock
from artel.api.context import context_of
from artel.documents.archives import open_archive
from artel.documents.errors import ArchiveGone
from artel.documents.links import PATH
from artel.pages.errors import TEXTS as ERROR_TEXTS
from artel.pages.language import page_language
from artel.pages.render import page
from artel.pages.texts import Texts

TEXTS: Texts = {
    **ERROR_TEXTS,
    "gone_title": ("This link does not work any more", "Эта ссылка больше не работает"),
    "gone_text": (
        "Links to documents expire after a few days. Ask for the documents again.",
        "Ссылки на документы действуют несколько дней. Запросите документы ещё раз.",
    ),
}


@get(PATH + "/{token:str}")
async def send_archive(request: Request[None, None, State], token: FromPath[str]) -> Response[Any]:
    """Whoever has the link needs no sign-in; it is good for this one file until it expires."""
    context = context_of(request)
    try:
        async with context.database.connection() as conn:
            ready = await open_archive(conn, context.settings.secret, token, now=clock.now())
    except ArchiveGone:
        text = TEXTS["gone_text"][1 if page_language(request) == "RU" else 0]
        return page(request, "error.html", TEXTS, status_code=410, title_key="gone_title", text=text)
    name = f"documents-{ready.company_id}-{ready.created_at:%y%m%d}.zip"
    return Stream(
        context.files.stream(ready.storage_key),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )


ROUTES: list[Any] = [send_archive]
