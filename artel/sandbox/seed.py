"""The sandbox's first data, made by the real rules: three companies, three freelancers in every team, two
specialists with schedules, an operator.

Passwords follow from the installation's secret, so that a start cut short, or a home that lost its sandbox.json,
writes the same file again.
"""

import base64
import hashlib
import json
import os
from datetime import datetime
from decimal import Decimal

import msgspec

from artel import clock
from artel.companies.members import add_member
from artel.companies.rules import create_company
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_value
from artel.exchange.rules import load_starting_rates
from artel.files.acceptance import add_acceptance_file
from artel.files.rules import NewFile
from artel.files.store import FileStore
from artel.freelancers.papers import publish_agreement, save_tax_info, sign_agreement
from artel.freelancers.rules import Invitation, invite_freelancer, register_freelancer, verify_freelancer
from artel.ledger.rules import top_up
from artel.people.passwords import hash_password
from artel.people.rules import create_person
from artel.sandbox.company_terms import enter_company_terms, enter_platform
from artel.sandbox.samples import (
    AGREEMENT,
    COMPANIES,
    FREELANCERS,
    NDA_NAME,
    NDA_TEXT,
    NDA_TITLE_EN,
    NDA_TITLE_RU,
    OPERATOR_EMAIL,
    SampleCompany,
    SampleFreelancer,
)
from artel.sandbox.specialists import add_specialists, list_specialists
from artel.settings import Settings

FILE_NAME = "sandbox.json"


async def fill(database: Database, settings: Settings) -> None:
    """Fill an empty sandbox, and write sandbox.json. Called at every start; data that is there stays as it is."""
    async with database.transaction() as conn:
        if await fetch_value(conn, "SELECT count(*) FROM company") == 0:
            await make_samples(conn, settings, now=clock.now())
        await add_specialists(conn, lambda email: password_of(settings, email), now=clock.now())
    async with database.connection() as conn:
        document = await describe(conn, settings)
    path = settings.home / FILE_NAME
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.replace(draft, path)


def password_of(settings: Settings, email: str) -> str:
    """This installation's password of a sample account."""
    digest = hashlib.blake2b(email.encode(), key=settings.secret.encode()[:64], digest_size=12).digest()
    return base64.urlsafe_b64encode(digest).decode()


async def make_samples(conn: Connection, settings: Settings, *, now: datetime) -> None:
    await load_starting_rates(conn, now=now)
    await make_person(conn, settings, OPERATOR_EMAIL, "Operator", "Sample", now=now, is_operator=True)
    template = await publish_agreement(conn, AGREEMENT, actor_id=None, now=now)
    await enter_platform(conn, now=now)
    await offer_document(conn, settings, now=now)
    companies = [await make_company(conn, settings, sample, now=now) for sample in COMPANIES]
    first_administrator = companies[0][1]
    await add_member(conn, company_id=companies[1][0], person_id=first_administrator, role="owner", now=now)
    for sample in FREELANCERS:
        freelancer_id = 0
        for company_id, administrator_id in companies:
            invitation = Invitation(email=sample.email, language=sample.language, send_email=False)
            invited = await invite_freelancer(
                conn, invitation, company_id=company_id, actor_id=administrator_id, now=now
            )
            freelancer_id = invited.freelancer_id
        await complete_freelancer(conn, freelancer_id, sample, password_of(settings, sample.email), now=now)
        await sign_agreement(conn, freelancer_id, template_uuid=template, actor_id=None, now=now)


async def offer_document(conn: Connection, settings: Settings, *, now: datetime) -> None:
    """A document of the operator's that every company's tasks can ask to be signed."""
    content = NDA_TEXT.encode()
    key = await FileStore(settings.files_url, settings.home).put(content)
    await add_acceptance_file(
        conn,
        NewFile(NDA_NAME, "text/plain", content, key),
        company_id=None,
        title_en=NDA_TITLE_EN,
        title_ru=NDA_TITLE_RU,
        now=now,
    )


