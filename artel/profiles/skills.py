"""Skills: one list for people and schedules, which grows with what they write."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from artel.db.pool import Connection
from artel.profiles.errors import FieldInvalid, SkillNotThere
from artel.profiles.fields import as_list, clean_text

MOST_SKILLS = 50
LONGEST_SKILL = 60
LARGEST_ID = 2**63 - 1


def clean_skills(given: Any) -> list[int | str]:
    """Ids and names: of 701, "Python", {"id": 701} or {"name": "Python"}. Refuses: FieldInvalid; TooManyOf."""
    wanted: dict[int | str, None] = {}
    for item in as_list("skills", given, MOST_SKILLS):
        named = item.get("id", item.get("name")) if isinstance(item, dict) else item
        if isinstance(named, str) and re.fullmatch(r"[0-9]{1,19}", named):
            named = int(named)  # of a form, which has texts alone
        if isinstance(named, int) and not isinstance(named, bool):
            if not 1 <= named <= LARGEST_ID:
                raise FieldInvalid("skills", "field_out_of_range")
            wanted[named] = None
            continue
        name = clean_text("skills", named, LONGEST_SKILL)
        if name is None:
            raise FieldInvalid("skills", "field_required")
        wanted[" ".join(name.split())] = None
    return list(wanted)


async def replace_skills(conn: Connection, person_id: int, wanted: Sequence[int | str], *, now: datetime) -> None:
    """Have these skills and no others; a name that is not in the list yet is added to it. Refuses: SkillNotThere."""
    ids = [item for item in wanted if isinstance(item, int)]
    names = {item.lower(): item for item in wanted if isinstance(item, str)}
    # In order, so that two who add the same names never wait for each other.
    await conn.execute(
        """
        INSERT INTO skill (name, created_at)
        SELECT name, %(now)s
        FROM unnest(%(names)s::text[]) AS given (name)
        ORDER BY lower(name)
        ON CONFLICT DO NOTHING
        """,
        {"names": list(names.values()), "now": now},
    )
    cursor = await conn.execute(
        """
        SELECT id
        FROM skill
        WHERE id = ANY(%(ids)s::bigint[])
            OR lower(name) = ANY(ARRAY(SELECT lower(name) FROM unnest(%(names)s::text[]) AS given (name)))
        """,
        {"ids": ids, "names": list(names.values())},
    )
    found = {row[0] for row in await cursor.fetchall()}
    for skill_id in ids:
        if skill_id not in found:
            raise SkillNotThere(skill_id)
    await conn.execute(
        "DELETE FROM person_skill WHERE person_id = %(person)s AND skill_id <> ALL(%(ids)s::bigint[])",
        {"person": person_id, "ids": list(found)},
    )
    await conn.execute(
        """
        INSERT INTO person_skill (person_id, skill_id)
        SELECT %(person)s, id
        FROM unnest(%(ids)s::bigint[]) AS kept (id)
        ON CONFLICT DO NOTHING
        """,
        {"person": person_id, "ids": list(found)},
    )
