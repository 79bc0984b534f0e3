"""Booking, confirming, giving back, moving, ending: the rules, one at a time."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from artel.db.pool import Connection
from artel.events.booking import Booked, NewBooking, book, confirm_booking, end_event, move_event, release_booking
from artel.events.errors import (
    AlreadyBooked,
    BookingGone,
    EventClosed,
    EventTimesInvalid,
    HostBooksSelf,
    SlotNotOffered,
    SlotTaken,
    TooManyHolds,
)
from artel.events.holds import sweep_holds
from artel.events.steps import PAID, PROVEN
from artel.schedules.availability import free_slots
from artel.schedules.errors import DurationNotOffered
from artel.schedules.queries import ScheduleRow
from tests import cast
from tests.events.cast import NINE_TO_SIX, add_schedule, day_after

EUR: dict[str, Any] = {"price": Decimal(40), "currency": "EUR"}


async def take(
    conn: Connection,
    schedule: ScheduleRow,
    client_id: int,
    start: datetime,
    *,
    now: datetime,
    is_proven: bool = True,
    **wanted: Any,
) -> Booked:
    async with conn.transaction():
        return await book(
            conn,
            schedule,
            NewBooking(start=start, **wanted),
            client_id=client_id,
            is_proven=is_proven,
            actor_id=client_id if is_proven else None,
            now=now,
        )


async def rows(conn: Connection, sql: str, *parameters: Any) -> list[Any]:
    cursor = await conn.execute(sql, parameters)  # type: ignore[arg-type]
    return await cursor.fetchall()


async def statuses(conn: Connection, booked: Booked) -> tuple[int, int]:
    """Of the event and of the client's seat."""
    [found] = await rows(
        conn,
        """
        SELECT e.status_id, a.status_id
        FROM calendar_event AS e JOIN event_attendee AS a ON a.event_id = e.id
        WHERE a.id = %s
        """,
        booked.attendee_id,
    )
    return found[0], found[1]


async def spans(conn: Connection, event_id: int) -> list[tuple[int, bool, datetime | None]]:
    return await rows(
        conn,
        "SELECT person_id, is_exclusive, held_until FROM busy_span WHERE event_id = %s ORDER BY person_id",
        event_id,
    )


async def is_listed(conn: Connection, schedule: ScheduleRow, start: datetime, *, now: datetime) -> bool:
    return bool(await free_slots(conn, schedule, start=start, end=start + timedelta(minutes=1), now=now))


async def test_a_free_slot_is_confirmed_at_once(conn: Connection, host: int, anna: int, now: datetime) -> None:
    schedule = await add_schedule(conn, host, now=now, buffer_before=5, buffer_after=10)
    start = day_after(now)
    booked = await take(conn, schedule, anna, start, now=now, label="First talk", description="About the plan")
    assert booked.needs is None
    assert booked.hold_until is None
    assert await statuses(conn, booked) == (200, 200)
    [event] = await rows(
        conn,
        """
        SELECT label, description, schedule_id, calendar_id, creator_id, billable_id, benefitable_id, ends_at, amount
        FROM calendar_event WHERE id = %s
        """,
        booked.event_id,
    )
    assert event == (
        "First talk",
        "About the plan",
        schedule.id,
        schedule.calendar_id,
        anna,
        anna,
        host,
        start + timedelta(minutes=30),
        None,
    )
    assert await spans(conn, booked.event_id) == [(host, True, None), (anna, False, None)]
    [buffers] = await rows(conn, "SELECT before_minutes, after_minutes FROM busy_span WHERE person_id = %s", host)
    assert buffers == (5, 10)
    steps = await rows(conn, "SELECT attendee_id, from_status, to_status, actor_id FROM event_step ORDER BY id")
    assert steps == [(None, None, 200, anna), (booked.attendee_id, None, 200, anna)]
    assert await rows(conn, "SELECT action, subject_id FROM audit WHERE action = 'booking.made'") == [
        ("booking.made", booked.event_id)
    ]


