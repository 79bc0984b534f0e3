"""Who belongs to a company, and in which role."""

from datetime import datetime

from artel.companies.access import ROLE_RIGHTS
from artel.companies.errors import AlreadyMember, LastOwner, RoleUnknown
from artel.companies.queries import role_in
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound
from artel.operations import audit


async def add_member(
    conn: Connection,
    *,
    company_id: int,
    person_id: int,
    role: str,
    actor_id: int | None = None,
    now: datetime,
) -> None:
    """Give somebody a role in a company. Their first company becomes their default one; who had left comes back.

    Refuses: RoleUnknown; NotFound for a person or company that does not exist; AlreadyMember.
    """
    if role not in ROLE_RIGHTS:
        raise RoleUnknown(role)
    # The person's row is the lock for their memberships: of two first companies only one becomes the default.
    known = await fetch_value(
        conn,
        """
        SELECT EXISTS (SELECT FROM company WHERE id = %(company)s)
        FROM person
        WHERE id = %(person)s
        FOR NO KEY UPDATE
        """,
        {"person": person_id, "company": company_id},
    )
    if not known:
        raise NotFound("company" if known is False else "person")
    cursor = await conn.execute(
        """
        INSERT INTO company_member AS m (company_id, person_id, role, is_default, created_at)
        VALUES (
            %(company)s, %(person)s, %(role)s,
            NOT EXISTS (
                SELECT FROM company_member WHERE person_id = %(person)s AND is_default AND ended_at IS NULL
            ),
            %(now)s
        )
        ON CONFLICT (person_id, company_id) DO UPDATE
        SET role = excluded.role, is_default = excluded.is_default, ended_at = NULL
        WHERE m.ended_at IS NOT NULL
        """,
        {"company": company_id, "person": person_id, "role": role, "now": now},
    )
    if cursor.rowcount == 0:
        raise AlreadyMember
    await audit.record(
        conn,
        "member_added",
        subject="person",
        subject_id=person_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        role=role,
    )


async def remove_member(
    conn: Connection, *, company_id: int, person_id: int, actor_id: int | None = None, now: datetime
) -> None:
    """End somebody's membership: from their next call on they are out. Another company becomes their default one.

    Refuses: NotFound for who is no member; LastOwner.
    """
    # The company's row first: of two owners who remove each other at once the second finds itself the last.
    await conn.execute("SELECT FROM company WHERE id = %(company)s FOR NO KEY UPDATE", {"company": company_id})
    await conn.execute("SELECT FROM person WHERE id = %(person)s FOR NO KEY UPDATE", {"person": person_id})
    ids = {"company": company_id, "person": person_id, "now": now}
    role = await role_in(conn, person_id=person_id, company_id=company_id)
    if role is None:
        raise NotFound("member")
    owners = await fetch_value(
        conn,
        """
        SELECT count(*)
        FROM company_member
        WHERE company_id = %(company)s AND role = 'owner' AND ended_at IS NULL
        """,
        ids,
    )
    if role == "owner" and owners == 1:
        raise LastOwner
    await conn.execute(
        """
        UPDATE company_member
        SET ended_at = %(now)s, is_default = false
        WHERE company_id = %(company)s AND person_id = %(person)s
        """,
        ids,
    )
    await conn.execute(
        """
        UPDATE company_member
        SET is_default = true
        WHERE person_id = %(person)s
          AND company_id = (
              SELECT min(company_id)
              FROM company_member
              WHERE person_id = %(person)s AND ended_at IS NULL
          )
          AND NOT EXISTS (
              SELECT FROM company_member WHERE person_id = %(person)s AND is_default AND ended_at IS NULL
          )
        """,
        ids,
    )
    await audit.record(
        conn,
        "member_removed",
        subject="person",
        subject_id=person_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        role=role,
    )
