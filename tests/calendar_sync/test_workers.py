"""Several workers, slow servers, killed processes, and what must never be seen."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import structlog
from psycopg.types.json import Jsonb

from artel import clock
from artel.calendar_sync.sources import LEASE_S
from artel.calendar_sync.syncing import calendar_loop
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.schedules.availability import free_slots
from artel.schedules.queries import schedule_by_id
from artel.settings import Settings
from tests.calendar_sync.cast import (
    Asked,
    FeedServer,
    Outside,
    Reply,
    add_meeting,
    add_owner,
    ics,
    imported,
    spans,
    stamp,
    states,
    sync_now,
    syncing,
)
from tests.calendar_sync.google_stand_in import SECOND, GoogleStandIn
from tests.calendar_sync.radicale_server import PASSWORD, USER, Radicale
from tests.calendar_sync.test_google import hour, join, link, part
from tests.cast import Someone
from tests.waiting import until

Owner = tuple[Someone, int]
Joined = tuple[httpx.AsyncClient, Settings]
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def day() -> datetime:
    return (clock.now() + timedelta(days=3)).astimezone(UTC).replace(hour=10, minute=0, second=0, microsecond=0)


def one_event(day: datetime) -> bytes:
    return ics(["UID:one", f"DTSTART:{stamp(day)}", "DURATION:PT1H", "SUMMARY:one"])


def after(seconds: float, reply: Reply) -> Callable[[Asked], Reply]:
    """A server that takes its time."""

    def answer(asked: Asked) -> Reply:
        time.sleep(seconds)
        return reply

    return answer


async def join_feed(client: httpx.AsyncClient, owner: Owner, url: str) -> None:
    someone, kal = owner
    answer = await client.post(f"/kal/{kal}/import", json={"url": url}, headers=someone.headers)
    assert answer.status_code == 200, answer.text


async def test_two_workers_never_have_one_source_in_hand_at_once(
    client: httpx.AsyncClient, conn: Connection, database: Database, settings: Settings, owner: Owner, day: datetime
) -> None:
    under_way: list[str] = []
    most: list[int] = []

    def slowly(asked: Asked) -> Reply:
        under_way.append(asked.path)
        most.append(under_way.count(asked.path))
        time.sleep(0.3)
        under_way.remove(asked.path)
        return Reply(200, one_event(day))

    server = Outside(slowly)
    try:
        for number in range(4):
            await join_feed(client, owner, f"{server.url}/{number}.ics")
        async with syncing(database, settings), syncing(database, settings), syncing(database, settings):
            for _ in range(4):
                await conn.execute("UPDATE calendar_source SET next_sync_at = %s", [clock.now()])
                await conn.execute("SELECT pg_notify('artel_calendars', '')")
                await asyncio.sleep(0.2)

            async def all_done() -> bool:
                return all(state.attempt >= 2 for state in await states(conn)) and not under_way

            await until(all_done, timeout_s=30)
    finally:
        server.stop()
    assert max(most) == 1
    assert len(await imported(conn)) == 4


async def test_a_slow_server_holds_nobody_up(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
    day: datetime,
) -> None:
    """Somebody's calendars lie with a server that never answers; another's are read meanwhile, and in time the first
    are noted as failed."""
    slow = Outside(after(30, Reply(200)))
    other = await add_owner(conn, settings, "boris@example.test")
    feed.body = one_event(day)
    try:
        for number in range(12):
            await join_feed(client, other, f"{slow.url}/{number}.ics")
        async with syncing(database, settings, calendar_loop(settings, sync_s=4)):
            await until(lambda: len(slow.asked) >= 4, timeout_s=10)
            started = time.monotonic()
            await join_feed(client, owner, feed.url)

            async def is_read() -> bool:
                return len(await imported(conn)) == 1

            await until(is_read, timeout_s=10)
            assert time.monotonic() - started < 3
            assert len(slow.asked) == 4, "of one person a few at once"

            async def are_noted() -> bool:
                return [state.error for state in await states(conn)].count("timeout") >= 4

            await until(are_noted, timeout_s=20)
    finally:
        slow.stop()


class Workers:
    """Worker processes, one at a time, each living so much later that the last one's sources are free again."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.offset_s = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.calendar_sync.worker_process", self.database_url, str(self.offset_s)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        self.offset_s += LEASE_S + 5

    def kill(self) -> None:
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture
def workers(database_url: str) -> Iterator[Workers]:
    made = Workers(database_url)
    yield made
    made.kill()


