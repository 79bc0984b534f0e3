"""What the tests of schedules share."""

from datetime import datetime

import pytest

from artel.db.pool import Connection
from artel.settings import Settings
from tests.cast import Someone
from tests.schedules.cast import (
    sign_in,
)


@pytest.fixture
async def anna(conn: Connection, settings: Settings, now: datetime) -> Someone:
    return await sign_in(conn, settings, "anna", now=now)


@pytest.fixture
async def boris(conn: Connection, settings: Settings, now: datetime) -> Someone:
    return await sign_in(conn, settings, "boris", now=now)
