"""The job queue's worker outlives its connections, and takes over from workers that died."""

import asyncio

import psycopg

from artel import clock
from artel.db.pool import Database
from artel.notifications.rules import send_mail
from artel.settings import Settings
from tests.notifications.conftest import sending
from tests.outside import MailServer
from tests.waiting import until


async def mail(database: Database, to: str) -> None:
    async with database.transaction() as conn:
        await send_mail(conn, to=to, subject="Hello", text="A text", now=clock.now())


async def test_lost_connections_do_not_stop_it(
    database: Database, production: Settings, mail_server: MailServer
) -> None:
    async with sending(production, database):
        await mail(database, "first@example.org")
        await until(lambda: len(mail_server.mails) == 1)
        with psycopg.connect(production.database_url, autocommit=True) as other:
            other.execute(
                """
                SELECT pg_terminate_backend(pid)
                FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """
            )
        await asyncio.sleep(0.5)  # word of it reaches us
        await mail(database, "second@example.org")
        await until(lambda: len(mail_server.mails) == 2, timeout_s=20)
    assert [m["To"] for m in mail_server.mails] == ["first@example.org", "second@example.org"]


async def test_jobs_of_a_dead_worker_run_once_though_many_look_after_them(
    database: Database, production: Settings, mail_server: MailServer
) -> None:
    for number in range(20):
        await mail(database, f"n{number}@example.org")
    async with database.connection() as conn:
        # As a worker leaves them that was killed a minute ago with twenty jobs in hand.
        await conn.execute(
            """
            WITH dead AS (
                INSERT INTO procrastinate_workers (last_heartbeat)
                VALUES (clock_timestamp() - interval '1 minute')
                RETURNING id
            )
            UPDATE procrastinate_jobs
            SET status = 'doing', worker_id = dead.id
            FROM dead
            """
        )
    async with sending(production, database):
        await until(lambda: len(mail_server.mails) == 20)
        await asyncio.sleep(0.5)
    assert sorted(m["To"] for m in mail_server.mails) == sorted(f"n{number}@example.org" for number in range(20))
