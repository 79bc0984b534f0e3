"""A calendar's ranges and its feed, over HTTP in process: `python -m bench.calendars [--quick]`.

One calendar with years of events; its owner attends more elsewhere. The best of some rounds: what the call costs by
itself.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta

import httpx
import msgspec

from artel.api.context import Context
from artel.app import create_app, wrap
from artel.calendars.rules import CalendarDraft, create_calendar
from artel.db.pool import Connection, Database
from artel.people.rules import create_person
from artel.people.sessions import open_session
from artel.settings import Settings
from bench.report import Row, print_rows
from bench.servers import SECRET, empty_database

ROUNDS = 7


class Call(msgspec.Struct, frozen=True):
    name: str
    path: str
    headers: dict[str, str]


async def run(*, quick: bool) -> list[Row]:
    events, elsewhere = (20_000, 1_000) if quick else (200_000, 10_000)
    with empty_database() as url:
        settings = Settings(database_url=url, secret=SECRET, sandbox=True, log_level="WARNING")
        database = Database(url)
        await database.open()
        try:
            app = create_app(settings)
            app.state.context = Context.over(settings, database)
            transport = httpx.ASGITransport(app=wrap(app))  # type: ignore[arg-type]
            async with (
                database.connection() as conn,
                httpx.AsyncClient(transport=transport, base_url="http://artel.test/api", timeout=60) as client,
            ):
                return [await measured(client, call) for call in await calls(conn, client, events, elsewhere)]
        finally:
            await database.close()


async def measured(client: httpx.AsyncClient, call: Call) -> Row:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        answer = await client.get(call.path, headers=call.headers)
        best = min(best, time.perf_counter() - started)
    assert answer.status_code in {200, 304}, answer.text
    return Row(name=call.name, figure=f"{best * 1000:.1f} ms, {len(answer.content) / 1024:.0f} KiB")


async def calls(conn: Connection, client: httpx.AsyncClient, events: int, elsewhere: int) -> list[Call]:
    now = datetime.now(UTC)
    owner, stranger = [await person(conn, name, now) for name in ("owner", "stranger")]
    kal = await calendar_with(conn, owner, events, now)
    hosts = await calendar_with(conn, stranger, 1, now)
    await attend(conn, hosts, owner, elsewhere, now)
    await conn.execute("ANALYZE")
    of_owner, of_stranger = [await headers(conn, person_id, now) for person_id in (owner, stranger)]
    shown = await client.get(f"/kal/{kal}", headers=of_owner)
    feed = shown.json()["feed_url"].partition("/api")[2]
    known = {"If-None-Match": (await client.get(feed)).headers["etag"]}
    day = now.date()
    four_weeks = f"?start={day}&end={day + timedelta(days=27)}"
    return [
        Call("a day, 36 events", f"/kal/{kal}?start={day}&end={day}", of_owner),
        Call("four weeks, 1,008 events", f"/kal/{kal}{four_weeks}", of_owner),
        Call("the same by a stranger", f"/kal/{kal}{four_weeks}", of_stranger),
        Call("the feed, 5,000 events", feed, {}),
        Call("the feed, not changed", feed, known),
    ]


async def person(conn: Connection, name: str, now: datetime) -> int:
    return await create_person(
        conn,
        email=f"{name}@example.test",
        password=None,
        language="EN",
        first_name=name,
        last_name="Example",
        phone=None,
        now=now,
    )


async def headers(conn: Connection, person_id: int, now: datetime) -> dict[str, str]:
    tokens = await open_session(conn, person_id=person_id, company_id=None, secret=SECRET, lifetime_s=3600, now=now)
    return {"Authorization": f"Bearer {tokens.token}"}


async def calendar_with(conn: Connection, person_id: int, events: int, now: datetime) -> int:
    """A public calendar with an event every 40 minutes, as many before now as after."""
    kal = await create_calendar(conn, CalendarDraft(label="Work", is_private=False), person_id=person_id, now=now)
    await conn.execute(
        """
        INSERT INTO calendar_event (status_id, creator_id, calendar_id, label, description, timezone, starts_at,
            ends_at, created_at, updated_at)
        SELECT 200, %(person)s, %(kal)s, 'Meeting ' || n, 'Some words about it', 'UTC', at, at + interval '30 minutes',
            %(now)s, %(now)s
        FROM generate_series(-%(half)s::int, %(half)s::int) AS n,
            LATERAL (SELECT %(now)s::timestamptz + n * interval '40 minutes') AS t (at)
        """,
        {"person": person_id, "kal": kal, "half": events // 2, "now": now},
    )
    return kal


async def attend(conn: Connection, kal: int, person_id: int, events: int, now: datetime) -> None:
    """Events in somebody else's calendar that the person attended, five hours apart, up to now."""
    await conn.execute(
        """
        WITH made AS (
            INSERT INTO calendar_event (status_id, calendar_id, label, timezone, starts_at, ends_at, created_at,
                updated_at)
            SELECT 200, %(kal)s, 'Elsewhere ' || n, 'UTC', at, at + interval '30 minutes', %(now)s, %(now)s
            FROM generate_series(1, %(events)s) AS n,
                LATERAL (SELECT %(now)s::timestamptz - n * interval '5 hours') AS t (at)
            RETURNING id, starts_at, ends_at
        ),
        attended AS (
            INSERT INTO event_attendee (event_id, person_id, role_id, status_id, created_at, updated_at)
            SELECT id, %(person)s, 4, 200, %(now)s, %(now)s FROM made
        )
        INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
        SELECT %(person)s, id, starts_at, ends_at, false FROM made
        """,
        {"person": person_id, "kal": kal, "events": events, "now": now},
    )


if __name__ == "__main__":
    print_rows("Calendars", asyncio.run(run(quick="--quick" in sys.argv)))
