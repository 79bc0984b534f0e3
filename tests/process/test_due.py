"""Due work is done when it is due, once, by whoever comes first, whatever happens to the connections."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.operations.due import DueLoop, Worked
from artel.process.due import Runner
from artel.process.listener import listening
from artel.process.sandbox_clock import follow_clock, store_offset
from artel.process.worker import wake_ups
from tests.waiting import until

CHANNEL = "test_due"


@pytest.fixture(autouse=True)
def clock_put_back() -> Iterator[None]:
    yield
    clock.move_to_offset(timedelta())


@pytest.fixture(autouse=True)
def tables(database_url: str) -> Iterator[None]:
    """Items that wait for their time, and a row for each time one was done."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("CREATE TABLE item (id bigint PRIMARY KEY, due_at timestamptz)")
        conn.execute("CREATE TABLE done (item_id bigint, at timestamptz)")
    yield
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DROP TABLE item, done")


async def add(conn: Connection, first: int, count: int, due_at: datetime) -> None:
    await conn.execute(
        "INSERT INTO item SELECT n, %(due)s FROM generate_series(%(first)s::int, %(last)s::int) AS n",
        {"due": due_at, "first": first, "last": first + count - 1},
    )


async def do_due(database: Database, now: datetime, *, work: Callable[[], Awaitable[None]] | None = None) -> Worked:
    """A batch of ten, as a domain writes it."""
    async with database.transaction() as conn:
        cursor = await conn.execute(
            """
            WITH taken AS (
                SELECT id FROM item WHERE due_at <= %(now)s ORDER BY due_at LIMIT 10 FOR UPDATE SKIP LOCKED
            ), noted AS (
                INSERT INTO done SELECT id, %(now)s FROM taken
            )
            UPDATE item SET due_at = NULL FROM taken WHERE item.id = taken.id
            """,
            {"now": now},
        )
        count = cursor.rowcount
        if work is not None and count:
            await work()
    async with database.connection() as conn:
        row = await (await conn.execute("SELECT min(due_at) FROM item")).fetchone()
    assert row is not None
    return Worked(count, row[0])


async def done_items(conn: Connection) -> list[int]:
    cursor = await conn.execute("SELECT item_id FROM done ORDER BY item_id")
    return [row[0] for row in await cursor.fetchall()]


async def until_done(conn: Connection, count: int, *, timeout_s: float = 10) -> None:
    await until(lambda: has_done(conn, count), timeout_s=timeout_s)


async def has_done(conn: Connection, count: int) -> bool:
    return len(await done_items(conn)) >= count


@contextlib.asynccontextmanager
async def running(database: Database, *loops: DueLoop) -> AsyncIterator[list[Runner]]:
    """Loops as the worker runs them: listening, and following the sandbox's clock."""
    runners = [Runner(loop, database) for loop in loops]

    def wake_all() -> None:
        for runner in runners:
            runner.wake()

    async with follow_clock(database, moved=wake_all), listening(database.url, wake_ups(runners)):
        tasks = [asyncio.create_task(runner.run()) for runner in runners]
        yield runners
        for runner in runners:
            runner.stop()
        await asyncio.wait_for(asyncio.gather(*tasks), timeout=10)


ITEMS = DueLoop("items", CHANNEL, do_due)


async def test_what_is_due_is_done_and_the_rest_at_its_time(database: Database, conn: Connection) -> None:
    await add(conn, 1, 35, clock.now() - timedelta(seconds=1))
    await add(conn, 100, 1, clock.now() + timedelta(seconds=1))
    async with running(database, ITEMS):
        await until_done(conn, 35)
        assert 100 not in await done_items(conn)
        await until_done(conn, 36, timeout_s=4)
    assert await done_items(conn) == [*range(1, 36), 100]


async def test_a_notification_wakes_it(database: Database, conn: Connection) -> None:
    async with running(database, ITEMS):
        await asyncio.sleep(0.3)  # it has looked, and sleeps for half a minute
        async with database.transaction() as inner:
            await add(inner, 1, 1, clock.now())
            await inner.execute(f"NOTIFY {CHANNEL}")
        await until_done(conn, 1, timeout_s=3)


