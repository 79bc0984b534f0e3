"""What schedules are found by: one row each of `schedule_search`, written with what it is made of."""

from collections.abc import Sequence
from typing import Any

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.schedules.hours import SlotRules
from artel.schedules.week import hours_of_rules


class _Found(msgspec.Struct):
    id: int
    is_findable: bool
    rules: Any


async def index_schedules(conn: Connection, schedule_ids: Sequence[int]) -> None:
    """Write the search's rows of these schedules anew. Called by whatever changes a schedule or its skills."""
    rows = await fetch_all(
        conn,
        _Found,
        """
        SELECT id, deleted_at IS NULL AND NOT is_private AS is_findable, rules
        FROM schedule
        WHERE id = ANY(%(ids)s)
        """,
        {"ids": list(schedule_ids)},
    )
    findable = [(row.id, msgspec.convert(row.rules, SlotRules)) for row in rows if row.is_findable]
    await conn.execute(
        "DELETE FROM schedule_search WHERE schedule_id = ANY(%(ids)s)",
        {"ids": sorted(set(schedule_ids) - {schedule_id for schedule_id, _ in findable})},
    )
    await conn.execute(
        """
        INSERT INTO schedule_search
            (schedule_id, type_id, calendar_id, document, skill_ids, languages, durations, notice_minutes, price,
             currency, hours, created_at, updated_at)
        SELECT s.id, s.type_id, s.calendar_id,
            setweight(to_tsvector('russian', words.own), 'A') || setweight(to_tsvector('english', words.own), 'A')
                || to_tsvector('russian', words.others) || to_tsvector('english', words.others),
            coalesce(skills.ids, '{}'),
            CASE WHEN cardinality(given.languages) = 0 THEN p.languages ELSE given.languages END,
            given.durations, s.notice_minutes, coalesce(s.price, 0),
            s.currency, given.hours, s.created_at, s.updated_at
        FROM (
            SELECT id, hours::bit(168), ARRAY(SELECT jsonb_array_elements_text(languages)) AS languages,
                ARRAY(SELECT jsonb_array_elements_text(durations)::integer) AS durations
            FROM unnest(%(ids)s::bigint[], %(hours)s::text[], %(languages)s::jsonb[], %(durations)s::jsonb[])
                AS one (id, hours, languages, durations)
        ) AS given
        JOIN schedule AS s ON s.id = given.id
        JOIN person AS p ON p.id = s.benefitable_id
        LEFT JOIN LATERAL (
            SELECT array_agg(DISTINCT k.id ORDER BY k.id) AS ids, string_agg(DISTINCT k.name, ' ') AS names
            FROM skill AS k
            WHERE k.id IN (SELECT skill_id FROM schedule_skill WHERE schedule_id = s.id)
                OR k.id IN (SELECT skill_id FROM person_skill WHERE person_id = p.id)
        ) AS skills ON true
        CROSS JOIN LATERAL (
            SELECT concat_ws(' ', s.label, skills.names, p.first_name, p.last_name) AS own,
                left(concat_ws(' ', s.description, p.about, p.education, p.city), 50000) AS others
        ) AS words
        ON CONFLICT (schedule_id) DO UPDATE SET
            type_id = excluded.type_id, calendar_id = excluded.calendar_id, document = excluded.document,
            skill_ids = excluded.skill_ids, languages = excluded.languages, durations = excluded.durations,
            notice_minutes = excluded.notice_minutes, price = excluded.price, currency = excluded.currency,
            hours = excluded.hours, updated_at = excluded.updated_at
        """,
        {
            "ids": [schedule_id for schedule_id, _ in findable],
            "hours": [hours_of_rules(rules) for _, rules in findable],
            "languages": [msgspec.json.encode(rules.languages).decode() for _, rules in findable],
            "durations": [msgspec.json.encode(rules.all_durations).decode() for _, rules in findable],
        },
    )


async def index_person(conn: Connection, person_id: int) -> None:
    """As `index_schedules`, of all under which somebody works: their profile has changed."""
    cursor = await conn.execute(
        "SELECT id FROM schedule WHERE benefitable_id = %(person)s AND deleted_at IS NULL ORDER BY id",
        {"person": person_id},
    )
    ids = [row[0] for row in await cursor.fetchall()]
    if ids:
        await index_schedules(conn, ids)
