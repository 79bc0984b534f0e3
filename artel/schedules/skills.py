"""Skills: one list for everybody, which grows by the names people give."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.schedules.errors import SkillInvalid, SkillUnknown, TooMany

MOST_SKILLS = 50
LONGEST_NAME = 100
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


class GivenSkill(msgspec.Struct, frozen=True):
    """A skill by its id, or by a name that need not be there yet. The id counts where both are given."""

    id: int | None = None
    name: str | None = None


class SkillRow(msgspec.Struct, frozen=True):
    id: int
    name: str


async def find_or_add_skills(conn: Connection, given: Sequence[GivenSkill], *, now: datetime) -> list[int]:
    """The ids of these skills, in order; a name nobody has given yet, in any case of its letters, is added.

    Refuses: TooMany; SkillInvalid; SkillUnknown.
    """
    if len(given) > MOST_SKILLS:
        raise TooMany("skills", MOST_SKILLS)
    ids = [skill.id for skill in given if skill.id is not None]
    names = [clean_name(skill.name) for skill in given if skill.id is None]
    cursor = await conn.execute("SELECT id FROM skill WHERE id = ANY(%(ids)s)", {"ids": ids})
    known = {row[0] for row in await cursor.fetchall()}
    for skill_id in ids:
        if skill_id not in known:
            raise SkillUnknown(skill_id)
    # In the index's order, so that two who add the same names in another order do not wait for each other in a ring.
    # The second of two at once waits for the first, and the next statement sees what it has added.
    await conn.execute(
        """
        INSERT INTO skill (name, created_at)
        SELECT given.name, %(now)s
        FROM unnest(%(names)s::text[]) AS given (name)
        WHERE NOT EXISTS (SELECT FROM skill AS s WHERE lower(s.name) = lower(given.name))
        ORDER BY lower(given.name)
        ON CONFLICT DO NOTHING
        """,
        {"names": names, "now": now},
    )
    cursor = await conn.execute(
        """
        SELECT s.id
        FROM unnest(%(names)s::text[]) AS given (name)
        JOIN skill AS s ON lower(s.name) = lower(given.name)
        """,
        {"names": names},
    )
    return sorted(known | {row[0] for row in await cursor.fetchall()})


def clean_name(name: str | None) -> str:
    """One line in the form that names are compared in. Refuses: SkillInvalid."""
    text = " ".join(unicodedata.normalize("NFC", name or "").split())
    if not 1 <= len(text) <= LONGEST_NAME or CONTROL_CHARACTERS.search(text):
        raise SkillInvalid(LONGEST_NAME)
    return text


async def set_skills(conn: Connection, schedule_id: int, skill_ids: Sequence[int]) -> None:
    """Make these the schedule's skills, and no others. The caller holds its lock."""
    values = {"schedule": schedule_id, "skills": list(skill_ids)}
    await conn.execute(
        "DELETE FROM schedule_skill WHERE schedule_id = %(schedule)s AND skill_id <> ALL(%(skills)s)", values
    )
    await conn.execute(
        """
        INSERT INTO schedule_skill (schedule_id, skill_id)
        SELECT %(schedule)s, skill_id
        FROM unnest(%(skills)s::bigint[]) AS given (skill_id)
        ON CONFLICT DO NOTHING
        """,
        values,
    )


async def skills_of(conn: Connection, schedule_id: int) -> list[SkillRow]:
    return await fetch_all(
        conn,
        SkillRow,
        """
        SELECT s.id, s.name
        FROM schedule_skill AS used
        JOIN skill AS s ON s.id = used.skill_id
        WHERE used.schedule_id = %(schedule)s
        ORDER BY lower(s.name)
        """,
        {"schedule": schedule_id},
    )