async def test_what_is_booked_is_not_booked_again(
    conn: Connection, host: int, anna: int, ben: int, now: datetime
) -> None:
    schedule = await add_schedule(conn, host, now=now, buffer_after=15)
    start = day_after(now)
    await take(conn, schedule, anna, start, now=now)
    for minutes in (0, 30):  # the second lies in the buffer
        with pytest.raises(SlotTaken):
            await take(conn, schedule, ben, start + timedelta(minutes=minutes), now=now)
    await take(conn, schedule, ben, start + timedelta(minutes=60), now=now)
    other = await add_schedule(conn, host, now=now, duration=60)
    with pytest.raises(SlotTaken):
        await take(conn, other, ben, start, now=now)


@pytest.mark.parametrize("offset", [timedelta(minutes=7), timedelta(seconds=1), timedelta(hours=9), timedelta(days=-3)])
async def test_what_is_not_offered(conn: Connection, host: int, anna: int, now: datetime, offset: timedelta) -> None:
    schedule = await add_schedule(conn, host, now=now, days=NINE_TO_SIX)
    with pytest.raises(SlotNotOffered):
        await take(conn, schedule, anna, day_after(now) + offset, now=now)
    with pytest.raises(DurationNotOffered):
        await take(conn, schedule, anna, day_after(now), now=now, duration=45)
    assert await rows(conn, "SELECT 1 FROM calendar_event") == []


async def test_hosts_do_not_book_themselves(conn: Connection, host: int, now: datetime) -> None:
    schedule = await add_schedule(conn, host, now=now)
    with pytest.raises(HostBooksSelf):
        await take(conn, schedule, host, day_after(now), now=now)
    with pytest.raises(SlotTaken):  # a stranger who types addresses does not learn whose they are
        await take(conn, schedule, host, day_after(now), now=now, is_proven=False)


async def test_a_priced_slot_is_held_until_it_is_paid(
    conn: Connection, host: int, anna: int, ben: int, now: datetime
) -> None:
    schedule = await add_schedule(conn, host, now=now, hold_minutes=7, **EUR)
    start = day_after(now)
    booked = await take(conn, schedule, anna, start, now=now)
    until = now + timedelta(minutes=7)
    assert (booked.needs, booked.hold_until) == ("payment", until)
    assert await statuses(conn, booked) == (100, 100)
    assert await spans(conn, booked.event_id) == [(host, True, until), (anna, False, until)]
    assert await rows(conn, "SELECT price, currency FROM event_attendee WHERE role_id = 4") == [(Decimal(40), "EUR")]
    assert await rows(conn, "SELECT amount, currency FROM calendar_event") == [(Decimal(40), "EUR")]
    with pytest.raises(SlotTaken):
        await take(conn, schedule, ben, start, now=now)

    async with conn.transaction():
        assert await confirm_booking(conn, booked.attendee_id, actor_id=anna, reason=PAID, now=now) == 200
    assert await statuses(conn, booked) == (200, 200)
    assert await spans(conn, booked.event_id) == [(host, True, None), (anna, False, None)]
    later = now + timedelta(minutes=8)
    async with conn.transaction():
        assert await sweep_holds(conn, limit=10, now=later) == 0
        assert await confirm_booking(conn, booked.attendee_id, actor_id=anna, reason=PAID, now=later) == 200
    with pytest.raises(SlotTaken):
        await take(conn, schedule, ben, start, now=later)


async def test_an_hourly_price_is_for_the_slots_length(conn: Connection, host: int, anna: int, now: datetime) -> None:
    schedule = await add_schedule(conn, host, now=now, price_per="hour", durations=(50,), step=30, **EUR)
    await take(conn, schedule, anna, day_after(now), now=now, duration=50)
    assert await rows(conn, "SELECT price FROM event_attendee WHERE role_id = 4") == [(Decimal("33.33"),)]


async def test_a_hold_that_ran_out_blocks_nobody(
    conn: Connection, host: int, anna: int, ben: int, now: datetime
) -> None:
    """The sweep never comes here."""
    schedule = await add_schedule(conn, host, now=now, **EUR)
    start = day_after(now)
    lost = await take(conn, schedule, anna, start, now=now)
    later = now + timedelta(minutes=5)
    won = await take(conn, schedule, ben, start, now=later)
    assert await statuses(conn, lost) == (444, 444)
    assert await spans(conn, lost.event_id) == []
    with pytest.raises(BookingGone):
        await confirm_booking(conn, lost.attendee_id, actor_id=anna, reason=PAID, now=later)
    assert await confirm_booking(conn, won.attendee_id, actor_id=ben, reason=PAID, now=later) == 200


