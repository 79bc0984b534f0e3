"""One winner each, on sixteen real connections: whatever races for a host's time, and whoever ends it."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.events.adding import NewEvent, add_event
from artel.events.booking import Booked, NewBooking, book, confirm_booking, move_event, release_booking
from artel.events.errors import BookingGone, SlotTaken, TooManyHolds
from artel.events.holds import sweep_holds
from artel.events.jobs import release_due_holds
from artel.events.steps import PAID
from artel.events.visitors import Visitor, book_as_visitor
from artel.schedules.queries import ScheduleRow
from tests import cast
from tests.events.cast import add_schedule, day_after
from tests.events.test_booking import EUR

CALLERS = 16
# All 1,000 of RELIABILITY's row 7 take some minutes: ARTEL_DOUBLE_BOOKING_ROUNDS=1000.
ROUNDS = int(os.environ.get("ARTEL_DOUBLE_BOOKING_ROUNDS", "60"))
TIMEOUT_S = max(180, ROUNDS)
HALF = timedelta(minutes=30)


async def add_clients(conn: Connection, count: int, *, now: datetime) -> list[int]:
    return [await cast.add_person(conn, f"client{number}@example.test", now=now) for number in range(count)]


async def take(database: Database, schedule: ScheduleRow, client_id: int, start: datetime, *, now: datetime) -> Booked:
    async with database.transaction() as conn:
        return await book(
            conn,
            schedule,
            NewBooking(start=start),
            client_id=client_id,
            is_proven=True,
            actor_id=client_id,
            now=now,
        )


async def outcomes(*work: Awaitable[Any]) -> list[Any]:
    """What each came to; anything but a refusal is a failure of the test."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Refused):
            raise result
    return results


async def exclusive(conn: Connection, host_id: int, start: datetime, end: datetime) -> list[int]:
    """The events that have the host between."""
    cursor = await conn.execute(
        """
        SELECT event_id FROM busy_span
        WHERE person_id = %s AND is_exclusive AND starts_at < %s AND ends_at > %s
        """,
        [host_id, end, start],
    )
    return [row[0] for row in await cursor.fetchall()]


class Round:
    """Everything that can want one half hour of a host, at once."""

    def __init__(
        self, database: Database, host_id: int, clients: list[int], start: datetime, now: datetime, delay_s: float
    ) -> None:
        self.delay_s = delay_s
        self.database = database
        self.host_id = host_id
        self.clients = clients
        self.start = start
        self.now = now

    async def prepare(self, half_hours: ScheduleRow, hours: ScheduleRow, priced: ScheduleRow) -> None:
        self.half_hours, self.hours = half_hours, hours
        self.expired = await take(
            self.database, priced, self.clients[0], self.start, now=self.now - timedelta(minutes=30)
        )
        self.elsewhere = [
            await take(self.database, half_hours, client, self.start + HALF * (2 + number), now=self.now)
            for number, client in enumerate(self.clients[1:5])
        ]

    def actors(self) -> list[Awaitable[Any]]:
        work: list[Awaitable[Any]] = [
            *(take(self.database, self.half_hours, client, self.start, now=self.now) for client in self.clients[5:9]),
            *(take(self.database, self.hours, client, self.start, now=self.now) for client in self.clients[9:12]),
            *(self.move(booked) for booked in self.elsewhere),
            *(self.pay_late() for _ in range(2)),
            self.put_by_hand(),
            self.insert_without_asking(),
            release_due_holds(self.database, self.now),
        ]
        assert len(work) == CALLERS
        return work

    async def kind_of(self, conn: Connection, event_id: int) -> str:
        if event_id == self.expired.event_id:
            return "paid late"
        if event_id in {booked.event_id for booked in self.elsewhere}:
            return "moved"
        label: str = await fetch_value(conn, "SELECT label FROM calendar_event WHERE id = %(id)s", {"id": event_id})
        return label

    async def move(self, booked: Booked) -> Booked:
        async with self.database.transaction() as conn:
            await move_event(
                conn, booked.event_id, starts_at=self.start, ends_at=self.start + HALF, actor_id=None, now=self.now
            )
        return booked

    async def pay_late(self) -> Booked:
        async with self.database.transaction() as conn:
            await confirm_booking(conn, self.expired.attendee_id, actor_id=None, reason=PAID, now=self.now)
        return self.expired

    async def put_by_hand(self) -> int:
        new = NewEvent(label="Away", starts_at=self.start - timedelta(minutes=10), ends_at=self.start + HALF)
        async with self.database.transaction() as conn:
            return await add_event(conn, self.half_hours, new, actor_id=self.host_id, now=self.now)

    async def insert_without_asking(self) -> int:
        """Code that knows nothing of anybody's locks. It has nothing to look at first, so it begins a little later."""
        await asyncio.sleep(self.delay_s)
        async with self.database.transaction() as conn:
            event_id: int = await fetch_value(
                conn,
                """
                INSERT INTO calendar_event
                    (status_id, creator_id, label, timezone, starts_at, ends_at, created_at, updated_at)
                VALUES (200, %(host)s, 'Rough', 'UTC', %(starts)s, %(ends)s, %(now)s, %(now)s)
                RETURNING id
                """,
                {"host": self.host_id, "starts": self.start, "ends": self.start + HALF, "now": self.now},
            )
            cursor = await conn.execute(
                """
                INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
                VALUES (%s, %s, %s, %s, true)
                ON CONFLICT DO NOTHING
                """,
                [self.host_id, event_id, self.start, self.start + HALF],
            )
            await asyncio.sleep(0.002)
            if cursor.rowcount == 0:
                raise SlotTaken
        return event_id


