"""A person's skills, of the one list that schedules have theirs of."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from artel.db.pool import Connection
from artel.profiles.errors import FieldInvalid
from artel.profiles.fields import as_list
from artel.schedules.skills import MOST_SKILLS, GivenSkill, find_or_add_skills

LARGEST_ID = 2**63 - 1


def clean_skills(given: Any) -> list[GivenSkill]:
    """Of 701, "Python", {"id": 701} or {"name": "Python"}; digits alone are an id, as a form has texts alone.

    Refuses: FieldInvalid, TooManyOf.
    """
    return [clean_skill(item) for item in as_list("skills", given, MOST_SKILLS)]


def clean_skill(item: Any) -> GivenSkill:
    if isinstance(item, dict):
        item = item.get("name") if item.get("id") is None else item["id"]
    if isinstance(item, str) and not re.fullmatch(r"[0-9]{1,18}", item):
        return GivenSkill(name=item)
    if isinstance(item, str):
        item = int(item)
    if not isinstance(item, int) or isinstance(item, bool):
        raise FieldInvalid("skills")
    if not 1 <= item <= LARGEST_ID:
        raise FieldInvalid("skills", "field_out_of_range")
    return GivenSkill(id=item)


async def replace_skills(conn: Connection, person_id: int, wanted: Sequence[GivenSkill], *, now: datetime) -> None:
    """Have these skills and no others. The caller holds the person's row. Refuses what `find_or_add_skills` refuses."""
    values = {"person": person_id, "skills": await find_or_add_skills(conn, wanted, now=now)}
    await conn.execute(
        "DELETE FROM person_skill WHERE person_id = %(person)s AND skill_id <> ALL(%(skills)s::bigint[])", values
    )
    await conn.execute(
        """
        INSERT INTO person_skill (person_id, skill_id)
        SELECT %(person)s, id
        FROM unnest(%(skills)s::bigint[]) AS kept (id)
        ON CONFLICT DO NOTHING
        """,
        values,
    )
