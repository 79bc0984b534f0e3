"""Connections: one pool a process, and the ways to use it.

Every rule takes a connection and none commits. The edge opens `transaction()` around the whole request or
job step; a read that needs no transaction takes `connection()`, which saves two round trips. What every request
reads goes through `reader`.
"""

import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from artel.db.reads import Reader

Connection = AsyncConnection[TupleRow]


async def check_open(conn: Connection) -> None:
    """Refuse a connection that the server has closed while it lay in the pool, so that nobody's request meets it.

    An idle connection has nothing to read; one that has, was closed or was sent a notice. Only then is the server
    asked, which costs a round trip.
    """
    if conn.closed or poll_readable(conn.pgconn.socket):
        await AsyncConnectionPool.check_connection(conn)


def poll_readable(file: int) -> bool:
    watch = select.poll()
    watch.register(file, select.POLLIN)
    return bool(watch.poll(0))


class Database:
    """The process's way to PostgreSQL."""

    def __init__(self, url: str, *, size: int = 10) -> None:
        self.url = url
        self.reader = Reader(url)
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=min(2, size),
            max_size=size,
            open=False,
            timeout=10,
            check=check_open,
            kwargs={"autocommit": True, "application_name": "artel"},
        )

    async def open(self) -> None:
        await self._pool.open(wait=True, timeout=10)

    async def close(self) -> None:
        await self.reader.close()
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection where each statement stands alone. For reads of one statement."""
        # Not the pool's own context manager: it ends a transaction, and there is none.
        conn = await self._pool.getconn()
        try:
            yield conn
        finally:
            await self._pool.putconn(conn)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside one transaction: committed when the block ends, undone when it raises."""
        async with self._pool.connection() as conn, conn.transaction():
            yield conn
