"""Bookings a second through HTTP, beside the least that could do it: one INSERT that the same constraint guards.

python -m bench.bookings [--quick]

The server has one process; 16 callers, PostgreSQL and the server share the machine. The sides take turns in one run.
The INSERT goes straight to PostgreSQL on 16 connections: no HTTP, no hours, no price, no history.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import psutil
from psycopg import AsyncConnection

from artel.calendars.rules import default_calendar
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.people.rules import create_person
from artel.people.sessions import open_session
from artel.schedules.hours import SlotRules
from bench.load import Load, request_bytes, send_all
from bench.report import Row, print_rows, quantile
from bench.servers import SECRET, empty_database, free_port, running

CALLERS = 16
CLIENTS = 400
HOSTS = 200
SLOTS_A_DAY = 48
TURN_S = 2.0

PEER_TABLE = """
    CREATE TABLE IF NOT EXISTS peer_span (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        person_id bigint NOT NULL,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        EXCLUDE USING gist (int8range(person_id, person_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&)
    )
"""
PEER_INSERT = "INSERT INTO peer_span (person_id, starts_at, ends_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


class Side(msgspec.Struct):
    seconds: float = 0.0
    times: list[float] = []
    server_s: float = 0.0  # the server's processor time

    def add(self, load: Load) -> None:
        self.seconds += load.seconds
        self.times += load.times

    @property
    def figure(self) -> str:
        rate = len(self.times) / self.seconds
        middle, slow = (1000 * quantile(self.times, share) for share in (0.5, 0.99))
        cpu = f", {1000 * self.server_s / len(self.times):.1f} ms CPU" if self.server_s else ""
        return f"{rate:,.0f}/s, p50 {middle:.1f} ms, p99 {slow:.0f} ms{cpu}"

    def against(self, peer: "Side") -> str:
        return f"{(len(self.times) / self.seconds) / (len(peer.times) / peer.seconds):.2f}"


async def run(*, quick: bool) -> list[Row]:
    turns = 2 if quick else 6
    with empty_database() as url:
        database = Database(url, size=2)
        await database.open()
        async with database.connection() as conn:
            tokens = await fill_people(conn)
            many = [await add_host(conn, f"host{at}@bench.example", price=None) for at in range(HOSTS)]
            hot = [await add_host(conn, "hot@bench.example", price=None)]
            priced = [await add_host(conn, f"priced{at}@bench.example", price=40) for at in range(HOSTS)]
            await conn.execute(PEER_TABLE)
        await database.close()
        port = free_port()
        with running("serve", url, port=port) as server:
            figures = []
            for name, schedules in (
                (f"free slots of {HOSTS} hosts", many),
                (f"slots of {HOSTS} hosts, held until paid", priced),
                ("slots of one host", hot),
            ):
                figures.append(await compare(name, schedules, tokens, port, url, server, turns=turns))
    return figures


async def compare(
    name: str, schedules: list[int], tokens: list[str], port: int, url: str, server: psutil.Process, *, turns: int
) -> Row:
    requests = bookings(schedules, tokens)
    spans = places(schedules)
    ours, peer = Side(), Side()
    for _ in range(turns):
        before = processor_s(server)
        load = await send_all(port, requests, connections=CALLERS, seconds=TURN_S)
        ours.server_s += processor_s(server) - before
        assert set(load.statuses) == {200}, load.statuses
        ours.add(load)
        peer.add(await insert_all(url, spans))
    return Row(name, ours.figure, peer=peer.figure, ratio=ours.against(peer))


def processor_s(server: psutil.Process) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in [server, *server.children(recursive=True)])


def places(schedules: list[int]) -> Iterator[tuple[int, datetime]]:
    """Every schedule's slots, no two alike, day after day."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    for number in itertools.count():
        for schedule in schedules:
            yield schedule, tomorrow + timedelta(minutes=30 * number)


def bookings(schedules: list[int], tokens: list[str]) -> Iterator[bytes]:
    for (schedule, start), token in zip(places(schedules), itertools.cycle(tokens), strict=False):
        body = msgspec.json.encode({"start": start.isoformat()})
        yield request_bytes("POST", f"/api/schedule/{schedule}/book", token=token, body=body)


async def insert_all(url: str, spans: Iterator[tuple[int, datetime]]) -> Load:
    """The peer: 16 connections, each its next INSERT as soon as the last has committed."""
    load = Load(0, [], {})
    connections = [await AsyncConnection.connect(url, autocommit=True) for _ in range(CALLERS)]
    begun = time.perf_counter()

    async def caller(conn: AsyncConnection) -> None:
        while (start := time.perf_counter()) < begun + TURN_S:
            host, at = next(spans)
            await conn.execute(PEER_INSERT, [host, at, at + timedelta(minutes=30)])
            load.times.append(time.perf_counter() - start)

    await asyncio.gather(*(caller(conn) for conn in connections))
    load.seconds = time.perf_counter() - begun
    for conn in connections:
        await conn.close()
    return load


async def fill_people(conn: Connection) -> list[str]:
    now = datetime.now(UTC)
    tokens = []
    for number in range(CLIENTS):
        person = await add_person(conn, f"client{number}@bench.example")
        opened = await open_session(conn, person_id=person, company_id=None, secret=SECRET, lifetime_s=10**6, now=now)
        tokens.append(opened.token)
    return tokens


async def add_person(conn: Connection, email: str) -> int:
    return await create_person(
        conn, email=email, password=None, language="EN", first_name="Anna", last_name="Example", now=datetime.now(UTC)
    )


async def add_host(conn: Connection, email: str, *, price: int | None) -> int:
    """A schedule open around the clock for three years."""
    now = datetime.now(UTC)
    person = await add_person(conn, email)
    rules = SlotRules(timezone="UTC", horizon_days=1095, days={str(day): ((0, 1440),) for day in range(1, 8)})
    schedule: int = await fetch_value(
        conn,
        """
        INSERT INTO schedule
            (calendar_id, owner_id, benefitable_id, label, slug, is_private, timezone, price, currency, settings, rules,
             created_at, updated_at)
        VALUES
            (%(calendar)s, %(host)s, %(host)s, 'Consultation', gen_random_uuid()::text, false, 'UTC',
             %(price)s::numeric, 'EUR', '{}', %(rules)s::jsonb, %(now)s, %(now)s)
        RETURNING id
        """,
        {
            "calendar": await default_calendar(conn, person, now=now),
            "host": person,
            "price": price,
            "rules": msgspec.json.encode(rules).decode(),
            "now": now,
        },
    )
    return schedule


if __name__ == "__main__":
    print_rows("Bookings", asyncio.run(run(quick="--quick" in sys.argv)))
