"""What the customer API's tests share."""

import uuid
from datetime import datetime

import pytest

from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.exchange.rules import load_starting_rates
from artel.lookups.rules import LoadedCounts, load_reference_data
from artel.settings import Settings
from tests import cast
from tests.cast import Someone
from tests.tasks.cast import Desk, add_freelancer


@pytest.fixture
async def reference(database: Database, now: datetime) -> LoadedCounts:
    """The reference data and the starting rates are loaded; how many entries can be chosen."""
    async with database.transaction() as conn:
        await load_starting_rates(conn, now=now)
        return await load_reference_data(conn)


@pytest.fixture
async def russian(conn: Connection, settings: Settings, company_id: int, now: datetime) -> Someone:
    """A viewer whose language is Russian."""
    person = await cast.add_person(conn, "nina@aurora.example", now=now, language="RU")
    await cast.add_member(conn, company_id, person, "viewer", now=now)
    return await cast.sign_in(conn, settings, person, company_id, now=now)


@pytest.fixture
async def desk(
    database: Database, conn: Connection, reference: LoadedCounts, owner: Someone, company_id: int, now: datetime
) -> Desk:
    """The company at work: a freelancer with nothing in the way of work, 10,000 EUR available, no escrow."""
    member = Member(owner.id, uuid.uuid4(), "EN", company_id, "owner", "EUR", True)
    freelancer_id = await add_freelancer(conn, company_id, owner.id, now=now)
    opened = Desk(database, member, freelancer_id, now)
    await opened.give_money("10000")
    return opened
