"""Idempotency-Key on every changing call of the time API: one effect and one reply for one key; another body is a
conflict."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.settings import Settings
from tests import cast
from tests.api.every_route import Operation
from tests.api.time.every_call import CALLERS, EVERY, TimeFiller
from tests.api.time.world import TimeWorld, time_settings
from tests.conftest import shared_folder
from tests.rows import changed, digests

# Calls that keep no reply, and why.
KEEPS_NONE = {
    # It answers a token, which a kept reply would leave readable.
    "POST /api/login",
    # It answers the feed's secret address.
    "POST /api/kal/{kal}/feed",
    # Whoever sends them is nobody yet, so there is nobody to keep a reply for; sent again they void the first code.
    "POST /api/loginrequest",
    "POST /api/register",
    # Sent again it finds the session ended.
    "POST /api/logout",
    # A wrong code counts each time.
    "POST /api/user/email/confirm",
    # They change nothing.
    "POST /api/schedule/preview",
    "POST /api/schedule/search",
}
CHANGING = [operation for operation in EVERY if operation.method != "GET"]
KEEPERS = [operation for operation in CHANGING if str(operation) not in KEEPS_NONE]


@pytest.fixture
async def conn(time_database: Database) -> AsyncIterator[Connection]:
    async with time_database.connection() as connection:
        yield connection


def test_every_changing_call_has_decided() -> None:
    """Those named above are there; every other one is tried below."""
    assert {str(operation) for operation in CHANGING} >= KEEPS_NONE


@pytest.mark.parametrize("operation", KEEPERS, ids=str)
async def test_one_key(
    time_client: httpx.AsyncClient,
    conn: Connection,
    time_world: TimeWorld,
    operation: Operation,
    pytestconfig: pytest.Config,
) -> None:
    settings: Settings = time_settings(shared_folder(pytestconfig), "")
    someone = time_world.people[CALLERS.get(str(operation), "nora")]
    caller = await cast.sign_in(conn, settings, someone.id, None, now=clock.now())
    request = written(time_client, TimeFiller(time_world).call(operation), caller.headers)
    first = await time_client.send(request())
    assert first.status_code == 200, first.text
    after = await digests(conn)
    again = await time_client.send(request())
    assert (again.status_code, again.content) == (200, first.content)
    # The same, as somebody else would write it: another body.
    other = await time_client.send(request(b"\r\n"))
    assert other.status_code == 409, other.text
    # What was tried is counted, whether or not it was done again.
    assert set(changed(after, await digests(conn))) <= {"rate_limit"}


def written(http: httpx.AsyncClient, call: Any, headers: dict[str, str]) -> Any:
    """What makes the request anew, the same byte for byte, with more at the end of its body."""
    url = f"http://artel.test{call.path}"
    built = http.build_request(call.operation.method, url, params=call.query or None, **call.sent())
    content = built.read()

    def request(more: bytes = b"") -> httpx.Request:
        kind = built.headers.get("content-type", "application/json")
        return http.build_request(
            built.method,
            built.url,
            content=content + more,
            headers={**headers, "Content-Type": kind, "Idempotency-Key": "a key"},
        )

    return request