async def test_paying_late_is_taken_while_nobody_wanted_the_slot(
    conn: Connection, host: int, anna: int, now: datetime
) -> None:
    schedule = await add_schedule(conn, host, now=now, **EUR)
    booked = await take(conn, schedule, anna, day_after(now), now=now)
    assert (
        await confirm_booking(conn, booked.attendee_id, actor_id=anna, reason=PAID, now=now + timedelta(minutes=6))
        == 200
    )
    other = await take(conn, schedule, anna, day_after(now, hour=12), now=now)
    with pytest.raises(BookingGone):  # its time has passed as well
        await confirm_booking(conn, other.attendee_id, actor_id=anna, reason=PAID, now=now + timedelta(days=3))


async def test_the_sweep_gives_back_what_ran_out(
    conn: Connection, host: int, anna: int, ben: int, now: datetime
) -> None:
    schedule = await add_schedule(conn, host, now=now, **EUR)
    lost = await take(conn, schedule, anna, day_after(now), now=now)
    later = now + timedelta(minutes=3)
    kept = await take(conn, schedule, ben, day_after(now, hour=12), now=later)
    later = now + timedelta(minutes=5)
    async with conn.transaction():
        assert await sweep_holds(conn, limit=10, now=later) == 1
    assert await statuses(conn, lost) == (444, 444)
    assert await statuses(conn, kept) == (100, 100)
    assert await is_listed(conn, schedule, day_after(now), now=later)
    steps = await rows(
        conn,
        """
        SELECT s.event_id, a.role_id, s.from_status, s.reason
        FROM event_step AS s LEFT JOIN event_attendee AS a ON a.id = s.attendee_id
        WHERE s.to_status = 444
        ORDER BY s.id
        """,
    )
    assert steps == [
        (lost.event_id, 4, 100, "the hold ran out"),
        (lost.event_id, None, 100, "the hold ran out"),
        (lost.event_id, 3, 200, "the hold ran out"),
    ]


async def test_a_manual_schedule_waits_for_its_host(conn: Connection, host: int, anna: int, now: datetime) -> None:
    schedule = await add_schedule(conn, host, now=now, confirmation="manual")
    booked = await take(conn, schedule, anna, day_after(now), now=now)
    assert (booked.needs, booked.hold_until) == ("host", None)
    assert await statuses(conn, booked) == (100, 100)
    assert await rows(conn, "SELECT status_id FROM event_attendee WHERE role_id = 3") == [(100,)]
    assert not await is_listed(conn, schedule, day_after(now), now=now)
    assert await confirm_booking(conn, booked.attendee_id, actor_id=host, reason="see you", now=now) == 200
    assert await statuses(conn, booked) == (200, 200)
    assert await rows(conn, "SELECT status_id FROM event_attendee WHERE role_id = 3") == [(200,)]


async def test_a_visitor_who_proves_their_address_still_waits_for_a_manual_host(
    conn: Connection, host: int, anna: int, now: datetime
) -> None:
    schedule = await add_schedule(conn, host, now=now, confirmation="manual")
    booked = await take(conn, schedule, anna, day_after(now), now=now, is_proven=False)
    assert (booked.needs, booked.hold_until) == ("confirmation", now + timedelta(minutes=15))
    assert await spans(conn, booked.event_id) == [(host, True, booked.hold_until)], "a stranger's time is not taken"
    assert await confirm_booking(conn, booked.attendee_id, actor_id=anna, reason=PROVEN, now=now) == 100
    assert await spans(conn, booked.event_id) == [(host, True, None), (anna, False, None)]
    assert await confirm_booking(conn, booked.attendee_id, actor_id=host, reason="yes", now=now) == 200


