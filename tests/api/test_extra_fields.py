"""A body may name the company it is for, it never chooses another; and what it was not asked for changes nothing."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from psycopg.sql import SQL, Identifier

from artel import clock
from artel.companies.access import Right
from artel.db.pool import Connection, Database
from artel.settings import Settings
from tests import cast, databases
from tests.api.conftest import client_of, sandbox_application
from tests.api.every_route import Filler, operations
from tests.conftest import shared_folder
from tests.rows import changed, digests
from tests.world import World, world_settings


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


# What somebody might hope to set by sending it along.
HOSTILE: dict[str, Any] = {
    "id": 1,
    "balance": 1_000_000,
    "balanceAmount": 1_000_000,
    "role": "owner",
    "isAdmin": True,
    "held": 0,
    "fee": 0,
    "commission": 0,
    "commissionPercent": 0,
    "total": "0.01",
    "amountForWorker": 1_000_000,
    "creatorId": 1,
    "payerId": 1,
    "hasPayout": True,
    "isVerified": True,
    "actsForFreelancers": True,
    "escrow": "without_hold",
    "number": "4111111111111111",
}
KEPT = ["account", "company", "company_member", "freelancer", "payout", "person", "task", "team_member"]
# Columns that differ from call to call whoever makes it.
VOLATILE = ["external_id", "email", "username"]


async def contents(conn: Connection) -> dict[str, list[str]]:
    """The rows of what money, rights and people are kept in, without what is of the moment."""
    cursor = await conn.execute(
        """
        SELECT table_name, array_agg(column_name::text)
        FROM information_schema.columns
        WHERE table_schema = 'public'
            AND table_name = ANY(%(tables)s)
            AND data_type NOT IN ('timestamp with time zone', 'uuid', 'bytea', 'jsonb', 'tsvector')
            AND column_name <> ALL(%(volatile)s)
            AND column_name NOT LIKE '%%hash%%'
            AND column_name NOT LIKE '%%secret%%'
            AND column_name NOT LIKE '%%totp%%'
        GROUP BY table_name
        """,
        {"tables": KEPT, "volatile": VOLATILE},
    )
    found = {}
    for table, columns in await cursor.fetchall():
        listed = SQL(", ").join(map(Identifier, sorted(columns)))
        rows = await conn.execute(SQL("SELECT {} FROM {}").format(listed, Identifier(table)))
        found[table] = sorted(map(repr, await rows.fetchall()))
    return found


async def test_extra_fields_change_nothing(
    server_url: str, made_world: tuple[str, World], pytestconfig: pytest.Config
) -> None:
    """Every call with a body, made plainly in one world and with fields that nobody declared in another: replies have
    the same statuses, and both worlds end alike."""
    template, world = made_world
    ends = []
    for extra in ({}, HOSTILE):
        with databases.clone(server_url, template) as url:
            settings = world_settings(shared_folder(pytestconfig), url)
            database = Database(url)
            await database.open()
            async with client_of(settings, database) as http, database.connection() as conn:
                statuses = await make_every_call(http, conn, world, settings, extra)
                ends.append((statuses, await contents(conn)))
            await database.close()
    assert len(ends[0][0]) > 30
    assert list(ends[0][0].values()).count(200) > 25
    (plain_statuses, plain), (hostile_statuses, hostile) = ends
    assert hostile_statuses == plain_statuses
    assert {table: set(rows) ^ set(plain[table]) for table, rows in hostile.items() if rows != plain[table]} == {}


async def make_every_call(
    http: httpx.AsyncClient, conn: Connection, world: World, settings: Settings, extra: dict[str, Any]
) -> dict[str, int]:
    filler = Filler(world)
    statuses = {}
    for operation in operations(sandbox_application()[0]):
        if operation.body_names is None or operation.path == "/sandbox/clock":
            continue
        caller = await cast.sign_in(conn, settings, world.owner.id, world.company_id, now=clock.now())
        call = filler.call(operation, by_uuid=True, with_company=True, query_name=None)
        undeclared = {name: value for name, value in extra.items() if name not in operation.body_names}
        call = msgspec.structs.replace(call, body={**undeclared, **(call.body or {})})
        statuses[str(operation)] = (await call.send(http, caller.headers)).status_code
    return statuses
