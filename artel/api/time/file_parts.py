"""Files of a form on their way into the store."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile

from artel.api.context import context_of
from artel.api.time.forms import about_field
from artel.files.errors import FileRefused
from artel.files.uploads import Kind, Stored, discard_unnoted, prepare, store


class Part(msgspec.Struct, frozen=True):
    """A file, the part it came in, and what it has to be."""

    field: str
    kind: Kind
    file: UploadFile


@asynccontextmanager
async def stored_parts(request: Request[Any, Any, Any], parts: Sequence[Part]) -> AsyncIterator[list[Stored]]:
    """The parts looked into and kept, in their order. What the block has not noted (`keep_files`) is removed after it.
    Refuses what `prepare` refuses, naming the part."""
    context = context_of(request)
    stored: list[Stored] = []
    try:
        for part in parts:  # one after the other: a video is fifty million bytes
            try:
                prepared = await prepare(part.kind, part.file.filename, await read_within(part))
            except FileRefused as refusal:
                raise about_field(refusal, part.field) from None
            stored.append(await store(context.files, prepared))
        yield stored
    finally:
        await discard_unnoted(context.database, context.files, stored)


async def read_within(part: Part) -> bytes:
    """The file's bytes; of one that is too large as many as show it."""
    return await part.file.read(part.kind.most_bytes + 1)