async def test_a_paid_booking_still_waits_for_a_manual_host(
    conn: Connection, host: int, anna: int, now: datetime
) -> None:
    schedule = await add_schedule(conn, host, now=now, confirmation="manual", **EUR)
    booked = await take(conn, schedule, anna, day_after(now), now=now)
    assert booked.needs == "payment"
    assert await confirm_booking(conn, booked.attendee_id, actor_id=anna, reason=PAID, now=now) == 100
    async with conn.transaction():
        assert await sweep_holds(conn, limit=10, now=now + timedelta(hours=1)) == 0
    assert await confirm_booking(conn, booked.attendee_id, actor_id=host, reason="yes", now=now) == 200


async def test_seats_are_sold_once_each(conn: Connection, host: int, anna: int, ben: int, now: datetime) -> None:
    schedule = await add_schedule(conn, host, now=now, type_id=2, seats=2, **EUR)
    start = day_after(now)
    first = await take(conn, schedule, anna, start, now=now, label="Mine", description="Only for the host")
    with pytest.raises(AlreadyBooked):
        await take(conn, schedule, anna, start, now=now)
    second = await take(conn, schedule, ben, start, now=now)
    assert first.event_id == second.event_id
    assert await rows(conn, "SELECT label, description, billable_id, amount FROM calendar_event") == [
        ("Consultation", None, None, Decimal(80))
    ]
    assert await rows(conn, "SELECT note FROM event_attendee WHERE id = %s", first.attendee_id) == [
        ("Mine\n\nOnly for the host",)
    ]
    clara = await cast.add_person(conn, "clara@example.test", now=now)
    with pytest.raises(SlotTaken):
        await take(conn, schedule, clara, start, now=now)

    await confirm_booking(conn, second.attendee_id, actor_id=ben, reason=PAID, now=now)
    assert (await spans(conn, first.event_id))[0] == (host, True, None)
    later = now + timedelta(minutes=5)
    third = await take(conn, schedule, clara, start, now=later)
    assert third.event_id == first.event_id
    assert await statuses(conn, first) == (200, 444)
    assert not await release_booking(conn, second.attendee_id, to_status=444, actor_id=ben, reason="ill", now=later)
    assert await rows(conn, "SELECT status_id, amount FROM calendar_event") == [(200, Decimal(40))]
    assert await release_booking(conn, third.attendee_id, to_status=444, actor_id=clara, reason="ill", now=later)
    assert await rows(conn, "SELECT status_id FROM calendar_event") == [(444,)]
    assert await spans(conn, first.event_id) == []
    with pytest.raises(BookingGone):
        await release_booking(conn, third.attendee_id, to_status=444, actor_id=clara, reason="ill", now=later)


async def test_round_robin_is_fair(conn: Connection, host: int, anna: int, now: datetime) -> None:
    others = [await cast.add_person(conn, f"host{number}@example.test", now=now) for number in range(2)]
    schedule = await add_schedule(conn, host, now=now, hosts=tuple(others), assignment="round_robin")
    booked = [
        await take(conn, schedule, anna, day_after(now, hour=hour), now=now + timedelta(seconds=hour))
        for hour in range(6)
    ]
    chosen = [
        (await rows(conn, "SELECT person_id FROM event_attendee WHERE event_id = %s AND role_id = 3", one.event_id))[0][
            0
        ]
        for one in booked
    ]
    assert chosen == others * 3
    at_once = [await take(conn, schedule, anna, day_after(now, days=2), now=now) for _ in others]
    assert len({one.event_id for one in at_once}) == 2
    with pytest.raises(SlotTaken):
        await take(conn, schedule, anna, day_after(now, days=2), now=now)


async def test_a_collective_takes_all_hosts_or_none(
    conn: Connection, host: int, anna: int, ben: int, now: datetime
) -> None:
    others = [await cast.add_person(conn, f"host{number}@example.test", now=now) for number in range(2)]
    schedule = await add_schedule(conn, host, now=now, hosts=tuple(others), assignment="collective")
    booked = await take(conn, schedule, anna, day_after(now), now=now)
    assert [span[0] for span in await spans(conn, booked.event_id) if span[1]] == others
    alone = await add_schedule(conn, others[1], now=now)
    with pytest.raises(SlotTaken):
        await take(conn, alone, ben, day_after(now), now=now)
    await take(conn, alone, ben, day_after(now, hour=12), now=now)
    with pytest.raises(SlotTaken):
        await take(conn, schedule, anna, day_after(now, hour=12), now=now)


