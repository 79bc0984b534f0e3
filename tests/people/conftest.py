"""Somebody to send codes and links to."""

from datetime import UTC, datetime

import pytest

from artel import clock
from artel.db.pool import Connection
from tests import cast


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
async def person(conn: Connection, now: datetime) -> int:
    return await cast.add_person(conn, "anna@aurora.example", now=now)
