"""What `artel company`, `artel operator` and `artel agreement` do: accounts, members, the agreement in force."""

import uuid
from decimal import Decimal

import msgspec

from artel import clock
from artel.companies.members import add_member, remove_member
from artel.companies.rules import create_company
from artel.db.pool import Connection
from artel.errors import NotFound
from artel.freelancers.papers import Agreement, publish_agreement
from artel.people.proof import account_named
from artel.people.rules import create_person
from artel.process.commands import small_database
from artel.settings import Settings


class Owner(msgspec.Struct, frozen=True):
    """Somebody to be given an account."""

    email: str
    password: str
    first_name: str
    last_name: str
    language: str


async def open_company(
    settings: Settings,
    *,
    name: str,
    currency: str,
    country: str,
    commission_percent: Decimal,
    vat_percent: Decimal,
    escrow: str,
    acts_for_freelancers: bool,
    owner: Owner,
) -> int:
    """A company with its owner, both or neither; the company's id."""
    now = clock.now()
    async with small_database(settings) as database, database.transaction() as conn:
        company_id = await create_company(
            conn,
            name=name,
            currency=currency,
            country=country,
            commission_percent=commission_percent,
            vat_percent=vat_percent,
            escrow=escrow,
            acts_for_freelancers=acts_for_freelancers,
            now=now,
        )
        person_id = await add_account(conn, owner)
        await add_member(conn, company_id=company_id, person_id=person_id, role="owner", now=now)
    return company_id


async def find_person(settings: Settings, email: str) -> int | None:
    """Whose address or user name this is; None: nobody's."""
    async with small_database(settings) as database:
        return (await account_named(database, email)).id


async def add_to_company(settings: Settings, account: Owner, *, company_id: int, role: str) -> None:
    """Give a role to whoever has the account, or to somebody new: the account and the role, both or neither."""
    person_id = await find_person(settings, account.email)
    async with small_database(settings) as database, database.transaction() as conn:
        if person_id is None:
            person_id = await add_account(conn, account)
        await add_member(conn, company_id=company_id, person_id=person_id, role=role, now=clock.now())


async def remove_from_company(settings: Settings, email: str, *, company_id: int) -> None:
    """Refuses: NotFound, LastOwner."""
    person_id = await find_person(settings, email)
    if person_id is None:
        raise NotFound("person")
    async with small_database(settings) as database, database.transaction() as conn:
        await remove_member(conn, company_id=company_id, person_id=person_id, now=clock.now())


async def publish(settings: Settings, agreement: Agreement) -> uuid.UUID:
    async with small_database(settings) as database, database.transaction() as conn:
        return await publish_agreement(conn, agreement, actor_id=None, now=clock.now())


async def add_operator(settings: Settings, operator: Owner) -> int:
    async with small_database(settings) as database, database.transaction() as conn:
        return await add_account(conn, operator, is_operator=True)


async def add_account(conn: Connection, owner: Owner, *, is_operator: bool = False) -> int:
    return await create_person(
        conn,
        email=owner.email,
        password=owner.password,
        language=owner.language,
        first_name=owner.first_name,
        last_name=owner.last_name,
        is_operator=is_operator,
        now=clock.now(),
    )
