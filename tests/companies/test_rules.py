"""Opening companies, giving roles in them."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from artel import clock
from artel.companies.errors import (
    AlreadyMember,
    CompanyCurrencyUnknown,
    EscrowUnknown,
    LastOwner,
    PercentOutOfRange,
    RoleUnknown,
)
from artel.companies.members import add_member, remove_member
from artel.companies.rules import create_company
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotFound
from tests import cast


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


async def create(conn: Connection, now: datetime, **given: object) -> int:
    facts: dict[str, object] = {
        "name": "Aurora Studio",
        "currency": "EUR",
        "country": "DE",
        "commission_percent": Decimal("3.5"),
        **given,
    }
    return await create_company(conn, now=now, **facts)  # type: ignore[arg-type]


async def test_a_company_with_its_counter_and_its_brand(conn: Connection, now: datetime) -> None:
    company = await create(conn, now)
    assert await fetch_value(conn, "SELECT brand_name FROM company WHERE id = %(id)s", {"id": company})
    assert (
        await fetch_value(
            conn, "SELECT last_task_number FROM company_counter WHERE company_id = %(id)s", {"id": company}
        )
        == 0
    )
    assert await fetch_value(conn, "SELECT company_id FROM audit WHERE action = 'company_created'") == company


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"currency": "KZT"}, CompanyCurrencyUnknown),
        ({"escrow": "on_full_moon"}, EscrowUnknown),
        ({"commission_percent": 101}, PercentOutOfRange),
        ({"vat_percent": -1}, PercentOutOfRange),
        ({"sales_tax_percent": Decimal("8.8755")}, PercentOutOfRange),
        ({"vat_percent": Decimal("NaN")}, PercentOutOfRange),
    ],
)
async def test_what_is_no_company_is_refused(
    conn: Connection, now: datetime, given: dict[str, object], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await create(conn, now, **given)
    assert await fetch_value(conn, "SELECT count(*) FROM company") == 0


async def memberships(conn: Connection, person: int) -> list[tuple[int, str, bool]]:
    cursor = await conn.execute(
        """
        SELECT company_id, role, is_default
        FROM company_member
        WHERE person_id = %s AND ended_at IS NULL
        ORDER BY company_id
        """,
        [person],
    )
    return await cursor.fetchall()


async def test_the_first_company_is_the_default(conn: Connection, now: datetime) -> None:
    person = await cast.add_person(conn, "clara@aurora.example", now=now)
    first, second = await create(conn, now), await create(conn, now)
    await add_member(conn, company_id=first, person_id=person, role="owner", now=now)
    await add_member(conn, company_id=second, person_id=person, role="viewer", now=now)
    assert await memberships(conn, person) == [(first, "owner", True), (second, "viewer", False)]


async def test_of_two_first_companies_at_once_one_is_the_default(
    database: Database, conn: Connection, now: datetime
) -> None:
    person = await cast.add_person(conn, "clara@aurora.example", now=now)
    companies = [await create(conn, now) for _ in range(8)]

    async def join(company: int) -> None:
        async with database.transaction() as joining:
            await add_member(joining, company_id=company, person_id=person, role="owner", now=now)

    await asyncio.gather(*(join(company) for company in companies))
    assert [default for _, _, default in await memberships(conn, person)].count(True) == 1


async def test_who_left_comes_back_in_the_new_role(conn: Connection, now: datetime) -> None:
    person = await cast.add_person(conn, "clara@aurora.example", now=now)
    first, second = await create(conn, now), await create(conn, now)
    await add_member(conn, company_id=first, person_id=person, role="owner", now=now)
    await conn.execute("UPDATE company_member SET ended_at = %s", [now])
    await add_member(conn, company_id=second, person_id=person, role="owner", now=now)
    await add_member(conn, company_id=first, person_id=person, role="manager", now=now)
    assert await memberships(conn, person) == [(first, "manager", False), (second, "owner", True)]


async def test_who_is_removed_is_out_and_another_company_is_the_default(conn: Connection, now: datetime) -> None:
    clara = await cast.add_person(conn, "clara@aurora.example", now=now)
    boris = await cast.add_person(conn, "boris@aurora.example", now=now)
    first, second = await create(conn, now), await create(conn, now)
    for company, person in ((first, clara), (second, clara), (first, boris)):
        await add_member(conn, company_id=company, person_id=person, role="owner", now=now)
    await remove_member(conn, company_id=first, person_id=clara, actor_id=boris, now=now)
    assert await memberships(conn, clara) == [(second, "owner", True)]
    assert await fetch_value(conn, "SELECT actor_id FROM audit WHERE action = 'member_removed'") == boris
    with pytest.raises(NotFound):
        await remove_member(conn, company_id=first, person_id=clara, now=now)
    with pytest.raises(NotFound):
        await remove_member(conn, company_id=999999, person_id=boris, now=now)


async def test_the_last_owner_stays(conn: Connection, now: datetime) -> None:
    owner = await cast.add_person(conn, "clara@aurora.example", now=now)
    viewer = await cast.add_person(conn, "boris@aurora.example", now=now)
    company = await create(conn, now)
    await add_member(conn, company_id=company, person_id=owner, role="owner", now=now)
    await add_member(conn, company_id=company, person_id=viewer, role="viewer", now=now)
    with pytest.raises(LastOwner):
        await remove_member(conn, company_id=company, person_id=owner, now=now)
    await remove_member(conn, company_id=company, person_id=viewer, now=now)
    assert await memberships(conn, owner) == [(company, "owner", True)]
    assert await memberships(conn, viewer) == []


async def test_of_owners_who_remove_each_other_at_once_one_stays(
    database: Database, conn: Connection, now: datetime
) -> None:
    company = await create(conn, now)
    people = [await cast.add_person(conn, f"owner{number}@aurora.example", now=now) for number in range(6)]
    for person in people:
        await add_member(conn, company_id=company, person_id=person, role="owner", now=now)

    async def leave(person: int) -> None:
        async with database.transaction() as leaving:
            await remove_member(leaving, company_id=company, person_id=person, now=now)

    outcomes = await asyncio.gather(*(leave(person) for person in people), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [LastOwner]
    assert len([1 for person in people if await memberships(conn, person)]) == 1


async def test_a_role_that_stays_or_is_none(conn: Connection, now: datetime) -> None:
    person, company = await cast.add_person(conn, "clara@aurora.example", now=now), await create(conn, now)
    await add_member(conn, company_id=company, person_id=person, role="owner", now=now)
    with pytest.raises(AlreadyMember):
        await add_member(conn, company_id=company, person_id=person, role="viewer", now=now)
    with pytest.raises(RoleUnknown):
        await add_member(conn, company_id=company, person_id=person, role="king", now=now)
    for missing in ({"company_id": 999999, "person_id": person}, {"company_id": company, "person_id": 999999}):
        with pytest.raises(NotFound):
            await add_member(conn, **missing, role="owner", now=now)
    assert await memberships(conn, person) == [(company, "owner", True)]
