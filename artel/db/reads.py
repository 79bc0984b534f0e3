"""Reads that every request makes: all of a process's go over one connection, none waits for another's answer.

A read taken through the pool costs a checkout, a turn of the event loop for its answer, and objects for its values.
Here statements are sent as they come (libpq's pipeline mode) and answered in that order, with the values as
PostgreSQL wrote them. docs/performance.md has the figures. It is for the few reads that nearly every request makes
and that the database answers at once: a slow one would hold up all behind it. Everything else belongs in
artel.db.rows.
"""

import asyncio
import re
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, OperationalError, pq
from psycopg.errors import error_from_result
from psycopg.rows import TupleRow

PARAMETER = re.compile(r"%\((\w+)\)s")
Row = tuple[bytes | None, ...]
# A read that takes longer is given up, by the server and by us.
TIMEOUT_S = 10


class Read(msgspec.Struct, frozen=True):
    """A statement that only reads, the same for every request but for its parameters.

    They are sent as text, so the statement casts those whose type cannot be seen: %(since)s::timestamptz.
    """

    sql: LiteralString
    params: Mapping[str, object]


class _Lost(OperationalError):
    """The connection went away under a read. Reading again, on another, does no harm."""


class _Asked(msgspec.Struct, eq=False):
    """Reads sent together, whose answers are still to come."""

    answer: asyncio.Future[list[list[Row]]]
    until: float  # by the event loop's clock
    count: int  # of statements
    prepares: bool = False
    results: list[pq.abc.PGresult] = []


class _Statement(msgspec.Struct, frozen=True):
    """A read as it is sent."""

    name: bytes
    sql: bytes
    values: list[bytes | None]


