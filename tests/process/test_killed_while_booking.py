"""kill -9 of the server while hundreds book the same time through HTTP: exactly one has it, and whoever was told so."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from artel import clock
from artel.db.pool import Connection
from artel.people.sessions import open_session
from artel.settings import Settings
from tests import cast
from tests.events.cast import add_schedule, day_after
from tests.process.installation import Installation, scratch_folder
from tests.waiting import until, wait_for

SECRET = "a secret of the tests, long enough for it"
CALLS = 200  # for each of the three
TIMEOUT_S = 240  # some 15 s on an idle machine
SEATS = 7
LENGTHS = (30, 45, 60)  # minutes, of the slots that overlap


class Served:
    """`artel serve` in a process group of its own, which can be killed and started again."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.here = Installation(home, ARTEL_DATABASE_URL=database_url, ARTEL_SECRET=SECRET, ARTEL_LOG_LEVEL="WARNING")
        self.pid = 0

    def start(self) -> None:
        with self.here.output.open("ab") as output:
            process = self.here.command("serve", stdout=output, stderr=output)
        self.pid = process.pid
        wait_for(lambda: self.here.is_ready() or process.poll() is not None)
        assert process.poll() is None, self.here.output.read_text()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    with scratch_folder() as folder:
        server = Served(folder / "home", database_url)
        server.start()
        yield server
        server.kill()
        server.here.remove()


@pytest.fixture
async def http(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    base = f"http://127.0.0.1:{served.here.port}/api"
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(base_url=base, timeout=60, limits=limits) as client:
        yield client


class Call:
    """One client's wish. It is sent again under its key until it is answered."""

    def __init__(self, path: str, start: datetime, token: str, key: str) -> None:
        self.path = path
        self.body = {"start": start.isoformat()}
        self.headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        self.lost = 0
        self.replies: list[httpx.Response] = []

    async def send(self, http: httpx.AsyncClient) -> None:
        try:
            self.replies.append(await http.post(self.path, json=self.body, headers=self.headers))
        except httpx.TransportError:
            self.lost += 1

    @property
    def booked(self) -> dict[str, Any] | None:
        reply = self.replies[-1]
        return reply.json()["event"] if reply.status_code == 200 else None


@pytest.mark.timeout(TIMEOUT_S)
async def test_killed_while_two_hundred_book(served: Served, http: httpx.AsyncClient, conn: Connection) -> None:
    now = clock.now().astimezone(UTC)
    settings = Settings(secret=SECRET)
    people = [await cast.add_person(conn, f"client{number}@example.test", now=now) for number in range(CALLS)]
    tokens = [
        (
            await open_session(
                conn,
                person_id=person,
                company_id=None,
                secret=settings.secret,
                lifetime_s=3600,
                now=now,
            )
        ).token
        for person in people
    ]
    nora, olaf, petra = [
        await cast.add_person(conn, f"{name}@example.test", now=now) for name in ("nora", "olaf", "petra")
    ]
    start = day_after(now)
    one_slot = await add_schedule(conn, nora, now=now)
    overlapping = [await add_schedule(conn, olaf, now=now, duration=minutes, step=15) for minutes in LENGTHS]
    group = await add_schedule(conn, petra, now=now, type_id=2, seats=SEATS)

    def wishes(number: int) -> list[Call]:
        # Of those that overlap, each is under way a quarter of an hour after `start`.
        later = start + timedelta(minutes=15 * (number % 2))
        wanted = [(one_slot, start), (overlapping[number % 3], later), (group, start)]
        return [
            Call(f"/schedule/{schedule.id}/book", at, tokens[number], f"{kind} {number}")
            for kind, (schedule, at) in enumerate(wanted)
        ]

    calls = [call for number in range(CALLS) for call in wishes(number)]
    sending = asyncio.gather(*(call.send(http) for call in calls))
    await until(lambda: any(call.replies for call in calls), timeout_s=60)
    served.kill()
    await sending
    assert sum(call.lost for call in calls) > 0, "the kill met no call"
    assert any(call.replies for call in calls)
    told = {id(call): call.replies[-1].text for call in calls if call.replies}

    await asyncio.to_thread(served.start)
    # Whoever does not know asks again; so do some who know.
    again = [call for at, call in enumerate(calls) if not call.replies or at % 10 == 0]
    await asyncio.gather(*(call.send(http) for call in again))
    assert all(call.replies for call in calls)
    assert {reply.status_code for call in calls for reply in call.replies} <= {200, 409}
    for call in calls:
        if id(call) in told:
            assert call.replies[-1].text == told[id(call)], "one key, several replies"

    for kind, (host, seats) in enumerate(((nora, 1), (olaf, 1), (petra, SEATS))):
        winners = [call.booked for call in calls[kind::3] if call.booked]
        assert len(winners) == seats
        assert len({event["id"] for event in winners}) == 1
        cursor = await conn.execute("SELECT event_id FROM busy_span WHERE person_id = %s AND is_exclusive", [host])
        assert await cursor.fetchall() == [(winners[0]["id"],)]
        cursor = await conn.execute(
            """
            SELECT count(*), count(DISTINCT a.person_id)
            FROM event_attendee AS a
            JOIN calendar_event AS e ON e.id = a.event_id AND e.benefitable_id = %s
            WHERE a.role_id = 4
            """,
            [host],
        )
        assert await cursor.fetchall() == [(seats, seats)]