async def test_killed_between_giving_and_noting(
    client: httpx.AsyncClient,
    conn: Connection,
    owner: Owner,
    radicale: Radicale,
    day: datetime,
    workers: Workers,
) -> None:
    """The server in the middle lets some through, and the worker dies before it has heard of the last: given again by
    the next one, nothing stands there twice."""
    someone, kal = owner
    events = [await add_meeting(conn, kal, day, label=f"Meeting {number}") for number in range(8)]
    puts: list[str] = []

    def passing(asked: Asked) -> Reply:
        kept = {
            name: value
            for name, value in asked.headers.items()
            if name in {"depth", "content-type", "if-match", "if-none-match"}
        }
        status, body, headers = radicale.call(asked.method, asked.path, asked.body, kept)
        if asked.method == "PUT":
            puts.append(asked.path)
            if len(puts) == 5:
                workers.kill()
        return Reply(status, body, {name: headers[name] for name in ("ETag", "Content-Type") if name in headers})

    front = Outside(passing)
    try:
        given = {"url": f"{front.url}/{USER}/work/", "username": USER, "password": PASSWORD, "from": False}
        await client.post(f"/kal/{kal}/caldav", json=given, headers=someone.headers)
        workers.start()
        await until(lambda: len(puts) >= 5 and workers.process is None, timeout_s=60)
        assert await fetch_value(conn, "SELECT count(*) FROM calendar_export") == 0
        assert radicale.whole().count("BEGIN:VEVENT") == 5
        workers.start()

        async def all_noted() -> bool:
            return bool(await fetch_value(conn, "SELECT count(*) FROM calendar_export") == len(events))

        await until(all_noted, timeout_s=60)
    finally:
        front.stop()
    assert radicale.whole().count("BEGIN:VEVENT") == len(events)
    assert [state.error for state in await states(conn)] == [None]


async def test_a_worker_taken_for_dead_changes_nothing(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    day: datetime,
) -> None:
    """It was only slow: another has taken the source since, and what the slow one read is old."""

    class Answers:
        count = 0

        def __call__(self, asked: Asked) -> Reply:
            self.count += 1
            if self.count == 1:
                time.sleep(3)
                return Reply(200, ics(["UID:old", f"DTSTART:{stamp(day)}", "DURATION:PT1H"]))
            return Reply(200, one_event(day))

    server = Outside(Answers())
    try:
        await join_feed(client, owner, server.url)
        async with syncing(database, settings):
            await until(lambda: len(server.asked) == 1, timeout_s=10)
            # Its lease is over.
            over = {"now": clock.now()}
            await conn.execute("UPDATE calendar_source SET leased_until = %(now)s, next_sync_at = %(now)s", over)
            await sync_now(database, settings)
            assert [row.external_id for row in await imported(conn)] == ["one"]
            await asyncio.sleep(3.5)
        assert [row.external_id for row in await imported(conn)] == ["one"]
        assert [(state.error, state.attempt) for state in await states(conn)] == [(None, 2)]
    finally:
        server.stop()


async def test_parted_while_it_is_read(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    day: datetime,
) -> None:
    """What was read for a source that is gone meanwhile is not written."""
    server = Outside(after(1.5, Reply(200, one_event(day))))
    someone, kal = owner
    try:
        await join_feed(client, owner, server.url)
        async with syncing(database, settings):
            await until(lambda: len(server.asked) == 1, timeout_s=10)
            (state,) = await states(conn)
            gone = await client.request("DELETE", f"/kal/{kal}/import", json={"id": state.id}, headers=someone.headers)
            assert gone.status_code == 200
            await asyncio.sleep(2)
    finally:
        server.stop()
    assert await imported(conn) == []
    assert await spans(conn) == 0
    assert [state.next_sync_at for state in await states(conn)] == [None]


async def test_a_calendar_deleted_while_it_is_read(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    day: datetime,
) -> None:
    """Nothing is written into it any more, and its sources are parted with."""
    server = Outside(after(1.5, Reply(200, one_event(day))))
    try:
        await join_feed(client, owner, server.url)
        async with syncing(database, settings):
            await until(lambda: len(server.asked) == 1, timeout_s=10)
            await conn.execute("UPDATE calendar SET deleted_at = %s", [clock.now()])
            await asyncio.sleep(2)
        assert await imported(conn) == []
        assert await spans(conn) == 0
        over = {"now": clock.now()}
        await conn.execute("UPDATE calendar_source SET leased_until = %(now)s, next_sync_at = %(now)s", over)
        await sync_now(database, settings)
    finally:
        server.stop()
    (state,) = await states(conn)
    assert (state.deleted_at is not None, state.next_sync_at) == (True, None)
    assert len(server.asked) == 1


