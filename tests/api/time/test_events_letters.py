"""The sandbox: what happens to an event is mailed, and reminders go out once its clock has passed them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar, Event

from artel import clock
from artel.db.pool import Connection, Database
from artel.events.jobs import HOLDS, PAST_EVENTS
from artel.events.mailing import event_letters_loop
from artel.process.due import Runner
from artel.process.listener import listening
from artel.process.sandbox_clock import follow_clock
from artel.process.worker import due_loops, wake_ups
from artel.settings import Settings
from tests.api.time.event_cast import booked
from tests.cast import Someone
from tests.waiting import until


@pytest.fixture(autouse=True)
def clock_put_back() -> Iterator[None]:
    yield
    clock.move_to_offset(timedelta())


@contextlib.asynccontextmanager
async def working(settings: Settings, database: Database) -> AsyncIterator[None]:
    """The worker's loops over events, as it runs them."""
    runners = [Runner(loop, database) for loop in (event_letters_loop(settings), HOLDS, PAST_EVENTS)]

    def wake_all() -> None:
        for runner in runners:
            runner.wake()

    async with follow_clock(database, moved=wake_all), listening(database.url, wake_ups(runners)):
        tasks = [asyncio.create_task(runner.run()) for runner in runners]
        yield
        for runner in runners:
            runner.stop()
        await asyncio.wait_for(asyncio.gather(*tasks), 10)


async def test_from_booking_to_reminders(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    nora: Someone,
    anna: Someone,
    now: datetime,
) -> None:
    async def annas() -> list[dict[str, Any]]:
        reply = await client.get("http://artel.test/sandbox/messages?to=anna@example.test")
        found: list[dict[str, Any]] = reply.json()
        return found

    async def mailed(subject: str, count: int = 1) -> bool:
        return [mail["subject"] for mail in await annas()].count(subject) == count

    async with working(settings, database):
        booking = await booked(conn, client, nora, anna, now=now)
        await until(lambda: mailed("Your booking: Consultation"))
        later = (booking.start + timedelta(hours=1)).isoformat()
        page = await client.put(booking.path, json={"start": later}, headers=nora.headers)
        await until(lambda: mailed("Nora Example proposes a change: Consultation"))
        ids = [page.json()["corrections"][0]["id"]]
        await client.post(f"{booking.path}/vote", json={"vote": True, "ids": ids}, headers=anna.headers)
        await until(lambda: mailed("New time: Consultation"))
        [moved] = [mail for mail in await annas() if mail["subject"] == "New time: Consultation"]
        [attached] = moved["attachments"]
        assert attached["contentType"].startswith("text/calendar; method=REQUEST")
        [event] = Calendar.from_ical(attached["content"]).walk("VEVENT")
        assert isinstance(event, Event)
        assert (event["SEQUENCE"], event.start) == (1, booking.start + timedelta(hours=1))

        seconds = (booking.start + timedelta(hours=1) - now).total_seconds()
        moved_clock = await client.post("http://artel.test/sandbox/clock", json={"advanceSeconds": seconds - 23 * 3600})
        assert moved_clock.status_code == 200
        await until(lambda: mailed("Reminder: Consultation"))
        # Past the meeting altogether, as if the time had passed: the other one as well, and it is done.
        await client.post("http://artel.test/sandbox/clock", json={"advanceSeconds": 30 * 3600})
        await until(lambda: mailed("Reminder: Consultation", 2))


def test_the_worker_runs_the_loop(settings: Settings) -> None:
    assert "event letters" in [loop.name for loop in due_loops(settings)]
