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

from artel.api.wire import Wire, wires_of

METHODS = ("get", "post", "put", "patch", "delete")
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
    """Add to every operation the error replies that its wire format shares."""
    wires = wires_of(app)
    for path, item in (app.openapi_schema.paths or {}).items():
        for method in METHODS:
            operation: Operation | None = getattr(item, method)
            named = wires.get((path, method))
            if operation is not None and named:
                add_errors(operation, named)
                spare_body(operation)


def spare_body(operation: Operation) -> None:
    """A body that may be null may be left out: the framework declares every body as needed."""
    body = operation.request_body
    if not isinstance(body, RequestBody):
        return
    choices = [choice for media in body.content.values() for choice in (getattr(media.schema, "one_of", None) or [])]
    if any(isinstance(choice, Schema) and choice.type == OpenAPIType.NULL for choice in choices):
        body.required = False


def add_errors(operation: Operation, wires: tuple[Wire, ...]) -> None:
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
        choices = [wire.fields_schema if status == 422 else wire.error_schema for wire in wires]
        schema = choices[0] if len(choices) == 1 else Schema(any_of=choices)
        responses.setdefault(
            str(status),
            OpenAPIResponse(
                description=MEANINGS[status], content={"application/json": OpenAPIMediaType(schema=schema)}
            ),
        )
    operation.responses = responses
