"""The offer agreement, to be read."""

import re
from typing import Any

from babel.dates import format_date
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from artel.api.context import context_of
from artel.errors import NotFound
from artel.freelancers.papers import AgreementRow, newest_agreement, published_agreement
from artel.pages.language import page_language
from artel.pages.registration_form import read_uuid
from artel.pages.registration_texts import TEXTS
from artel.pages.render import page


@get("/agreements/{agreement:str}")
async def read_agreement(request: Request[None, None, State], agreement: FromPath[str]) -> Response[Any]:
    """A version of the agreement, for anybody to read: check-task-requirements links here."""
    agreement_uuid = read_uuid(agreement)
    if agreement_uuid is None:
        raise NotFound("agreement")
    async with context_of(request).database.connection() as conn:
        row = await published_agreement(conn, agreement_uuid)
        newest = await newest_agreement(conn)
    language = page_language(request)
    return page(
        request,
        "registration/agreement.html",
        TEXTS,
        version=row.version,
        newer_uuid=newest.uuid if newest is not None and newest.version > row.version else None,
        day=format_date(row.published_at.date(), "long", locale=language.lower()),
        **agreement_parts(row, language),
    )


def agreement_parts(agreement: AgreementRow | None, language: str) -> dict[str, Any]:
    """The agreement's uuid, title and blocks, each a heading ("# …" in the text) or a paragraph."""
    if agreement is None:
        return {"agreement_uuid": None, "agreement_title": "", "agreement_blocks": []}
    title, text = (
        (agreement.title_ru, agreement.text_ru) if language == "RU" else (agreement.title_en, agreement.text_en)
    )
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    return {
        "agreement_uuid": agreement.uuid,
        "agreement_title": title,
        "agreement_blocks": [(block.startswith("#"), block.lstrip("# ")) for block in blocks],
    }


ROUTES = [read_agreement]