async def test_a_slot_is_gone_once_the_outside_calendar_is_read(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    feed: FeedServer,
    day: datetime,
) -> None:
    someone, kal = owner
    schedule = await schedule_by_id(conn, await add_schedule(conn, someone.id, kal))
    start, end = day - timedelta(hours=2), day + timedelta(hours=4)

    async def starts() -> set[datetime]:
        return {slot.start for slot in await free_slots(conn, schedule, start=start, end=end, now=clock.now())}

    before = await starts()
    assert day in before
    feed.body = one_event(day)
    await join_feed(client, owner, feed.url)
    await sync_now(database, settings)
    after = await starts()
    assert before - after == {day, day + timedelta(minutes=30)}
    listed = (await client.get(f"/kal/{kal}/import", headers=someone.headers)).json()["import"]
    await client.request("DELETE", f"/kal/{kal}/import", json={"id": listed[0]["id"]}, headers=someone.headers)
    assert await starts() == before


async def add_schedule(conn: Connection, person_id: int, calendar_id: int) -> int:
    """Half-hour slots at any time of any day."""
    rules = {"timezone": "UTC", "days": {str(number): [[0, 1440]] for number in range(1, 8)}}
    return int(
        await fetch_value(
            conn,
            """
            INSERT INTO schedule
                (calendar_id, owner_id, benefitable_id, label, slug, is_private, timezone, settings, rules, created_at,
                updated_at)
            VALUES
                (%(calendar)s, %(person)s, %(person)s, 'Hours', 'hours', false, 'UTC', '{}', %(rules)s, %(now)s,
                %(now)s)
            RETURNING id
            """,
            {"calendar": calendar_id, "person": person_id, "rules": Jsonb(rules), "now": clock.now()},
        )
    )


async def test_no_secret_is_logged_told_or_kept_in_the_open(
    joined: Joined,
    google: GoogleStandIn,
    owner: Owner,
    conn: Connection,
    database: Database,
    feed: FeedServer,
    radicale: Radicale,
    day: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client, settings = joined
    someone, kal = owner
    replies: list[str] = []

    async def keep(response: httpx.Response) -> None:
        replies.append((await response.aread()).decode())

    client.event_hooks["response"].append(keep)
    feed.body = one_event(day)
    google.write(SECOND, "aaaaa1", **hour(day))
    caplog.set_level("DEBUG")
    with structlog.testing.capture_logs() as logged:
        await join_feed(client, owner, f"{feed.url}/private-a1b2c3d4/basic.ics?key=e5f6a7b8")
        given = {"url": f"{radicale.url}/{USER}/work/", "username": USER, "password": PASSWORD, "from": True}
        await client.post(f"/kal/{kal}/caldav", json=given, headers=someone.headers)
        await link(client, owner, google)
        secrets = {"private-a1b2c3d4", "e5f6a7b8", PASSWORD, *google.refresh_tokens, *google.access_tokens}
        source = (await join(client, owner, google_id=SECOND))["import"][0]
        await sync_now(database, settings)
        feed.status = 401
        google.withdraw()
        await sync_now(database, settings)
        await part(client, owner, source)
        for path in ("import", "caldav", "google"):
            await client.get(f"/kal/{kal}/{path}", headers=someone.headers)
        secrets |= set(google.access_tokens)
    # The tests' own client logs what it is told to fetch, among them the browser's way back.
    lines = [str(entry) for entry in logged]
    lines += [record.getMessage() for record in caplog.records if record.name != "httpx"]
    stored = str(
        await fetch_value(
            conn,
            """
            SELECT jsonb_build_array(
                (SELECT jsonb_agg(to_jsonb(s)) FROM calendar_source AS s),
                (SELECT jsonb_agg(to_jsonb(a)) FROM google_account AS a),
                (SELECT jsonb_agg(to_jsonb(u)) FROM audit AS u),
                (SELECT jsonb_agg(to_jsonb(e)) FROM calendar_event AS e),
                (SELECT jsonb_agg(to_jsonb(m)) FROM message AS m)
            )
            """,
        )
    )
    for secret in secrets:
        assert not [line for line in lines if secret in line]
        assert not [reply for reply in replies if secret in reply]
        assert secret not in stored
        assert secret.encode().hex() not in stored
    assert len(secrets) >= 5
