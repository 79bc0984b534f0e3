"""The sandbox's clock, kept in the database so that server and worker agree on it and a restart changes nothing."""

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.process.listener import listening

CHANNEL = "artel_clock"


async def stored_offset(conn: Connection) -> timedelta:
    """How far the business's time is from the machine's."""
    seconds = await fetch_value(conn, "SELECT offset_seconds FROM sandbox_clock")
    return timedelta(seconds=seconds or 0)


async def store_offset(conn: Connection, offset: timedelta) -> None:
    """Move every process's clock when this transaction commits. The caller moves its own at once, after it."""
    await conn.execute(
        """
        INSERT INTO sandbox_clock (offset_seconds)
        VALUES (%(seconds)s)
        ON CONFLICT (only_row) DO UPDATE SET offset_seconds = excluded.offset_seconds
        """,
        {"seconds": offset.total_seconds()},
    )
    await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})


@contextlib.asynccontextmanager
async def follow_clock(database: Database, *, moved: Callable[[], None] | None = None) -> AsyncIterator[None]:
    """Inside the block this process's clock is the sandbox's; `moved` is called after each move."""

    async def take_over() -> None:
        async with database.connection() as conn:
            clock.move_to_offset(await stored_offset(conn))
        if moved is not None:
            moved()

    await take_over()
    async with listening(database.url, {CHANNEL: take_over}):
        yield
