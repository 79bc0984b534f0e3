"""One connection that listens for notifications, and comes back when it is lost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import psycopg
from psycopg import AsyncConnection, sql

from artel.logs import log

# What a half-dead connection may hide, at most, before it is asked whether it still lives.
CHECK_EVERY_S = 20
PAUSES_S = (0.1, 0.2, 0.5, 1, 2, 5)

Heard = Callable[[], Awaitable[None]]


async def listen(url: str, channels: Mapping[str, Heard]) -> None:
    """Call what belongs to a channel at each notification, for ever.

    Notifications say "look", not what to see: some sent while the connection was away are lost. So everything is
    called once after each connect.
    """
    failures = 0
    while True:
        try:
            async with await AsyncConnection.connect(url, autocommit=True, application_name="artel listener") as conn:
                for channel in channels:
                    await conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                for heard in channels.values():
                    await heard()
                failures = 0
                await hear(conn, channels)
        except psycopg.Error as error:
            pause_s = PAUSES_S[min(failures, len(PAUSES_S) - 1)]
            failures += 1
            if failures == 1:
                log.warning("listening connection lost", reason=str(error))
            await asyncio.sleep(pause_s)


async def hear(conn: AsyncConnection[tuple[object, ...]], channels: Mapping[str, Heard]) -> None:
    """Until the connection breaks, which raises."""
    while True:
        async for notification in conn.notifies(timeout=CHECK_EVERY_S):
            await channels[notification.channel]()
        await conn.execute("SELECT 1")


@contextlib.asynccontextmanager
async def listening(url: str, channels: Mapping[str, Heard]) -> AsyncIterator[None]:
    """`listen` in the background of a block."""
    task = asyncio.create_task(listen(url, channels))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
