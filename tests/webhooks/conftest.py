from collections.abc import Iterator
from datetime import timedelta

import pytest

from artel import clock
from artel.companies.access import Member
from artel.db.pool import Connection
from tests.webhooks.cast import add_company, point_hook
from tests.webhooks.receiver import Receiver


@pytest.fixture(autouse=True)
def clock_put_back() -> Iterator[None]:
    yield
    clock.move_to_offset(timedelta())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
async def owner(conn: Connection, receiver: Receiver) -> Member:
    """Of a company whose hook is the receiver."""
    member = await add_company(conn, "Aurora Studio")
    await point_hook(conn, member, receiver.url)
    return member
