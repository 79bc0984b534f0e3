"""Settings that send to the outside, and the worker's job queue over the test's database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from artel.db.pool import Database
from artel.process.worker import run_jobs
from artel.settings import Settings
from tests.outside import Gateway, MailServer


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    yield server
    server.stop()


@pytest.fixture
def production(database_url: str, tmp_path: Path, mail_server: MailServer, gateway: Gateway) -> Settings:
    """Settings of an installation that really sends."""
    return Settings(
        home=tmp_path,
        database_url=database_url,
        secret="a secret of the tests, long enough",
        smtp_url=mail_server.url,
        sms_url=gateway.url,
        mail_from="Artel <no-reply@artel.example>",
    )


@pytest.fixture
def sandbox(production: Settings) -> Settings:
    """Settings of a sandbox that has nowhere to send to."""
    return msgspec.structs.replace(production, sandbox=True, smtp_url="", sms_url="")


@contextlib.asynccontextmanager
async def sending(settings: Settings, database: Database) -> AsyncIterator[None]:
    """The worker's job queue at work."""
    stop = asyncio.Event()
    task = asyncio.create_task(run_jobs(settings, database, stop))
    yield
    stop.set()
    await asyncio.wait_for(task, timeout=20)
