"""Finding specialists who are free: many of them, each with a month of bookings.

python -m bench.search [--quick]

One connection, one caller, so one core of ours and one of PostgreSQL's at most. The peer asks the plain way: the rows
that fit, then one query of busy time for each of them in turn until the page is full.
"""

import asyncio
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

from artel.db.pool import Connection, Database
from artel.schedules.availability import free_slots
from artel.schedules.found import describe_hits
from artel.schedules.hours import SlotRules
from artel.schedules.queries import schedule_by_id
from artel.schedules.search import Wanted, candidates, search_schedules
from bench.report import Row, print_rows, quantile
from bench.servers import empty_database
from tests.schedules.crowd import Sketch, add_crowd, make_busy

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ZONES = ["Europe/Berlin", "Europe/Moscow", "Asia/Almaty", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu"]
SKILLS = ["Law", "Taxes", "Translation", "Design", "Python", "Medicine", "Music", "Repair", "Tutoring", "Accounting"]
LABELS = ["Consultation", "Консультация юриста", "Перевод договоров", "Lesson", "Code review", "Настройка рояля"]
BOOKINGS_A_DAY = 2
PER_PAGE = 20


def sketch(number: int, dice: random.Random) -> Sketch:
    opens = dice.choice([7, 8, 9, 10, 14]) * 60
    days = {str(day): ((opens, opens + dice.choice([4, 6, 8]) * 60),) for day in dice.sample(range(1, 8), 5)}
    return Sketch(
        name=f"Specialist {number}",
        label=dice.choice(LABELS),
        rules=SlotRules(
            timezone=dice.choice(ZONES), days=days, durations=(60,), buffer_after=dice.choice([0, 10]), step=30
        ),
        price=str(dice.randrange(5, 200)),
        currency=dice.choice(["EUR", "USD", "RUB"]),
        skills=tuple(dice.sample(SKILLS, 2)),
        languages=tuple(dice.sample(["en", "ru", "de"], 2)),
    )


async def fill(conn: Connection, count: int, dice: random.Random) -> None:
    made = await add_crowd(conn, [sketch(number, dice) for number in range(count)], now=NOW)
    for begin in range(0, count, 500):
        spans = []
        for person, _ in made[begin : begin + 500]:
            for day in range(30):
                for _ in range(BOOKINGS_A_DAY):
                    starts = NOW + timedelta(days=day, minutes=30 * dice.randrange(0, 28) - 240)
                    spans.append((person, starts, starts + timedelta(minutes=30)))
        await make_busy(conn, spans, now=NOW)
    await conn.execute("VACUUM ANALYZE")


def wishes(dice: random.Random, skill_ids: list[int], count: int) -> list[Wanted]:
    """What different people look for: a skill, words, a price, evenings, this week or some time in a month."""
    found = []
    for _ in range(count):
        start = NOW + timedelta(days=dice.randrange(0, 10), hours=dice.randrange(0, 12))
        wanted = Wanted(
            start=start, end=start + timedelta(days=dice.choice([1, 3, 7, 14])), duration=dice.choice([None, 60])
        )
        kind = dice.randrange(5)
        changes: dict[str, object] = [
            {"skill_ids": (dice.choice(skill_ids),)},
            {"words": dice.choice(["lesson", "перевод", "консультации", "review"]), "sort": "rank"},
            {"price_to": Decimal(dice.randrange(10, 100)), "currency": "EUR", "sort": "price", "descending": False},
            {"hours": (18 * 60, 22 * 60), "timezone": "Europe/Berlin", "days": (1, 2, 3, 4, 5)},
            {"languages": ("ru",), "end": start + timedelta(hours=3)},
        ][kind]
        found.append(msgspec.structs.replace(wanted, **changes))
    return found


async def one_by_one(conn: Connection, wanted: Wanted) -> int:
    hits = 0
    async for batch in candidates(conn, wanted):
        for candidate in batch:
            schedule = await schedule_by_id(conn, candidate.id)
            slots = await free_slots(
                conn, schedule, start=wanted.start, end=wanted.end, now=NOW, duration=wanted.duration
            )
            hits += bool(slots)
            if hits == PER_PAGE:
                return hits
    return hits


async def measure(conn: Connection, wanted: list[Wanted], *, page: int = 1) -> list[float]:
    times = []
    for one in wanted:
        began = time.perf_counter()
        found = await search_schedules(conn, one, page=page, per_page=PER_PAGE, now=NOW)
        await describe_hits(conn, [hit.schedule_id for hit in found.hits])
        times.append((time.perf_counter() - began) * 1000)
    return times


async def run(*, quick: bool) -> list[Row]:
    rows = []
    for count in (1_000,) if quick else (1_000, 10_000, 100_000):
        with empty_database() as url:
            database = Database(url, size=2)
            await database.open()
            async with database.connection() as conn:
                rows += await figures(conn, count, quick=quick)
            await database.close()
    return rows


async def figures(conn: Connection, count: int, *, quick: bool) -> list[Row]:
    dice = random.Random(7)
    await fill(conn, count, dice)
    cursor = await conn.execute("SELECT id FROM skill ORDER BY id")
    skill_ids = [row[0] for row in await cursor.fetchall()]
    wanted = wishes(dice, skill_ids, 30 if quick else 200)
    await measure(conn, wanted[:20])
    times = await measure(conn, wanted)
    began = time.perf_counter()
    for one in wanted[:20]:
        await one_by_one(conn, one)
    plain = (time.perf_counter() - began) * 1000 / 20
    deep = await measure(conn, wanted[:30], page=10)
    nobody = Wanted(
        start=NOW + timedelta(days=20), end=NOW + timedelta(days=27), duration=60, hours=(0, 60), timezone="UTC"
    )
    # The bits cannot tell that no slot fits into a quarter of an hour: everybody who works then is looked at.
    in_vain = msgspec.structs.replace(nobody, hours=(600, 615), end=nobody.start + timedelta(days=1))
    worst, vain = await measure(conn, [nobody]), await measure(conn, [in_vain])
    return [
        Row(
            f"search of {count:,}, first page, median",
            f"{quantile(times, 0.5):.1f} ms (p95 {quantile(times, 0.95):.1f})",
            f"{plain:.1f} ms",
            f"{plain / (sum(times) / len(times)):.1f}",
            "under 50 ms" if count == 10_000 else "",
        ),
        Row(f"search of {count:,}, tenth page, median", f"{quantile(deep, 0.5):.1f} ms"),
        Row(f"search of {count:,}, nobody works then", f"{worst[0]:.1f} ms"),
        Row(f"search of {count:,}, everybody is looked at, in vain", f"{vain[0]:.0f} ms"),
    ]


if __name__ == "__main__":
    print_rows("Search", asyncio.run(run(quick="--quick" in sys.argv)))
