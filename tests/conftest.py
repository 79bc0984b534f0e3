"""Fixtures every test may use: a database of one's own, and the application over it."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from artel.db.embedded import stop_embedded
from artel.db.pool import Connection, Database
from tests import databases
from tests.times import travel

__all__ = ["travel"]  # a fixture of every test

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())


def shared_folder(config: pytest.Config) -> Path:
    """One folder for all processes of a run, short enough for a socket's path."""
    worker = getattr(config, "workerinput", None)
    return Path(worker["artel_folder"] if worker else config.artel_folder)  # type: ignore[attr-defined]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.artel_folder = tempfile.mkdtemp(prefix="artel-tests-")  # type: ignore[attr-defined]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    node.workerinput["artel_folder"] = node.config.artel_folder  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        folder = Path(config.artel_folder)  # type: ignore[attr-defined]
        stop_embedded((folder / "pg").resolve())
        subprocess.run(["rm", "-rf", str(folder)], check=False)


@pytest.fixture(scope="session")
def server_url(pytestconfig: pytest.Config) -> str:
    return databases.server_url(shared_folder(pytestconfig))


@pytest.fixture(scope="session")
def template(server_url: str, pytestconfig: pytest.Config) -> str:
    return databases.template(server_url, shared_folder(pytestconfig))


@pytest.fixture(scope="session")
def clones(server_url: str, template: str) -> Iterator[databases.Clones]:
    lent = databases.Clones(server_url, template)
    yield lent
    lent.close()


@pytest.fixture
def database_url(clones: databases.Clones) -> Iterator[str]:
    """A migrated database that holds nothing of any other test."""
    with clones.lend() as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    pool = Database(database_url, size=20)
    await pool.open()
    yield pool
    await asyncio.wait_for(pool.close(), timeout=10)


@pytest.fixture
async def conn(database: Database) -> AsyncIterator[Connection]:
    """A connection in autocommit: rules tested directly open their own `conn.transaction()` where it matters."""
    async with database.connection() as connection:
        yield connection
