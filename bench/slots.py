"""A year of one person's half-hour slots less 500 busy spans, against the ways of python-dateutil, all in one run.

python -m bench.slots [--quick]
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from dateutil import rrule

from artel.db.pool import Database
from artel.db.rows import fetch_value
from artel.people.rules import create_person
from artel.schedules.availability import free_slots, slot_at
from artel.schedules.hours import SlotRules
from artel.schedules.queries import ScheduleRow, schedule_by_id
from artel.schedules.slots import Busy, offered_starts, week_of
from artel.schedules.zones import changes_in, offsets_of_years
from bench.report import Row, print_rows
from bench.servers import empty_database

TIMEZONE = "Europe/Berlin"
ZONE = ZoneInfo(TIMEZONE)
BEGIN = datetime(2026, 1, 1, tzinfo=ZONE)
END = datetime(2027, 1, 1, tzinfo=ZONE)
CIVIL_BEGIN, CIVIL_END = BEGIN.replace(tzinfo=None), END.replace(tzinfo=None)
HALF_HOUR = timedelta(minutes=30)
BUSY_SPANS = 500

Spans = list[tuple[int, int]]


def minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


def busy_year() -> Spans:
    """Meetings of an hour or less, some of them over each other, in the minutes of the year."""
    dice = Random(2026)
    starts = sorted(dice.randrange(minute(BEGIN), minute(END), 5) for _ in range(BUSY_SPANS))
    return [(start, start + dice.choice((30, 45, 60))) for start in starts]


def rules(hours: tuple[int, int]) -> SlotRules:
    return SlotRules(timezone=TIMEZONE, days={str(day): (hours,) for day in range(1, 8)}, horizon_days=366)


def half_hours(hours: tuple[int, int]) -> rrule.rrule:
    opens, closes = hours
    return rrule.rrule(
        rrule.DAILY,
        dtstart=CIVIL_BEGIN,
        until=CIVIL_END - HALF_HOUR,
        byhour=sorted({each // 60 for each in range(opens, closes, 30)}),
        byminute=(0, 30),
        bysecond=0,
    )


def instants(civil: list[datetime]) -> list[int]:
    """Civil times as minutes, without those that the clocks skip."""
    found = []
    for each in civil:
        at = each.replace(tzinfo=ZONE)
        if at.astimezone(UTC).astimezone(ZONE).replace(tzinfo=None) == each:
            found.append(minute(at))
    return found


def with_rruleset(hours: tuple[int, int], spans: Spans) -> list[int]:
    """One exclusion rule a busy span, of the half-hours that it meets: what `rruleset` is for."""
    every = rrule.rruleset()
    every.rrule(half_hours(hours))
    for start, end in spans:
        first = datetime.fromtimestamp(start // 30 * 30 * 60, ZONE).replace(tzinfo=None)
        last = datetime.fromtimestamp((end - 1) * 60, ZONE).replace(tzinfo=None)
        every.exrule(rrule.rrule(rrule.MINUTELY, interval=30, dtstart=first, until=last))
    return instants(list(every))


def with_sweep(hours: tuple[int, int], spans: Spans) -> list[int]:
    """`rruleset` for the openings alone, one a day, cut into half-hours; then one pass over sorted busy spans."""
    opens, closes = hours
    openings = rrule.rruleset()
    openings.rrule(
        rrule.rrule(rrule.DAILY, dtstart=CIVIL_BEGIN + timedelta(minutes=opens), until=CIVIL_END - HALF_HOUR)
    )
    ordered = merged(spans)
    free, at = [], 0
    for opening in openings:
        first = minute(opening.replace(tzinfo=ZONE))
        last = minute((opening + timedelta(minutes=closes - opens)).replace(tzinfo=ZONE))
        if last - first == closes - opens:
            starts: Iterable[int] = range(first, last, 30)
        else:  # the clocks change that day
            starts = instants([opening + HALF_HOUR * number for number in range((closes - opens) // 30)])
        for start in starts:
            while at < len(ordered) and ordered[at][1] <= start:
                at += 1
            if at == len(ordered) or ordered[at][0] >= start + 30:
                free.append(start)
    return free


def merged(spans: Spans) -> Spans:
    found: Spans = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def seconds(work: Callable[[], object], times: int) -> list[float]:
    """Of processor time: what else the machine does counts for nobody."""
    taken = []
    for _ in range(times):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return taken


def told(value: float) -> str:
    return f"{value * 1e3:.3g} ms" if value < 0.1 else f"{value * 1e3:,.0f} ms"


def against_dateutil(title: str, hours: tuple[int, int], *, rounds: int) -> list[Row]:
    """Each in turn, round by round; medians of all rounds. The answers are the same, or there is no measurement."""
    spans = busy_year()
    starts, ends = np.array(spans, dtype=np.int64).T
    none = np.zeros_like(starts)
    busy, terms = Busy(starts, ends, none, none), rules(hours)
    window = {"start": minute(BEGIN), "end": minute(END), "now": minute(BEGIN), "duration": 30}
    expected = offered_starts(terms, **window, busy=busy).tolist()
    assert with_rruleset(hours, spans) == expected
    assert with_sweep(hours, spans) == expected
    measured: dict[str, list[float]] = {"ours": [], "cold": [], "rruleset": [], "sweep": []}
    for _ in range(rounds):
        for cache in (offsets_of_years, changes_in, week_of):
            cache.cache_clear()
        measured["cold"] += seconds(lambda: offered_starts(terms, **window, busy=busy), 1)
        measured["ours"] += seconds(lambda: offered_starts(terms, **window, busy=busy), 200)
        measured["rruleset"] += seconds(lambda: with_rruleset(hours, spans), 1)
        measured["sweep"] += seconds(lambda: with_sweep(hours, spans), 5)
    middle = {name: statistics.median(each) for name, each in measured.items()}
    mine = middle["ours"]
    name = f"{title}, {len(expected):,} free"
    return [
        Row(name, told(mine), aim="< 0.2 ms"),
        Row(f"{title}: a zone and hours not asked for before", told(middle["cold"])),
        Row(
            f"{title}: dateutil rruleset with exclusions",
            "",
            told(middle["rruleset"]),
            ratio(middle, "rruleset"),
            "500",
        ),
        Row(
            f"{title}: dateutil rruleset of openings, sorted sweep",
            "",
            told(middle["sweep"]),
            ratio(middle, "sweep"),
            "15",
        ),
    ]


def ratio(middle: dict[str, float], peer: str) -> str:
    return f"{middle[peer] / middle['ours']:,.0f}"


async def from_the_database(*, times: int) -> list[Row]:
    """What a listing and a booking ask, among 200 people with 1,500 busy spans each."""
    with empty_database() as url:
        database = Database(url, size=2)
        await database.open()
        schedule = await fill(database)
        async with database.connection() as conn:
            rows = []
            for title, days in (("a month", 30), ("a year", 365)):
                taken, found = [], 0
                for _ in range(times):
                    begin = time.perf_counter()
                    end = BEGIN + timedelta(days=days)
                    found = len(await free_slots(conn, schedule, start=BEGIN, end=end, now=BEGIN))
                    taken.append(time.perf_counter() - begin)
                rows.append(Row(f"listed out of the database, {title}, {found:,} free", told(statistics.median(taken))))
            taken = []
            for number in range(times):
                begin = time.perf_counter()
                await slot_at(conn, schedule, start=BEGIN + timedelta(days=1, minutes=30 * number), now=BEGIN)
                taken.append(time.perf_counter() - begin)
            rows.append(Row("one slot looked at for a booking", told(statistics.median(taken))))
        await database.close()
    return rows


async def fill(database: Database) -> ScheduleRow:
    async with database.connection() as conn:
        people = [
            await create_person(
                conn,
                email=f"host{number}@example.test",
                password=None,
                language="EN",
                first_name="Host",
                last_name=str(number),
                now=BEGIN,
            )
            for number in range(200)
        ]
        settings = {"timezone": TIMEZONE, "days": {str(day): [[540, 1080]] for day in range(1, 8)}, "horizon_days": 366}
        schedule = await fetch_value(
            conn,
            """
            WITH host AS (
                SELECT id FROM person WHERE id = %(host)s
            ), kept_in AS (
                INSERT INTO calendar (person_id, label, slug, timezone, created_at, updated_at)
                SELECT id, 'Work', 'work', 'Europe/Berlin', %(now)s, %(now)s FROM host
                RETURNING id, person_id
            )
            INSERT INTO schedule (calendar_id, owner_id, benefitable_id, label, slug, is_private, timezone, settings,
                rules, created_at, updated_at)
            SELECT id, person_id, person_id, 'Work', 'work', false, 'Europe/Berlin', '{}', %(rules)s::jsonb, %(now)s,
                %(now)s
            FROM kept_in
            RETURNING id
            """,
            {"host": people[0], "now": BEGIN, "rules": msgspec.json.encode(settings).decode()},
        )
        await conn.execute(
            """
            WITH meeting AS (
                INSERT INTO calendar_event (status_id, label, timezone, starts_at, ends_at, created_at, updated_at)
                VALUES (200, 'Meeting', 'UTC', %(now)s, %(now)s, %(now)s, %(now)s)
                RETURNING id
            )
            INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
            SELECT host, meeting.id, %(now)s + number * interval '17 hours',
                %(now)s + number * interval '17 hours' + interval '45 minutes', true
            FROM meeting, unnest(%(people)s::bigint[]) AS host, generate_series(-1000, 499) AS number
            """,
            {"people": people, "now": BEGIN},
        )
        await conn.execute("VACUUM ANALYZE")
        return await schedule_by_id(conn, schedule)


async def run(*, quick: bool) -> list[Row]:
    rounds = 3 if quick else 15
    rows = against_dateutil("09:00-18:00 every day", (540, 1080), rounds=rounds)
    rows += against_dateutil("round the clock", (0, 1440), rounds=rounds)
    return rows + await from_the_database(times=20 if quick else 100)


if __name__ == "__main__":
    print_rows("Slots", asyncio.run(run(quick="--quick" in sys.argv)))
