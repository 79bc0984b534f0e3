"""What can be the id of nothing is not found, in the format of the time API, whatever else is wrong with the call."""

import re

import httpx
import pytest

from tests.api.conftest import sandbox_application
from tests.api.every_route import Operation, operations
from tests.cast import Someone

WITH_IDS = [operation for operation in operations(sandbox_application()[0], "time") if operation.path_names]
NO_IDS = ["abc", "0", "-1", "1.5", "9223372036854775808", "99999999999999999999", "%D9%A1", "9" * 400]


@pytest.mark.parametrize("operation", WITH_IDS, ids=str)
async def test_what_can_be_no_id(client: httpx.AsyncClient, anna: Someone, operation: Operation) -> None:
    """With a body and without. 60001 and its like are ids that somebody could have."""
    headers = anna.headers if operation.right is not None or operation.path.endswith("/book") else {}
    for name in operation.path_names:
        for no_id in NO_IDS:
            path = re.sub(r"{\w+}", "60001", operation.path.replace(f"{{{name}}}", no_id))
            bodies: list[object] = [None] if operation.body_names is None else [{}, {"timezone": 7}, None]
            for body in bodies:
                reply = await client.request(operation.method, f"http://artel.test{path}", json=body, headers=headers)
                assert (reply.status_code, list(reply.json())) == (404, ["message"]), (path, body, reply.text)


def test_the_document_says_that_they_are_numbers() -> None:
    """A path's parameter is a whole number from 1, but for a slug and a feed's secret."""
    document = sandbox_application()[0].openapi_schema.to_schema()
    others = set()
    for operation in WITH_IDS:
        for parameter in document["paths"][operation.path][operation.method.lower()]["parameters"]:
            schema = parameter["schema"]
            if parameter["in"] == "path" and (schema.get("type"), schema.get("minimum")) != ("integer", 1):
                others.add((parameter["name"], operation.path))
    assert others == {
        ("file", "/api/calendars/{file}"),
        ("schedule", "/api/kal/{kal}/schedule/{schedule}"),
        ("schedule", "/api/kal/{kal}/contract/{schedule}"),
    }
