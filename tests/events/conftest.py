from datetime import UTC, datetime

import pytest

from artel import clock
from artel.db.pool import Connection
from tests import cast


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
async def host(conn: Connection, now: datetime) -> int:
    return await cast.add_person(conn, "nora@example.test", now=now)


@pytest.fixture
async def anna(conn: Connection, now: datetime) -> int:
    """A client."""
    return await cast.add_person(conn, "anna@example.test", now=now)


@pytest.fixture
async def ben(conn: Connection, now: datetime) -> int:
    """Another."""
    return await cast.add_person(conn, "ben@example.test", now=now)
