"""The team's list keeps to its indexes; a removal and a new task at one moment never both succeed."""

import asyncio
from datetime import datetime

import pytest
from psycopg.sql import SQL

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotFound, Refused
from artel.freelancers.errors import TasksUnfinished
from artel.freelancers.rules import Invitation, invite_freelancer
from artel.freelancers.team import filtered_team, list_team, remove_freelancer
from artel.tasks.creation import create_task
from artel.tasks.machine import State
from tests.tasks.cast import Desk, new_task, open_desk


@pytest.fixture
async def desk(database: Database, now: datetime) -> Desk:
    return await open_desk(database, now=now, money="100000")


@pytest.mark.parametrize(
    ("names", "index"),
    [
        ([], "using team_member_"),
        (["words"], "team_member_search_idx"),
        (["invited_from", "invited_before"], "team_member_invited_idx"),
        (["email"], "person_email_key"),
        (["uuid"], "person_uuid_key"),
        (["id"], "team_member"),
        (["is_verified", "country", "registered_from"], "team_member"),
    ],
)
async def test_filters_are_served_by_indexes(
    conn: Connection, desk: Desk, now: datetime, names: list[str], index: str
) -> None:
    """With many people in many teams; a small table is read whole whatever its indexes."""
    await conn.execute(
        """
        WITH people AS (
            INSERT INTO person (email, username, first_name, created_at)
            SELECT 'f' || n || '@many.example', 'many' || n, 'Name' || n, %(now)s
            FROM generate_series(1, 3000) AS n
            RETURNING id
        ), freelancers AS (
            INSERT INTO freelancer (person_id, created_at)
            SELECT id, %(now)s
            FROM people
            RETURNING person_id
        ), companies AS (
            INSERT INTO company (name, brand_name, currency, country, commission_percent, created_at)
            SELECT 'Other', 'Other', 'EUR', 'DE', 10, %(now)s
            FROM generate_series(1, 30)
            RETURNING id
        ), numbered AS (
            SELECT id, row_number() OVER (ORDER BY id) AS n
            FROM companies
        )
        INSERT INTO team_member (company_id, freelancer_id, invited_at)
        SELECT c.id, f.person_id, %(now)s - f.person_id * interval '1 hour'
        FROM freelancers AS f
        JOIN numbered AS c ON c.n = CASE WHEN f.person_id %% 2 = 0 THEN 30 ELSE f.person_id %% 29 + 1 END
        """,
        {"now": now},
    )
    for table in ("person", "freelancer", "team_member"):
        await conn.execute(SQL("ANALYZE " + table))  # type: ignore[arg-type]
    values = {
        "company": await fetch_value(conn, "SELECT max(id) FROM company"),
        "words": "'company:1' & 'name777':*",
        "invited_from": now,
        "invited_before": now,
        "email": "f7@many.example",
        "uuid": await fetch_value(conn, "SELECT uuid FROM person LIMIT 1"),
        "id": 7,
        "is_verified": True,
        "country": ["DE"],
        "registered_from": now,
    }
    query = SQL("EXPLAIN SELECT m.freelancer_id {team} ORDER BY m.freelancer_id LIMIT 20").format(
        team=filtered_team(names)
    )
    cursor = await conn.execute(query, values)
    plan = "\n".join(row[0] for row in await cursor.fetchall())
    assert index in plan
    assert "Seq Scan on team_member" not in plan
    assert "Seq Scan on person" not in plan


async def test_nobody_is_removed_with_a_task_under_way(database: Database, desk: Desk, now: datetime) -> None:
    """At one moment a member removes a freelancer and another gives them a task: one of the two is refused."""
    outcomes = set()
    for n in range(12):
        async with database.transaction() as conn:
            invited = await invite_freelancer(
                conn,
                Invitation(email=f"f{n}@freelance.example"),
                company_id=desk.member.company_id,
                actor_id=desk.member.person_id,
                now=now,
            )
        person = invited.freelancer_id

        async def remove(person: int = person) -> str:
            try:
                async with database.transaction() as conn:
                    await remove_freelancer(
                        conn, person, company_id=desk.member.company_id, actor_id=desk.member.person_id, now=now
                    )
                    await asyncio.sleep(0.01)
            except TasksUnfinished:
                return "kept"
            return "removed"

        async def give_task(person: int = person) -> str:
            try:
                async with database.transaction() as conn:
                    await create_task(conn, desk.member, new_task(person, now=now), now=now)
                    await asyncio.sleep(0.01)
            except Refused as refusal:
                return refusal.code
            return "task"

        outcomes.add(tuple(await asyncio.gather(*((remove(), give_task()) if n % 2 else (give_task(), remove())))))
    assert {frozenset(outcome) for outcome in outcomes} <= {
        frozenset({"kept", "task"}),
        frozenset({"removed", "freelancer_not_in_team"}),
    }


async def test_of_two_removals_one_finds_them(database: Database, desk: Desk, now: datetime) -> None:
    async def remove() -> bool:
        try:
            async with database.transaction() as conn:
                await remove_freelancer(
                    conn,
                    desk.freelancer_id,
                    company_id=desk.member.company_id,
                    actor_id=desk.member.person_id,
                    now=now,
                )
        except NotFound:
            return False
        return True

    assert sorted(await asyncio.gather(*(remove() for _ in range(6)))) == [False] * 5 + [True]


async def test_a_draft_keeps_nobody(database: Database, desk: Desk, now: datetime) -> None:
    await desk.task(State.DRAFT)
    async with database.transaction() as conn:
        await remove_freelancer(
            conn, desk.freelancer_id, company_id=desk.member.company_id, actor_id=desk.member.person_id, now=now
        )
        assert (await list_team(conn, desk.member.company_id, {}, limit=20, offset=0)) == ([], 0)
