"""Making schedules, also by several at once: slugs, skills, and who may reach them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotAllowed, NotFound
from artel.schedules.errors import SlugTaken
from artel.schedules.queries import access_schedule, public_schedule_by_slug
from artel.schedules.rules import ScheduleChanges, change_schedule, create_schedule
from artel.schedules.skills import GivenSkill, find_or_add_skills
from artel.schedules.terms import NewSchedule, slug_of
from tests import cast

HOURS = {"days": {"1": [["09:00", "12:00"]]}}


def new(**changes: Any) -> NewSchedule:
    return NewSchedule(**{"label": "Portraits", "is_private": False, "settings": HOURS, **changes})


@pytest.fixture
async def owner(conn: Connection, now: datetime) -> int:
    return await cast.add_person(conn, "anna@example.test", now=now)


async def made(conn: Connection, owner: int, *, now: datetime, **changes: Any) -> int:
    async with conn.transaction():
        return await create_schedule(conn, new(**changes), owner_id=owner, now=now)


async def test_a_new_schedule_is_its_owners(conn: Connection, owner: int, now: datetime) -> None:
    schedule = await made(conn, owner, now=now, label="Первая встреча", is_private=True)
    access = await access_schedule(conn, owner, schedule, read=2, write=3)
    assert (access.role_id, access.schedule.slug) == (1, "pervaya-vstrecha")


@pytest.mark.parametrize(
    ("label", "slug"),
    [
        ("Portraits", "portraits"),
        ("  Café & Crème!! ", "cafe-creme"),
        ("2026", "schedule-2026"),
        ("x" * 300, "x" * 90),
    ],
)
def test_slugs_made_of_labels(label: str, slug: str) -> None:
    assert slug_of(label, with_ending=False) == slug
    assert slug_of(label, with_ending=True).startswith(f"{slug}-")
    assert len(slug_of(label, with_ending=True)) <= 100


def test_a_reserved_word_gets_an_ending() -> None:
    assert slug_of("Search", with_ending=False).startswith("search-")
    assert slug_of("!!!", with_ending=False).startswith("schedule-")


async def at_once(database: Database, works: list[Callable[[Connection], Awaitable[Any]]]) -> list[Any]:
    """Each in a transaction of its own, all open before the first begins."""
    ready = asyncio.Barrier(len(works))

    async def run(work: Callable[[Connection], Awaitable[Any]]) -> Any:
        try:
            async with database.transaction() as conn:
                await conn.execute("SELECT 1")
                await ready.wait()
                return await work(conn)
        except SlugTaken as refusal:
            return refusal

    return await asyncio.gather(*(run(work) for work in works))


async def test_one_of_many_gets_a_slug(database: Database, conn: Connection, owner: int, now: datetime) -> None:
    await made(conn, owner, now=now)  # their default calendar is there
    for turn in range(5):
        slugs = [f"Race{turn}" if n % 2 else f"race{turn}" for n in range(12)]
        found = await at_once(
            database,
            [lambda c, s=slug: create_schedule(c, new(slug=s), owner_id=owner, now=now) for slug in slugs],  # type: ignore[misc]
        )
        assert len([one for one in found if isinstance(one, int)]) == 1
        assert len([one for one in found if isinstance(one, SlugTaken)]) == 11


async def test_all_of_many_get_a_slug_of_their_label(
    database: Database, conn: Connection, owner: int, now: datetime
) -> None:
    await made(conn, owner, now=now, label="Other")
    found = await at_once(database, [lambda c: create_schedule(c, new(), owner_id=owner, now=now) for _ in range(12)])
    assert len(set(found)) == 12
    assert await fetch_value(conn, "SELECT count(DISTINCT lower(slug)) FROM schedule") == 13


async def test_one_of_many_changes_to_a_slug(database: Database, conn: Connection, owner: int, now: datetime) -> None:
    schedules = [await made(conn, owner, now=now) for _ in range(8)]

    async def change(conn: Connection, schedule: int) -> int:
        access = await access_schedule(conn, owner, schedule, lock="update")
        await change_schedule(conn, access, ScheduleChanges(slug="wanted"), actor_id=owner, now=now)
        return schedule

    found = await at_once(database, [lambda c, s=s: change(c, s) for s in schedules])  # type: ignore[misc]
    assert len([one for one in found if isinstance(one, int)]) == 1
    assert await fetch_value(conn, "SELECT count(*) FROM schedule WHERE slug = 'wanted'") == 1


async def test_skills_of_many_at_once_are_one_list(database: Database, conn: Connection, now: datetime) -> None:
    names = ["Photography", "Электрик", "C++", "Retouching"]
    orders = [names, names[::-1], [name.upper() for name in names], [name.lower() for name in names[::-1]]] * 3
    found = await at_once(
        database,
        [
            lambda c, o=order: find_or_add_skills(c, [GivenSkill(name=name) for name in o], now=now)  # type: ignore[misc]
            for order in orders
        ],
    )
    assert all(ids == found[0] for ids in found)
    assert len(found[0]) == 4
    assert await fetch_value(conn, "SELECT count(*) FROM skill") == 4


async def test_new_skills_in_any_order_are_no_ring(database: Database, now: datetime) -> None:
    """Two who name the same new skills in opposite orders, both held up in the middle, do not wait for each other."""
    names = [f"Skill {n:02}" for n in range(40)]

    async def add(given: list[str]) -> list[int]:
        async with database.transaction() as adding:
            return await find_or_add_skills(adding, [GivenSkill(name=name) for name in given], now=now)

    async with database.connection() as holding:
        await holding.execute("BEGIN")
        await holding.execute("INSERT INTO skill (name, created_at) VALUES ('skill 20', %s)", [now])
        waiting = [asyncio.create_task(add(names)), asyncio.create_task(add(names[::-1]))]
        await asyncio.sleep(0.3)
        await holding.execute("ROLLBACK")
    one, other = await asyncio.gather(*waiting)
    assert one == other
    assert len(one) == 40


async def test_skills_given_twice_count_once(conn: Connection, now: datetime) -> None:
    given = [GivenSkill(name=name) for name in ("Photo", " photo ", "PHOTO", "Pho  to", "Cafe\u0301", "Café")]
    assert len(await find_or_add_skills(conn, given, now=now)) == 3
    skill = await fetch_value(conn, "SELECT id FROM skill WHERE lower(name) = 'photo'")
    assert await find_or_add_skills(conn, [GivenSkill(skill, "Other"), GivenSkill(name="photo")], now=now) == [skill]


async def test_visitors(conn: Connection, owner: int, now: datetime) -> None:
    public = await made(conn, owner, now=now, slug="Open")
    private = await made(conn, owner, now=now, slug="Closed", is_private=True)
    access = await access_schedule(conn, None, public, write=1)
    assert (access.role_id, access.read, access.write) == (None, 0, 1)
    with pytest.raises(NotAllowed):
        await access_schedule(conn, None, public, read=1)
    with pytest.raises(NotFound):
        await access_schedule(conn, None, private)
    assert (await public_schedule_by_slug(conn, "oPEN")).id == public
    for slug in ("closed", "open\u0000"[:4] + "x", ""):
        with pytest.raises(NotFound):
            await public_schedule_by_slug(conn, slug)


async def test_a_change_waits_for_whoever_books(
    database: Database, conn: Connection, owner: int, now: datetime
) -> None:
    """A booking holds the row shared; whoever changes the terms comes after it, and the next booking sees them."""
    schedule = await made(conn, owner, now=now, price=Decimal(10), currency="EUR")
    steps: list[str] = []
    booking_has_the_row = asyncio.Event()

    async def book() -> None:
        async with database.transaction() as booking:
            await access_schedule(booking, None, schedule, write=1, lock="share")
            booking_has_the_row.set()
            await asyncio.sleep(0.3)
            steps.append("booked")

    async def change() -> None:
        await booking_has_the_row.wait()
        async with database.transaction() as changing:
            access = await access_schedule(changing, owner, schedule, lock="update")
            steps.append("changed")
            await change_schedule(changing, access, ScheduleChanges(price=Decimal(20)), actor_id=owner, now=now)

    await asyncio.gather(book(), change())
    assert steps == ["booked", "changed"]
    assert (await access_schedule(conn, None, schedule)).schedule.price == 20


@pytest.mark.parametrize("timezone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_every_second_week_stays_the_same(conn: Connection, owner: int, now: datetime, timezone: str) -> None:
    """A rule without a start counts from when it was given, whatever else is changed later."""
    lines = ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=9"]
    schedule = await made(conn, owner, now=now, timezone=timezone)
    day = timedelta(days=1)

    async def change(after: timedelta, **changes: Any) -> int:
        async with conn.transaction():
            access = await access_schedule(conn, owner, schedule, lock="update")
            await change_schedule(conn, access, ScheduleChanges(**changes), actor_id=owner, now=now + after)
        return (await access_schedule(conn, owner, schedule)).schedule.slot_rules.recurrences[0].first_day

    given = await change(10 * day, settings=lines)
    assert given == (now + 10 * day).astimezone(ZoneInfo(timezone)).date().toordinal() - date(1970, 1, 1).toordinal()
    assert await change(17 * day, label="Other", settings=list(lines)) == given
    assert await change(24 * day, timezone="Europe/Berlin") == given
    assert await change(24 * day, settings=[*lines, "Tu 09:00-10:00"]) > given
