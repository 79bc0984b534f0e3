"""What people show of themselves."""

from datetime import date, datetime, time
from typing import Any

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.profiles.names import full_name


class Skill(msgspec.Struct, frozen=True):
    id: int
    name: str


# Of a person `p`.
SKILL_ROWS = """
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name) ORDER BY s.id), '[]')
        FROM person_skill AS ps
        JOIN skill AS s ON s.id = ps.skill_id
        WHERE ps.person_id = p.id
    ) AS skill_rows
"""


class NamedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one's own profile and the one shown to others have alike."""

    first_name: str
    middle_name: str
    last_name: str
    skill_rows: list[dict[str, Any]]

    @property
    def name(self) -> str:
        return full_name(self.first_name, self.middle_name, self.last_name)

    @property
    def skills(self) -> list[Skill]:
        return [Skill(row["id"], row["name"]) for row in self.skill_rows]


class ProfileRow(NamedRow, frozen=True, kw_only=True):
    """All that somebody has said of themselves. Phones are E.164's digits; `languages` BCP 47 primary tags."""

    id: int
    email: str
    phone: str | None
    language: str
    timezone: str
    currency: str | None
    birth_date: date | None
    birth_time: time | None
    birth_city: str | None
    city: str | None
    education: str | None
    about: str | None
    languages: list[str]
    links: list[dict[str, Any]]
    salary: dict[str, Any] | None
    settings: dict[str, Any]
    photo_file_id: int | None
    cv_file_id: int | None
    document_ids: list[int]
    email_confirmed_at: datetime | None
    created_at: datetime
    updated_at: datetime


async def own_profile(conn: Connection, person_id: int) -> ProfileRow:
    """One's own, whole."""
    row = await fetch_one(
        conn,
        ProfileRow,
        f"""
        SELECT
            p.id, p.email, p.phone, p.language, p.timezone, p.currency, p.first_name, p.middle_name, p.last_name,
            p.birth_date, p.birth_time, p.birth_city, p.city, p.education, p.about, p.languages, p.links, p.salary,
            p.settings, p.photo_file_id, p.cv_file_id, p.email_confirmed_at, p.created_at,
            coalesce(p.profile_updated_at, p.created_at) AS updated_at,
            ARRAY(SELECT d.file_id FROM person_document AS d WHERE d.person_id = p.id ORDER BY d.file_id)
                AS document_ids,
            {SKILL_ROWS}
        FROM person AS p
        WHERE p.id = %(person)s
        """,  # noqa: S608 - of constants
        {"person": person_id},
    )
    assert row is not None, "who is signed in has an account"
    return row
