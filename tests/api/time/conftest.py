"""People of the time API, signed in: nobody of them has a company."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.settings import Settings
from tests import cast, databases
from tests.api.conftest import client_of
from tests.api.time.world import TimeWorld, time_settings, time_template
from tests.cast import Someone
from tests.conftest import shared_folder

Join = Callable[..., Awaitable[Someone]]


@pytest.fixture
def join(conn: Connection, settings: Settings, now: datetime) -> Join:
    """`await join("anna")`: anna@example.test, signed in, of no company; with `language` and `timezone`."""

    async def add(name: str, *, language: str = "EN", timezone: str = "UTC") -> Someone:
        person = await cast.add_person(conn, f"{name}@example.test", now=now, language=language)
        await conn.execute("UPDATE person SET timezone = %s WHERE id = %s", [timezone, person])
        return await cast.sign_in(conn, settings, person, None, now=now)

    return add


@pytest.fixture
async def nora(conn: Connection, settings: Settings, now: datetime) -> Someone:
    """A host."""
    return await signed_in(conn, settings, "nora@example.test", now=now)


@pytest.fixture
async def anna(conn: Connection, settings: Settings, now: datetime) -> Someone:
    """A client."""
    return await signed_in(conn, settings, "anna@example.test", now=now)


@pytest.fixture
async def ben(conn: Connection, settings: Settings, now: datetime) -> Someone:
    """Another client."""
    return await signed_in(conn, settings, "ben@example.test", now=now)


async def signed_in(conn: Connection, settings: Settings, email: str, *, now: datetime) -> Someone:
    return await cast.sign_in(conn, settings, await cast.add_person(conn, email, now=now), None, now=now)


@pytest.fixture(scope="session")
async def made_time_world(server_url: str, template: str, pytestconfig: pytest.Config) -> tuple[str, TimeWorld]:
    return await time_template(server_url, template, shared_folder(pytestconfig))


@pytest.fixture
def time_world(made_time_world: tuple[str, TimeWorld]) -> TimeWorld:
    """Ids and people of the time API's world that `time_client` reaches."""
    return made_time_world[1]


@pytest.fixture
def time_url(server_url: str, made_time_world: tuple[str, TimeWorld]) -> Iterator[str]:
    with databases.clone(server_url, made_time_world[0]) as url:
        yield url


@pytest.fixture
async def time_database(time_url: str) -> AsyncIterator[Database]:
    pool = Database(time_url)
    await pool.open()
    yield pool
    await pool.close()


@pytest.fixture
async def time_client(
    time_url: str, time_database: Database, pytestconfig: pytest.Config
) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(time_settings(shared_folder(pytestconfig), time_url), time_database) as http:
        yield http


async def note_addresses(client: httpx.AsyncClient, who: Someone, *names: str) -> None:
    """Put people into somebody's address book, Anna and Ben where nobody else is named: to invite them by number."""
    for name in names or ("anna", "ben"):
        reply = await client.post("/contacts", json={"email": f"{name}@example.test"}, headers=who.headers)
        assert reply.status_code == 200, reply.text