@pytest.mark.timeout(TIMEOUT_S)
async def test_create_move_confirm(database: Database, conn: Connection, host: int, now: datetime) -> None:
    """Each round one half hour is wanted by seven bookings of two schedules, four moves, two late payments of a hold
    that ran out, an event by hand, and code that asks nobody, while the sweep passes."""
    clients = await add_clients(conn, 12, now=now)
    half_hours = await add_schedule(conn, host, now=now, horizon_days=1095)
    hours = await add_schedule(conn, host, now=now, horizon_days=1095, duration=60, step=30)
    priced = await add_schedule(conn, host, now=now, horizon_days=1095, **EUR)
    chance = random.Random(7)
    winners: Counter[str] = Counter()
    for number in range(ROUNDS):
        start = day_after(now, days=2, hour=1) + timedelta(hours=4) * number
        this = Round(database, host, clients, start, now, chance.choice((0, 0.01, 0.02, 0.03)))
        await this.prepare(half_hours, hours, priced)
        work = this.actors()
        chance.shuffle(work)
        results = await outcomes(*work)
        won = {
            result if isinstance(result, int) else result.event_id
            for result in results
            if isinstance(result, int | Booked)
        }
        assert len(won) == 1, f"round {number}: {results}"
        assert await exclusive(conn, host, this.start, this.start + HALF) == list(won)
        assert {type(result) for result in results if isinstance(result, Refused)} <= {SlotTaken, BookingGone}
        winners[await this.kind_of(conn, won.pop())] += 1
    assert ROUNDS < 50 or len(winners) > 3, f"the same always win: {winners}"


async def test_seats_are_sold_exactly(database: Database, conn: Connection, host: int, now: datetime) -> None:
    clients = await add_clients(conn, 40, now=now)
    schedule = await add_schedule(conn, host, now=now, type_id=2, seats=7, **EUR)
    results = await outcomes(*(take(database, schedule, client, day_after(now), now=now) for client in clients))
    booked = [result for result in results if isinstance(result, Booked)]
    assert len(booked) == 7
    assert len({one.event_id for one in booked}) == 1
    # Seats come back and are taken again while the sweep, payments and cancellations pass.
    later = now + timedelta(minutes=5)

    async def pay(one: Booked) -> None:
        async with database.transaction() as own:
            await confirm_booking(own, one.attendee_id, actor_id=None, reason=PAID, now=later)

    async def cancel(one: Booked) -> None:
        async with database.transaction() as own:
            await release_booking(own, one.attendee_id, to_status=444, actor_id=None, reason="ill", now=later)

    async def sweep() -> None:
        async with database.transaction() as own:
            await sweep_holds(own, limit=10, now=later)

    idle = [client for client, result in zip(clients, results, strict=True) if not isinstance(result, Booked)]
    await outcomes(
        *(pay(one) for one in booked[:4]),
        *(cancel(one) for one in booked[3:5]),
        *(take(database, schedule, client, day_after(now), now=later) for client in idle),
        *(sweep() for _ in range(3)),
    )
    cursor = await conn.execute(
        """
        SELECT count(*) FROM event_attendee
        WHERE role_id = 4 AND status_id IN (100, 200) AND (hold_until IS NULL OR hold_until > %s)
        GROUP BY event_id
        """,
        [later],
    )
    assert await cursor.fetchall() == [(7,)], "all sold again, in one event"
    assert len(await exclusive(conn, host, day_after(now), day_after(now) + HALF)) == 1


