from datetime import datetime

import pytest

from artel import clock
from artel.db.pool import Connection
from tests import cast
from tests.events.cast import add_schedule
from tests.payments.cast import PRICE, Deal, company_of


@pytest.fixture
async def deal(conn: Connection, now: datetime) -> Deal:
    made = Deal()
    made.host = await cast.add_person(conn, "host@example.test", now=now)
    made.client = await cast.add_person(conn, "client@example.test", now=now)
    made.schedule = await add_schedule(conn, made.host, now=now, price=PRICE, currency="EUR")
    made.company = await company_of(conn, made.client, "EUR", now=now)
    return made


@pytest.fixture
def now() -> datetime:
    return clock.now()
