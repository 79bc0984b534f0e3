"""The sandbox's specialists: people with a public schedule each, who can be booked at once."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.people.rules import create_person
from artel.sandbox.samples import SPECIALISTS, SampleSpecialist
from artel.schedules.errors import SlugTaken
from artel.schedules.rules import create_schedule

PasswordOf = Callable[[str], str]


async def add_specialists(conn: Connection, password_of: PasswordOf, *, now: datetime) -> None:
    """Those who are not there yet: a sandbox that an earlier version filled has none."""
    there = {row.email for row in await list_specialists(conn)}
    for sample in SPECIALISTS:
        if sample.email not in there:
            await add_specialist(conn, sample, password_of(sample.email), now=now)


async def add_specialist(conn: Connection, sample: SampleSpecialist, password: str, *, now: datetime) -> None:
    person_id = await create_person(
        conn,
        email=sample.email,
        password=password,
        language=sample.language,
        first_name=sample.first_name,
        last_name=sample.last_name,
        now=now,
    )
    try:
        async with conn.transaction():
            await create_schedule(conn, sample.schedule, owner_id=person_id, now=now)
    except SlugTaken:  # whoever tried things out has given it to a schedule of theirs
        unnamed = msgspec.structs.replace(sample.schedule, slug=None)
        await create_schedule(conn, unnamed, owner_id=person_id, now=now)


class SpecialistRow(msgspec.Struct, frozen=True):
    id: int
    email: str
    schedule_id: int | None  # None: it was deleted since
    slug: str | None


async def list_specialists(conn: Connection) -> list[SpecialistRow]:
    """With the first of their schedules that can be booked."""
    return await fetch_all(
        conn,
        SpecialistRow,
        """
        SELECT p.id, p.email, s.id AS schedule_id, s.slug
        FROM person AS p
        LEFT JOIN LATERAL (
            SELECT id, slug
            FROM schedule
            WHERE owner_id = p.id AND deleted_at IS NULL AND NOT is_private
            ORDER BY id
            LIMIT 1
        ) AS s ON true
        WHERE p.email = ANY(%(emails)s)
        ORDER BY p.id
        """,
        {"emails": [sample.email for sample in SPECIALISTS]},
    )
