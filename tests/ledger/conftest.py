"""The ledger's tests share two databases: one where nothing stays, one with a company of each test's own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count

import psycopg
import pytest

from artel.db.pool import Connection, Database
from tests import databases
from tests.ledger.clerk import Clerk

_companies = count(1000)


@pytest.fixture(scope="session")
def empty_url(server_url: str, template: str) -> Iterator[str]:
    with databases.clone(server_url, template) as url:
        yield url


@pytest.fixture(scope="session")
def books_url(server_url: str, template: str) -> Iterator[str]:
    with databases.clone(server_url, template) as url:
        yield url


@pytest.fixture
async def books(books_url: str) -> AsyncIterator[Database]:
    """Connections to the shared books: what is posted stays."""
    pool = Database(books_url, size=16)
    await pool.open()
    yield pool
    await asyncio.wait_for(pool.close(), timeout=10)


@pytest.fixture
async def conn(empty_url: str) -> AsyncIterator[Connection]:
    """A transaction that is undone after the test."""
    async with await psycopg.AsyncConnection.connect(empty_url) as connection:
        yield connection
        await connection.rollback()


@pytest.fixture
def company_id() -> int:
    """A company no other test posts to."""
    return next(_companies)


@pytest.fixture
def clerk(empty_url: str) -> Iterator[Clerk]:
    one = Clerk(empty_url)
    yield one
    one.close()
