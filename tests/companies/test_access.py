"""Roles and rights: the whole table, and the door that holds to it."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from artel import clock
from artel.companies.access import ROLE_RIGHTS, Entrance, Member, Person, Right, enter
from artel.db.pool import Connection, Database
from artel.errors import NotAllowed
from artel.people.errors import SessionEnded
from artel.people.sessions import open_session
from artel.people.tokens import Claims, read_token
from tests import cast

SECRET = "a secret of the tests, long enough"
COLUMNS = ("signed_in", "view", "tasks", "team", "pay", "company")
# A row a role, a column a right.
TABLE = {
    "owner": (1, 1, 1, 1, 1, 1),
    "accountant": (1, 1, 0, 0, 1, 0),
    "manager": (1, 1, 1, 1, 0, 0),
    "viewer": (1, 1, 0, 0, 0, 0),
}
CELLS = [(role, right, allowed) for role, row in TABLE.items() for right, allowed in zip(COLUMNS, row, strict=True)]


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(ROLE_RIGHTS)
    assert set(COLUMNS) == {right.value for right in Right}


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


async def claims_of(conn: Connection, person: int, company: int | None, now: datetime) -> Claims:
    tokens = await open_session(conn, person_id=person, company_id=company, secret=SECRET, lifetime_s=3600, now=now)
    return read_token(SECRET, tokens.token, now=now)


async def go_in(
    database: Database, claims: Claims, right: Right, now: datetime, *, company_id: int | None = None
) -> Person | Member:
    person, _ = await enter(database.reader, Entrance(claims, company_id, right, now))
    return person


@pytest.fixture
async def company(conn: Connection, now: datetime) -> int:
    return await cast.add_company(conn, "Aurora Studio", "EUR", now=now)


@pytest.mark.parametrize(("role", "right", "allowed"), CELLS)
async def test_a_role_has_its_rights_and_no_more(
    database: Database, conn: Connection, company: int, now: datetime, role: str, right: str, allowed: int
) -> None:
    person = await cast.add_person(conn, "anna@aurora.example", now=now)
    await cast.add_member(conn, company, person, role, now=now)
    claims = await claims_of(conn, person, company, now)
    if allowed:
        member = await go_in(database, claims, Right(right), now)
        assert isinstance(member, Member)
        assert (member.person_id, member.company_id, member.role) == (person, company, role)
    else:
        with pytest.raises(NotAllowed, match="forbidden"):
            await go_in(database, claims, Right(right), now)


async def test_who_is_no_member_is_signed_in_and_nothing_else(
    database: Database, conn: Connection, company: int, now: datetime
) -> None:
    person = await cast.add_person(conn, "anna@aurora.example", now=now)
    claims = await claims_of(conn, person, None, now)
    entered = await go_in(database, claims, Right.SIGNED_IN, now)
    assert isinstance(entered, Person)
    assert not isinstance(entered, Member)
    for right in Right:
        with pytest.raises(NotAllowed, match="no_company"):
            await go_in(database, claims, right, now, company_id=company)
        if right is not Right.SIGNED_IN:
            with pytest.raises(NotAllowed, match="no_company"):
                await go_in(database, claims, right, now)


async def test_a_session_that_is_over_opens_nothing(
    database: Database, conn: Connection, company: int, now: datetime
) -> None:
    person = await cast.add_person(conn, "anna@aurora.example", now=now)
    await cast.add_member(conn, company, person, "owner", now=now)
    claims = await claims_of(conn, person, company, now)
    with pytest.raises(SessionEnded):
        await go_in(database, claims, Right.VIEW, now + timedelta(hours=1))
    with pytest.raises(SessionEnded):
        await go_in(database, Claims(uuid.uuid4(), person, company), Right.VIEW, now)