async def make_person(
    conn: Connection,
    settings: Settings,
    email: str,
    first_name: str,
    last_name: str,
    *,
    now: datetime,
    is_operator: bool = False,
) -> int:
    return await create_person(
        conn,
        email=email,
        password=password_of(settings, email),
        language="EN",
        first_name=first_name,
        last_name=last_name,
        is_operator=is_operator,
        now=now,
    )


async def make_company(
    conn: Connection, settings: Settings, sample: SampleCompany, *, now: datetime
) -> tuple[int, int]:
    """A company with its administrator and money on its balance; answers both ids."""
    company_id = await create_company(
        conn,
        name=sample.name,
        currency=sample.currency,
        country=sample.country,
        commission_percent=sample.commission_percent,
        vat_percent=sample.vat_percent,
        escrow=sample.escrow,
        acts_for_freelancers=True,
        now=now,
    )
    administrator_id = await make_person(conn, settings, sample.email, sample.currency, "Administrator", now=now)
    await add_member(conn, company_id=company_id, person_id=administrator_id, role="owner", now=now)
    await top_up(
        conn,
        company_id=company_id,
        currency=sample.currency,
        amount=sample.balance,
        vat_percent=Decimal(sample.vat_percent),
        source="bank",
        key=f"sandbox:{company_id}:start",
        actor_id=None,
        now=now,
    )
    await enter_company_terms(conn, company_id, sample.currency, now=now)
    return company_id, administrator_id


async def complete_freelancer(
    conn: Connection, freelancer_id: int, sample: SampleFreelancer, password: str, *, now: datetime
) -> None:
    """What a freelancer does on the registration page, and what verification then confirms."""
    await register_freelancer(
        conn,
        freelancer_id,
        profile=sample.profile,
        password_hash=await hash_password(password),
        language=sample.language,
        now=now,
    )
    await save_tax_info(conn, freelancer_id, sample.tax_info, actor_id=freelancer_id, now=now)
    await verify_freelancer(conn, freelancer_id, actor_id=None, now=now)


class _Company(msgspec.Struct):
    id: int
    name: str
    currency: str


class _Freelancer(msgspec.Struct):
    id: int
    uuid: str
    email: str
    country: str


async def describe(conn: Connection, settings: Settings) -> dict[str, object]:
    """What sandbox.json says: whom to sign in as, and where."""
    companies = await fetch_all(
        conn,
        _Company,
        "SELECT id, name, currency FROM company WHERE name = ANY(%(names)s) ORDER BY id",
        {"names": [sample.name for sample in COMPANIES]},
    )
    freelancers = await fetch_all(
        conn,
        _Freelancer,
        """
        SELECT id, uuid::text AS uuid, email, country
        FROM person
        WHERE email = ANY(%(emails)s)
        ORDER BY id
        """,
        {"emails": [sample.email for sample in FREELANCERS]},
    )
    specialists = await list_specialists(conn)
    emails = {sample.name: sample.email for sample in COMPANIES}
    return {
        "baseUrl": f"{settings.base_url}/api",
        "companies": [
            {
                "id": company.id,
                "name": company.name,
                "currency": company.currency,
                "username": emails[company.name],
                "password": password_of(settings, emails[company.name]),
            }
            for company in companies
        ],
        "freelancers": [
            {
                "id": freelancer.id,
                "uuid": freelancer.uuid,
                "email": freelancer.email,
                "password": password_of(settings, freelancer.email),
                "country": freelancer.country,
            }
            for freelancer in freelancers
        ],
        "specialists": [
            {
                "id": specialist.id,
                "email": specialist.email,
                "password": password_of(settings, specialist.email),
                "scheduleId": specialist.schedule_id,
                "slug": specialist.slug,
            }
            for specialist in specialists
        ],
        "agent": None,
        "operator": {"username": OPERATOR_EMAIL, "password": password_of(settings, OPERATOR_EMAIL)},
    }
