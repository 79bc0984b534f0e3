"""Reads over one connection: everybody gets their own answer, whatever becomes of the others'."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from psycopg import Error, OperationalError, errors

from artel.db.pool import Connection
from artel.db.reads import Read, Reader

ECHO = "SELECT %(number)s::bigint AS number"
PAIR = "SELECT %(first)s::text, %(second)s::text"
FRACTION = "SELECT 1 / %(number)s::integer"


@pytest.fixture
async def reader(database_url: str) -> AsyncIterator[Reader]:
    opened = Reader(database_url)
    yield opened
    await opened.close()


async def test_everybody_gets_their_own_answer(reader: Reader) -> None:
    async def ask(number: int) -> None:
        pair = Read(PAIR, {"first": f"a{number}", "second": None})
        rows = await reader.read(Read(ECHO, {"number": number}), pair)
        assert rows == [[(str(number).encode(),)], [(f"a{number}".encode(), None)]]

    await asyncio.gather(*(ask(number) for number in range(2_000)))


async def test_failures_among_them_reach_those_who_asked(reader: Reader) -> None:
    await reader.read(Read(FRACTION, {"number": 1}), Read(ECHO, {"number": 1}))

    async def ask(number: int) -> None:
        if number % 3:
            assert await reader.read(Read(ECHO, {"number": number})) == [[(str(number).encode(),)]]
            return
        with pytest.raises(errors.DivisionByZero):
            await reader.read(Read(FRACTION, {"number": 0}), Read(ECHO, {"number": number}))

    await asyncio.gather(*(ask(number) for number in range(300)))


async def test_what_cannot_be_sent_disturbs_nobody(reader: Reader) -> None:
    async def ask(number: int) -> None:
        if number % 5:
            assert await reader.read(Read(ECHO, {"number": number})) == [[(str(number).encode(),)]]
            return
        bad = object() if number % 2 else "\ud800"
        with pytest.raises((TypeError, UnicodeEncodeError)):
            await reader.read(Read(ECHO, {"number": number}), Read(PAIR, {"first": "x", "second": bad}))

    await asyncio.gather(*(ask(number) for number in range(200)))


async def test_those_who_stop_waiting_disturb_nobody(reader: Reader) -> None:
    async def ask(number: int) -> None:
        answer = asyncio.ensure_future(reader.read(Read(ECHO, {"number": number})))
        if number % 4 == 0:
            await asyncio.sleep(0)
            answer.cancel()
            return
        assert await answer == [[(str(number).encode(),)]]

    await asyncio.gather(*(ask(number) for number in range(400)))


async def test_a_connection_that_is_cut_is_opened_again(reader: Reader, conn: Connection) -> None:
    for _ in range(5):
        assert await reader.read(Read(ECHO, {"number": 7})) == [[(b"7",)]]
        await conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'artel reads'"
        )

    async def ask(number: int) -> bool:
        try:
            return await reader.read(Read(ECHO, {"number": number})) == [[(str(number).encode(),)]]
        except Error:
            return True

    assert all(await asyncio.gather(*(ask(number) for number in range(100))))
    assert await reader.read(Read(ECHO, {"number": 8})) == [[(b"8",)]]


async def test_a_statement_that_cannot_be_prepared(reader: Reader) -> None:
    for _ in range(2):
        with pytest.raises((errors.SyntaxError, OperationalError)):
            await reader.read(Read("SELEKT 1", {}))
        assert await reader.read(Read(ECHO, {"number": 9})) == [[(b"9",)]]
