"""Availability out of the database: one decision for the listing and the booking, for one host and for several."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.schedules.availability import (
    Slot,
    TakenRow,
    busy_of,
    free_slots,
    free_slots_of_many,
    hosts_of,
    next_free_slot,
    slot_at,
    slots_of,
)
from artel.schedules.errors import DurationNotOffered
from artel.schedules.hours import SlotRules
from artel.schedules.queries import ScheduleRow, schedule_by_id
from artel.schedules.zones import minute_of
from tests import cast
from tests.schedules.oracle import Span, busy_spans

NOW = datetime(2026, 6, 1, 5, tzinfo=UTC)  # a Monday
EVERY_DAY = {str(day): ((540, 720),) for day in range(1, 8)}  # 09:00-12:00
ANNA, BORIS, CLARA = "anna@example.test", "boris@example.test", "clara@example.test"


def at(hour: int, minute: int = 0, *, day: int = 2) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


Person = Callable[[str], Awaitable[int]]


@pytest.fixture
def person(conn: Connection) -> Person:
    async def add(email: str) -> int:
        return await cast.add_person(conn, email, now=NOW)

    return add


async def add_schedule(conn: Connection, owner: int, *, workers: tuple[int, ...] = (), **terms: object) -> ScheduleRow:
    rules = SlotRules(timezone="UTC", **{"duration": 60, "days": EVERY_DAY, **terms})  # type: ignore[arg-type]
    calendar = await fetch_value(
        conn,
        """
        INSERT INTO calendar (person_id, label, slug, timezone, created_at, updated_at)
        VALUES (%(person)s, 'Work', gen_random_uuid()::text, 'UTC', %(now)s, %(now)s)
        RETURNING id
        """,
        {"person": owner, "now": NOW},
    )
    schedule = await fetch_value(
        conn,
        """
        INSERT INTO schedule (calendar_id, owner_id, benefitable_id, label, slug, is_private, timezone, settings, rules,
            created_at, updated_at)
        VALUES (%(calendar)s, %(owner)s, %(owner)s, 'Consultation', gen_random_uuid()::text, false, 'UTC', '{}',
            %(rules)s::jsonb, %(now)s, %(now)s)
        RETURNING id
        """,
        {"calendar": calendar, "owner": owner, "rules": json.dumps(msgspec.to_builtins(rules)), "now": NOW},
    )
    for worker in workers:
        await conn.execute(
            """
            INSERT INTO schedule_member
                (schedule_id, person_id, role_id, read_level, write_level, created_at, accepted_at)
            VALUES (%(schedule)s, %(person)s, 3, 2, 2, %(now)s, %(now)s)
            """,
            {"schedule": schedule, "person": worker, "now": NOW},
        )
    return await schedule_by_id(conn, schedule)


async def add_event(
    conn: Connection,
    start: datetime,
    *,
    hosts: tuple[int, ...],
    clients: tuple[int, ...] = (),
    schedule: ScheduleRow | None = None,
    minutes: int = 60,
    hold_until: datetime | None = None,
    status: int = 200,
) -> int:
    """An event with its hosts, their busy spans, and a seat for each client."""
    terms = {
        "schedule": schedule.id if schedule else None,
        "status": status,
        "start": start,
        "end": start + timedelta(minutes=minutes),
        "hold": hold_until,
        "now": NOW,
    }
    event = await fetch_value(
        conn,
        """
        INSERT INTO calendar_event (status_id, schedule_id, label, timezone, starts_at, ends_at, created_at, updated_at)
        VALUES (%(status)s, %(schedule)s, 'Meeting', 'UTC', %(start)s, %(end)s, %(now)s, %(now)s)
        RETURNING id
        """,
        terms,
    )
    for role, people in ((3, hosts), (4, clients)):
        for each in people:
            await conn.execute(
                """
                INSERT INTO event_attendee (event_id, person_id, role_id, status_id, hold_until, created_at, updated_at)
                VALUES (%(event)s, %(person)s, %(role)s, 200, CASE WHEN %(role)s = 4 THEN %(hold)s::timestamptz END,
                    %(now)s, %(now)s)
                """,
                {**terms, "event": event, "person": each, "role": role},
            )
    for host in hosts:
        await conn.execute(
            """
            INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive, held_until)
            VALUES (%(person)s, %(event)s, %(start)s, %(end)s, true, %(hold)s)
            """,
            {**terms, "event": event, "person": host},
        )
    return event


def told(slots: list[Slot]) -> list[tuple[int, tuple[int, ...], int]]:
    return [(slot.start.hour, slot.host_ids, slot.seats_left) for slot in slots]


async def of_the_day(conn: Connection, schedule: ScheduleRow, **more: object) -> list[Slot]:
    window = {"start": at(0), "end": at(0, day=3), "now": NOW, **more}
    return await free_slots(conn, schedule, **window)  # type: ignore[arg-type]


async def test_the_one_who_works_is_booked(conn: Connection, person: Person) -> None:
    anna, boris = await person(ANNA), await person(BORIS)
    schedule = await add_schedule(conn, anna, workers=(boris,))
    await add_event(conn, at(10), hosts=(anna,))
    await add_event(conn, at(9), hosts=(boris,))
    assert told(await of_the_day(conn, schedule)) == [(9, (anna,), 1), (11, (anna,), 1)]


async def test_a_hold_counts_until_it_is_over(conn: Connection, person: Person) -> None:
    anna, clara = await person(ANNA), await person(CLARA)
    schedule = await add_schedule(conn, anna, max_per_day=1)
    until = NOW + timedelta(minutes=5)
    await add_event(conn, at(10), hosts=(anna,), clients=(clara,), schedule=schedule, hold_until=until, status=100)
    assert await of_the_day(conn, schedule) == []  # the day's one is held
    assert [hour for hour, _, _ in told(await of_the_day(conn, schedule, now=until))] == [9, 10, 11]


async def test_a_moved_event_does_not_stand_in_its_own_way(conn: Connection, person: Person) -> None:
    anna, clara = await person(ANNA), await person(CLARA)
    schedule = await add_schedule(conn, anna, max_per_day=1, step=30)
    event = await add_event(conn, at(10), hosts=(anna,), clients=(clara,), schedule=schedule)
    assert await of_the_day(conn, schedule) == []
    assert len(await of_the_day(conn, schedule, but_event=event)) == 5
    moved = await slot_at(conn, schedule, start=at(10, 30), now=NOW, but_event=event)
    assert moved is not None
    assert moved.host_ids == (anna,)
    assert await slot_at(conn, schedule, start=at(10, 30), now=NOW) is None


async def test_a_duration_that_is_not_offered_is_refused(conn: Connection, person: Person) -> None:
    schedule = await add_schedule(conn, await person(ANNA), durations=(90,))
    assert len(await of_the_day(conn, schedule, duration=90)) == 2
    with pytest.raises(DurationNotOffered):
        await of_the_day(conn, schedule, duration=45)
    with pytest.raises(DurationNotOffered):
        await slot_at(conn, schedule, start=at(9), now=NOW, duration=45)
    with pytest.raises(DurationNotOffered):
        await next_free_slot(conn, schedule, after=NOW, now=NOW, duration=45)


async def test_a_window_begins_at_its_second(conn: Connection, person: Person) -> None:
    schedule = await add_schedule(conn, await person(ANNA))
    late = timedelta(seconds=30)
    assert [hour for hour, _, _ in told(await of_the_day(conn, schedule, start=at(9) + late))] == [10, 11]
    assert await slot_at(conn, schedule, start=at(9) + late, now=NOW) is None
    assert [hour for hour, _, _ in told(await of_the_day(conn, schedule, end=at(10) + late))] == [9, 10]


async def test_a_round_robin_offers_whoever_is_free(conn: Connection, person: Person) -> None:
    anna, boris, clara = await person(ANNA), await person(BORIS), await person(CLARA)
    schedule = await add_schedule(conn, clara, workers=(boris, anna), assignment="round_robin")
    assert await hosts_of(conn, schedule) == (anna, boris)
    await add_event(conn, at(9), hosts=(anna,))
    await add_event(conn, at(10), hosts=(anna,))
    await add_event(conn, at(10), hosts=(boris,))
    assert told(await of_the_day(conn, schedule)) == [(9, (boris,), 1), (11, (anna, boris), 1)]


async def test_the_limit_of_a_round_robin_is_the_schedules(conn: Connection, person: Person) -> None:
    anna, boris, clara = await person(ANNA), await person(BORIS), await person(CLARA)
    schedule = await add_schedule(conn, clara, workers=(boris, anna), assignment="round_robin", max_per_day=2, seats=2)
    await add_event(conn, at(9), hosts=(anna,), clients=(clara, boris), schedule=schedule)
    assert [hour for hour, _, _ in told(await of_the_day(conn, schedule))] == [9, 10, 11]
    await add_event(conn, at(9), hosts=(boris,), clients=(clara, anna), schedule=schedule)
    assert await of_the_day(conn, schedule) == []


async def test_a_collective_needs_everybody(conn: Connection, person: Person) -> None:
    anna, boris, clara = await person(ANNA), await person(BORIS), await person(CLARA)
    schedule = await add_schedule(conn, clara, workers=(boris, anna), assignment="collective")
    await add_event(conn, at(9), hosts=(anna,))
    await add_event(conn, at(11), hosts=(boris,))
    assert told(await of_the_day(conn, schedule)) == [(10, (anna, boris), 1)]


async def test_without_workers_the_one_who_is_paid_works(conn: Connection, person: Person) -> None:
    anna = await person(ANNA)
    schedule = await add_schedule(conn, anna, assignment="collective")
    assert await hosts_of(conn, schedule) == (anna,)


async def test_a_group_is_filled_before_another_begins(conn: Connection, person: Person) -> None:
    anna, boris, clara = await person(ANNA), await person(BORIS), await person(CLARA)
    dmitri = await person("dmitri@example.test")
    schedule = await add_schedule(conn, clara, workers=(anna, boris), assignment="round_robin", seats=2)
    event = await add_event(conn, at(10), hosts=(anna,), clients=(clara,), schedule=schedule)
    nine, ten, eleven = await of_the_day(conn, schedule)
    assert (nine.host_ids, nine.seats_left, nine.event_id) == ((anna, boris), 2, None)
    assert (ten.host_ids, ten.seats_left, ten.event_id) == ((anna,), 1, event)
    assert eleven.event_id is None
    await conn.execute(
        """
        INSERT INTO event_attendee (event_id, person_id, role_id, status_id, created_at, updated_at)
        VALUES (%(event)s, %(person)s, 4, 200, %(now)s, %(now)s)
        """,
        {"event": event, "person": dmitri, "now": NOW},
    )
    assert told(await of_the_day(conn, schedule))[1] == (10, (boris,), 2)


async def test_of_two_groups_the_fuller_is_filled(conn: Connection, person: Person) -> None:
    anna, boris, clara = await person(ANNA), await person(BORIS), await person(CLARA)
    schedule = await add_schedule(conn, clara, workers=(anna, boris), assignment="round_robin", seats=3)
    await add_event(conn, at(10), hosts=(anna,), clients=(clara,), schedule=schedule)
    fuller = await add_event(conn, at(10), hosts=(boris,), clients=(clara, anna), schedule=schedule)
    ten = await slot_at(conn, schedule, start=at(10), now=NOW)
    assert ten is not None
    assert (ten.event_id, ten.host_ids, ten.seats_left) == (fuller, (boris,), 1)


async def test_a_seat_is_left_whatever_else_its_hosts_have(conn: Connection, person: Person) -> None:
    """A host who left the schedule still holds the group that began with them."""
    anna, boris, clara = await person(ANNA), await person(BORIS), await person(CLARA)
    schedule = await add_schedule(conn, clara, workers=(boris,), assignment="collective", seats=2)
    event = await add_event(conn, at(10), hosts=(anna,), clients=(clara,), schedule=schedule)
    await add_event(conn, at(10), hosts=(boris,))
    ten = await slot_at(conn, schedule, start=at(10), now=NOW)
    assert ten is not None
    assert (ten.event_id, ten.host_ids) == (event, (anna,))


async def test_what_is_done_still_counts_for_its_day(conn: Connection, person: Person) -> None:
    anna, clara = await person(ANNA), await person(CLARA)
    schedule = await add_schedule(conn, anna, max_per_day=2, seats=3)
    done = await add_event(conn, at(10), hosts=(anna,), clients=(clara,), schedule=schedule, status=777)
    await conn.execute("DELETE FROM busy_span WHERE event_id = %(event)s", {"event": done})
    ten = (await of_the_day(conn, schedule))[1]
    assert (ten.event_id, ten.seats_left) == (None, 3)
    event = await add_event(conn, at(11), hosts=(anna,), clients=(clara,), schedule=schedule)
    assert [slot.event_id for slot in await of_the_day(conn, schedule)] == [event]


@pytest.mark.parametrize("status", [400, 444, 555])
async def test_what_is_off_or_missed_takes_no_seat(conn: Connection, person: Person, status: int) -> None:
    anna, clara = await person(ANNA), await person(CLARA)
    schedule = await add_schedule(conn, anna, max_per_day=1)
    event = await add_event(conn, at(10), hosts=(anna,), clients=(clara,), schedule=schedule, status=status)
    await conn.execute("DELETE FROM busy_span WHERE event_id = %(event)s", {"event": event})
    assert len(await of_the_day(conn, schedule)) == 3


async def test_the_next_slot_is_looked_for_up_to_the_horizon(conn: Connection, person: Person) -> None:
    anna = await person(ANNA)
    sparse = {"2026-07-29": ((540, 600),), "2026-08-01": ((540, 600),)}
    schedule = await add_schedule(conn, anna, days={}, exceptions=sparse, horizon_days=60)
    found = await next_free_slot(conn, schedule, after=NOW, now=NOW)
    assert found is not None
    assert found.start == datetime(2026, 7, 29, 9, tzinfo=UTC)
    after = found.start + timedelta(minutes=1)
    assert await next_free_slot(conn, schedule, after=after, now=NOW) is None  # the 1st of August is day 61
    assert await next_free_slot(conn, schedule, after=after, now=NOW + timedelta(days=2)) is not None
    await add_event(conn, found.start, hosts=(anna,))
    assert await next_free_slot(conn, schedule, after=NOW, now=NOW) is None


async def test_the_next_slot_lies_in_the_schedules_own_time(conn: Connection, person: Person) -> None:
    begin, end = datetime(2026, 6, 20, tzinfo=UTC), datetime(2026, 6, 21, 10, tzinfo=UTC)
    bounds = {"starts_at": minute_of(begin), "ends_at": minute_of(end)}
    schedule = await add_schedule(conn, await person(ANNA), **bounds)
    schedule = msgspec.structs.replace(schedule, starts_at=begin, ends_at=end)
    found = await next_free_slot(conn, schedule, after=NOW, now=NOW)
    assert found is not None
    assert found.start == at(9, day=20)
    last = await next_free_slot(conn, schedule, after=at(12, day=20), now=NOW)
    assert last is not None
    assert (last.start, last.end) == (at(9, day=21), end)
    assert await next_free_slot(conn, schedule, after=at(9, 1, day=21), now=NOW) is None


async def test_the_next_slot_is_the_first_that_is_listed(conn: Connection, person: Person) -> None:
    schedule = await add_schedule(conn, await person(ANNA), notice_minutes=26 * 60)
    listed = await free_slots(conn, schedule, start=NOW, end=NOW + timedelta(days=60), now=NOW)
    assert await next_free_slot(conn, schedule, after=NOW - timedelta(days=900), now=NOW) == listed[0]
    later = listed[100].start
    assert await next_free_slot(conn, schedule, after=later, now=NOW) == listed[100]


async def test_many_schedules_at_once(conn: Connection, person: Person) -> None:
    anna, boris = await person(ANNA), await person(BORIS)
    first, second = await add_schedule(conn, anna), await add_schedule(conn, boris, duration=90)
    both = await add_schedule(conn, anna, workers=(anna, boris), assignment="collective")
    await add_event(conn, at(9), hosts=(boris,))
    window = {"start": at(0), "end": at(0, day=3), "now": NOW}
    found = await free_slots_of_many(conn, [first, second, both], **window)
    for schedule in (first, second, both):
        assert found[schedule.id] == await free_slots(conn, schedule, **window)
    assert [len(found[schedule.id]) for schedule in (first, second, both)] == [3, 1, 2]
    long = await free_slots_of_many(conn, [first, second], **window, duration=90)
    assert (long[first.id], len(long[second.id])) == ([], 1)


async def test_far_away_windows_are_answered(conn: Connection, person: Person) -> None:
    schedule = await add_schedule(conn, await person(ANNA))
    for year in (1, 1970, 2500, 9999):
        start = datetime(year, 6, 1, tzinfo=UTC)
        assert await free_slots(conn, schedule, start=start, end=start + timedelta(days=5), now=NOW) == []
    whole = await free_slots(
        conn, schedule, start=datetime.min.replace(tzinfo=UTC), end=datetime.max.replace(tzinfo=UTC), now=NOW
    )
    assert len(whole) == 180


class Explaining:
    """A connection that also asks how the statement is carried out."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.plan = ""

    async def execute(self, sql: Any, params: Any) -> Any:
        cursor = await self.conn.execute("EXPLAIN " + sql, params)
        self.plan = "\n".join(row[0] for row in await cursor.fetchall())
        return await self.conn.execute(sql, params)


