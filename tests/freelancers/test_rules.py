"""Invitation, registration, verification, and what they tell the companies."""

import asyncio
from datetime import date, datetime

import pytest

from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotFound, Refused
from artel.freelancers import rules
from artel.freelancers.errors import (
    AlreadyInTeam,
    AlreadyRegistered,
    FreelancerNotNamed,
    PasswordAlreadyChosen,
    PasswordNotChosen,
    ProfileFieldMissing,
)
from artel.freelancers.queries import access_freelancer
from artel.freelancers.rules import Invitation, Invited
from artel.people.profiles import Profile
from tests.freelancers.conftest import add_owner

ANNA = Profile(
    first_name="Anna",
    last_name="Koroleva",
    phone="79161234567",
    birth_date=date(1990, 5, 17),
    citizenship="RU",
    country="RU",
    city="Kazan",
    address="Baumana 1",
    postal_code="420000",
)
EMAIL = "anna@freelance.example"


async def invite(conn: Connection, by: Member, now: datetime, email: str = EMAIL, **facts: object) -> Invited:
    invitation = Invitation(email=email, **facts)  # type: ignore[arg-type]
    return await rules.invite_freelancer(
        conn,
        invitation,
        company_id=by.company_id,
        actor_id=by.person_id,
        base_url="https://artel.example",
        now=now,
    )


async def register(conn: Connection, freelancer_id: int, now: datetime, password_hash: str | None = "a hash") -> None:
    await rules.register_freelancer(
        conn, freelancer_id, profile=ANNA, password_hash=password_hash, language="RU", now=now
    )


async def events(conn: Connection, company_id: int) -> list[str]:
    cursor = await conn.execute("SELECT name FROM event WHERE company_id = %s ORDER BY id", [company_id])
    return [row[0] for row in await cursor.fetchall()]


async def test_an_invitation_makes_the_account(conn: Connection, owner: Member, now: datetime) -> None:
    invited = await invite(conn, owner, now, profile=ANNA, note="Writes well", specialization="копирайтер")
    row = await access_freelancer(conn, owner, freelancer_id=invited.freelancer_id)
    assert (row.uuid, row.email, row.name, row.phone) == (invited.uuid, EMAIL, "Anna Koroleva", "79161234567")
    assert (row.note, row.specialization, row.category_title_en) == ("Writes well", "копирайтер", "Copywriter")
    assert (row.invite_sent_at, row.registered_at, row.email_confirmed_at) == (now, None, None)


async def test_a_second_company_gets_the_same_person_and_changes_nothing(
    conn: Connection, owner: Member, other_owner: Member, now: datetime
) -> None:
    first = await invite(conn, owner, now, profile=ANNA, note="Ours")
    with pytest.raises(NotFound):
        await access_freelancer(conn, other_owner, freelancer_uuid=first.uuid)
    second = await invite(
        conn, other_owner, now, email=EMAIL.upper(), profile=Profile(first_name="Mallory"), send_email=False
    )
    assert second == first
    row = await access_freelancer(conn, other_owner, freelancer_uuid=first.uuid)
    assert (row.name, row.email, row.note, row.invite_sent_at) == ("Anna Koroleva", EMAIL, None, None)
    assert row.phone is None, "the number was given to the first company, not to this one"
    await register(conn, first.freelancer_id, now)
    row = await access_freelancer(conn, other_owner, freelancer_uuid=first.uuid)
    assert row.phone == "79161234567"


async def test_the_same_company_twice(conn: Connection, owner: Member, now: datetime) -> None:
    await invite(conn, owner, now)
    with pytest.raises(AlreadyInTeam):
        await invite(conn, owner, now, email=f" {EMAIL.title()} ")


