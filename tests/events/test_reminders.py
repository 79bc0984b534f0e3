"""Reminders go out when they are due, each exactly once, whatever happens to the worker."""

import asyncio
import functools
import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.events.booking import NewBooking, book, end_event, move_event
from artel.events.erasure import erase_bookings
from artel.events.mailing import BATCH, Post, write_due_letters
from artel.events.reminders import schedule_reminders
from artel.personal_data.export import export_person
from artel.sandbox.mailbox import sent_messages
from tests.events.cast import add_schedule, day_after
from tests.times import Travel
from tests.waiting import until

POST = Post("artel.example", "no-reply@artel.example", "http://artel.example", "a secret", tells_late=False)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


async def book_at(conn: Connection, host: int, client: int, start: datetime, *, now: datetime, **rules: object) -> int:
    schedule = await add_schedule(conn, host, now=now, **rules)  # type: ignore[arg-type]
    async with conn.transaction():
        booked = await book(
            conn,
            schedule,
            NewBooking(start=start),
            client_id=client,
            is_proven=True,
            actor_id=client,
            now=now,
        )
    return booked.event_id


async def waiting(conn: Connection, event_id: int) -> set[tuple[int, datetime]]:
    cursor = await conn.execute(
        "SELECT person_id, due_at FROM event_letter WHERE event_id = %s AND kind = 'reminder' AND sent_at IS NULL",
        [event_id],
    )
    return set(await cursor.fetchall())


async def reminded(database: Database, conn: Connection, *, post: Post = POST) -> list[str]:
    """Whom the letters due now remind."""
    await conn.execute("DELETE FROM event_letter WHERE kind <> 'reminder'")
    await conn.execute("DELETE FROM message")
    while (await write_due_letters(database, clock.now(), post)).count:
        pass
    return sorted(mail.recipient for mail in await sent_messages(conn, to=None))


async def test_a_day_and_an_hour_before_to_everybody(
    database: Database, conn: Connection, host: int, anna: int, now: datetime, travel: Travel
) -> None:
    start = day_after(now, days=3)
    event_id = await book_at(conn, host, anna, start, now=now)
    assert await waiting(conn, event_id) == {
        (person, start - before) for person in (host, anna) for before in (DAY, HOUR)
    }
    assert await reminded(database, conn) == []
    worked = await write_due_letters(database, clock.now(), POST)
    assert (worked.count, worked.next_due) == (0, start - DAY)
    travel(seconds=(start - DAY - now).total_seconds() + 1)
    assert await reminded(database, conn) == ["anna@example.test", "nora@example.test"]
    assert await reminded(database, conn) == []
    travel(hours=23)
    assert await reminded(database, conn) == ["anna@example.test", "nora@example.test"]
    travel(hours=2)
    assert await reminded(database, conn) == []
    # Nothing is written twice when they are made anew.
    await schedule_reminders(conn, [event_id], clock.now())
    assert await waiting(conn, event_id) == set()


async def test_as_the_schedule_says_and_only_what_lies_ahead(
    conn: Connection, host: int, anna: int, now: datetime
) -> None:
    start = day_after(now, days=3)
    event_id = await book_at(conn, host, anna, start, now=now, reminders=(2880, 15))
    assert {start - due for _, due in await waiting(conn, event_id)} == {2 * DAY, 15 * MINUTE}
    none = await book_at(conn, host, anna, start + HOUR, now=now, reminders=())
    assert await waiting(conn, none) == set()
    soon = (now + timedelta(minutes=70)).replace(second=0, microsecond=0)
    # Hours that run past midnight, as this may be late in the day.
    days = {str(day): ((0, 2880),) for day in range(1, 8)}
    event_id = await book_at(conn, host, anna, soon, now=now, step=1, days=days)
    assert {soon - due for _, due in await waiting(conn, event_id)} == {HOUR}


async def test_what_waits_for_its_host_or_its_payment_is_not_reminded_of(
    conn: Connection, host: int, anna: int, now: datetime
) -> None:
    event_id = await book_at(conn, host, anna, day_after(now, days=3), now=now, confirmation="manual")
    assert await waiting(conn, event_id) == set()


async def test_moved_and_cancelled(
    database: Database, conn: Connection, host: int, anna: int, now: datetime, travel: Travel
) -> None:
    start = day_after(now, days=3)
    event_id = await book_at(conn, host, anna, start, now=now)
    async with conn.transaction():
        await move_event(conn, event_id, starts_at=start + DAY, ends_at=start + DAY + HOUR / 2, actor_id=host, now=now)
        await schedule_reminders(conn, [event_id], now)
    assert {due for _, due in await waiting(conn, event_id)} == {start, start + 23 * HOUR}
    travel(seconds=(start - HOUR / 2 - now).total_seconds())
    assert await reminded(database, conn) == []
    async with conn.transaction():
        await end_event(conn, event_id, to_status=444, actor_id=host, reason="ill", now=clock.now())
    assert await waiting(conn, event_id) == set()
    travel(days=2)
    assert await reminded(database, conn) == []


async def test_who_has_left_is_not_reminded_even_where_nobody_took_the_letter_back(
    database: Database, conn: Connection, host: int, anna: int, now: datetime, travel: Travel
) -> None:
    event_id = await book_at(conn, host, anna, day_after(now, days=2), now=now)
    await conn.execute(
        "UPDATE event_attendee SET status_id = 444 WHERE event_id = %s AND person_id = %s", [event_id, anna]
    )
    travel(seconds=(day_after(now, days=1) - now).total_seconds() + 1)
    assert await reminded(database, conn) == ["nora@example.test"]


