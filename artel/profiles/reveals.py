"""Telling somebody another person's e-mail address or phone number: each time it is noted who was told what."""

from datetime import datetime
from typing import Literal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.operations import audit
from artel.operations.rate_limits import Limit
from artel.profiles.public import access_person

Field = Literal["email", "phone"]

MOST_A_DAY = 50
MOST_SHOWN = 50


def reveal_limit(viewer_id: int) -> Limit:
    """Per viewer, in the day that begins with their first: tries on people whom they may not see count too."""
    return Limit(f"reveals:{viewer_id}", most=MOST_A_DAY, window_s=86_400)


async def reveal(conn: Connection, viewer_id: int, person_id: int, field: Field, *, now: datetime) -> str | None:
    """The address, or the number in international form; None where there is no number, which is not noted.

    One's own is told without a note. Refuses: NotFound for somebody whom the viewer may not see.
    """
    person = await access_person(conn, viewer_id, person_id, now=now)
    value = person.email if field == "email" else person.phone and f"+{person.phone}"
    if viewer_id == person_id or value is None:
        return value
    await conn.execute(
        """
        INSERT INTO profile_reveal (viewer_id, person_id, field, at)
        VALUES (%(viewer)s, %(person)s, %(field)s, %(now)s)
        """,
        {"viewer": viewer_id, "person": person_id, "field": field, "now": now},
    )
    await audit.record(
        conn,
        "profile.revealed",
        subject="person",
        subject_id=person_id,
        actor_id=viewer_id,
        company_id=None,
        now=now,
        field=field,
    )
    return value


class RevealRow(msgspec.Struct, frozen=True):
    viewer_id: int
    name: str
    field: str
    at: datetime


async def reveals_of(conn: Connection, person_id: int) -> list[RevealRow]:
    """Who was told somebody's address or number, the latest first, at most MOST_SHOWN: for that person."""
    return await fetch_all(
        conn,
        RevealRow,
        """
        SELECT r.viewer_id, concat_ws(' ', nullif(p.first_name, ''), nullif(p.middle_name, ''), nullif(p.last_name, ''))
            AS name, r.field, r.at
        FROM profile_reveal AS r
        JOIN person AS p ON p.id = r.viewer_id
        WHERE r.person_id = %(person)s
        ORDER BY r.id DESC
        LIMIT %(most)s
        """,
        {"person": person_id, "most": MOST_SHOWN},
    )
