"""The address book and a profile with schedules, of busy people among a hundred thousand others.

python -m bench.contacts [--quick]
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from artel.contacts.queries import MOST_CONTACTS, contacts_of
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.profiles.public import MOST_SCHEDULES, offers_of
from artel.profiles.sight import seen_among
from bench.report import Row, print_rows, quantile
from bench.servers import empty_database

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
# The busy one's own meetings: four every working day for five years.
MEETINGS = 5_000


async def run(*, quick: bool) -> list[Row]:
    others, rounds = (5_000, 20) if quick else (100_000, 200)
    with empty_database() as url:
        database = Database(url)
        await database.open()
        try:
            async with database.connection() as conn:
                owner, strangers = await fill(conn, others)
                book = await contacts_of(conn, owner, now=NOW)
                assert len(book) == MOST_CONTACTS
                offers = await offers_of(conn, owner, now=NOW)
                assert all(offer.slots for offer in offers)
                return [
                    await timed(
                        f"{MOST_CONTACTS} contacts, {MEETINGS:,} meetings",
                        lambda: contacts_of(conn, owner, now=NOW),
                        rounds,
                    ),
                    await timed(
                        "may one see a stranger",
                        lambda: seen_among(conn, strangers[0], strangers[-1:], now=NOW),
                        rounds,
                    ),
                    await timed(
                        f"{MOST_SCHEDULES} schedules of half hours, the next slots of each",
                        lambda: offers_of(conn, owner, now=NOW),
                        rounds // 4,
                    ),
                ]
        finally:
            await database.close()


async def timed(name: str, work: Callable[[], Awaitable[Any]], rounds: int) -> Row:
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - begun) * 1000)
    return Row(name, f"{quantile(taken, 0.5):.1f} ms, p99 {quantile(taken, 0.99):.1f} ms")


async def fill(conn: Connection, others: int) -> tuple[int, list[int]]:
    """The busy one, and people who may not see each other."""
    await conn.execute(
        """
        INSERT INTO person (email, username, first_name, created_at)
        SELECT 'p' || n || '@example.test', 'p' || n, 'Person ' || n, %(now)s
        FROM generate_series(1, %(others)s) AS n
        """,
        {"others": others, "now": NOW},
    )
    owner: int = await fetch_value(conn, "SELECT min(id) FROM person")
    values = {"now": NOW, "owner": owner, "most": MOST_CONTACTS, "meetings": MEETINGS, "schedules": MOST_SCHEDULES}
    await conn.execute(
        """
        INSERT INTO contact (owner_id, person_id, email, label, created_at, updated_at)
        SELECT o.id, p.id, p.email, p.email, %(now)s, %(now)s
        FROM (SELECT id FROM person ORDER BY id LIMIT 100) AS o
        JOIN (SELECT id, email FROM person ORDER BY id LIMIT %(most)s + 1) AS p ON p.id <> o.id
        """,
        values,
    )
    # Everybody meets their neighbour, and the busy one meets somebody of the book each time.
    await conn.execute(
        """
        WITH made AS (
            INSERT INTO calendar_event
                (status_id, creator_id, label, timezone, starts_at, ends_at, created_at, updated_at)
            SELECT 777, p.id, 'Meeting', 'UTC', at, at + interval '30 minutes', %(now)s, %(now)s
            FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM person) AS p,
                LATERAL (SELECT %(now)s - p.place * interval '1 hour' AS at) AS moment
            UNION ALL
            SELECT 777, %(owner)s, 'Own ' || n, 'UTC', at, at + interval '30 minutes', %(now)s, %(now)s
            FROM generate_series(1, %(meetings)s) AS n,
                LATERAL (SELECT %(now)s - n * interval '8 hours' AS at) AS moment
            RETURNING id, creator_id, label
        )
        INSERT INTO event_attendee (event_id, person_id, role_id, status_id, created_at, updated_at)
        SELECT made.id, who.id, 6, 200, %(now)s, %(now)s
        FROM made,
            LATERAL (
                SELECT made.creator_id AS id
                UNION
                SELECT b.person_id
                FROM (SELECT array_agg(person_id) AS people FROM contact WHERE owner_id = %(owner)s) AS book,
                    LATERAL (SELECT book.people[1 + (made.id %% %(most)s)::int] AS person_id) AS b
            ) AS who
        """,
        values,
    )
    rules = {
        "timezone": "Europe/Berlin",
        "duration": 30,
        "days": {str(day): [[540, 1080]] for day in range(1, 6)},
    }
    await conn.execute(
        """
        WITH own AS (
            INSERT INTO calendar (person_id, label, slug, timezone, created_at, updated_at)
            VALUES (%(owner)s, 'Own', 'own', 'UTC', %(now)s, %(now)s)
            RETURNING id
        )
        INSERT INTO schedule (calendar_id, owner_id, benefitable_id, label, slug, is_private, timezone, settings, rules,
            created_at, updated_at)
        SELECT own.id, %(owner)s, %(owner)s, 'Hours ' || n, 'hours-' || n, false, 'Europe/Berlin', '{}', %(rules)s,
            %(now)s, %(now)s
        FROM own, generate_series(1, %(schedules)s) AS n
        """,
        {**values, "rules": Jsonb(rules)},
    )
    # One in five shows hours of their own.
    await conn.execute(
        """
        WITH own AS (
            INSERT INTO calendar (person_id, label, slug, timezone, created_at, updated_at)
            SELECT p.id, 'Own', 'own-' || p.id, 'UTC', %(now)s, %(now)s
            FROM person AS p
            WHERE p.id %% 5 = 0 AND p.id <> %(owner)s
            RETURNING id, person_id
        )
        INSERT INTO schedule (calendar_id, owner_id, benefitable_id, label, slug, is_private, timezone, settings, rules,
            created_at, updated_at)
        SELECT own.id, own.person_id, own.person_id, 'Hours', 'hours-of-' || own.person_id, false, 'UTC', '{}',
            %(rules)s, %(now)s, %(now)s
        FROM own
        """,
        {**values, "rules": Jsonb(rules)},
    )
    await conn.execute(
        """
        INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
        SELECT %(owner)s, e.id, e.starts_at, e.ends_at, false
        FROM calendar_event AS e
        WHERE e.creator_id = %(owner)s
        """,
        values,
    )
    await conn.execute("ANALYZE")
    cursor = await conn.execute("SELECT id FROM person WHERE id % 5 <> 0 ORDER BY id OFFSET 1000 LIMIT 3000")
    strangers = [row[0] for row in await cursor.fetchall()]
    return owner, strangers


if __name__ == "__main__":
    print_rows("Contacts", asyncio.run(run(quick="--quick" in sys.argv)))
