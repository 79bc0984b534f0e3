"""A company's team: the list with its filters (operation 27), and leaving it (operation 39)."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.sql import SQL, Composed

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.errors import NotFound
from artel.freelancers.errors import TasksUnfinished
from artel.freelancers.queries import TEAM_MEMBER, FreelancerRow
from artel.operations import audit

WORD = re.compile(r"[^\W_]+")
LONGEST_WORD = 60  # as search_words() in the schema cuts them
MOST_WORDS = 10
# Task states in which nothing is left to do: paid, declined by either side, closed by its deadline; and drafts.
OVER = (5, 6, 8, 15, 17)

# Filter -> condition on team_member m, freelancer f, person p. `words` is made of `search` and `note`.
CONDITIONS: Mapping[str, SQL] = {
    "taxation_status": SQL("f.taxation_status = %(taxation_status)s"),
    "is_verified": SQL("(f.verified_at IS NOT NULL) = %(is_verified)s"),
    "is_registered": SQL("(f.registered_at IS NOT NULL) = %(is_registered)s"),
    "is_invite_sent": SQL("(m.invite_sent_at IS NOT NULL) = %(is_invite_sent)s"),
    "invited_from": SQL("m.invited_at >= %(invited_from)s"),
    "invited_before": SQL("m.invited_at < %(invited_before)s"),
    "registered_from": SQL("f.registered_at >= %(registered_from)s"),
    "registered_before": SQL("f.registered_at < %(registered_before)s"),
    "verified_from": SQL("f.verified_at >= %(verified_from)s"),
    "verified_before": SQL("f.verified_at < %(verified_before)s"),
    "id": SQL("m.freelancer_id = %(id)s"),
    "uuid": SQL("p.uuid = %(uuid)s"),
    "email": SQL("lower(p.email) = lower(%(email)s)"),
    "country": SQL("p.country = ANY(%(country)s)"),
    "words": SQL("m.search @@ %(words)s::tsquery"),
}


async def list_team(
    conn: Connection, company_id: int, filters: Mapping[str, Any], *, limit: int, offset: int
) -> tuple[list[FreelancerRow], int]:
    """One page of the team, by id, and how many there are. `filters` has the names of CONDITIONS, `search` and `note`.

    `search` finds by the beginnings of words in name, e-mail, alias, note and specialization, `note` in the note alone;
    several words must all be there. One without any letter or digit finds nobody.
    """
    values: dict[str, Any] = {**filters, "company": company_id, "limit": limit, "offset": offset}
    query = [f"'company:{company_id}'"]
    for name, prefix in (("search", ""), ("note", "note:")):
        if name in filters:
            words = words_of(filters[name])
            if not words:
                return [], 0
            query += [f"'{prefix}{word}':*" for word in words]
            values["words"] = " & ".join(query)
    chosen = filtered_team([name for name in CONDITIONS if name in values])
    total: int = await fetch_value(conn, SQL("SELECT count(*) {chosen}").format(chosen=chosen), values)
    if offset >= total:
        return [], total
    rows = await fetch_all(
        conn,
        FreelancerRow,
        SQL("""
        {team_member}
        WHERE m.company_id = %(company)s
            AND m.freelancer_id = ANY(ARRAY(
                SELECT m.freelancer_id
                {chosen}
                ORDER BY m.freelancer_id
                LIMIT %(limit)s OFFSET %(offset)s
            ))
        ORDER BY m.freelancer_id
        """).format(team_member=TEAM_MEMBER, chosen=chosen),
        values,
    )
    return rows, total


def filtered_team(names: list[str]) -> Composed:
    """The members that pass the named filters. Left joins: the planner leaves out those that no filter asks for."""
    conditions = [SQL("m.company_id = %(company)s"), SQL("m.ended_at IS NULL"), *(CONDITIONS[name] for name in names)]
    return SQL("""
        FROM team_member AS m
        LEFT JOIN freelancer AS f ON f.person_id = m.freelancer_id
        LEFT JOIN person AS p ON p.id = m.freelancer_id
        WHERE {conditions}
    """).format(conditions=SQL(" AND ").join(conditions))


def words_of(text: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in WORD.findall(text.lower())[:MOST_WORDS]]


async def remove_freelancer(
    conn: Connection, freelancer_id: int, *, company_id: int, actor_id: int, now: datetime
) -> None:
    """End a freelancer's membership of the company's team; what they did for it stays, and so do note and alias.

    Refuses: NotFound for who is not in the team; TasksUnfinished, counting their tasks with the company that are
    neither paid, declined nor closed. Drafts do not count: the freelancer never saw them.
    Source: M "Удаление фрилансеров из команды".
    """
    # A task being created holds the row's key, so either its insert is seen below or it finds the membership ended.
    membership = await conn.execute(
        """
        SELECT
        FROM team_member
        WHERE company_id = %(company)s AND freelancer_id = %(freelancer)s AND ended_at IS NULL
        FOR UPDATE
        """,
        {"company": company_id, "freelancer": freelancer_id},
    )
    if membership.rowcount == 0:
        raise NotFound("freelancer", "freelancer_id")
    unfinished = await fetch_value(
        conn,
        """
        SELECT count(*)
        FROM task
        WHERE company_id = %(company)s AND freelancer_id = %(freelancer)s AND state <> ALL(%(over)s)
        """,
        {"company": company_id, "freelancer": freelancer_id, "over": list(OVER)},
    )
    if unfinished:
        raise TasksUnfinished(unfinished)
    await conn.execute(
        """
        UPDATE team_member
        SET ended_at = %(now)s
        WHERE company_id = %(company)s AND freelancer_id = %(freelancer)s
        """,
        {"company": company_id, "freelancer": freelancer_id, "now": now},
    )
    await audit.record(
        conn,
        "freelancer.removed",
        subject="freelancer",
        subject_id=freelancer_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
    )