@pytest.mark.parametrize("companies", [1, 4])
async def test_twenty_invitations_at_once(
    database: Database, conn: Connection, owner: Member, other_owner: Member, now: datetime, companies: int
) -> None:
    owners = [owner, other_owner]
    for name in ("Corona", "Dawn"):
        owners.append(await add_owner(conn, name, now=now))

    async def one(by: Member) -> Invited | Refused:
        try:
            async with database.transaction() as mine:
                return await invite(mine, by, now)
        except Refused as refusal:
            return refusal

    outcomes = await asyncio.gather(*(one(owners[turn % companies]) for turn in range(20)))
    invited = [outcome for outcome in outcomes if isinstance(outcome, Invited)]
    assert len(invited) == companies
    assert len(set(invited)) == 1
    assert all(isinstance(outcome, Invited | AlreadyInTeam) for outcome in outcomes)
    assert await fetch_value(conn, "SELECT count(*) FROM person WHERE email = %(email)s", {"email": EMAIL}) == 1
    assert await fetch_value(conn, "SELECT count(*) FROM team_member") == companies


async def test_an_address_that_is_somebodys_user_name(conn: Connection, owner: Member, now: datetime) -> None:
    await conn.execute("UPDATE person SET username = %s WHERE id = %s", [EMAIL, owner.person_id])
    invited = await invite(conn, owner, now)
    assert invited.freelancer_id != owner.person_id


async def test_registration_tells_every_company_of_the_team(
    conn: Connection, owner: Member, other_owner: Member, now: datetime
) -> None:
    invited = await invite(conn, owner, now)
    await invite(conn, other_owner, now)
    await register(conn, invited.freelancer_id, now)
    for company in (owner, other_owner):
        row = await access_freelancer(conn, company, freelancer_id=invited.freelancer_id)
        assert (row.name, row.registered_at, row.email_confirmed_at) == ("Anna Koroleva", now, now)
        assert await events(conn, company.company_id) == ["freelancerRegistered"]
    with pytest.raises(AlreadyRegistered):
        await register(conn, invited.freelancer_id, now)


async def test_nobody_gets_a_second_password(conn: Connection, owner: Member, now: datetime) -> None:
    invited = await invite(conn, owner, now)
    with pytest.raises(PasswordNotChosen):
        await register(conn, invited.freelancer_id, now, password_hash=None)
    await conn.execute("UPDATE person SET password_hash = 'their own' WHERE id = %s", [invited.freelancer_id])
    with pytest.raises(PasswordAlreadyChosen):
        await register(conn, invited.freelancer_id, now)
    await register(conn, invited.freelancer_id, now, password_hash=None)
    kept = await fetch_value(conn, "SELECT password_hash FROM person WHERE id = %(id)s", {"id": invited.freelancer_id})
    assert kept == "their own"


async def test_a_registration_needs_the_whole_profile(conn: Connection, owner: Member, now: datetime) -> None:
    invited = await invite(conn, owner, now)
    with pytest.raises(ProfileFieldMissing) as refusal:
        await rules.register_freelancer(
            conn, invited.freelancer_id, profile=Profile(), password_hash="h", language="EN", now=now
        )
    assert refusal.value.field == "first_name"


async def test_verification_is_told_once(conn: Connection, owner: Member, now: datetime) -> None:
    invited = await invite(conn, owner, now)
    for _ in range(2):
        await rules.verify_freelancer(conn, invited.freelancer_id, actor_id=None, now=now)
    assert await events(conn, owner.company_id) == ["freelancerVerified"]


async def test_access_needs_a_name_and_one_person(conn: Connection, owner: Member, now: datetime) -> None:
    invited = await invite(conn, owner, now)
    other = await invite(conn, owner, now, email="boris@freelance.example")
    with pytest.raises(FreelancerNotNamed):
        await access_freelancer(conn, owner)
    both = await access_freelancer(conn, owner, freelancer_id=other.freelancer_id, freelancer_uuid=other.uuid)
    assert both.id == other.freelancer_id
    for wrong in (invited.freelancer_id, 0, -1, 2**63, 10**30):
        with pytest.raises(NotFound):
            await access_freelancer(conn, owner, freelancer_id=wrong, freelancer_uuid=other.uuid)
