"""OPTIONS: a browser asks it before a call from another site, without a token."""

import re
import uuid

import httpx
import pytest

from tests.api.conftest import sandbox_application
from tests.api.every_route import operations

DOCUMENTED: dict[str, set[str]] = {}
app = sandbox_application()[0]
for operation in (*operations(app), *operations(app, "time")):
    DOCUMENTED.setdefault(operation.path, set()).add(operation.method)


@pytest.mark.parametrize("path", DOCUMENTED)
async def test_every_path_names_its_methods(client: httpx.AsyncClient, path: str) -> None:
    filled = re.sub(r"{\w+}", "1", re.sub(r"{\w+uuid}", str(uuid.uuid4()), path))
    reply = await client.request("OPTIONS", f"http://artel.test{filled}")
    assert (reply.status_code, reply.content) == (204, b"")
    assert set(reply.headers["allow"].split(", ")) == DOCUMENTED[path] | {"OPTIONS"}
