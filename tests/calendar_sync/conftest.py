from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.settings import Settings
from tests.api.conftest import client, client_of, settings
from tests.calendar_sync.cast import FeedServer, add_owner
from tests.calendar_sync.google_stand_in import GoogleStandIn
from tests.calendar_sync.radicale_server import USER, Radicale
from tests.cast import Someone

__all__ = ["client", "settings"]  # fixtures


@pytest.fixture
async def owner(conn: Connection, settings: Settings) -> tuple[Someone, int]:
    """Anna, and the id of her calendar, which is in Berlin."""
    return await add_owner(conn, settings)


@pytest.fixture
def feed() -> Iterator[FeedServer]:
    server = FeedServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def radicale_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    server = Radicale(tmp_path_factory.mktemp("radicale"))
    yield server
    server.stop()


@pytest.fixture
def radicale(radicale_process: Radicale) -> Radicale:
    """Its calendar "Work" is empty."""
    radicale_process.call("DELETE", f"/{USER}/work/")
    radicale_process.call("DELETE", f"/{USER}/private/")
    radicale_process.make_calendar("work", "Work")
    return radicale_process


@pytest.fixture
def google() -> Iterator[GoogleStandIn]:
    server = GoogleStandIn()
    yield server
    server.stop()


@pytest.fixture
async def joined(
    settings: Settings, google: GoogleStandIn, database: Database
) -> AsyncIterator[tuple[httpx.AsyncClient, Settings]]:
    """The API of an installation that has a client at the stand-in, and its settings."""
    with_google = google.settings(settings)
    async with client_of(with_google, database) as http:
        yield http, with_google
