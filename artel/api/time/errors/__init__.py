"""The time API's one table from refusal to reply, and what it says where no rule was asked.

{"message": text}; at 422 with "errors": {field: [text, …]} as well (time-api.md "Answers"). A table entry says the
status and the texts; a route may give a refusal another status with `refusal_status={code: status}`.
"""

import re
from typing import Any

from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.spec import OpenAPIType, Schema

from artel.api.context import Connection
from artel.api.languages import language_of
from artel.api.refusals import common, files, ledger, people
from artel.api.refusals.entry import Entry
from artel.api.time.errors import (
    calendar_sync,
    calendars,
    contacts,
    corrections,
    event_changes,
    events,
    payments,
    profiles,
    schedules,
)
from artel.api.wire import Wire
from artel.errors import Refused

GROUPS = (
    common,
    people,
    files,
    ledger,
    profiles,
    contacts,
    calendars,
    calendar_sync,
    schedules,
    events,
    event_changes,
    corrections,
    payments,
)
TABLE: dict[str, Entry] = {code: entry for group in GROUPS for code, entry in group.ENTRIES.items()}

Body = dict[str, Any]
INDEX = re.compile(r"\[(\d+)\]")


def refusal_reply(connection: Connection, refusal: Refused) -> tuple[int, Body]:
    """Status and body for a rule's refusal."""
    entry = TABLE[refusal.code]
    text = entry.text(language_of(connection), refusal.facts)
    handler = connection.scope.get("route_handler")
    overrides = handler.opt.get("refusal_status", {}) if handler is not None else {}
    status = overrides.get(refusal.code, entry.status)
    if status == 422:
        return status, {"message": text, "errors": {refusal.field: [text]} if refusal.field else {}}
    return status, {"message": text}


def request_reply(connection: Connection, error: HTTPException) -> tuple[int, Body]:
    """Status and body for a request that no rule has seen: malformed, unknown path, a field of the wrong type."""
    language = language_of(connection)
    if isinstance(error, ValidationException):
        complaints = error.extra if isinstance(error.extra, list) else []
        if any(is_about_path(connection, item) for item in complaints):
            return 404, {"message": TABLE["not_found"].text(language, {})}
        fields: dict[str, list[str]] = {}
        for item in complaints:
            if item.get("message") == "'data'":
                continue  # no body came, where one may be left out; something else is to blame
            field, code, facts = common.explain(item, name=str)
            field = INDEX.sub(r".\1", field)  # as that service names them: skills.0
            if field != "error":
                fields.setdefault(field, []).append(TABLE[code].text(language, facts))
        first = next(iter(fields.values()), [TABLE["invalid_request"].text(language, {})])[0]
        return 422, {"message": first, "errors": fields}
    entry = TABLE[common.HTTP_CODES.get(error.status_code, "bad_request")]
    return error.status_code, {"message": entry.text(language, {})}


def is_about_path(connection: Connection, complaint: dict[str, Any]) -> bool:
    """Whether an id in the path is what is wrong. Paths take any text (`{event:str}`, then `FromPath[Id]`), so that
    what cannot be the id of anything is not found, and not an address that there is not."""
    return complaint.get("source") != "body" and complaint.get("key") in connection.scope["path_params"]


MESSAGE = Schema(type=OpenAPIType.STRING, description="What is wrong, in the caller's language.")
ERROR_SCHEMA = Schema(type=OpenAPIType.OBJECT, properties={"message": MESSAGE}, required=["message"])
FIELDS_SCHEMA = Schema(
    type=OpenAPIType.OBJECT,
    properties={
        "message": MESSAGE,
        "errors": Schema(
            type=OpenAPIType.OBJECT,
            description="One entry a field: its name and what is wrong with it; empty where no field is to blame.",
            additional_properties=Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.STRING)),
        ),
    },
    required=["message", "errors"],
)
TIME = Wire("time", refusal_reply, request_reply, ERROR_SCHEMA, FIELDS_SCHEMA)
