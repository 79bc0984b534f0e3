"""Making schedules: slugs, skills and who may be named, also by several at once."""

from datetime import datetime

from artel.db.pool import Connection
from artel.schedules.queries import access_schedule
from artel.schedules.rules import create_schedule
from artel.schedules.terms import NewSchedule
from tests import cast

HOURS = {"days": {"1": [["09:00", "12:00"]]}}


async def test_a_new_schedule_is_its_owners(conn: Connection, now: datetime) -> None:
    owner = await cast.add_person(conn, "anna@example.test", now=now)
    async with conn.transaction():
        made = await create_schedule(
            conn, NewSchedule(label="Первая встреча", is_private=True, settings=HOURS), owner_id=owner, now=now
        )
    access = await access_schedule(conn, owner, made, read=2, write=3)
    assert (access.role_id, access.schedule.slug) == (1, "pervaya-vstrecha")
