"""A company's owner, acting through rules, and the reference data that freelancers' rules read."""

import uuid
from datetime import UTC, datetime

import pytest

from artel import clock
from artel.companies.access import Member
from artel.db.pool import Connection
from tests import cast


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
async def reference(conn: Connection) -> None:
    """Three countries: one whose tax document is mandatory, one where it is not, one that has none."""
    await conn.execute(
        """
        INSERT INTO country (code, alpha3, oksm, title_ru, title_en)
        VALUES ('RU', 'RUS', 643, 'Россия', 'Russia'), ('AU', 'AUS', 36, 'Австралия', 'Australia'),
            ('JP', 'JPN', 392, 'Япония', 'Japan')
        ON CONFLICT DO NOTHING
        """
    )
    await conn.execute(
        """
        INSERT INTO tax_document_type (country, type, regexp, title_ru, title_en, is_mandatory)
        VALUES ('RU', 'INN', '^\\d{12}$', 'ИНН', 'Taxpayer number', true),
            ('AU', 'TFN', '^[0-9]{8,9}$', 'TFN', 'Tax File Number', false)
        ON CONFLICT DO NOTHING
        """
    )
    await conn.execute(
        """
        INSERT INTO specialization (id, title_ru, title_en)
        VALUES (1, 'Журналист', 'Journalist'), (2, 'Копирайтер', 'Copywriter')
        ON CONFLICT DO NOTHING
        """
    )


async def add_owner(conn: Connection, company: str, *, now: datetime) -> Member:
    company_id = await cast.add_company(conn, company, "EUR", now=now)
    person = await cast.add_person(conn, f"owner@{company.lower()}.example", now=now)
    await cast.add_member(conn, company_id, person, "owner", now=now)
    return Member(person, uuid.uuid4(), "EN", company_id, "owner", "EUR", True)


@pytest.fixture
async def owner(conn: Connection, reference: None, now: datetime) -> Member:
    return await add_owner(conn, "Aurora", now=now)


@pytest.fixture
async def other_owner(conn: Connection, reference: None, now: datetime) -> Member:
    return await add_owner(conn, "Borealis", now=now)
