"""Groups that a company sorts its tasks into (M, "Группа задач")."""

import secrets
from datetime import datetime

import msgspec

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import NotFound, Refused
from artel.operations import audit
from artel.tasks.texts import checked_text

LONGEST_TITLE = 200
# Light enough for dark text on them.
COLORS = ("FFD8A8", "FFEC99", "D8F5A2", "B2F2BB", "99E9F2", "A5D8FF", "D0BFFF", "FCC2D7")


class GroupRow(msgspec.Struct):
    id: int
    company_id: int
    title: str
    color: str
    created_at: datetime
    total: int


async def groups_of(conn: Connection, company_id: int, *, limit: int, offset: int) -> tuple[int, list[GroupRow]]:
    """A page of a company's groups, the newest first, and how many there are."""
    rows = await fetch_all(
        conn,
        GroupRow,
        """
        SELECT id, company_id, title, color, created_at, count(*) OVER () AS total
        FROM task_group
        WHERE company_id = %(company)s AND deleted_at IS NULL
        ORDER BY id DESC
        LIMIT %(limit)s OFFSET %(offset)s
        """,
        {"company": company_id, "limit": limit, "offset": offset},
    )
    if rows or offset == 0:
        return (rows[0].total if rows else 0), rows
    total = await fetch_value(
        conn,
        "SELECT count(*) FROM task_group WHERE company_id = %(company)s AND deleted_at IS NULL",
        {"company": company_id},
    )
    return int(total), []


async def create_group(conn: Connection, member: Member, title: str, *, now: datetime) -> int:
    """Add a group and answer its id. Refuses: field_required, field_too_long, field_invalid for the title."""
    group_id: int = await fetch_value(
        conn,
        """
        INSERT INTO task_group (company_id, title, color, created_at, created_by)
        VALUES (%(company)s, %(title)s, %(color)s, %(now)s, %(actor)s)
        RETURNING id
        """,
        {
            "company": member.company_id,
            "title": group_title(title),
            "color": secrets.choice(COLORS),
            "now": now,
            "actor": member.person_id,
        },
    )
    await note(conn, "created", group_id, member, now=now)
    return group_id


async def rename_group(conn: Connection, member: Member, group_id: int, title: str, *, now: datetime) -> str:
    """Give a group another title; answers it as stored. Refuses: NotFound, and what create_group refuses."""
    title = group_title(title)
    await lock_group(conn, member, group_id)
    await conn.execute("UPDATE task_group SET title = %(title)s WHERE id = %(id)s", {"id": group_id, "title": title})
    await note(conn, "renamed", group_id, member, now=now)
    return title


async def delete_group(conn: Connection, member: Member, group_id: int, *, now: datetime) -> None:
    """Remove a group. Its tasks stay and are in no group. Refuses: NotFound."""
    await lock_group(conn, member, group_id)
    await conn.execute("UPDATE task SET group_id = NULL WHERE group_id = %(id)s", {"id": group_id})
    await conn.execute("UPDATE task_group SET deleted_at = %(now)s WHERE id = %(id)s", {"id": group_id, "now": now})
    await note(conn, "deleted", group_id, member, now=now)


def group_title(title: str) -> str:
    title = checked_text(title, "title", longest=LONGEST_TITLE)
    if not title:
        raise Refused("field_required", "title")
    return title


class _Group(msgspec.Struct):
    id: int


async def lock_group(conn: Connection, member: Member, group_id: int) -> None:
    """The group is the member's company's, and stays until the transaction ends. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        _Group,
        """
        SELECT id
        FROM task_group
        WHERE id = %(id)s AND company_id = %(company)s AND deleted_at IS NULL
        FOR UPDATE
        """,
        {"id": group_id, "company": member.company_id},
    )
    if row is None:
        raise NotFound("task_group", "group_id")


async def note(conn: Connection, what: str, group_id: int, member: Member, *, now: datetime) -> None:
    await audit.record(
        conn,
        f"task_group.{what}",
        subject="task_group",
        subject_id=group_id,
        actor_id=member.person_id,
        company_id=member.company_id,
        now=now,
    )
