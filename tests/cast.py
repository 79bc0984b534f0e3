"""The named cast: a company with an owner, an accountant, a manager and a viewer; an outsider with a company of
their own. Made by the rules that make them elsewhere."""

from datetime import datetime
from decimal import Decimal

import msgspec

from artel.companies import members
from artel.companies.rules import create_company
from artel.db.pool import Connection
from artel.people.rules import create_person
from artel.people.sessions import open_session
from artel.settings import Settings


class Someone(msgspec.Struct, frozen=True):
    id: int
    company_id: int | None
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


async def sign_in(
    conn: Connection, settings: Settings, person_id: int, company_id: int | None, *, now: datetime
) -> Someone:
    tokens = await open_session(
        conn,
        person_id=person_id,
        company_id=company_id,
        secret=settings.secret,
        lifetime_s=settings.token_lifetime_s,
        now=now,
    )
    return Someone(person_id, company_id, tokens.token)


async def add_person(
    conn: Connection,
    email: str,
    *,
    now: datetime,
    language: str = "EN",
    password: str | None = None,
    phone: str | None = None,
) -> int:
    return await create_person(
        conn,
        email=email,
        password=password,
        language=language,
        first_name=email.partition("@")[0].capitalize(),
        last_name="Example",
        phone=phone,
        now=now,
    )


async def add_company(
    conn: Connection,
    name: str,
    currency: str,
    *,
    now: datetime,
    commission: Decimal = Decimal(10),
    vat: Decimal = Decimal(0),
    escrow: str = "without_hold",
    acts_for_freelancers: bool = True,
) -> int:
    return await create_company(
        conn,
        name=name,
        currency=currency,
        country="DE",
        commission_percent=commission,
        vat_percent=vat,
        escrow=escrow,
        acts_for_freelancers=acts_for_freelancers,
        now=now,
    )


async def add_member(conn: Connection, company_id: int, person_id: int, role: str, *, now: datetime) -> None:
    await members.add_member(conn, company_id=company_id, person_id=person_id, role=role, now=now)
