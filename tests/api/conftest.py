"""The application under test, called through HTTP in process, and the cast signed in."""

import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from artel import clock
from artel.api.context import Context
from artel.app import create_app, wrap
from artel.db.pool import Connection, Database
from artel.settings import Settings
from tests import cast, databases
from tests.api.conformance import Conformance
from tests.cast import Someone
from tests.conftest import shared_folder
from tests.world import World, world_settings, world_template


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database_url=database_url, secret="a secret of the tests, long enough", sandbox=True)


@functools.cache
def sandbox_application() -> tuple[Litestar, Conformance]:
    """One application a process: putting it together takes longer than most tests do."""
    app = create_app(Settings(sandbox=True, secret="replaced by each test's own settings"))
    return app, Conformance(app)


@pytest.fixture
async def client(settings: Settings, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client whose requests reach the application in this process; replies are held to the document."""
    async with client_of(settings, database) as http:
        yield http


def client_of(settings: Settings, database: Database) -> httpx.AsyncClient:
    app, conformance = sandbox_application()
    app.state.context = Context.over(settings, database)
    transport = httpx.ASGITransport(app=wrap(app), raise_app_exceptions=False)  # type: ignore[arg-type]
    hooks = {"response": [conformance.check]}
    return httpx.AsyncClient(transport=transport, base_url="http://artel.test/api", timeout=60, event_hooks=hooks)


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
async def company_id(conn: Connection, now: datetime) -> int:
    """A EUR company: commission 10 %, VAT 20 %, no escrow, acts for its freelancers."""
    return await cast.add_company(conn, "Aurora Studio", "EUR", now=now, vat=Decimal(20))


Hire = Callable[[str], Awaitable[Someone]]


@pytest.fixture
def hire(conn: Connection, settings: Settings, company_id: int, now: datetime) -> Hire:
    """`await hire("viewer")`: a signed-in member of the company in that role."""

    async def add(role: str) -> Someone:
        person = await cast.add_person(conn, f"{role}@aurora.example", now=now)
        await cast.add_member(conn, company_id, person, role, now=now)
        return await cast.sign_in(conn, settings, person, company_id, now=now)

    return add


@pytest.fixture
async def owner(hire: Hire) -> Someone:
    return await hire("owner")


@pytest.fixture
async def viewer(hire: Hire) -> Someone:
    return await hire("viewer")


@pytest.fixture
async def outsider(conn: Connection, settings: Settings, now: datetime) -> Someone:
    """The owner of another company."""
    company = await cast.add_company(conn, "Far Away Ltd", "EUR", now=now)
    person = await cast.add_person(conn, "outsider@far.example", now=now)
    await cast.add_member(conn, company, person, "owner", now=now)
    return await cast.sign_in(conn, settings, person, company, now=now)


@pytest.fixture(scope="session")
async def made_world(server_url: str, template: str, pytestconfig: pytest.Config) -> tuple[str, World]:
    return await world_template(server_url, template, shared_folder(pytestconfig))


@pytest.fixture
def world(made_world: tuple[str, World]) -> World:
    """Ids and tokens of the whole world that `world_client` reaches."""
    return made_world[1]


@pytest.fixture
def world_url(server_url: str, made_world: tuple[str, World]) -> Iterator[str]:
    with databases.clone(server_url, made_world[0]) as url:
        yield url


@pytest.fixture
async def world_database(world_url: str) -> AsyncIterator[Database]:
    pool = Database(world_url)
    await pool.open()
    yield pool
    await pool.close()


@pytest.fixture
async def world_client(
    world_url: str, world_database: Database, pytestconfig: pytest.Config
) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(world_settings(shared_folder(pytestconfig), world_url), world_database) as http:
        yield http
