"""A task's files: operation 24 of customer-api.md, and reading them back."""

import asyncio
import base64
import binascii
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.exceptions import ClientException, SerializationException, ValidationException
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.replies import NOTHING, answer_once
from artel.api.customer.task_references import TaskReference, require_same_company
from artel.api.parts import form_parts
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.errors import Refused
from artel.files import rules
from artel.files.errors import FileRefused
from artel.files.inspection import content_type_of, looks_like, safe_name
from artel.tasks.queries import access_task, lock_task

ApiRequest = Request[None, None, State]
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class FileForm(TaskReference, kw_only=True):
    """What comes beside the file. `type` 5: transfer of rights in the task."""

    type: Annotated[int, msgspec.Meta(ge=0, le=32767)]


class FileBody(FileForm, kw_only=True):
    """The JSON form: the bytes in base64, as a data URL too, and the name they had."""

    file: str
    name: str = ""


FILE_FIELDS = {
    "taskId": Schema(type=OpenAPIType.INTEGER, description="The task; or give its uuid"),
    "uuid": Schema(type=OpenAPIType.STRING, description="The task's UUID; where both are given taskId counts"),
    "type": Schema(type=OpenAPIType.INTEGER, description="5: transfer of rights in the task"),
}


def upload_schema(file: Schema, **more: Schema) -> OpenAPIMediaType:
    return OpenAPIMediaType(
        schema=Schema(
            type=OpenAPIType.OBJECT, properties={**FILE_FIELDS, "file": file, **more}, required=["file", "type"]
        )
    )


UPLOAD_BODY = RequestBody(
    required=True,
    content={
        "application/json": upload_schema(
            Schema(type=OpenAPIType.STRING, description="The bytes, in base64"),
            name=Schema(type=OpenAPIType.STRING, description="The file's name with its extension"),
        ),
        "multipart/form-data": upload_schema(Schema(type=OpenAPIType.STRING, content_media_type="*/*")),
    },
)


@dataclass
class UploadOperation(Operation):
    """Two bodies that one handler reads: the framework, which sees no `data`, says there is none."""

    def __post_init__(self) -> None:
        self.request_body = UPLOAD_BODY


@post(
    "/customer/tasks/files",
    status_code=200,
    right=Right.TASKS,
    tags=["Task files"],
    summary="Attach a file to a task",
    operation_class=UploadOperation,
)
async def attach_file(request: ApiRequest, member: SignedMember) -> Response[list[None]]:
    """As a form with the file, or as JSON with its bytes in base64. Refused in states 5 and 12."""
    form, name, content = await read_upload(request, FileForm, FileBody)
    require_same_company(member, form.company_id)
    context = context_of(request)
    async with context.database.connection() as conn:  # nothing is kept for somebody else's task
        await access_task(conn, member, task_id=form.task_id, uuid=form.uuid)
    name = safe_name(name)
    most = context.settings.max_upload_bytes
    content_type = await asyncio.to_thread(content_type_of, name, content, most_bytes=most)
    key = await context.files.put(content)
    attached = False

    async def work(conn: Connection) -> list[None]:
        nonlocal attached
        task = await lock_task(conn, member, task_id=form.task_id, uuid=form.uuid)
        file = rules.NewFile(name, content_type, content, key)
        await rules.attach_file(conn, task, file, file_type=form.type, member=member, now=clock.now())
        attached = True
        return NOTHING

    try:
        return await answer_once(request, member, work)
    finally:
        if not attached:  # refused, or the same request was done before
            await context.files.remove(key)


async def read_upload(request: ApiRequest, beside: type[Any], body_form: type[Any]) -> tuple[Any, str, bytes]:
    """What comes beside the file, its name, its bytes. `beside` are the fields of a form, `body_form` those and the
    file of a JSON body. Refuses, naming the field, what is missing or wrong."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() in FORMS and not await is_json(request):
        fields = await form_parts(request)
        given = {name: value for name, value in fields.items() if isinstance(value, str)}
        file = fields.get("file")
        if not isinstance(file, UploadFile):
            raise Refused("field_required", "file")
        return converted(given, beside), file.filename, await file.read()
    try:
        given_json = await request.json()
    except SerializationException:
        raise ClientException from None
    body = converted(given_json, body_form)
    content = decoded(body.file)
    return body, body.name or f"file.{next(iter(sorted(looks_like(content))), 'txt')}", content


async def is_json(request: ApiRequest) -> bool:
    """curl's -d says it sends a form whatever it sends."""
    return (await request.body()).lstrip()[:1] == b"{"


def converted(given: object, form: type[Any]) -> Any:
    """The body as a Struct. Refuses, naming the field."""
    try:
        return msgspec.convert(given, form, strict=False)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise ValidationException(extra=[{"message": message, "key": place.strip("`.")}]) from None


def decoded(text: str) -> bytes:
    """Refuses: file_not_base64."""
    payload = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode("".join(payload.split()), validate=True)
    except (binascii.Error, ValueError):
        raise FileRefused("file_not_base64") from None


@get(
    "/customer/files/{file_id:int}",
    right=Right.VIEW,
    tags=["Task files"],
    summary="A file's bytes",
    media_type="*/*",  # in the document; each reply says the file's own
)
async def download_file(request: ApiRequest, member: SignedMember, file_id: FromPath[int]) -> Response[bytes]:
    """Always as an attachment: no browser shows or runs what somebody uploaded."""
    context = context_of(request)
    async with context.database.connection() as conn:
        file = await rules.access_file(conn, member, file_id)
    headers = {
        "Content-Type": file.content_type,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Response(await context.files.get(file.storage_key), headers=headers)


ROUTES: list[Any] = [attach_file, download_file]
