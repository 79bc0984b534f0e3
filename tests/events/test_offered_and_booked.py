"""What the listing of free slots shows can be booked, and nothing else: random schedules, busy times and moments."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artel.db.pool import Connection
from artel.errors import Refused
from artel.events.adding import NewEvent, add_event
from artel.events.booking import NewBooking, book
from artel.events.errors import SlotNotOffered, SlotTaken
from artel.schedules.availability import Slot, free_slots
from artel.schedules.queries import ScheduleRow
from tests import cast
from tests.events.cast import add_schedule
from tests.ledger.clerk import Clerk

ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]
# Some hours before the clocks of Europe and, a week before, of America change.
NOWS = [datetime(2027, 3, 27, 21, 17, tzinfo=UTC), datetime(2027, 10, 30, 22, 5, tzinfo=UTC)]
DAY = timedelta(days=1)


class Case:
    """A schedule of some hosts, and what fills their time."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.now = draw(st.sampled_from(NOWS)) + timedelta(minutes=draw(st.integers(0, 7 * 1440)))
        opens = draw(st.integers(0, 20)) * 60
        closes = opens + draw(st.integers(1, 12)) * 60
        self.rules: dict[str, Any] = {
            "timezone": draw(st.sampled_from(ZONES)),
            "duration": draw(st.sampled_from([20, 30, 45])),
            "durations": (60,),
            "step": draw(st.sampled_from([0, 15, 30])),
            "days": {str(day): ((opens, closes),) for day in range(1, 8)},
            "buffer_before": draw(st.sampled_from([0, 5, 20])),
            "buffer_after": draw(st.sampled_from([0, 10])),
            "notice_minutes": draw(st.sampled_from([0, 90])),
            "horizon_days": draw(st.sampled_from([1, 2, 30])),
            "max_per_day": draw(st.sampled_from([None, 1, 2])),
            "seats": draw(st.sampled_from([1, 2])),
            "assignment": draw(st.sampled_from(["one", "round_robin", "collective"])),
        }
        self.by_hand = draw(st.lists(st.tuples(st.integers(0, 3 * 1440), st.sampled_from([15, 40, 90])), max_size=3))
        self.picks = draw(st.lists(st.integers(0, 10**6), min_size=3, max_size=6))
        self.guesses = draw(st.lists(st.integers(-60, 3 * 288), min_size=4, max_size=8))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    return Case(draw)


class Desk:
    def __init__(self, conn: Connection) -> None:
        self.conn = conn

    async def open(self, now: datetime) -> None:
        self.hosts = [await cast.add_person(self.conn, f"host{at}@example.test", now=now) for at in range(3)]
        self.clients = [await cast.add_person(self.conn, f"client{at}@example.test", now=now) for at in range(8)]

    async def listed(self, schedule: ScheduleRow, now: datetime, duration: int | None) -> list[Slot]:
        return await free_slots(self.conn, schedule, start=now - DAY, end=now + 3 * DAY, now=now, duration=duration)

    async def try_to_book(
        self, schedule: ScheduleRow, start: datetime, client: int, now: datetime, *, duration: int | None, keep: bool
    ) -> Refused | None:
        """What the booking says; what it did is undone unless `keep`."""
        try:
            async with self.conn.transaction() as trying:
                await book(
                    self.conn,
                    schedule,
                    NewBooking(start=start, duration=duration),
                    client_id=client,
                    is_proven=True,
                    actor_id=client,
                    now=now,
                )
                if not keep:
                    raise psycopg.Rollback(trying)
        except Refused as refusal:
            return refusal
        return None

    async def play(self, case: Case) -> None:
        async with self.conn.transaction(force_rollback=True):
            await self.open(case.now)
            schedule = await add_schedule(
                self.conn, self.hosts[0], now=case.now, hosts=tuple(self.hosts[1:]), **case.rules
            )
            for minute, length in case.by_hand:
                await self.block(schedule, case.now + timedelta(minutes=minute), length, case.now)
            for number, pick in enumerate(case.picks):
                duration = 60 if pick % 3 == 0 else None
                slots = await self.listed(schedule, case.now, duration)
                await self.hold_to(schedule, slots, case, duration)
                if slots:
                    slot = slots[pick % len(slots)]
                    taken = await self.try_to_book(
                        schedule, slot.start, self.clients[number], case.now, duration=duration, keep=True
                    )
                    assert taken is None, (slot, taken)

    async def hold_to(self, schedule: ScheduleRow, slots: list[Slot], case: Case, duration: int | None) -> None:
        """Every moment that is guessed, and the first and last that are listed."""
        starts = {slot.start for slot in slots}
        moments = {case.now.replace(second=0) + timedelta(minutes=5 * guess) for guess in case.guesses}
        moments = {at.replace(minute=at.minute // 5 * 5) for at in moments}
        for at in sorted(moments | set(sorted(starts)[:1]) | set(sorted(starts)[-1:])):
            refusal = await self.try_to_book(schedule, at, self.clients[7], case.now, duration=duration, keep=False)
            assert (refusal is None) == (at in starts), (at, refusal)
            assert refusal is None or isinstance(refusal, SlotTaken | SlotNotOffered)

    async def block(self, schedule: ScheduleRow, start: datetime, length: int, now: datetime) -> None:
        new = NewEvent(label="Away", starts_at=start, ends_at=start + timedelta(minutes=length))
        with contextlib.suppress(SlotTaken):
            async with self.conn.transaction():
                await add_event(self.conn, schedule, new, actor_id=self.hosts[1], now=now)


@pytest.fixture
def clerk(database_url: str) -> Iterator[Clerk]:
    clerk = Clerk(database_url)
    yield clerk
    clerk.close()


def test_what_is_listed_can_be_booked_and_nothing_else(clerk: Clerk) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=cases())
    def play(case: Case) -> None:
        clerk.run(Desk(clerk.conn).play(case))

    play()