async def test_collectives_that_share_hosts(database: Database, conn: Connection, now: datetime) -> None:
    """Locks in any other order than that of ids would wait for each other here."""
    hosts = [await cast.add_person(conn, f"host{number}@example.test", now=now) for number in range(3)]
    clients = await add_clients(conn, CALLERS, now=now)
    schedules = []
    for number, owner in enumerate(hosts):
        pair = (hosts[(number + 1) % 3], hosts[(number + 2) % 3])
        schedules.append(await add_schedule(conn, owner, now=now, hosts=pair, assignment="collective"))
    for number in range(5):
        start = day_after(now, days=1 + number)
        results = await outcomes(
            *(take(database, schedules[at % 3], client, start, now=now) for at, client in enumerate(clients))
        )
        # Any two of the three pairs share a host.
        [booked] = [result for result in results if isinstance(result, Booked)]
        assert (
            await fetch_value(
                conn, "SELECT count(*) FROM busy_span WHERE is_exclusive AND event_id = %(id)s", {"id": booked.event_id}
            )
            == 2
        )


async def test_round_robin_gives_each_host_once(database: Database, conn: Connection, host: int, now: datetime) -> None:
    hosts = [await cast.add_person(conn, f"host{number}@example.test", now=now) for number in range(4)]
    clients = await add_clients(conn, CALLERS, now=now)
    schedule = await add_schedule(conn, host, now=now, hosts=tuple(hosts), assignment="round_robin")
    results = await outcomes(*(take(database, schedule, client, day_after(now), now=now) for client in clients))
    assert len([result for result in results if isinstance(result, Booked)]) == 4
    cursor = await conn.execute("SELECT person_id FROM busy_span WHERE is_exclusive ORDER BY person_id")
    assert [row[0] for row in await cursor.fetchall()] == hosts


async def test_one_client_holds_no_more_than_the_bound(
    database: Database, conn: Connection, host: int, anna: int, now: datetime
) -> None:
    schedule = await add_schedule(conn, host, now=now, **EUR)
    results = await outcomes(
        *(take(database, schedule, anna, day_after(now) + HALF * number, now=now) for number in range(CALLERS))
    )
    assert len([result for result in results if isinstance(result, Booked)]) == 5
    assert {type(result) for result in results if isinstance(result, Refused)} == {TooManyHolds}


async def test_an_address_becomes_one_user(database: Database, conn: Connection, host: int, now: datetime) -> None:
    schedule = await add_schedule(conn, host, now=now)

    async def visit(number: int) -> Booked:
        visitor = Visitor("clara@example.test" if number % 2 else "CLARA@example.test", "Clara", None, "EN")
        start = day_after(now) + HALF * number
        async with database.transaction() as own:
            return await book_as_visitor(
                own, schedule, NewBooking(start=start), visitor, base_url="http://artel.test", now=now
            )

    results = await outcomes(*(visit(number) for number in range(8)))
    assert len({result.client_id for result in results if isinstance(result, Booked)}) == 1
    assert await fetch_value(conn, "SELECT count(*) FROM person WHERE lower(email) = 'clara@example.test'") == 1


async def test_the_schedule_is_not_deleted_under_a_booking(
    database: Database, conn: Connection, host: int, anna: int, now: datetime
) -> None:
    """Whoever deletes it waits, and then sees the booking."""
    schedule = await add_schedule(conn, host, now=now)
    async with database.transaction() as booking:
        await book(
            booking,
            schedule,
            NewBooking(start=day_after(now)),
            client_id=anna,
            is_proven=True,
            actor_id=anna,
            now=now.astimezone(UTC),
        )
        deleting = asyncio.create_task(
            conn.execute("UPDATE schedule SET deleted_at = %s WHERE id = %s", [now, schedule.id])
        )
        await asyncio.sleep(0.1)
        assert not deleting.done()
    await deleting
    with pytest.raises(Refused):
        await take(database, schedule, anna, day_after(now, hour=12), now=now)
