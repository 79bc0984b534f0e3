"""People of the time API, signed in: nobody of them has a company."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest

from artel.db.pool import Connection
from artel.settings import Settings
from tests import cast
from tests.cast import Someone

Join = Callable[..., Awaitable[Someone]]


@pytest.fixture
def join(conn: Connection, settings: Settings, now: datetime) -> Join:
    """`await join("anna")`: anna@example.test, signed in, of no company; with `language` and `timezone`."""

    async def add(name: str, *, language: str = "EN", timezone: str = "UTC") -> Someone:
        person = await cast.add_person(conn, f"{name}@example.test", now=now, language=language)
        await conn.execute("UPDATE person SET timezone = %s WHERE id = %s", [timezone, person])
        return await cast.sign_in(conn, settings, person, None, now=now)

    return add


@pytest.fixture
async def nora(conn: Connection, settings: Settings, now: datetime) -> Someone:
    """A host."""
    return await signed_in(conn, settings, "nora@example.test", now=now)


@pytest.fixture
async def anna(conn: Connection, settings: Settings, now: datetime) -> Someone:
    """A client."""
    return await signed_in(conn, settings, "anna@example.test", now=now)


@pytest.fixture
async def ben(conn: Connection, settings: Settings, now: datetime) -> Someone:
    """Another client."""
    return await signed_in(conn, settings, "ben@example.test", now=now)


async def signed_in(conn: Connection, settings: Settings, email: str, *, now: datetime) -> Someone:
    return await cast.sign_in(conn, settings, await cast.add_person(conn, email, now=now), None, now=now)
