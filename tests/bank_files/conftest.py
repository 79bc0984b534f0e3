"""A company with a freelancer, an operator's accounts, a file store and a folder."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from artel import clock
from artel.db.pool import Connection
from artel.files.store import FileStore
from tests.bank_files.cast import add_accounts
from tests.payouts.cast import World, make_world


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
async def world(conn: Connection, now: datetime) -> World:
    world = await make_world(conn, now=now)
    await add_accounts(conn, now=now)
    return world


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore("", tmp_path / "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"
