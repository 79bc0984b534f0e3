"""Many specialists at once, written straight into the tables: for searches and their measurements."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from artel.db.pool import Connection
from artel.schedules.hours import SlotRules
from artel.schedules.search_index import index_schedules

OFFICE = {str(day): ((9 * 60, 18 * 60),) for day in range(1, 6)}
BATCH = 2000


class Sketch(msgspec.Struct, kw_only=True):
    """One specialist with one schedule."""

    name: str
    label: str = "Consultation"
    about: str | None = None
    rules: SlotRules = SlotRules(timezone="Europe/Berlin", days=OFFICE)
    price: str | None = None
    currency: str | None = None
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    is_private: bool = False


async def add_crowd(conn: Connection, sketches: Sequence[Sketch], *, now: datetime) -> list[tuple[int, int]]:
    """Answers (person, schedule) of each, in order; a later one was updated later."""
    made: list[tuple[int, int]] = []
    for begin in range(0, len(sketches), BATCH):
        made += await add_batch(conn, sketches[begin : begin + BATCH], begin, now=now)
    return made


async def add_batch(
    conn: Connection, sketches: Sequence[Sketch], begin: int, *, now: datetime
) -> list[tuple[int, int]]:
    cursor = await conn.execute(
        """
        WITH given AS (
            SELECT *
            FROM jsonb_to_recordset(%(sketches)s) AS one (
                key text, name text, label text, about text, rules jsonb, price numeric, currency text,
                languages text[], is_private boolean, place bigint
            )
        ),
        people AS (
            INSERT INTO person (email, username, first_name, about, languages, email_confirmed_at, created_at)
            SELECT key || '@crowd.test', key || '@crowd.test', name, about, languages, %(now)s, %(now)s
            FROM given
            RETURNING id, email
        ),
        calendars AS (
            INSERT INTO calendar (person_id, label, slug, timezone, is_default, created_at, updated_at)
            SELECT p.id, 'Work', 'work-' || p.id, 'UTC', true, %(now)s, %(now)s
            FROM people AS p
            RETURNING id, person_id
        ),
        schedules AS (
            INSERT INTO schedule
                (calendar_id, owner_id, benefitable_id, label, slug, is_private, timezone, price, currency, settings,
                 rules, notice_minutes, created_at, updated_at)
            SELECT c.id, p.id, p.id, g.label, g.key, g.is_private, g.rules->>'timezone', g.price, g.currency, '{}',
                g.rules, coalesce((g.rules->>'notice_minutes')::integer, 0), %(now)s,
                %(now)s + g.place * interval '1 millisecond'
            FROM given AS g
            JOIN people AS p ON p.email = g.key || '@crowd.test'
            JOIN calendars AS c ON c.person_id = p.id
            RETURNING id, owner_id, slug
        )
        SELECT s.owner_id, s.id
        FROM schedules AS s
        JOIN given AS g ON g.key = s.slug
        ORDER BY g.place
        """,
        {
            "sketches": json.dumps(
                [
                    {**msgspec.to_builtins(sketch), "key": f"crowd-{begin + place}", "place": begin + place}
                    for place, sketch in enumerate(sketches)
                ]
            ),
            "now": now,
        },
    )
    made = [(row[0], row[1]) for row in await cursor.fetchall()]
    await add_skills(conn, [(schedule, sketch.skills) for (_, schedule), sketch in zip(made, sketches, strict=True)])
    await index_schedules(conn, [schedule for _, schedule in made])
    return made


async def add_skills(conn: Connection, skills: Sequence[tuple[int, tuple[str, ...]]]) -> None:
    pairs = [(schedule, name) for schedule, names in skills for name in names]
    if not pairs:
        return
    names = sorted({name for _, name in pairs})
    await conn.execute(
        """
        INSERT INTO skill (name, created_at)
        SELECT name, '2026-01-01Z' FROM unnest(%(names)s::text[]) AS one (name)
        ON CONFLICT DO NOTHING
        """,
        {"names": names},
    )
    await conn.execute(
        """
        INSERT INTO schedule_skill (schedule_id, skill_id)
        SELECT one.schedule, k.id
        FROM unnest(%(schedules)s::bigint[], %(names)s::text[]) AS one (schedule, name)
        JOIN skill AS k ON lower(k.name) = lower(one.name)
        """,
        {"schedules": [schedule for schedule, _ in pairs], "names": [name for _, name in pairs]},
    )


async def make_busy(conn: Connection, spans: Sequence[tuple[int, datetime, datetime]], *, now: datetime) -> None:
    """(person, from, to): events of their own, not exclusive."""
    await conn.execute(
        """
        WITH given AS (
            SELECT person, starts, ends, nextval(pg_get_serial_sequence('calendar_event', 'id')) AS event
            FROM unnest(%(people)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
                AS one (person, starts, ends)
        ),
        events AS (
            INSERT INTO calendar_event
                (id, status_id, creator_id, label, timezone, starts_at, ends_at, created_at, updated_at)
            SELECT event, 200, person, 'Busy', 'UTC', starts, ends, %(now)s, %(now)s
            FROM given
        )
        INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
        SELECT person, event, starts, ends, false
        FROM given
        """,
        {
            "people": [person for person, _, _ in spans],
            "starts": [starts for _, starts, _ in spans],
            "ends": [ends for _, _, ends in spans],
            "now": now,
        },
    )


def whole_days(person: int, first: datetime, days: int) -> list[tuple[int, datetime, datetime]]:
    return [(person, first + timedelta(days=day), first + timedelta(days=day + 1)) for day in range(days)]


def rules(**settings: Any) -> SlotRules:
    return SlotRules(**{"timezone": "Europe/Berlin", "days": OFFICE} | settings)
