"""A schedule deleted while clients book and confirm: nothing is left pending on it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotFound, Refused
from artel.events.booking import NewBooking, book
from artel.events.steps import BY_HOST, confirm_booking
from artel.schedules.deletion import delete_schedule
from artel.schedules.queries import access_schedule
from tests import cast
from tests.cast import Someone
from tests.schedules.cast import SETTINGS, add_booking, add_schedule

MANUAL = {**SETTINGS, "confirmation": "manual"}


async def after_the_other(call: Callable[[], Awaitable[bool]]) -> bool:
    await asyncio.sleep(0.02)
    return await call()


async def booked(database: Database, schedule: int, client: int, start: datetime, *, now: datetime) -> str:
    try:
        async with database.transaction() as booking:
            row = (await access_schedule(booking, client, schedule, write=1)).schedule
            wish = NewBooking(start=start)
            await book(booking, row, wish, client_id=client, is_proven=True, actor_id=client, now=now)
    except NotFound:
        return "gone"
    return "booked"


async def test_who_waited_for_the_deletion_finds_nothing(database: Database, conn: Connection, now: datetime) -> None:
    anna = Someone(await cast.add_person(conn, "anna@example.test", now=now), None, "")
    client = await cast.add_person(conn, "client@example.test", now=now)
    schedule = await add_schedule(conn, anna, now=now, settings=MANUAL)
    start = (now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    async with database.transaction() as deleting:
        access = await access_schedule(deleting, anna.id, schedule, lock="update")
        await delete_schedule(deleting, access, actor_id=anna.id, now=now)
        booking = asyncio.create_task(booked(database, schedule, client, start, now=now))
        await asyncio.wait([booking], timeout=0.3)
        assert not booking.done()
    assert await booking == "gone"
    assert await fetch_value(conn, "SELECT count(*) FROM calendar_event") == 0


@pytest.mark.parametrize("turn", range(4))
async def test_booked_while_it_is_deleted(database: Database, conn: Connection, now: datetime, turn: int) -> None:
    anna = Someone(await cast.add_person(conn, "anna@example.test", now=now), None, "")
    clients = [await cast.add_person(conn, f"client{n}@example.test", now=now) for n in range(8)]
    schedule = await add_schedule(conn, anna, now=now, settings=MANUAL)
    start = (now + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)

    async def take(place: int) -> str:
        return await booked(database, schedule, clients[place], start + timedelta(hours=place), now=now)

    async def delete() -> str:
        await asyncio.sleep(0.004 * turn)
        async with database.transaction() as deleting:
            access = await access_schedule(deleting, anna.id, schedule, lock="update")
            await delete_schedule(deleting, access, actor_id=anna.id, now=now)
        return "deleted"

    ends = await asyncio.gather(*(take(place) for place in range(8)), delete())
    assert ends[-1] == "deleted"
    left = await fetch_value(
        conn,
        """
        SELECT (SELECT count(*) FROM calendar_event WHERE status_id <> 444)
            + (SELECT count(*) FROM event_attendee WHERE status_id <> 444)
            + (SELECT count(*) FROM busy_span)
        """,
    )
    assert left == 0
    assert await fetch_value(conn, "SELECT count(*) FROM calendar_event") == ends.count("booked")


async def test_confirmed_while_it_is_deleted(database: Database, conn: Connection, now: datetime) -> None:
    """Either the booking was confirmed first and stays, or it was cancelled and cannot be confirmed."""
    anna = Someone(await cast.add_person(conn, "anna@example.test", now=now), None, "")
    boris = Someone(await cast.add_person(conn, "boris@example.test", now=now), None, "")
    won = set()
    for turn in range(6):
        schedule = await add_schedule(conn, anna, now=now)
        event = await add_booking(conn, schedule, anna, boris, starts_at=now + timedelta(days=1 + turn), now=now)
        seat = await fetch_value(
            conn, "SELECT id FROM event_attendee WHERE event_id = %(event)s AND role_id = 4", {"event": event}
        )

        async def confirm(seat: int = seat) -> bool:
            try:
                async with database.transaction() as confirming:
                    await confirm_booking(confirming, seat, actor_id=None, reason=BY_HOST, now=now)
            except Refused:
                return False
            return True

        async def delete(schedule: int = schedule) -> None:
            async with database.transaction() as deleting:
                access = await access_schedule(deleting, anna.id, schedule, lock="update")
                await delete_schedule(deleting, access, actor_id=anna.id, now=now)

        if turn % 2:
            _, confirmed = await asyncio.gather(delete(), after_the_other(confirm))
        else:
            confirmed, _ = await asyncio.gather(confirm(), delete())
        won.add(confirmed)
        status = await fetch_value(conn, "SELECT status_id FROM calendar_event WHERE id = %(id)s", {"id": event})
        assert status == (200 if confirmed else 444)
    assert won == {True, False}, "the race was no race"
