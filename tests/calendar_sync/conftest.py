from collections.abc import Iterator

import pytest

from artel.db.pool import Connection
from artel.settings import Settings
from tests.api.conftest import client, settings
from tests.calendar_sync.cast import FeedServer, add_owner
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
