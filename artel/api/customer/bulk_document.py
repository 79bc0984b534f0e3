"""What the OpenAPI document says of calls with many lines, whose bodies the framework does not see."""

from dataclasses import dataclass

from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    RequestBody,
    Schema,
)

from artel.api.customer.errors import FIELDS_SCHEMA

CSV = "text/csv"
TABLE_NOTE = (
    "A CSV table of at most 5 MB: comma or semicolon, UTF-8 or windows-1251, headings in English or Russian. "
    "With `Accept: text/csv` the results come as a table too."
)


def body_of(item: Schema | Reference, description: str) -> RequestBody:
    properties: dict[str, Schema | Reference] = {
        "tasks": Schema(type=OpenAPIType.ARRAY, items=item, description=description, min_items=1, max_items=1000),
        "mode": Schema(type=OpenAPIType.STRING, enum=["all", "each"], description="all (default) or each."),
        "validateOnly": Schema(type=[OpenAPIType.BOOLEAN, OpenAPIType.NULL], description="Only check every line."),
        "companyId": Schema(type=[OpenAPIType.INTEGER, OpenAPIType.NULL], description="The company acted for."),
    }
    return RequestBody(
        required=True,
        content={
            "application/json": OpenAPIMediaType(
                schema=Schema(type=OpenAPIType.OBJECT, properties=properties, required=["tasks"])
            ),
            CSV: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, description=TABLE_NOTE)),
        },
    )


TASKS_BODY = body_of(Reference(ref="#/components/schemas/NewTask"), "Each as in the call that creates one.")
PAYMENTS_BODY = body_of(Reference(ref="#/components/schemas/TaskReference"), "Each by its taskId or its uuid.")


def operation_with_body(body: RequestBody) -> type[Operation]:
    """An `operation_class`: a body that the framework does not see, and a 422 that may carry every line's result."""

    @dataclass
    class BulkOperation(Operation):
        def __post_init__(self) -> None:
            self.request_body = body
            responses: dict[str, OpenAPIResponse | Reference] = self.responses or {}
            done = responses["200"]
            assert isinstance(done, OpenAPIResponse)
            assert done.content is not None
            reply = done.content["application/json"].schema
            done.content[CSV] = OpenAPIMediaType(
                schema=Schema(type=OpenAPIType.STRING, description="The results as a table.")
            )
            refused = Schema(any_of=[reply, FIELDS_SCHEMA] if reply is not None else [FIELDS_SCHEMA])
            responses["422"] = OpenAPIResponse(
                description="A line is refused and with it all; or the call itself is",
                content={"application/json": OpenAPIMediaType(schema=refused)},
            )

    return BulkOperation