async def test_whoever_answers_an_offer_pays_nothing(conn: Connection, host: int, anna: int, now: datetime) -> None:
    schedule = await add_schedule(conn, host, now=now, type_id=3, **EUR)
    booked = await take(conn, schedule, anna, day_after(now), now=now)
    assert booked.needs == "host"
    assert await rows(conn, "SELECT billable_id, benefitable_id FROM calendar_event") == [(host, anna)]


async def test_nobody_holds_a_whole_calendar(conn: Connection, host: int, anna: int, now: datetime) -> None:
    schedule = await add_schedule(conn, host, now=now, **EUR)
    for hour in range(5):
        await take(conn, schedule, anna, day_after(now, hour=hour), now=now)
    with pytest.raises(TooManyHolds) as refused:
        await take(conn, schedule, anna, day_after(now, hour=8), now=now + timedelta(minutes=1))
    assert refused.value.retry_after_s == 240
    await take(conn, schedule, anna, day_after(now, hour=8), now=now + timedelta(minutes=5))
    others = [await add_schedule(conn, host, now=now, **EUR) for _ in range(5)]
    for number in range(19):
        await take(conn, others[number % 5], anna, day_after(now, days=2, hour=number), now=now + timedelta(minutes=5))
    with pytest.raises(TooManyHolds):
        await take(conn, others[4], anna, day_after(now, days=3), now=now + timedelta(minutes=5))


async def test_moving(conn: Connection, host: int, anna: int, ben: int, now: datetime) -> None:
    schedule = await add_schedule(conn, host, now=now, days=NINE_TO_SIX)
    half = timedelta(minutes=30)
    start = day_after(now)
    booked = await take(conn, schedule, anna, start, now=now)
    taken = await take(conn, schedule, ben, start + half, now=now)

    async def move(to: datetime, length: timedelta = half, **how: Any) -> None:
        async with conn.transaction():
            await move_event(conn, booked.event_id, starts_at=to, ends_at=to + length, actor_id=anna, now=now, **how)

    with pytest.raises(SlotTaken):
        await move(start + half)
    with pytest.raises(SlotTaken):
        await move(start + half, at_any_time=True)
    with pytest.raises(SlotNotOffered):
        await move(start + timedelta(hours=10))
    with pytest.raises(DurationNotOffered):
        await move(start, timedelta(minutes=40))
    with pytest.raises(EventTimesInvalid):
        await move(start, timedelta(0))
    await move(start - half)
    assert await rows(
        conn, "SELECT starts_at, ends_at FROM busy_span WHERE event_id = %s GROUP BY 1, 2", booked.event_id
    ) == [(start - half, start)]
    assert await rows(conn, "SELECT starts_at, sequence FROM calendar_event WHERE id = %s", booked.event_id) == [
        (start - half, 1)
    ]
    await move(start + timedelta(hours=12), at_any_time=True)
    await end_event(conn, taken.event_id, to_status=400, actor_id=host, reason="not that day", now=now)
    await move(start + half)
    await end_event(conn, booked.event_id, to_status=444, actor_id=host, reason="ill", now=now)
    with pytest.raises(EventClosed):
        await move(start)


async def test_ending(conn: Connection, host: int, anna: int, ben: int, now: datetime) -> None:
    schedule = await add_schedule(conn, host, now=now, seats=3, type_id=2)
    start = day_after(now)
    first, second = [await take(conn, schedule, client, start, now=now) for client in (anna, ben)]
    with pytest.raises(EventClosed):
        await end_event(conn, first.event_id, to_status=555, actor_id=host, reason="", now=now)
    await end_event(conn, first.event_id, to_status=444, actor_id=host, reason="ill", now=now)
    assert await statuses(conn, first) == await statuses(conn, second) == (444, 444)
    assert await spans(conn, first.event_id) == []
    assert await is_listed(conn, schedule, start, now=now)
    with pytest.raises(EventClosed):
        await end_event(conn, first.event_id, to_status=400, actor_id=host, reason="", now=now)
    done = await take(conn, schedule, anna, start, now=now)
    await end_event(conn, done.event_id, to_status=777, actor_id=host, reason="was good", now=now)
    assert await statuses(conn, done) == (777, 200)