async def test_two_loops_of_one_channel_are_both_woken(database: Database, conn: Connection) -> None:
    looked = {"first": 0, "second": 0}

    def loop(name: str) -> DueLoop:
        async def look(_: Database, __: datetime) -> Worked:
            looked[name] += 1
            return Worked(0, None)

        return DueLoop(name, CHANNEL, look)

    async with running(database, loop("first"), loop("second")):
        await asyncio.sleep(0.3)
        before = dict(looked)
        await conn.execute(f"NOTIFY {CHANNEL}")
        await asyncio.sleep(0.3)
        assert {name: looked[name] - before[name] for name in looked} == {"first": 1, "second": 1}


async def test_the_sandboxs_clock_wakes_everything(database: Database, conn: Connection) -> None:
    await add(conn, 1, 1, clock.now() + timedelta(days=3))
    async with running(database, ITEMS):
        await asyncio.sleep(0.2)
        assert await done_items(conn) == []
        async with database.transaction() as inner:
            await store_offset(inner, timedelta(days=3, seconds=1))
        await until_done(conn, 1, timeout_s=3)
        assert clock.now() - datetime.now(clock.now().tzinfo) > timedelta(days=3)


async def test_the_clock_is_read_at_the_start(database: Database) -> None:
    async with database.transaction() as conn:
        await store_offset(conn, timedelta(hours=-5))
    real = clock.now()
    async with follow_clock(database):
        assert timedelta(hours=4, minutes=59) < real - clock.now() < timedelta(hours=5, seconds=1)


async def test_failures_are_tried_again_but_not_at_once(database: Database, conn: Connection) -> None:
    calls: list[datetime] = []

    async def fail_twice(pool: Database, now: datetime) -> Worked:
        calls.append(now)
        if len(calls) <= 2:
            raise RuntimeError("the first two go wrong")
        return await do_due(pool, now)

    await add(conn, 1, 3, clock.now())
    async with running(database, DueLoop("items", CHANNEL, fail_twice)):
        for _ in range(5):  # being woken does not make it hurry
            await conn.execute(f"NOTIFY {CHANNEL}")
            await asyncio.sleep(0.05)
        assert len(calls) == 1
        await until_done(conn, 3)
    first, second, third = calls[:3]
    assert second - first > timedelta(seconds=0.9)
    assert third - second > timedelta(seconds=1.8)


async def test_rows_that_another_worker_holds_do_not_make_it_spin(database: Database, conn: Connection) -> None:
    calls: list[datetime] = []

    async def count_calls(pool: Database, now: datetime) -> Worked:
        calls.append(now)
        return await do_due(pool, now)

    await add(conn, 1, 1, clock.now())
    async with database.transaction() as other:
        await other.execute("SELECT FROM item FOR UPDATE")
        async with running(database, DueLoop("items", CHANNEL, count_calls)):
            await asyncio.sleep(1.2)
    assert 2 <= len(calls) <= 5
    assert await done_items(conn) == []


async def test_stopping_finishes_the_batch_in_hand(database: Database, conn: Connection) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.sleep(0.5)

    async def do_slowly(pool: Database, now: datetime) -> Worked:
        return await do_due(pool, now, work=work)

    await add(conn, 1, 25, clock.now())
    async with running(database, DueLoop("items", CHANNEL, do_slowly)) as [runner]:
        await begun.wait()
        runner.stop()
    assert len(await done_items(conn)) == 10


async def test_many_workers_do_each_item_once(database: Database, conn: Connection) -> None:
    await add(conn, 1, 300, clock.now())
    async with running(database, ITEMS, ITEMS, ITEMS):
        await until_done(conn, 300)
    assert await done_items(conn) == list(range(1, 301))


async def test_lost_connections_are_made_again(database: Database, conn: Connection, database_url: str) -> None:
    async with running(database, ITEMS):
        await asyncio.sleep(0.2)
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute(
                """
                SELECT pg_terminate_backend(pid, 5000)  -- and waited for: the pool is to meet none that is dying
                FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """
            )
            now = clock.now()
            other.execute("INSERT INTO item VALUES (1, %s)", [now])
            other.execute(f"NOTIFY {CHANNEL}")  # nobody may hear it
            async with database.connection() as fresh:  # the pool has replaced the ones that were closed
                await until_done(fresh, 1)
                # And a notification is heard again.
                await asyncio.sleep(0.5)
                await add(fresh, 2, 1, clock.now())
                await fresh.execute(f"NOTIFY {CHANNEL}")
                await until_done(fresh, 2, timeout_s=3)
