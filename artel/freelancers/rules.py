"""A freelancer's life: invited, registered, verified, removed."""

import uuid
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound
from artel.freelancers.errors import (
    AlreadyInTeam,
    AlreadyRegistered,
    PasswordAlreadyChosen,
    PasswordNotChosen,
)
from artel.freelancers.invitation_mail import mail_invitation
from artel.freelancers.profile import clean_profile, clean_text
from artel.operations import audit, events
from artel.people import profiles
from artel.people.contacts import clean_email
from artel.people.profiles import Profile

LONGEST_NOTE = 2000
LONGEST_SPECIALIZATION = 200


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a company invites, and what it says about them. `profile` counts only for somebody new."""

    email: str
    profile: Profile = Profile()
    note: str | None = None
    specialization: str | None = None
    language: str = "EN"
    send_email: bool = True


class _Membership(msgspec.Struct):
    company_name: str
    is_registered: bool


class Invited(msgspec.Struct, frozen=True):
    freelancer_id: int
    uuid: uuid.UUID


async def invite_freelancer(
    conn: Connection,
    invitation: Invitation,
    *,
    company_id: int,
    actor_id: int,
    base_url: str | None = None,
    now: datetime,
) -> Invited:
    """Add the person with this address to the company's team, making their account where there is none.

    A former member comes back with note and alias; a new note or specialization replaces the old one. The mail goes
    out where it is wanted and `base_url` says where the registration page is.
    Refuses: EmailInvalid; TextTooLong, TextInvalid and what else `clean_profile` finds; AlreadyInTeam.
    Source: M "Приглашение фрилансера".
    """
    email = clean_email(invitation.email)
    note = clean_text("note", invitation.note, LONGEST_NOTE)
    specialization = clean_text("specialization", invitation.specialization, LONGEST_SPECIALIZATION)
    profile, problems = await clean_profile(conn, invitation.profile, today=now.date(), complete=False)
    if problems:
        raise problems[0]
    account = await profiles.find_or_add_person(
        conn, email=email, profile=profile, language=invitation.language, now=now
    )
    await conn.execute(
        """
        INSERT INTO freelancer (person_id, specialization_id, created_at)
        VALUES (
            %(person)s,
            (
                SELECT id
                FROM specialization
                WHERE is_active
                    AND lower(%(specialization)s) IN (id::text, lower(title_ru), lower(title_en))
                ORDER BY id
                LIMIT 1
            ),
            %(now)s
        )
        ON CONFLICT (person_id) DO NOTHING
        """,
        {"person": account.id, "specialization": specialization, "now": now},
    )
    pages_at = base_url if invitation.send_email else None
    # The primary key decides between invitations at the same moment: the second waits, then finds the row in force.
    membership = await fetch_one(
        conn,
        _Membership,
        """
        INSERT INTO team_member AS m (
            company_id, freelancer_id, note, specialization, invited_by, invited_at, invite_sent_at, made_profile
        )
        VALUES (
            %(company)s, %(person)s, %(note)s, %(specialization)s, %(actor)s, %(now)s, %(sent_at)s, %(made)s
        )
        ON CONFLICT (company_id, freelancer_id) DO UPDATE
        SET ended_at = NULL, note = coalesce(excluded.note, m.note),
            specialization = coalesce(excluded.specialization, m.specialization),
            invited_by = excluded.invited_by, invited_at = excluded.invited_at,
            invite_sent_at = excluded.invite_sent_at
        WHERE m.ended_at IS NOT NULL
        RETURNING
            (SELECT brand_name FROM company WHERE id = m.company_id) AS company_name,
            (
                SELECT registered_at IS NOT NULL FROM freelancer WHERE person_id = m.freelancer_id
            ) AS is_registered
        """,
        {
            "company": company_id,
            "person": account.id,
            "note": note,
            "specialization": specialization,
            "actor": actor_id,
            "now": now,
            "sent_at": now if pages_at is not None else None,
            "made": account.is_new,
        },
    )
    if membership is None:
        raise AlreadyInTeam
    if pages_at is not None:
        await mail_invitation(
            conn,
            person_id=account.id,
            person_uuid=account.uuid,
            email=account.email,
            company_id=company_id,
            company_name=membership.company_name,
            is_registered=membership.is_registered,
            language=invitation.language,
            base_url=pages_at,
            now=now,
        )
    await audit.record(
        conn,
        "freelancer.invited",
        subject="freelancer",
        subject_id=account.id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        is_new=account.is_new,
    )
    return Invited(account.id, account.uuid)


class _Registration(msgspec.Struct):
    uuid: uuid.UUID
    has_password: bool
    registered_at: datetime | None


async def register_freelancer(
    conn: Connection,
    freelancer_id: int,
    *,
    profile: Profile,
    password_hash: str | None,
    language: str,
    now: datetime,
) -> None:
    """Make an invited person a registered freelancer, in every team that invited them.

    The caller has made sure that the person has the mailbox. `password_hash` is None for somebody who has a password
    already and signed in with it. Every company of the team is told "freelancerRegistered".
    Refuses: AlreadyRegistered; PasswordAlreadyChosen, PasswordNotChosen; what `clean_profile` finds.
    Source: M "Самостоятельная регистрация фрилансера", M "WebHooks".
    """
    row = await fetch_one(
        conn,
        _Registration,
        """
        SELECT p.uuid, p.password_hash IS NOT NULL AS has_password, f.registered_at
        FROM freelancer AS f
        JOIN person AS p ON p.id = f.person_id
        WHERE f.person_id = %(freelancer)s
        FOR UPDATE
        """,
        {"freelancer": freelancer_id},
    )
    if row is None:
        raise NotFound("freelancer")
    if row.registered_at is not None:
        raise AlreadyRegistered
    if row.has_password and password_hash is not None:
        raise PasswordAlreadyChosen
    if not row.has_password and password_hash is None:
        raise PasswordNotChosen
    profile, problems = await clean_profile(conn, profile, today=now.date(), complete=True)
    if problems:
        raise problems[0]
    if password_hash is not None:
        await profiles.choose_first_password(conn, freelancer_id, password_hash=password_hash, language=language)
    await profiles.fill_profile(conn, freelancer_id, profile)
    await profiles.confirm_email(conn, freelancer_id, now=now)
    await conn.execute(
        "UPDATE freelancer SET registered_at = %(now)s WHERE person_id = %(freelancer)s",
        {"freelancer": freelancer_id, "now": now},
    )
    await conn.execute(
        """
        UPDATE team_member
        SET joined_at = %(now)s
        WHERE freelancer_id = %(freelancer)s AND ended_at IS NULL AND joined_at IS NULL
        """,
        {"freelancer": freelancer_id, "now": now},
    )
    await audit.record(
        conn,
        "freelancer.registered",
        subject="freelancer",
        subject_id=freelancer_id,
        actor_id=freelancer_id,
        company_id=None,
        now=now,
    )
    await announce_to_teams(conn, "freelancerRegistered", freelancer_id, row.uuid, now=now)


async def verify_freelancer(conn: Connection, freelancer_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Note that the person's identity is confirmed; every company of the team is told "freelancerVerified", once."""
    verified = await fetch_value(
        conn,
        """
        UPDATE freelancer AS f
        SET verified_at = %(now)s
        FROM person AS p
        WHERE f.person_id = %(freelancer)s AND p.id = f.person_id AND f.verified_at IS NULL
        RETURNING p.uuid
        """,
        {"freelancer": freelancer_id, "now": now},
    )
    if verified is None:
        return
    await audit.record(
        conn,
        "freelancer.verified",
        subject="freelancer",
        subject_id=freelancer_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
    )
    await announce_to_teams(conn, "freelancerVerified", freelancer_id, verified, now=now)


async def announce_to_teams(
    conn: Connection, name: str, freelancer_id: int, freelancer_uuid: uuid.UUID, *, now: datetime, **facts: object
) -> None:
    """Tell every company of the freelancer's team. `facts` join the uuid in the payload, named as the wire names them
    (M "WebHooks": taxationStatusChanged comes with taxationStatusId)."""
    company_ids: list[int] = await fetch_value(
        conn,
        "SELECT array_agg(company_id) FROM team_member WHERE freelancer_id = %(freelancer)s AND ended_at IS NULL",
        {"freelancer": freelancer_id},
    )
    payload: dict[str, object] = {"uuid": str(freelancer_uuid), **facts}
    await events.announce(conn, name, payload, company_ids=company_ids or [], now=now)
