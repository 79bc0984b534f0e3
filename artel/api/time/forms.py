"""Bodies that are a form with files, or JSON: read into the same fields.

A form has texts alone, so a list or an object in it is either JSON in one part (`skills=["Python"]`) or parts with
brackets in their names, as PHP's clients write them (`skills[0][name]=Python`, `languages[]=en`). An empty part is
null, as a browser sends what was not filled in.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException, SerializationException

from artel.api.parts import form_parts
from artel.errors import Refused
from artel.files.errors import FileRefused

BRACKETS = re.compile(r"\[([^\[\]]*)\]")
NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
NUMBER = re.compile(r"[0-9]{1,6}")
DEEPEST = 3


class Form(msgspec.Struct, frozen=True):
    """Fields as JSON has them, and files; both by their name without brackets, in the order they came."""

    fields: dict[str, Any]
    files: dict[str, list[UploadFile]]
    is_json: bool

    def file(self, name: str) -> UploadFile | None:
        """The one file of this name. Refuses: file_expected for several, and for what is no file."""
        given = self.files.get(name, [])
        if len(given) > 1 or self.fields.get(name) is not None:
            raise Refused("file_expected", name)
        return given[0] if given else None


async def read_form(
    request: Request[Any, Any, Any], *, lists: Collection[str] = (), objects: Collection[str] = ()
) -> Form:
    """The body, a form or JSON; none at all has no fields. `lists` and `objects` are the fields that are such.

    Raises ClientException for what is neither. Refuses: field_invalid for brackets that make no sense.
    """
    if await is_json(request):
        return Form(await read_json_object(request), {}, is_json=True)
    if request.headers.get("idempotency-key"):
        await request.body()  # its fingerprint is taken later, and a stream is read once
    parts = await form_parts(request)
    fields: dict[str, Any] = {}
    files: dict[str, list[UploadFile]] = {}
    for name, value in parts.items():
        parsed = NAME.fullmatch(name)
        if parsed is None:
            continue
        if isinstance(value, UploadFile):
            files.setdefault(parsed[1], []).append(value)
        else:
            put(fields, [parsed[1], *BRACKETS.findall(parsed[2])], value if value != "" else None)
    for name, value in fields.items():
        fields[name] = with_lists(value)
        if isinstance(value, str) and (name in lists or name in objects):
            fields[name] = read_text(value, is_list=name in lists)
    return Form(fields, files, is_json=False)


async def is_json(request: Request[Any, Any, Any]) -> bool:
    """What is no form is; and what begins like JSON, as curl's -d says it sends a form whatever it sends."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type == "application/x-www-form-urlencoded":
        return (await request.body()).lstrip()[:1] == b"{"
    return content_type != "multipart/form-data"


async def read_json_object(request: Request[Any, Any, Any]) -> dict[str, Any]:
    if not (await request.body()).strip():
        return {}
    try:
        given = await request.json()
    except SerializationException:
        raise ClientException from None
    if not isinstance(given, dict):
        raise Refused("field_not_an_object")
    return given


def put(fields: dict[str, Any], path: list[str], value: Any) -> None:
    """Write a value where its brackets say. Every list is an object with numbers for names until all parts are in."""
    if len(path) > DEEPEST:
        raise Refused("field_invalid", path[0])
    inner = fields
    for key in path[:-1]:
        deeper = inner.setdefault(key or str(len(inner)), {})
        if not isinstance(deeper, dict):
            raise Refused("field_invalid", path[0])
        inner = deeper
    inner[path[-1] or str(len(inner))] = value


def with_lists(value: Any) -> Any:
    """Objects whose names are numbers are lists."""
    if not isinstance(value, dict):
        return value
    inner = {key: with_lists(item) for key, item in value.items()}
    if all(NUMBER.fullmatch(key) for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def read_text(value: str, *, is_list: bool) -> Any:
    """JSON, or words parted by commas. What is neither stays a text: whoever takes the field says what is wrong."""
    if value.lstrip().startswith(("[", "{")):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return [word.strip() for word in value.split(",") if word.strip()] if is_list else value


def whole_number(fields: Mapping[str, Any], name: str) -> int | None:
    """An id: a number, or a form's text of one. Refuses: field_not_an_integer, field_out_of_range."""
    given = fields.get(name)
    if isinstance(given, str) and re.fullmatch(r"[0-9]{1,19}", given.strip()):
        given = int(given)
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool):
        raise Refused("field_not_an_integer", name)
    if not 1 <= given <= 2**63 - 1:
        raise Refused("field_out_of_range", name)
    return given


def text(fields: Mapping[str, Any], name: str, *, least: int = 0, most: int) -> str | None:
    """A text; an empty one is none. Refuses: field_not_a_string, profile_text_too_short, field_too_long."""
    given = fields.get(name)
    if given is None or given == "":
        return None
    if not isinstance(given, str):
        raise Refused("field_not_a_string", name)
    if len(given) < least:
        raise Refused("profile_text_too_short", name, least=least)
    if len(given) > most:
        raise Refused("field_too_long", name, longest=most)
    return given


def about_field(refusal: FileRefused, name: str) -> FileRefused:
    """The same refusal, of the part that the file came in."""
    refusal.field = name
    return refusal