async def test_what_is_over_is_told_late_only_where_time_was_moved(
    database: Database, conn: Connection, host: int, anna: int, now: datetime, travel: Travel
) -> None:
    await book_at(conn, host, anna, day_after(now, days=2), now=now)
    await book_at(conn, host, anna, day_after(now, days=2, hour=15), now=now)
    travel(days=4)
    sandbox = Post("artel.example", "no-reply@artel.example", "http://artel.example", "a secret", tells_late=True)
    worked = await write_due_letters(database, clock.now(), POST)
    assert worked.count >= 8
    assert await fetch_value(conn, "SELECT count(*) FROM message WHERE subject LIKE 'Reminder%'") == 0
    await conn.execute("UPDATE event_letter SET sent_at = NULL WHERE kind = 'reminder'")
    assert len(await reminded(database, conn, post=sandbox)) == 8


async def add_many(conn: Connection, host: int, count: int, *, now: datetime) -> None:
    """So many confirmed events, each with a client of its own, and one reminder of each that is due."""
    await conn.execute(
        """
        WITH client AS (
            INSERT INTO person (email, username, first_name, created_at)
            SELECT 'client' || n || '@example.test', 'client' || n, 'Client', %(now)s
            FROM generate_series(1, %(count)s) AS n
            RETURNING id
        ), event AS (
            INSERT INTO calendar_event
                (status_id, creator_id, label, timezone, starts_at, ends_at, created_at, updated_at)
            SELECT 200, %(host)s, 'Consultation', 'UTC', %(start)s, %(start)s::timestamptz + interval '1 hour', %(now)s,
                %(now)s
            FROM generate_series(1, %(count)s)
            RETURNING id
        ), seat AS (
            INSERT INTO event_attendee (event_id, person_id, role_id, status_id, created_at, updated_at)
            SELECT e.id, c.id, 4, 200, %(now)s, %(now)s
            FROM (SELECT id, row_number() OVER () AS n FROM event) AS e
            JOIN (SELECT id, row_number() OVER () AS n FROM client) AS c USING (n)
            RETURNING event_id, person_id
        )
        INSERT INTO event_letter (event_id, person_id, kind, due_at)
        SELECT event_id, person_id, 'reminder', %(now)s
        FROM seat
        """,
        {"count": count, "host": host, "now": now, "start": now + HOUR},
    )


async def written(conn: Connection) -> int:
    return int(await fetch_value(conn, "SELECT count(*) FROM message"))


async def assert_each_once(conn: Connection, count: int) -> None:
    assert await written(conn) == count
    assert await fetch_value(conn, "SELECT count(DISTINCT recipient) FROM message") == count
    assert await fetch_value(conn, "SELECT count(*) FROM message_attachment") == count
    assert await fetch_value(conn, "SELECT count(*) FROM event_letter WHERE sent_at IS NULL") == 0
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'send_message'"
    assert await fetch_value(conn, jobs) == count


async def test_workers_side_by_side_write_each_once(
    database: Database, conn: Connection, host: int, now: datetime
) -> None:
    await add_many(conn, host, 3 * BATCH, now=now)

    async def work() -> int:
        done = 0
        while worked := (await write_due_letters(database, clock.now(), POST)).count:
            done += worked
        return done

    assert sum(await asyncio.gather(*(work() for _ in range(4)))) == 3 * BATCH
    await assert_each_once(conn, 3 * BATCH)


async def test_killed_workers_write_each_once(
    database: Database, database_url: str, conn: Connection, host: int, now: datetime
) -> None:
    """Killed again and again in the middle of thousands."""
    count = 10 * BATCH
    await add_many(conn, host, count, now=now)
    command = [sys.executable, "-m", "tests.events.worker_process", database_url]
    for share in (1, 4, 7):
        worker = subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL)  # noqa: ASYNC220 starts at once
        try:
            await until(functools.partial(at_least, conn, share * BATCH), timeout_s=60)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        assert worker.returncode == -signal.SIGKILL
        # A batch is whole or not at all.
        await until(lambda: no_other_work(conn))
        assert await written(conn) % BATCH == 0
    assert await written(conn) < count
    while (await write_due_letters(database, clock.now(), POST)).count:
        pass
    await assert_each_once(conn, count)


async def at_least(conn: Connection, count: int) -> bool:
    return await written(conn) >= count


async def no_other_work(conn: Connection) -> bool:
    """The server has noticed that the killed worker's connections are gone."""
    active = "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND datname = current_database()"
    return int(await fetch_value(conn, active)) == 1


async def test_they_are_told_and_erased_with_the_person(conn: Connection, host: int, anna: int, now: datetime) -> None:
    await book_at(conn, host, anna, day_after(now, days=3), now=now)
    told = await export_person(conn, anna, actor_id=None, now=now)
    assert [row["kind"] for row in told["event_reminders"]].count("reminder") == 2
    async with conn.transaction():
        await erase_bookings(conn, anna)
    assert await fetch_value(conn, "SELECT count(*) FROM event_letter WHERE person_id = %(id)s", {"id": anna}) == 0
    assert await fetch_value(conn, "SELECT count(*) FROM event_letter") > 0