async def test_busy_time_is_read_from_its_index_alone(conn: Connection, person: Person) -> None:
    anna, boris = await person(ANNA), await person(BORIS)
    event = await add_event(conn, at(9), hosts=())
    await conn.execute(
        """
        INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
        SELECT person, %(event)s, %(now)s + number * interval '2 hours', %(now)s + (number * 2 + 1) * interval '1 hour',
            false
        FROM unnest(ARRAY[%(anna)s, %(boris)s]::bigint[]) AS person, generate_series(-9000, 300) AS number
        """,
        {"event": event, "now": NOW, "anna": anna, "boris": boris},
    )
    await conn.execute("VACUUM ANALYZE busy_span")
    window = {"start": at(0), "end": at(0, day=9)}
    explaining = Explaining(conn)
    busy = await busy_of(explaining, [anna, boris], **window, now=NOW, but=[])  # type: ignore[arg-type]
    assert "Index Only Scan using busy_span_person_idx" in explaining.plan
    assert [each.starts.size for each in busy.values()] == [84, 84]
    assert int(busy[anna].starts.min()) == minute_of(at(1))
    assert (busy[anna].ends - busy[anna].starts == 60).all()


# What is listed and what can be booked --------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_each_minute_alone_is_decided_as_in_the_list(data: st.DataObject) -> None:
    hosts = (1, 2, 3)
    begin = minute_of(at(0))
    rules = SlotRules(
        timezone="Europe/Berlin",
        duration=60,
        step=data.draw(st.sampled_from((0, 15, 30))),
        days=EVERY_DAY,
        buffer_after=data.draw(st.sampled_from((0, 10))),
        assignment=data.draw(st.sampled_from(("round_robin", "collective"))),
        max_per_day=data.draw(st.none() | st.integers(1, 4)),
        seats=data.draw(st.integers(1, 3)),
    )
    starts = st.integers(24, 44).map(lambda quarter: begin + quarter * 15)
    taken = [
        TakenRow(start=each, end=each + 60, seats=seats, event_id=number, schedule_id=1, host_ids=(host,))
        for number, (each, seats, host) in enumerate(
            data.draw(st.lists(st.tuples(starts, st.integers(1, 3), st.sampled_from((1, 2, 3, 4))), max_size=4))
        )
    ]
    spans = {
        host: [Span(each, each + 60) for each in data.draw(st.lists(starts, max_size=3))]
        + [Span(event.start, event.end) for event in taken if host in event.host_ids]
        for host in hosts
    }
    busy = {host: busy_spans(each) for host, each in spans.items()}
    now = begin - 1440
    listed = {slot.start: slot for slot in slots_of(rules, busy, taken, 60, start=begin, end=begin + 1440, now=now)}
    for minute in range(begin + 300, begin + 720, 5):
        alone = slots_of(rules, busy, taken, 60, start=minute, end=minute + 1, now=now)
        assert alone == [slot for start, slot in listed.items() if minute_of(start) == minute]
    for slot in listed.values():
        start = minute_of(slot.start)
        free = [host for host in hosts if is_free(rules, start, spans[host])]
        if slot.event_id is not None:
            event = taken[slot.event_id]
            assert (event.start, event.host_ids) == (start, slot.host_ids)
            assert slot.seats_left == rules.seats - event.seats > 0
        else:
            assert list(slot.host_ids) == free
            assert free == list(hosts) if rules.assignment == "collective" else free


def is_free(rules: SlotRules, start: int, spans: list[Span]) -> bool:
    after = rules.buffer_after
    return not any(start < span.end and span.start < start + 60 + after for span in spans)
