"""Companies with a web hook, events that happen to them, and the worker's loop that carries them."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from artel import clock
from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all
from artel.operations.due import DueLoop
from artel.operations.events import announce_many
from artel.process.due import Runner
from artel.process.listener import listening
from artel.process.sandbox_clock import follow_clock, store_offset, stored_offset
from artel.process.worker import wake_ups
from artel.webhooks.courier import delivery_loop
from artel.webhooks.rules import set_hook
from tests import cast
from tests.waiting import until


async def add_company(conn: Connection, name: str, *, language: str = "EN") -> Member:
    """A company's owner."""
    now = clock.now()
    company_id = await cast.add_company(conn, name, "EUR", now=now)
    email = f"owner@{name.lower().replace(' ', '-')}.example"
    person_id = await cast.add_person(conn, email, now=now, language=language)
    await cast.add_member(conn, company_id, person_id, "owner", now=now)
    return Member(person_id, uuid.uuid4(), language, company_id, "owner", "EUR", True)


async def point_hook(conn: Connection, owner: Member, url: str) -> None:
    async with conn.transaction():
        await set_hook(conn, owner, url=url, status="enabled", allow_private=True, now=clock.now())


async def happen(conn: Connection, owner: Member, count: int = 1, *, name: str = "taskStateChanged") -> None:
    happened: list[tuple[int, dict[str, object]]] = [(owner.company_id, {"number": number}) for number in range(count)]
    async with conn.transaction():
        await announce_many(conn, name, happened, now=clock.now())


class DeliveryRow(msgspec.Struct):
    id: int
    company_id: int
    state: str
    attempts: int
    due_at: datetime | None
    queued_at: datetime
    tried_at: datetime | None
    answer_status: int | None
    answer_headers: dict[str, Any] | None
    answer_body: str | None
    took_ms: int | None
    error: str | None


async def deliveries(conn: Connection) -> list[DeliveryRow]:
    return await fetch_all(
        conn,
        DeliveryRow,
        """
        SELECT id, company_id, state, attempts, due_at, queued_at, tried_at, answer_status, answer_headers,
               answer_body, took_ms, error
        FROM web_hook_delivery
        ORDER BY id
        """,
    )


@contextlib.asynccontextmanager
async def carrying(database: Database, loop: DueLoop | None = None) -> AsyncIterator[Runner]:
    """The loop as a sandbox's worker runs it: listening, following the clock."""
    runner = Runner(loop or delivery_loop(allow_private=True), database)
    async with follow_clock(database, moved=runner.wake), listening(database.url, wake_ups([runner])):
        task = asyncio.create_task(runner.run())
        try:
            yield runner
        finally:
            runner.stop()
            await asyncio.wait_for(task, timeout=20)


async def pass_time(database: Database, **how_much: float) -> None:
    """Move the sandbox's clock on, for every process."""
    async with database.transaction() as conn:
        offset = await stored_offset(conn) + timedelta(**how_much)
        await store_offset(conn, offset)
    clock.move_to_offset(offset)


async def is_quiet(conn: Connection) -> bool:
    """Nothing is due, and no call is in hand."""
    cursor = await conn.execute(
        """
        SELECT NOT EXISTS (
            SELECT FROM web_hook_delivery
            WHERE due_at <= %(now)s OR (due_at IS NOT NULL AND tried_at IS NOT NULL AND took_ms IS NULL)
        )
        """,
        {"now": clock.now()},
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def until_quiet(conn: Connection, *, timeout_s: float = 30) -> None:
    await until(lambda: is_quiet(conn), timeout_s=timeout_s)
