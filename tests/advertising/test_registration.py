"""What the operator enters: the platform, and companies with their contracts; entered again, it is corrected."""

import asyncio
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from artel import clock
from artel.advertising.kinds import Kind
from artel.advertising.organisations import Organisation, add_organisation
from artel.advertising.queries import access_organisation, primary_contract
from artel.advertising.registration import register_company, register_platform
from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotFound, Refused
from tests.tasks.cast import add_company, load_reference

SIGNED_ON = date(2024, 1, 15)


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
async def member(conn: Connection, now: datetime) -> Member:
    await load_reference(conn, now=now)
    return await add_company(conn, now=now)


def described(**changes: Any) -> Organisation:
    facts = {"kind": Kind.LEGAL, "uuid": uuid.uuid4(), "full_opf": "ООО «Пример»", "inn": "9901000034"}
    return Organisation(**{**facts, **changes})


async def platform(conn: Connection, now: datetime, **changes: Any) -> uuid.UUID:
    async with conn.transaction():
        return await register_platform(
            conn, described(**{"full_opf": "ООО «Платформа»", "inn": "9901000027", **changes}), now=now
        )


async def company(conn: Connection, company_id: int, now: datetime, *, number: str = "7", **changes: Any) -> uuid.UUID:
    async with conn.transaction():
        return await register_company(
            conn, company_id, described(**changes), contract_number=number, signed_on=SIGNED_ON, now=now
        )


async def test_the_platform_comes_first(conn: Connection, member: Member, now: datetime) -> None:
    with pytest.raises(Refused) as refused:
        await company(conn, member.company_id, now)
    assert refused.value.code == "platform_not_registered"
    with pytest.raises(NotFound):
        await company(conn, 987_654, now)


async def test_entered_again_it_is_corrected(conn: Connection, member: Member, now: datetime) -> None:
    """The uuids that clients know stay."""
    first = await platform(conn, now)
    assert await platform(conn, now, full_opf="АО «Платформа»") == first
    assert (await access_organisation(conn, member, first)).title == "АО «Платформа»"
    contract = await company(conn, member.company_id, now)
    before = await primary_contract(conn, member.company_id)
    assert before is not None
    assert (before.uuid, before.title, before.performer_uuid) == (contract, "7 (2024-01-15)", first)
    later = now + timedelta(days=1)
    again = await company(
        conn, member.company_id, later, number="8", kind=Kind.ENTREPRENEUR, full_opf=None, fio="Образцов", inn=INN
    )
    after = await primary_contract(conn, member.company_id)
    assert after is not None
    assert (again, after.customer_uuid) == (contract, before.customer_uuid)
    assert (after.number, after.created_at, after.edited_at) == ("8", before.created_at, later)
    own = await access_organisation(conn, member, after.customer_uuid)
    assert (own.legal_type, own.fio, own.full_opf, own.inn) == ("entrepreneur", "Образцов", None, INN)
    assert await fetch_value(conn, "SELECT count(*) FROM advertising_organisation") == 2


INN = "990100002500"


async def test_a_company_that_is_its_own_customer(conn: Connection, member: Member, now: datetime) -> None:
    await platform(conn, now)
    async with conn.transaction():
        await add_organisation(conn, member, described(), now=now)
    with pytest.raises(Refused) as refused:
        await company(conn, member.company_id, now)
    assert (refused.value.code, refused.value.field) == ("organisation_taken", "inn")
    await company(conn, member.company_id, now, inn="9901000041")
    with pytest.raises(Refused) as refused:
        await company(conn, member.company_id, now)
    assert refused.value.code == "organisation_taken"
    with pytest.raises(Refused) as refused:
        await company(conn, member.company_id, now, inn="9901000042")
    assert refused.value.code == "inn_invalid"


async def test_operators_at_once(database: Database, conn: Connection, member: Member, now: datetime) -> None:
    """Eight each: one platform, one record of the company, one contract."""

    async def enter(what: Any, *arguments: Any) -> uuid.UUID:
        async with database.connection() as own:
            return uuid.UUID(str(await what(own, *arguments)))

    platforms = await asyncio.gather(*(enter(platform, now) for _ in range(8)))
    assert len(set(platforms)) == 1
    contracts = await asyncio.gather(*(enter(company, member.company_id, now) for _ in range(8)))
    assert len(set(contracts)) == 1
    counts = await fetch_value(
        conn,
        """
        SELECT ((SELECT count(*) FROM advertising_organisation), (SELECT count(*) FROM advertising_contract))::text
        """,
    )
    assert counts == "(2,1)"
