"""The OpenAPI document made true: what every call may answer besides its own reply."""

from decimal import Decimal
from typing import Any

from litestar import Litestar
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    RequestBody,
    Schema,
)
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

METHODS = ("get", "post", "put", "patch", "delete")
ERROR = Schema(
    type=OpenAPIType.OBJECT,
    properties={
        "error": Schema(type=OpenAPIType.STRING, description="What is wrong, in the caller's language."),
        "code": Schema(type=OpenAPIType.INTEGER, description="The status, or a number of its own."),
    },
    required=["error", "code"],
)
FIELDS = Schema(
    type=OpenAPIType.OBJECT,
    description="One entry a field: its name and what is wrong with it; `error` where no field is to blame.",
    additional_properties=Schema(type=OpenAPIType.STRING),
)
MEANINGS = {
    400: "The body is not JSON",
    401: "No valid token",
    403: "No right to do this",
    404: "Not found, or not yours",
    409: "In conflict with what is there",
    413: "Too large",
    422: "Refused: a field, or the rule",
    429: "Too many requests; Retry-After says when",
}


class AmountSchema(OpenAPISchemaPlugin):
    """Amounts are read exactly, as a JSON number or as a string of one."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        return value is Decimal

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        return Schema(type=[OpenAPIType.NUMBER, OpenAPIType.STRING], description="A decimal amount.")


def declare_errors(app: Litestar) -> None:
    """Add the shared error replies to every operation of the customer API and the sandbox."""
    for path, item in (app.openapi_schema.paths or {}).items():
        if not path.startswith(("/api/", "/sandbox/")):
            continue
        for method in METHODS:
            operation: Operation | None = getattr(item, method)
            if operation is not None:
                add_errors(operation)
                spare_body(operation)


def spare_body(operation: Operation) -> None:
    """A body that may be null may be left out: the framework declares every body as needed."""
    body = operation.request_body
    if not isinstance(body, RequestBody):
        return
    choices = [choice for media in body.content.values() for choice in (getattr(media.schema, "one_of", None) or [])]
    if any(isinstance(choice, Schema) and choice.type == OpenAPIType.NULL for choice in choices):
        body.required = False


def add_errors(operation: Operation) -> None:
    responses: dict[str, OpenAPIResponse | Reference] = operation.responses or {}
    responses.pop("400", None)  # the framework's own idea of an error's shape
    statuses = [404, 409, 413, 422, 429]
    if operation.security:
        statuses += [401, 403]
    elif "login" in (operation.operation_id or "").lower() or "refresh" in (operation.operation_id or "").lower():
        statuses.append(401)
    if operation.request_body is not None:
        statuses.append(400)
    for status in sorted(statuses):
        schema = FIELDS if status == 422 else ERROR
        responses.setdefault(
            str(status),
            OpenAPIResponse(
                description=MEANINGS[status], content={"application/json": OpenAPIMediaType(schema=schema)}
            ),
        )
    operation.responses = responses
