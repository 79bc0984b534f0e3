"""Who was found, to be shown."""

from collections.abc import Sequence
from typing import Any

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.schedules.queries import COLUMNS, ScheduleRow


class Specialist(msgspec.Struct, frozen=True):
    schedule: ScheduleRow
    person_id: int
    name: str
    photo_file_id: int | None
    city: str | None
    languages: list[str]
    timezone: str
    skills: list[tuple[int, str]]


class _Row(ScheduleRow, frozen=True):
    person_id: int
    person_name: str
    photo_file_id: int | None
    city: str | None
    languages: list[str]
    person_timezone: str
    skills: Any


OWN = tuple(field.name for field in msgspec.structs.fields(ScheduleRow))


async def describe_hits(conn: Connection, schedule_ids: Sequence[int]) -> dict[int, Specialist]:
    """Schedules with those who work under them, by id, in one query."""
    rows = await fetch_all(
        conn,
        _Row,
        f"""
        SELECT {COLUMNS}, p.id AS person_id, trim(p.first_name || ' ' || p.last_name) AS person_name,
            p.photo_file_id, p.city, p.languages, p.timezone AS person_timezone, skills.list AS skills
        FROM schedule AS s
        JOIN person AS p ON p.id = s.benefitable_id
        CROSS JOIN LATERAL (
            SELECT coalesce(jsonb_agg(jsonb_build_array(k.id, k.name) ORDER BY k.name), '[]') AS list
            FROM skill AS k
            WHERE k.id IN (SELECT skill_id FROM schedule_skill WHERE schedule_id = s.id)
        ) AS skills
        WHERE s.id = ANY(%(ids)s)
        """,  # noqa: S608 - of constants
        {"ids": list(schedule_ids)},
    )
    return {
        row.id: Specialist(
            ScheduleRow(**{name: getattr(row, name) for name in OWN}),
            row.person_id,
            row.person_name,
            row.photo_file_id,
            row.city,
            row.languages,
            row.person_timezone,
            [(skill_id, name) for skill_id, name in row.skills],
        )
        for row in rows
    }
