"""The customer API's one table from refusal to reply, and what it says where no rule was asked.

401, 403, 404, 409, 429: {"error": text, "code": integer}. 422: {field: text}, or {"error": text} where no field is
to blame (customer-api.md "Answers"). A table entry says the status, the texts, and, where the documents give one,
the code; a route may give a refusal another status with `refusal_status={code: status}`.
"""

from typing import Any

import msgspec
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.spec import OpenAPIType, Schema

from artel.api.context import Connection
from artel.api.customer.errors import (
    advertising,
    bank_files,
    bulk,
    companies,
    documents,
    freelancers,
    insurance,
    lookups,
    payouts,
    personal_data,
    tasks,
    taxation,
    verifications,
    webhooks,
)
from artel.api.languages import language_of
from artel.api.refusals import common, files, ledger, people
from artel.api.refusals.entry import Entry
from artel.api.wire import Wire
from artel.errors import Refused

GROUPS = (
    common,
    people,
    companies,
    lookups,
    ledger,
    files,
    freelancers,
    tasks,
    payouts,
    webhooks,
    documents,
    bank_files,
    advertising,
    insurance,
    bulk,
    taxation,
    verifications,
    personal_data,
)
TABLE: dict[str, Entry] = {code: entry for group in GROUPS for code, entry in group.ENTRIES.items()}

Body = dict[str, Any]


class ErrorReply(msgspec.Struct):
    """What 400, 401, 403, 404, 409 and 429 carry."""

    error: str
    code: int


def refusal_reply(connection: Connection, refusal: Refused) -> tuple[int, Body]:
    """Status and body for a rule's refusal."""
    entry = TABLE[refusal.code]
    text = entry.text(language_of(connection), refusal.facts)
    handler = connection.scope.get("route_handler")
    overrides = handler.opt.get("refusal_status", {}) if handler is not None else {}
    status = overrides.get(refusal.code, entry.status)
    if status == 422:
        return status, {common.camel(refusal.field) if refusal.field else "error": text}
    return status, {"error": text, "code": entry.code or status}


def request_reply(connection: Connection, error: HTTPException) -> tuple[int, Body]:
    """Status and body for a request that no rule has seen: malformed, unknown path, a field of the wrong type."""
    language = language_of(connection)
    if isinstance(error, ValidationException):
        fields = {}
        for item in error.extra if isinstance(error.extra, list) else []:
            if item.get("message") == "'data'":
                continue  # no body came, where one may be left out; something else is to blame
            field, code, facts = common.explain(item)
            fields[field] = TABLE[code].text(language, facts)
        return 422, fields or {"error": TABLE["invalid_request"].text(language, {})}
    entry = TABLE[common.HTTP_CODES.get(error.status_code, "bad_request")]
    return error.status_code, {"error": entry.text(language, {}), "code": error.status_code}


ERROR_SCHEMA = Schema(
    type=OpenAPIType.OBJECT,
    properties={
        "error": Schema(type=OpenAPIType.STRING, description="What is wrong, in the caller's language."),
        "code": Schema(type=OpenAPIType.INTEGER, description="The status, or a number of its own."),
    },
    required=["error", "code"],
)
FIELDS_SCHEMA = Schema(
    type=OpenAPIType.OBJECT,
    description="One entry a field: its name and what is wrong with it; `error` where no field is to blame.",
    additional_properties=Schema(type=OpenAPIType.STRING),
)
CUSTOMER = Wire("customer", refusal_reply, request_reply, ERROR_SCHEMA, FIELDS_SCHEMA)
