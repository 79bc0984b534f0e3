"""What tests of the time API share."""

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
