"""A call that works, with one of its values replaced by what nobody would think of: refused or taken, never a failure
of ours."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.settings import Settings
from tests import cast
from tests.api.every_route import Operation
from tests.api.time.every_call import CALLERS, EVERY, TimeCall, TimeFiller
from tests.api.time.world import TimeWorld, time_settings
from tests.conftest import shared_folder

HALF = "\ud800"  # of a character, as JSON can have it
TEXTS: list[Any] = [
    "",
    " ",
    "\0",
    "a\0b",
    HALF,
    "'; DROP TABLE person; --",
    "%s%(id)s",
    "{0}{code}",
    "x" * 100_000,
    "\u202e\u200b\ufeff",
    "0",
    "-1",
    "1e400",
    "NaN",
    "true",
    "2026-02-30",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-03-29T02:30:00",
    "24:00",
    "../../etc/passwd",
    "Europe/Nowhere",
    "http://[::1",
    "javascript:alert(1)",
    "a@b@c",
]
OTHERS: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**63 - 1,
    2**63,
    10**400,
    1e308,
    [],
    [None],
    [[]],
    ["x", 0, {}],
    [0] * 1000,
    {},
    {"id": 2**63},
    {"": None},
    {"days": {"1": [["25:00", 7]]}, "duration": -5},
]


@pytest.fixture
async def conn(time_database: Database) -> AsyncIterator[Connection]:
    async with time_database.connection() as connection:
        yield connection


@pytest.fixture
def settings(pytestconfig: pytest.Config) -> Settings:
    return time_settings(shared_folder(pytestconfig), "")


AT_ONCE = 8  # some wait on purpose
# As POST, by the same words.
TWINS = {"PUT /api/user"}
TRIED = [one for one in EVERY if (one.body_names or one.query_names) and str(one) not in TWINS]


async def send(http: httpx.AsyncClient, call: TimeCall, headers: dict[str, str]) -> httpx.Response:
    """JSON with what httpx does not write: halves of characters, numbers without end."""
    if call.operation.body_kind == "form" or call.body is None:
        return await call.send(http, headers)
    return await http.request(
        call.operation.method,
        f"http://artel.test{call.path}",
        params=call.query or None,
        content=json.dumps([call.body] if call.operation.body_kind == "list" else call.body).encode(),
        headers={**headers, "Content-Type": "application/json"},
    )


def strange_calls(whole: TimeCall) -> Iterator[TimeCall]:
    """The call with each of its values replaced, one at a time."""
    for name in whole.operation.body_names or []:
        for value in TEXTS + OTHERS:
            if whole.operation.body_kind != "form" or value != HALF:
                yield msgspec.structs.replace(whole, body={**(whole.body or {}), name: value})
    for name in whole.operation.query_names:
        for value in TEXTS:
            if len(value) < 10_000 and value != HALF:
                yield msgspec.structs.replace(whole, query={**whole.query, name: value})


@pytest.mark.parametrize("operation", TRIED, ids=str)
async def test_no_value_makes_it_fail(
    time_client: httpx.AsyncClient, conn: Connection, time_world: TimeWorld, settings: Settings, operation: Operation
) -> None:
    someone = time_world.people[CALLERS.get(str(operation), "nora")]
    caller = await cast.sign_in(conn, settings, someone.id, None, now=clock.now())
    whole = TimeFiller(time_world).call(operation)
    if operation.path.endswith(("/user", "/register")):
        # Passwords are hashed and pictures encoded, call by call, which takes its time.
        spared = ("password", "password_confirmation", "ava", "docs")
        body = {name: value for name, value in (whole.body or {}).items() if name not in spared}
        whole = msgspec.structs.replace(whole, body=body)
    calls, wrong = [*strange_calls(whole)], []
    for begin in range(0, len(calls), AT_ONCE):
        await conn.execute("DELETE FROM rate_limit")
        batch = calls[begin : begin + AT_ONCE]
        replies = await asyncio.gather(*(send(time_client, call, caller.headers) for call in batch))
        wrong += [str(call)[:600] for call, reply in zip(batch, replies, strict=True) if reply.status_code >= 500]
    assert not wrong, "\n".join(wrong)
