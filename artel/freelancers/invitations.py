"""What somebody who follows an invitation is told, and their yes to it."""

import uuid
from datetime import date, datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound
from artel.operations import audit
from artel.people.profiles import Profile


class InvitationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that stands: the company, and what is known of the person it invites."""

    company_id: int
    company_name: str
    person_id: int
    person_uuid: uuid.UUID
    email: str
    language: str
    has_password: bool
    registered_at: datetime | None
    joined_at: datetime | None
    made_profile: bool
    first_name: str
    middle_name: str
    last_name: str
    phone: str | None
    birth_date: date | None
    birth_country: str | None
    citizenship: str | None
    country: str | None
    state: str | None
    city: str | None
    address: str | None
    postal_code: str | None

    @property
    def profile(self) -> Profile:
        return Profile(**{name: getattr(self, name) for name in Profile.__struct_fields__})


async def access_invitation(conn: Connection, *, company_id: int, person_uuid: uuid.UUID) -> InvitationRow:
    """The invitation that a link names. Refuses: NotFound for none, and for one that the company has ended."""
    row = await fetch_one(
        conn,
        InvitationRow,
        """
        SELECT
            m.company_id, c.brand_name AS company_name, p.id AS person_id, p.uuid AS person_uuid, p.email, p.language,
            p.password_hash IS NOT NULL AS has_password, f.registered_at, m.joined_at, m.made_profile,
            p.first_name, p.middle_name, p.last_name, p.phone, p.birth_date, p.birth_country, p.citizenship, p.country,
            p.state, p.city, p.address, p.postal_code
        FROM person AS p
        JOIN team_member AS m ON m.freelancer_id = p.id
        JOIN freelancer AS f ON f.person_id = p.id
        JOIN company AS c ON c.id = m.company_id
        WHERE p.uuid = %(uuid)s AND m.company_id = %(company)s AND m.ended_at IS NULL
        """,
        {"uuid": person_uuid, "company": company_id},
    )
    if row is None:
        raise NotFound("invitation")
    return row


async def join_team(conn: Connection, invitation: InvitationRow, *, now: datetime) -> None:
    """A registered freelancer says yes to a company's invitation. Again is fine."""
    joined = await conn.execute(
        """
        UPDATE team_member
        SET joined_at = %(now)s
        WHERE company_id = %(company)s AND freelancer_id = %(person)s AND ended_at IS NULL AND joined_at IS NULL
        """,
        {"now": now, "company": invitation.company_id, "person": invitation.person_id},
    )
    if joined.rowcount == 1:
        await audit.record(
            conn,
            "freelancer.joined",
            subject="freelancer",
            subject_id=invitation.person_id,
            actor_id=invitation.person_id,
            company_id=invitation.company_id,
            now=now,
        )
