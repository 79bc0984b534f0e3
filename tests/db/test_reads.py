"""Reads over one connection: several at once, what fails alone, and a connection that goes."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest

from artel.db.pool import Connection
from artel.db.reads import Read, Reader

HALF = Read("SELECT 10 / %(by)s::integer", {"by": 2})
ONE = Read("SELECT %(word)s::text", {"word": "one"})
OUTCOME = [[(b"5",)], [(b"one",)]]


@pytest.fixture
async def reader(database_url: str) -> AsyncIterator[Reader]:
    reader = Reader(database_url)
    yield reader
    await reader.close()


async def test_reads_answer_in_their_order(reader: Reader) -> None:
    for _ in range(3):  # prepared, and known by then
        assert await reader.read(HALF, ONE) == OUTCOME
    assert await reader.read(Read("SELECT %(none)s::text, NULL", {"none": None})) == [[(None, None)]]
    assert await reader.read(Read("SELECT 1 WHERE false", {})) == [[]]


async def test_many_at_once_get_their_own(reader: Reader) -> None:
    asked = [reader.read(Read("SELECT %(n)s::bigint", {"n": n}), ONE) for n in range(200)]
    assert await asyncio.gather(*asked) == [[[(str(n).encode(),)], [(b"one",)]] for n in range(200)]


async def test_a_read_that_fails_fails_alone(reader: Reader) -> None:
    assert await reader.read(HALF, ONE) == OUTCOME
    bad = reader.read(ONE, Read(HALF.sql, {"by": 0}))
    found = await asyncio.gather(reader.read(HALF), bad, reader.read(ONE), return_exceptions=True)
    assert found[0] == [[(b"5",)]]
    assert isinstance(found[1], psycopg.errors.DivisionByZero)
    assert found[2] == [[(b"one",)]]


async def test_a_statement_that_cannot_be_prepared(reader: Reader) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        await reader.read(Read("SELECT * FROM nowhere", {}))
    assert await reader.read(HALF, ONE) == OUTCOME


async def test_a_caller_who_leaves_disturbs_nobody(reader: Reader) -> None:
    assert await reader.read(HALF, ONE) == OUTCOME
    leaving = asyncio.ensure_future(reader.read(Read("SELECT pg_sleep(0.2)", {})))
    await asyncio.sleep(0.05)
    leaving.cancel()
    assert await reader.read(HALF, ONE) == OUTCOME


async def test_the_connection_is_opened_again(reader: Reader, conn: Connection) -> None:
    assert await reader.read(HALF, ONE) == OUTCOME
    before = reader.connection
    await conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'artel reads'")
    found = await asyncio.gather(*(reader.read(HALF, ONE) for _ in range(5)))
    assert found == [OUTCOME] * 5
    assert reader.connection is not before
