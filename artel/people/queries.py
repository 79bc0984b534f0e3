"""Reads about people."""

import uuid
from datetime import date, datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one


class ProfileRow(msgspec.Struct):
    """What somebody sees of themselves. The tax and freelancer's fields are None for who is no freelancer."""

    id: int
    uuid: uuid.UUID
    email: str
    username: str
    phone: str | None
    language: str
    first_name: str
    middle_name: str
    last_name: str
    birth_date: date | None
    country: str | None
    state: str | None
    city: str | None
    address: str | None
    postal_code: str | None
    two_factor: str
    created_at: datetime
    is_freelancer: bool
    is_verified: bool
    taxation_status: int | None
    tax_number: str | None
    specialization_en: str | None
    specialization_ru: str | None


async def profile_of(conn: Connection, person_id: int) -> ProfileRow:
    """Somebody's own account. A freelancer is who takes part as one and is no member of a company."""
    row = await fetch_one(
        conn,
        ProfileRow,
        """
        SELECT
            p.id, p.uuid, p.email, p.username, p.phone, p.language, p.first_name, p.middle_name, p.last_name,
            p.birth_date, p.country, p.state, p.city, p.address, p.postal_code, p.two_factor, p.created_at,
            f.person_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM company_member AS m WHERE m.person_id = p.id AND m.ended_at IS NULL
            ) AS is_freelancer,
            f.verified_at IS NOT NULL AS is_verified,
            f.taxation_status, t.tax_number, s.title_en AS specialization_en, s.title_ru AS specialization_ru
        FROM person AS p
        LEFT JOIN freelancer AS f ON f.person_id = p.id
        LEFT JOIN tax_info AS t ON t.person_id = p.id
        LEFT JOIN specialization AS s ON s.id = f.specialization_id
        WHERE p.id = %(person)s
        """,
        {"person": person_id},
    )
    assert row is not None, "who is signed in has an account"
    return row
