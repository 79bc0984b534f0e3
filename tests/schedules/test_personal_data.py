"""What schedules know of a person: told to them, and erased with them."""

from datetime import datetime, timedelta

import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound
from artel.personal_data.erasure import erase_person
from artel.personal_data.errors import WorkUnfinished
from artel.personal_data.export import export_person
from artel.schedules.queries import access_schedule
from tests import cast
from tests.cast import Someone
from tests.schedules.cast import SETTINGS, add_booking, add_member, add_schedule

SECRET = {**SETTINGS, "location": "Lindenweg 5"}


@pytest.fixture
async def anna(conn: Connection, now: datetime) -> Someone:
    return Someone(await cast.add_person(conn, "anna@example.test", now=now), None, "")


@pytest.fixture
async def boris(conn: Connection, now: datetime) -> Someone:
    return Someone(await cast.add_person(conn, "boris@example.test", now=now), None, "")


async def erase(conn: Connection, person: Someone, now: datetime) -> None:
    async with conn.transaction():
        await erase_person(conn, person.id, actor_id=None, now=now)


async def test_told(conn: Connection, anna: Someone, boris: Someone, now: datetime) -> None:
    await add_schedule(conn, anna, now=now, label="Portraits", description="By Anna", settings=SECRET)
    theirs = await add_schedule(conn, boris, now=now, label="Retouching")
    await add_member(conn, theirs, anna, 3, 1, 2, now=now)
    async with conn.transaction():
        told = await export_person(conn, anna.id, actor_id=None, now=now)
    assert [(row["label"], row["description"], row["settings"]) for row in told["schedules"]] == [
        ("Portraits", "By Anna", SECRET)
    ]
    assert [(row["schedule"], row["role_id"]) for row in told["schedule_memberships"]] == [
        ("Portraits", 1),
        ("Retouching", 3),
    ]


async def test_erased(conn: Connection, anna: Someone, boris: Someone, now: datetime) -> None:
    own = await add_schedule(conn, anna, now=now, label="Portraits by Anna", slug="anna", settings=SECRET)
    event = await add_booking(conn, own, anna, boris, starts_at=now + timedelta(days=1), now=now)
    theirs = await add_schedule(conn, boris, now=now)
    await add_member(conn, theirs, anna, 3, 1, 2, now=now)
    await conn.execute(
        "UPDATE schedule SET benefitable_id = %(anna)s, billable_id = %(anna)s WHERE id = %(id)s",
        {"anna": anna.id, "id": theirs},
    )
    await erase(conn, anna, now)
    with pytest.raises(NotFound):
        await access_schedule(conn, anna.id, own)
    kept = await fetch_value(conn, "SELECT s::text FROM schedule AS s WHERE id = %(id)s", {"id": own})
    assert not [word for word in ("Anna", "anna", "Lindenweg") if word in kept]
    assert await fetch_value(conn, "SELECT status_id FROM calendar_event WHERE id = %(id)s", {"id": event}) == 444
    left = (await access_schedule(conn, boris.id, theirs)).schedule
    assert (left.benefitable_id, left.billable_id) == (boris.id, None)
    assert await fetch_value(conn, "SELECT count(*) FROM schedule_member WHERE person_id = %(p)s", {"p": anna.id}) == 0


@pytest.mark.parametrize(("status", "payment"), [(200, 100), (100, 300)])
async def test_clients_are_met_first(
    conn: Connection, anna: Someone, boris: Someone, now: datetime, status: int, payment: int
) -> None:
    schedule = await add_schedule(conn, anna, now=now)
    start = now + timedelta(days=1)
    await add_booking(conn, schedule, anna, boris, starts_at=start, now=now, status=status, payment=payment)
    with pytest.raises(WorkUnfinished):
        await erase(conn, anna, now)
    if status == 200:
        await erase(conn, anna, start + timedelta(hours=2))
    else:  # what was paid has to be given back first, however late
        with pytest.raises(WorkUnfinished):
            await erase(conn, anna, start + timedelta(hours=2))
