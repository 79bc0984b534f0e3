"""A body may name the company it is for; it never chooses another."""

from collections.abc import AsyncIterator

import httpx
import pytest

from artel.companies.access import Right
from artel.db.pool import Connection, Database
from tests.api.conftest import sandbox_application
from tests.api.every_route import Filler, operations
from tests.rows import changed, digests
from tests.world import World


@pytest.fixture
async def conn(world_database: Database) -> AsyncIterator[Connection]:
    async with world_database.connection() as connection:
        yield connection


async def test_another_company_named(world_client: httpx.AsyncClient, conn: Connection, world: World) -> None:
    """Another company than the caller's is refused, and nothing happens in either."""
    filler = Filler(world)
    named = [
        operation
        for operation in operations(sandbox_application()[0])
        if "companyId" in (operation.body_names or []) and operation.right not in {None, Right.SIGNED_IN}
    ]
    assert len(named) > 5
    before = await digests(conn)
    wrong = []
    for operation in named:
        call = filler.call(operation, by_uuid=True, with_company=True, query_name=None)
        assert call.body is not None
        call.body["companyId"] = world.outsider.company_id
        reply = await call.send(world_client, world.owner.headers)
        if reply.status_code != 403:
            wrong.append(f"{call}: {reply.status_code} {reply.text}")
    assert not wrong, "\n".join(wrong)
    assert changed(before, await digests(conn)) == []
