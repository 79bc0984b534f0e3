from collections.abc import Iterator

import pytest

from artel.db.pool import Connection
from artel.settings import Settings
from tests.api.conftest import client, settings
from tests.calendar_sync.cast import FeedServer, add_owner
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
