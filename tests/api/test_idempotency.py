"""Idempotency-Key on every POST of the document: one effect and one reply for one key; another body is a conflict."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from artel.db.pool import Connection, Database
from tests.api.conftest import sandbox_application
from tests.api.every_route import PUBLIC, Filler, Operation, operations
from tests.rows import changed, digests
from tests.world import World

# POSTs that keep no reply, and why.
KEEPS_NONE = {
    # They answer tokens or a secret, which a kept reply would leave readable.
    "POST /api/login",
    "POST /api/token/refresh",
    "POST /api/customer/companies/{company_id}/default",
    "POST /api/profile/2fa",
    # Sent again they find done what they ask for, or refuse; no money is near.
    "POST /api/logout",
    "POST /api/logout/everywhere",
    "POST /api/profile/password",
    "POST /api/profile/2fa/disable",
    # Asked again, it sends another code, which voids the one before.
    "POST /api/customer/freelancers/request-code-for-change-contacts",
    # They change nothing.
    "POST /api/profile",
    "POST /api/customer/tasks/total-cost",
    "POST /api/customer/transactions",
    # Time and what comes from outside: each call is one more.
    "POST /sandbox/clock",
    "POST /sandbox/webhooks/receive",
    "POST /sandbox/freelancers/{freelancer_uuid}",
}
# The code that is filled in is wrong, and a wrong code counts each time.
NEEDS_A_CODE = {
    "POST /api/customer/freelancers/cards",
    "POST /api/customer/freelancers/bank-accounts",
    "POST /api/customer/freelancers/wallets",
    "POST /api/customer/freelancers/change-contacts",
}
POSTS = [operation for operation in operations(sandbox_application()[0]) if operation.method == "POST"]
KEEPERS = [operation for operation in POSTS if str(operation) not in KEEPS_NONE | NEEDS_A_CODE]


@pytest.fixture
async def conn(world_database: Database) -> AsyncIterator[Connection]:
    async with world_database.connection() as connection:
        yield connection


def test_every_post_has_decided() -> None:
    """Those named above are there; every other one is tried below."""
    assert {str(operation) for operation in POSTS} >= KEEPS_NONE | NEEDS_A_CODE


@pytest.mark.parametrize("operation", KEEPERS, ids=str)
async def test_one_key(world_client: httpx.AsyncClient, conn: Connection, world: World, operation: Operation) -> None:
    of_sandbox = operation.path.startswith("/sandbox/")
    call = Filler(world).call(operation, by_uuid=False, with_company=of_sandbox, query_name=None)
    signed = {} if (operation.method, operation.path) in PUBLIC else world.owner.headers
    body = msgspec.json.encode(call.body)

    async def send(key: str, content: bytes) -> httpx.Response:
        headers = {**signed, "Idempotency-Key": key, "Content-Type": "application/json"}
        return await world_client.post(f"http://artel.test{call.path}", content=content, headers=headers)

    first = await send("a key", body)
    assert first.status_code == 200, first.text
    after = await digests(conn)

    again = await send("a key", body)
    assert (again.status_code, again.content) == (200, first.content)
    # The same object, as somebody else would write it: another body.
    other = await send("a key", body + b"\n")
    assert other.status_code == 409
    assert changed(after, await digests(conn)) == []
