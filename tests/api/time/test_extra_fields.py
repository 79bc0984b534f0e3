"""What a body of the time API was not asked for changes nothing."""

import re
from typing import Any

import httpx
import pytest
from psycopg.sql import SQL, Identifier

from artel import clock
from artel.db.pool import Connection, Database
from artel.settings import Settings
from tests import cast, databases
from tests.api.conftest import client_of
from tests.api.time.every_call import CALLERS, EVERY, TimeFiller
from tests.api.time.world import TimeWorld, time_settings
from tests.conftest import shared_folder

# What somebody might hope to set by sending it along, where a call does not name it.
HOSTILE: dict[str, Any] = {
    "id": 1,
    "user_id": 1,
    "owner_id": 1,
    "person_id": 1,
    "creator_id": 1,
    "company_id": 1,
    "role_id": 1,
    "read": 5,
    "write": 5,
    "is_admin": True,
    "is_operator": True,
    "balance": 1_000_000,
    "price": "0.01",
    "amount": "1000000",
    "currency": "BTC",
    "status": "applied",
    "status_id": 777,
    "payment_status_id": 300,
    "refunded": "1000000",
    "accepted_at": "2026-01-01T00:00:00Z",
    "deleted_at": "2026-01-01T00:00:00Z",
    "hold_until": "2036-01-01T00:00:00Z",
    "email_confirmed": True,
    "is_default": True,
    "default": True,
    "feed_version": 7,
    "feed_url": "https://far.example/",
    "token": "mine",
    "voters": [],
    "proposer_id": 1,
    "is_exclusive": False,
    "kal_schedule_id": 1,
}
KEPT = [
    "account",
    "booking_payment",
    "busy_span",
    "calendar",
    "calendar_event",
    "calendar_source",
    "contact",
    "correction",
    "correction_vote",
    "event_attendee",
    "event_step",
    "file",
    "person",
    "schedule",
    "schedule_member",
    "schedule_skill",
]
# Columns that differ from call to call whoever makes it.
VOLATILE = ["slug", "email", "username", "storage_key"]


async def contents(conn: Connection, world: TimeWorld) -> dict[str, list[str]]:
    """The rows of what money, rights, people and their time are kept in, without what is of the moment."""
    known = [one.id for one in world.people.values()]
    cursor = await conn.execute("SELECT id::text FROM person WHERE id <> ALL(%(known)s)", {"known": known})
    # The ids of people are drawn by lot.
    newcomers = re.compile(rf"\b(?:{'|'.join(row[0] for row in await cursor.fetchall())})\b")
    cursor = await conn.execute(
        """
        SELECT table_name, array_agg(column_name::text)
        FROM information_schema.columns
        WHERE table_schema = 'public'
            AND table_name = ANY(%(tables)s)
            AND data_type NOT IN ('timestamp with time zone', 'uuid', 'bytea', 'tsvector')
            AND column_name <> ALL(%(volatile)s)
            AND column_name NOT LIKE '%%hash%%'
            AND column_name NOT LIKE '%%secret%%'
        GROUP BY table_name
        """,
        {"tables": KEPT, "volatile": VOLATILE},
    )
    found = {}
    for table, columns in await cursor.fetchall():
        listed = SQL(", ").join(map(Identifier, sorted(columns)))
        rows = await conn.execute(SQL("SELECT {} FROM {}").format(listed, Identifier(table)))
        found[table] = sorted(newcomers.sub("a newcomer", repr(row)) for row in await rows.fetchall())
    assert found.keys() == set(KEPT)
    return found


async def test_extra_fields_change_nothing(
    server_url: str, made_time_world: tuple[str, TimeWorld], pytestconfig: pytest.Config
) -> None:
    """Every call with a body, made plainly in one world and with fields that nobody declared in another: replies have
    the same statuses, and both worlds end alike."""
    template, world = made_time_world
    filler = TimeFiller(world)
    ends = []
    for extra in ({}, HOSTILE):
        with databases.clone(server_url, template) as url:
            settings = time_settings(shared_folder(pytestconfig), url)
            database = Database(url)
            await database.open()
            async with client_of(settings, database) as http, database.connection() as conn:
                statuses = await make_every_call(http, conn, world, filler, settings, extra)
                ends.append((statuses, await contents(conn, world)))
            await database.close()
    (plain_statuses, plain), (hostile_statuses, hostile) = ends
    assert list(plain_statuses.values()).count(200) > 25
    assert hostile_statuses == plain_statuses
    assert {table: set(rows) ^ set(plain[table]) for table, rows in hostile.items() if rows != plain[table]} == {}


async def make_every_call(
    http: httpx.AsyncClient,
    conn: Connection,
    world: TimeWorld,
    filler: TimeFiller,
    settings: Settings,
    extra: dict[str, Any],
) -> dict[str, int]:
    statuses = {}
    for operation in sorted(EVERY, key=lambda operation: operation.method == "DELETE"):
        if operation.body_names is None:
            continue
        someone = world.people[CALLERS.get(str(operation), "nora")]
        caller = await cast.sign_in(conn, settings, someone.id, None, now=clock.now())
        undeclared = {name: value for name, value in extra.items() if name not in operation.body_names}
        reply = await filler.call(operation).send(http, caller.headers, undeclared)
        statuses[str(operation)] = reply.status_code
    return statuses
