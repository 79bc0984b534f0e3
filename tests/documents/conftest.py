"""A company at work, with money; EUR, VAT 20 %, commission 10 %."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from artel import clock
from artel.db.pool import Database
from artel.settings import Settings
from tests.tasks.cast import Desk, open_desk


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database_url=database_url, secret="a secret of the tests, long enough", sandbox=True)


@pytest.fixture
async def desk(database: Database, now: datetime) -> Desk:
    return await open_desk(database, now=now, money="100000")
