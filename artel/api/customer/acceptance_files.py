"""A company's own documents to be signed before a task starts. Operation 67 lists them; putting one in and taking it
back are calls of ours: the documents leave that to support."""

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Response, delete, post
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, Reference, RequestBody, Schema
from litestar.params import FromPath

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.lookup_replies import AcceptanceFile
from artel.api.customer.replies import NOTHING, answer_once
from artel.api.customer.task_files import read_upload
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.errors import NotFound
from artel.files import acceptance
from artel.files.inspection import content_type_of, safe_name
from artel.files.rules import NewFile
from artel.freelancers.queries import LARGEST_ID

ApiRequest = Request[None, None, State]


class DocumentForm(msgspec.Struct, rename="camel", kw_only=True):
    """What comes beside the file. Without `titleEn` the title serves both languages."""

    title: str
    title_en: str | None = None


class DocumentBody(DocumentForm, kw_only=True):
    """The JSON form: the bytes in base64, as a data URL too, and the name they had."""

    file: str
    name: str = ""


def body_schema(file: Schema, **more: Schema) -> OpenAPIMediaType:
    titles = {
        "title": Schema(type=OpenAPIType.STRING, description="What the document is called, in Russian"),
        "titleEn": Schema(type=OpenAPIType.STRING, description="The same in English"),
    }
    properties: dict[str, Reference | Schema] = {**titles, "file": file, **more}
    return OpenAPIMediaType(schema=Schema(type=OpenAPIType.OBJECT, properties=properties, required=["title", "file"]))


BODY = RequestBody(
    required=True,
    content={
        "application/json": body_schema(
            Schema(type=OpenAPIType.STRING, description="The bytes, in base64"),
            name=Schema(type=OpenAPIType.STRING, description="The file's name with its extension"),
        ),
        "multipart/form-data": body_schema(Schema(type=OpenAPIType.STRING, content_media_type="*/*")),
    },
)


@dataclass
class DocumentOperation(Operation):
    """Two bodies that one handler reads: the framework, which sees no `data`, says there is none."""

    def __post_init__(self) -> None:
        self.request_body = BODY


@post(
    "/customer/acceptance-files",
    status_code=200,
    right=Right.TASKS,
    tags=["Task documents"],
    summary="Put in a document that tasks can ask freelancers to sign",
    operation_class=DocumentOperation,
)
async def add_document(request: ApiRequest, member: SignedMember) -> Response[AcceptanceFile]:
    """As a form with the file, or as JSON with its bytes in base64. New tasks name its `id` in `acceptanceFileIds`."""
    form, name, content = await read_upload(request, DocumentForm, DocumentBody)
    context = context_of(request)
    name = safe_name(name)
    most = context.settings.max_upload_bytes
    content_type = await asyncio.to_thread(content_type_of, name, content, most_bytes=most)
    key = await context.files.put(content)
    kept = False

    async def work(conn: Connection) -> AcceptanceFile:
        nonlocal kept
        title_en = form.title if form.title_en is None else form.title_en
        added = await acceptance.add_acceptance_file(
            conn,
            NewFile(name, content_type, content, key),
            company_id=member.company_id,
            title_ru=form.title,
            title_en=title_en,
            actor_id=member.person_id,
            now=clock.now(),
        )
        kept = True
        return AcceptanceFile(added.id, added.file_id, added.title_ru, added.title_en)

    try:
        return await answer_once(request, member, work)
    finally:
        if not kept:  # refused, or the same request was done before
            await context.files.remove(key)


@delete(
    "/customer/acceptance-files/{acceptance_file:str}",
    status_code=200,
    right=Right.TASKS,
    tags=["Task documents"],
    summary="Withdraw a document of yours: no new task can ask for it",
)
async def withdraw_document(
    request: ApiRequest, member: SignedMember, acceptance_file: FromPath[str]
) -> Response[list[None]]:
    """Tasks that ask for it already go on asking, and what was signed stays signed. The operator's are not yours."""
    document_id = int(acceptance_file) if acceptance_file.isascii() and acceptance_file.isdecimal() else 0
    if not 0 < document_id <= LARGEST_ID:
        raise NotFound("acceptance_file")

    async def work(conn: Connection) -> list[None]:
        await acceptance.withdraw_acceptance_file(
            conn, document_id, company_id=member.company_id, actor_id=member.person_id, now=clock.now()
        )
        return NOTHING

    return await answer_once(request, member, work)


ROUTES: list[Any] = [add_document, withdraw_document]
