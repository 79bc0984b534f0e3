"""Uploading files of one's own, and reading files: POST /upload, GET /file/{file}."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody
from litestar.params import QueryParameter
from litestar.response import Stream

from artel import clock
from artel.api.context import context_of
from artel.api.time.access import SignedPerson
from artel.api.time.file_parts import Part, stored_parts
from artel.api.time.file_replies import FileReply, render_file
from artel.api.time.form_schema import FILE, listed, record
from artel.api.time.forms import Form, read_form
from artel.api.time.paths import PathId
from artel.api.time.replies import answer_once
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.errors import Refused
from artel.files.queries import access_person_file, files_of, size_of
from artel.files.uploads import KIB, Kind, keep_files, kind_of, require_room
from artel.operations.rate_limits import Limit, count_hits

# The parts a form may have, and what they hold; None: what their names say.
PARTS: dict[str, Kind | None] = {
    "image": Kind.PICTURE,
    "images": Kind.PICTURE,
    "video": Kind.VIDEO,
    "videos": Kind.VIDEO,
    "docs": Kind.DOCUMENT,
    "job": None,
    "schedule": None,
    "event": None,
}
MOST_FILES = 20
# Two videos, and a little more.
MOST_BODY_BYTES = 2 * Kind.VIDEO.most_bytes + 5120 * KIB
# Looking into pictures takes a processor, whether they are kept or not.
MOST_CALLS = 60
WINDOW_S = 600

UPLOAD_SCHEMA = record(
    **{
        name: listed(f"Files; at most {5120 if kind is not Kind.VIDEO else 51200} KiB each", FILE)
        for name, kind in PARTS.items()
        if name not in {"image", "video"}
    },
    image=FILE,
    video=FILE,
)


@dataclass
class UploadOperation(Operation):
    """A form that the handler reads: the framework, which sees no `data`, says there is no body."""

    def __post_init__(self) -> None:
        content = {"multipart/form-data": OpenAPIMediaType(schema=UPLOAD_SCHEMA)}
        self.request_body = RequestBody(required=True, content=content)


@post(
    "/upload",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=["User"],
    summary="Upload pictures, videos or documents",
    operation_class=UploadOperation,
    request_max_body_size=MOST_BODY_BYTES,
)
async def upload(request: Request[Any, Any, State], person: SignedPerson) -> Response[list[FileReply]]:
    """Pictures are encoded anew, upright and without notes on places and cameras, and in smaller sizes. All files of
    one form are kept, or none."""
    context = context_of(request)
    now = clock.now()
    async with context.database.transaction() as conn:
        refusal = await count_hits(conn, Limit(f"upload:{person.person_id}", MOST_CALLS, WINDOW_S), now=now)
    if refusal:
        raise refusal
    async with context.database.connection() as conn:  # before a hundred million bytes are read in vain
        await require_room(conn, person.person_id, count=1, size_bytes=1, now=now)
    async with stored_parts(request, read_parts(await read_form(request))) as stored:

        async def work(conn: Connection) -> list[FileReply]:
            ids = await keep_files(conn, stored, owner_id=person.person_id, now=now)
            return [render_file(file, base_url=context.settings.base_url) for file in await files_of(conn, ids)]

        return await answer_once(request, person, work)


def read_parts(form: Form) -> list[Part]:
    """Refuses: file_expected for a part that is no file, and for a form without any; profile_too_many."""
    for name in PARTS:
        if form.fields.get(name):
            raise Refused("file_expected", name)
    parts = [
        Part(name, kind or kind_of(file.filename), file)
        for name, kind in PARTS.items()
        for file in form.files.get(name, [])
    ]
    if not parts:
        raise Refused("file_expected", "image")
    if len(parts) > MOST_FILES:
        raise Refused("profile_too_many", parts[MOST_FILES].field, most=MOST_FILES)
    return parts


@get(
    "/file/{file:str}",
    right=Right.SIGNED_IN,
    tags=["User"],
    summary="A file's bytes",
    media_type="*/*",  # in the document; each reply says the file's own
)
async def get_file(
    request: Request[Any, Any, State],
    person: SignedPerson,
    file: PathId,
    size: Annotated[Literal["original", "512", "128"] | None, QueryParameter(required=False)] = None,
) -> Stream:
    """Your own file; what is attached to an event you take part in or to a schedule you may see; anybody's photo.

    As an attachment, which no browser shows or runs; a picture asked for with `size` is shown, as it was encoded here.
    """
    context = context_of(request)
    async with context.database.connection() as conn:
        found = await access_person_file(conn, person.person_id, file)
        is_picture = found.width is not None
        if size is not None and not is_picture:
            raise Refused("profile_not_a_picture", "size")
        key = found.storage_key if size in {None, "original"} else await size_of(conn, found, int(size or 0))
    shown = "inline" if size is not None and is_picture else "attachment"
    headers = {
        "Content-Type": found.content_type,
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(found.name)}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Stream(context.files.stream(key), headers=headers)


ROUTES = [upload, get_file]
