"""Reads about freelancers, and the only way to one: `access_freelancer`."""

import uuid
from datetime import date, datetime

import msgspec
from psycopg.sql import SQL

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound
from artel.freelancers.errors import FreelancerNotNamed

LARGEST_ID = 2**63 - 1  # what a bigint holds


class FreelancerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A freelancer as one company knows them: the person, and the company's membership with its alias."""

    id: int
    uuid: uuid.UUID
    email: str
    phone: str | None  # None as well while the person has not said yes to a company that did not give the number
    first_name: str
    middle_name: str
    last_name: str
    country: str | None
    language: str
    taxation_status: int
    taxation_blocked_till: date | None
    is_tax_payment_allowed: bool
    category_title_ru: str | None
    category_title_en: str | None
    alias_first_name: str | None
    alias_last_name: str | None
    note: str | None
    specialization: str | None
    invited_at: datetime
    invite_sent_at: datetime | None
    shares_contacts: bool  # the company may see what only the person, or it itself, could tell
    registered_at: datetime | None
    verified_at: datetime | None
    email_confirmed_at: datetime | None
    phone_confirmed_at: datetime | None

    @property
    def name(self) -> str:
        """First and last name, or the address of somebody who has not told one."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.email


# `m` is the membership, `p` the person, `f` the freelancer.
TEAM_MEMBER = SQL("""
    SELECT
        p.id, p.uuid, p.email, p.first_name, p.middle_name, p.last_name, p.country, p.language,
        CASE WHEN m.made_profile OR m.joined_at IS NOT NULL THEN p.phone END AS phone,
        f.taxation_status, f.taxation_blocked_till, f.is_tax_payment_allowed,
        s.title_ru AS category_title_ru, s.title_en AS category_title_en,
        m.first_name AS alias_first_name, m.last_name AS alias_last_name, m.note, m.specialization,
        m.invited_at, m.invite_sent_at, m.made_profile OR m.joined_at IS NOT NULL AS shares_contacts,
        f.registered_at, f.verified_at, p.email_confirmed_at, p.phone_confirmed_at
    FROM team_member AS m
    JOIN freelancer AS f ON f.person_id = m.freelancer_id
    JOIN person AS p ON p.id = m.freelancer_id
    LEFT JOIN specialization AS s ON s.id = f.specialization_id
""")


async def access_freelancer(
    conn: Connection,
    member: Member,
    *,
    freelancer_id: int | None = None,
    freelancer_uuid: uuid.UUID | None = None,
    field: str = "freelancer_id",
) -> FreelancerRow:
    """The freelancer named by id, uuid or both, if they are in the member's team.

    Refuses: FreelancerNotNamed where neither is given; NotFound for a stranger, a former member of the team, and where
    id and uuid name two people.
    """
    if freelancer_id is None and freelancer_uuid is None:
        raise FreelancerNotNamed
    if freelancer_id is not None and not 0 < freelancer_id <= LARGEST_ID:
        raise NotFound("freelancer", field)
    row = await fetch_one(
        conn,
        FreelancerRow,
        SQL("""
        {team_member}
        WHERE m.company_id = %(company)s AND m.ended_at IS NULL
            AND m.freelancer_id = coalesce(%(id)s::bigint, (SELECT id FROM person WHERE uuid = %(uuid)s::uuid))
            AND (%(uuid)s::uuid IS NULL OR p.uuid = %(uuid)s::uuid)
        """).format(team_member=TEAM_MEMBER),
        {"company": member.company_id, "id": freelancer_id, "uuid": freelancer_uuid},
    )
    if row is None:
        raise NotFound("freelancer", field)
    return row


async def find_freelancer(
    conn: Connection, member: Member, *, email: str | None = None, phone: str | None = None
) -> FreelancerRow:
    """The freelancer of the team with this address or, of several, the one with this number who was invited first.

    A number counts where the company may see it (`shares_contacts`): trying numbers tells nothing about strangers.
    Refuses: NotFound.
    """
    if "\0" in (email or ""):  # which PostgreSQL's text cannot hold
        raise NotFound("freelancer")
    which = (
        SQL("lower(p.email) = lower(%(email)s)")
        if email is not None
        else SQL("p.phone = %(phone)s AND (m.made_profile OR m.joined_at IS NOT NULL)")
    )
    row = await fetch_one(
        conn,
        FreelancerRow,
        SQL("""
        {team_member}
        WHERE m.company_id = %(company)s AND m.ended_at IS NULL AND {which}
        ORDER BY m.invited_at, m.freelancer_id
        LIMIT 1
        """).format(team_member=TEAM_MEMBER, which=which),
        {"company": member.company_id, "email": email, "phone": phone},
    )
    if row is None:
        raise NotFound("freelancer")
    return row


async def is_freelancer(conn: Connection, person_id: int) -> bool:
    """Whether somebody takes part as a freelancer: was invited by a company, ever."""
    found: bool = await fetch_value(
        conn, "SELECT EXISTS (SELECT FROM freelancer WHERE person_id = %(person)s)", {"person": person_id}
    )
    return found