class Reader:
    """One process's connection for reads. Opened by the first read, and again by the first after a failure."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opening = asyncio.Lock()
        self.connection: AsyncConnection[TupleRow] | None = None  # none before the first read, and after a failure
        self._prepared: set[bytes] = set()
        self._asked: deque[_Asked] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._socket = -1  # libpq forgets its own when the server goes

    async def read(self, *reads: Read) -> list[list[Row]]:
        """The rows of each statement; each sees what was committed when it ran.

        Raises psycopg's errors, as a connection from the pool does. A connection that was lost is opened again once.
        """
        try:
            return await self._ask(reads)
        except _Lost:
            return await self._ask(reads)

    async def _ask(self, reads: tuple[Read, ...]) -> list[list[Row]]:
        wire = self.connection.pgconn if self.connection is not None else await self._open()
        loop = asyncio.get_running_loop()
        statements = [_statement(read) for read in reads]  # what cannot be sent is found before anything is
        asked = _Asked(loop.create_future(), loop.time() + TIMEOUT_S, len(statements))
        self._asked.append(asked)
        if self._watch is None:
            self._watch = loop.call_at(asked.until, self._give_up_late)
        try:
            asked.prepares = self._send(wire, statements)
            wire.pipeline_sync()
            if wire.flush():
                loop.add_writer(self._socket, self._flush)
        except OperationalError as error:
            self._fail(_Lost(str(error)))
        except BaseException as error:
            # Half of it may be on its way, and its answers would be taken for the next one's.
            self._fail(OperationalError(f"reads could not be sent: {error}"))
        return await asked.answer

    async def close(self) -> None:
        self._fail(OperationalError("the reader was closed"))

    async def _open(self) -> pq.abc.PGconn:
        async with self._opening:
            if self.connection is None:
                conn = await AsyncConnection.connect(
                    self._url,
                    autocommit=True,
                    application_name="artel reads",
                    # Every read here finds its few rows through an index. While a table is small the planner would
                    # rather read all of it, which takes longer and, once planned, is kept.
                    options=f"-c statement_timeout={TIMEOUT_S}s -c enable_seqscan=off",
                    connect_timeout=TIMEOUT_S,
                )
                conn.pgconn.enter_pipeline_mode()
                self._socket = conn.pgconn.socket
                asyncio.get_running_loop().add_reader(self._socket, self._receive)
                self.connection = conn
            return self.connection.pgconn

    def _send(self, wire: pq.abc.PGconn, statements: list[_Statement]) -> bool:
        """Queue the statements; whether one of them had to be prepared first."""
        prepares = False
        for statement in statements:
            if statement.name not in self._prepared:
                wire.send_prepare(statement.name, statement.sql)
                self._prepared.add(statement.name)
                prepares = True
            wire.send_query_prepared(statement.name, statement.values)
        return prepares

    def _flush(self) -> None:
        if self.connection is None:
            return
        try:
            if self.connection.pgconn.flush() == 0:
                asyncio.get_running_loop().remove_writer(self._socket)
        except OperationalError as error:
            self._fail(_Lost(str(error)))

    def _receive(self) -> None:
        """Hand out what has come. A sync ends the results of the reads that were asked first."""
        if self.connection is None:
            return
        wire = self.connection.pgconn
        try:
            wire.consume_input()
            while self._asked and not wire.is_busy():
                result = wire.get_result()
                if result is None:  # the end of one statement's
                    continue
                if result.status == pq.ExecStatus.PIPELINE_SYNC:
                    self._answer(self._asked.popleft())
                elif result.status != pq.ExecStatus.COMMAND_OK:  # which a prepare answers
                    self._asked[0].results.append(result)
        except OperationalError as error:
            self._fail(_Lost(str(error)))

    def _answer(self, asked: _Asked) -> None:
        failed = next((r for r in asked.results if r.status != pq.ExecStatus.TUPLES_OK), None)
        if failed is not None and asked.prepares:
            # Which statements the server knows now is hard to say; it knows none of a new connection.
            self._fail(_Lost("a statement could not be prepared"))
        if asked.answer.done():  # nobody waits any more
            return
        if failed is not None:
            asked.answer.set_exception(error_from_result(failed))
        elif len(asked.results) != asked.count:
            # It cannot be; were it so, the answers behind would be somebody else's.
            self._fail(OperationalError("answers and reads do not match"))
            asked.answer.set_exception(OperationalError("answers and reads do not match"))
        else:
            asked.answer.set_result([_rows(result) for result in asked.results])

    def _give_up_late(self) -> None:
        """Reads are answered in order, so where the first is in time all are."""
        self._watch = None
        if not self._asked:
            return
        loop = asyncio.get_running_loop()
        if self._asked[0].until <= loop.time():
            self._fail(OperationalError(f"the database did not answer in {TIMEOUT_S} s"))
        else:
            self._watch = loop.call_at(self._asked[0].until, self._give_up_late)

    def _fail(self, error: Exception) -> None:
        """Drop the connection and tell all who wait."""
        if self.connection is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            loop.remove_writer(self._socket)
            self.connection.pgconn.finish()
        self.connection = None
        self._prepared.clear()
        waiting, self._asked = self._asked, deque()
        for asked in waiting:
            if not asked.answer.done():
                asked.answer.set_exception(error)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None


def _rows(result: pq.abc.PGresult) -> list[Row]:
    columns = range(result.nfields)
    return [tuple([result.get_value(row, column) for column in columns]) for row in range(result.ntuples)]


def _statement(read: Read) -> _Statement:
    sql, names, name = _numbered(read.sql)
    return _Statement(name, sql, [_text(read.params[one]) for one in names])


@lru_cache(maxsize=1000)
def _numbered(sql: LiteralString) -> tuple[bytes, list[str], bytes]:
    """The statement with $1, $2, … for its named parameters; their names in that order; a name for the statement."""
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    numbered = PARAMETER.sub(number, sql).encode()
    return numbered, names, b"read_" + blake2b(numbered, digest_size=12).hexdigest().encode()


def _text(value: Any) -> bytes | None:
    """A value in PostgreSQL's text format."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat().encode()
    if isinstance(value, int | str | UUID) and not isinstance(value, bool):
        return str(value).encode()
    raise TypeError(f"a read cannot take {type(value).__name__}")
