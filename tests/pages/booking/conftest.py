"""What the tests of the booking pages share."""

from datetime import datetime

import pytest

from artel.db.pool import Connection
from artel.lookups.rules import load_reference_data
from artel.schedules.queries import ScheduleRow
from tests import cast
from tests.pages.booking.cast import EUR
from tests.pages.booking_world import add_schedule
from tests.pages.test_my import sign_in

__all__ = ["sign_in"]


@pytest.fixture(autouse=True)
async def currencies(conn: Connection) -> None:
    async with conn.transaction():
        await load_reference_data(conn)


@pytest.fixture
async def nora(conn: Connection, now: datetime) -> int:
    """The host."""
    return await cast.add_person(conn, "nora@example.test", now=now)


@pytest.fixture
async def anna(conn: Connection, now: datetime) -> int:
    """A client with an account."""
    return await cast.add_person(conn, "anna@example.test", now=now)


@pytest.fixture
async def schedule(conn: Connection, nora: int, now: datetime) -> ScheduleRow:
    return await add_schedule(conn, nora, now=now)


@pytest.fixture
async def priced(conn: Connection, nora: int, now: datetime) -> ScheduleRow:
    """40 euros; from a day before on half of it is kept."""
    terms = {"cancellation": {"until_minutes": 1440, "refund_percent": 50}, "hold_minutes": 20}
    return await add_schedule(conn, nora, now=now, settings=terms, **EUR)
