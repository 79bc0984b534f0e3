"""A company with a freelancer of its own, on a database of its own."""

from datetime import UTC, datetime

import pytest

from artel import clock
from artel.db.pool import Connection
from tests.payouts.cast import World, make_world


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
async def world(conn: Connection, now: datetime) -> World:
    return await make_world(conn, now=now)
