"""Mail and SMS leave exactly when their transaction committed, and reach a real server."""

import os
import signal
import subprocess
import sys
from typing import Any

import msgspec
from psycopg import Rollback

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_one, fetch_value
from artel.notifications.jobs import ATTEMPTS
from artel.notifications.queries import waiting_messages
from artel.notifications.rules import send_letter, send_mail, send_sms
from artel.settings import Settings
from tests.notifications.conftest import sending
from tests.outside import Gateway, MailServer
from tests.waiting import until


class MessageRow(msgspec.Struct):
    recipient: str
    subject: str
    text: str | None
    html: str | None
    code: str | None
    link: str | None
    attempts: int
    is_sent: bool
    gave_up: bool
    last_error: str | None


async def row_of(conn: Connection, message_id: int) -> MessageRow:
    row = await fetch_one(
        conn,
        MessageRow,
        """
        SELECT recipient, subject, text, html, code, link, attempts, sent_at IS NOT NULL AS is_sent,
               gave_up_at IS NOT NULL AS gave_up, last_error
        FROM message
        WHERE id = %(id)s
        """,
        {"id": message_id},
    )
    assert row is not None
    return row


async def waiting_jobs(conn: Connection) -> int:
    """Of sending; a worker of its own process may have put its chores of the minute there as well."""
    return int(
        await fetch_value(
            conn,
            """
            SELECT count(*)
            FROM procrastinate_jobs
            WHERE task_name = 'send_message' AND status IN ('todo', 'doing')
            """,
        )
    )


async def mail(database: Database, to: str, *, subject: str = "Hello", **facts: Any) -> int:
    async with database.transaction() as conn:
        return await send_mail(conn, to=to, subject=subject, text="A text", now=clock.now(), **facts)


async def test_message_and_job_belong_to_the_transaction(database: Database, conn: Connection) -> None:
    async with database.transaction() as inner:
        await send_mail(inner, to="ann@example.org", subject="Hello", text="A text", now=clock.now())
        raise Rollback
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 0
    assert await waiting_jobs(conn) == 0
    await mail(database, "ann@example.org")
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 1
    assert await waiting_jobs(conn) == 1


async def test_mail_arrives_whole_in_russian(
    database: Database, conn: Connection, production: Settings, mail_server: MailServer
) -> None:
    async with database.transaction() as inner:
        message_id = await send_letter(
            inner,
            "invitation",
            to="vera@почта.рф",
            language="RU",
            now=clock.now(),
            link="https://artel.example/join/abc",
            company="Студия «Аврора»",
            name="Вера",
        )
    async with sending(production, database):
        await until(lambda: mail_server.mails)
        await until(lambda: is_sent(conn, message_id))
    [arrived] = mail_server.mails
    assert arrived["Subject"] == "Студия «Аврора» приглашает вас к сотрудничеству"
    assert arrived["To"] == "vera@xn--80a1acny.xn--p1ai"
    assert arrived["From"] == "Artel <no-reply@artel.example>"
    plain, html = arrived.get_body(("plain",)), arrived.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "Здравствуйте, Вера!" in plain.get_content()
    assert "https://artel.example/join/abc" in plain.get_content()
    assert '<a href="https://artel.example/join/abc"' in html.get_content()
    # Outside the sandbox nothing of what was said stays.
    row = await row_of(conn, message_id)
    assert (row.text, row.html, row.code, row.link, row.attempts) == (None, None, None, None, 1)
    assert await waiting_jobs(conn) == 0


async def is_sent(conn: Connection, message_id: int) -> bool:
    return (await row_of(conn, message_id)).is_sent


async def test_sandbox_keeps_the_message_and_sends_nowhere(
    database: Database, conn: Connection, sandbox: Settings, mail_server: MailServer
) -> None:
    message_id = await mail(database, "ann@example.org", code="123456", link="https://artel.example/x")
    async with sending(sandbox, database):
        await until(lambda: is_sent(conn, message_id))
    row = await row_of(conn, message_id)
    assert (row.text, row.code, row.link) == ("A text", "123456", "https://artel.example/x")
    assert mail_server.mails == []


async def test_mail_waits_for_a_server_that_is_down(database: Database, conn: Connection, production: Settings) -> None:
    server = MailServer()
    settings = msgspec.structs.replace(production, smtp_url=server.url)
    message_id = await mail(database, "ann@example.org")
    async with sending(settings, database):
        await until(lambda: has_failed(conn, message_id))
        row = await row_of(conn, message_id)
        assert (row.is_sent, row.gave_up, row.text) == (False, False, "A text")
        assert "Error connecting" in str(row.last_error)
        backlog = await waiting_messages(conn)
        assert (backlog.waiting, backlog.last_error) == (1, row.last_error)
        server.start()
        try:
            await until(lambda: is_sent(conn, message_id))
        finally:
            server.stop()
    assert len(server.mails) == 1
    row = await row_of(conn, message_id)
    assert (row.attempts, row.last_error) == (2, None)


async def has_failed(conn: Connection, message_id: int) -> bool:
    return (await row_of(conn, message_id)).last_error is not None


async def test_unknown_recipient_is_not_tried_again(
    database: Database, conn: Connection, production: Settings, mail_server: MailServer
) -> None:
    mail_server.refused = {"nobody@example.org": "550 5.1.1 no such user", "later@example.org": "451 4.7.1 greylisted"}
    unknown = await mail(database, "nobody@example.org", code="123456")
    later = await mail(database, "later@example.org")
    async with sending(production, database):
        await until(lambda: has_failed(conn, unknown))
        await until(lambda: has_failed(conn, later))
        mail_server.refused = {}
        await until(lambda: is_sent(conn, later))
    row = await row_of(conn, unknown)
    assert (row.gave_up, row.is_sent, row.attempts) == (True, False, 1)
    assert (row.text, row.code) == (None, None)
    assert "no such user" in str(row.last_error)
    assert [m["To"] for m in mail_server.mails] == ["later@example.org"]
    assert await waiting_jobs(conn) == 0


async def test_last_attempt_gives_up(database: Database, conn: Connection, production: Settings) -> None:
    settings = msgspec.structs.replace(production, smtp_url="smtp://127.0.0.1:1")
    message_id = await mail(database, "ann@example.org")
    await conn.execute("UPDATE procrastinate_jobs SET attempts = %s", [ATTEMPTS - 1])
    async with sending(settings, database):
        await until(lambda: has_failed(conn, message_id))
        await until(lambda: nothing_waits(conn))
    row = await row_of(conn, message_id)
    assert (row.gave_up, row.text) == (True, None)


async def nothing_waits(conn: Connection) -> bool:
    return await waiting_jobs(conn) == 0


async def test_a_subject_cannot_bring_headers(
    database: Database, conn: Connection, production: Settings, mail_server: MailServer
) -> None:
    message_id = await mail(database, "ann@example.org", subject="Hello\r\nBcc: all@example.org")
    async with sending(production, database):
        await until(lambda: is_sent(conn, message_id))
    [arrived] = mail_server.mails
    assert arrived["Bcc"] is None
    assert arrived["Subject"] == "Hello Bcc: all@example.org"


async def test_without_a_server_production_says_so(database: Database, conn: Connection, production: Settings) -> None:
    message_id = await mail(database, "ann@example.org")
    async with sending(msgspec.structs.replace(production, smtp_url=""), database):
        await until(lambda: has_failed(conn, message_id))
    row = await row_of(conn, message_id)
    assert (row.last_error, row.gave_up, row.text) == ("ARTEL_SMTP_URL is not set", False, "A text")


async def test_sms_goes_to_the_gateway_and_is_tried_again(
    database: Database, conn: Connection, production: Settings, gateway: Gateway
) -> None:
    gateway.statuses = [503, 200]
    async with database.transaction() as inner:
        message_id = await send_sms(inner, to="+7 999 123-45-67", text="Код 123456", code="123456", now=clock.now())
    assert (await row_of(conn, message_id)).recipient == "79991234567"
    async with sending(production, database):
        await until(lambda: is_sent(conn, message_id))
    (first, first_headers), (second, second_headers) = gateway.requests
    assert first == second == {"to": "+79991234567", "text": "Код 123456"}
    assert first_headers["Idempotency-Key"] == second_headers["Idempotency-Key"]
    assert (await row_of(conn, message_id)).text is None


async def test_sms_refused_by_the_gateway_is_given_up(
    database: Database, conn: Connection, production: Settings, gateway: Gateway
) -> None:
    gateway.statuses = [400]
    async with database.transaction() as inner:
        message_id = await send_sms(inner, to="79991234567", text="Hello", now=clock.now())
    async with sending(production, database):
        await until(lambda: has_failed(conn, message_id))
        await until(lambda: nothing_waits(conn))
    row = await row_of(conn, message_id)
    assert (row.gave_up, row.attempts, row.last_error) == (True, 1, "the gateway answered 400")


async def test_worker_killed_after_sending_sends_again_under_the_same_id(
    database: Database, conn: Connection, production: Settings, mail_server: MailServer
) -> None:
    message_id = await mail(database, "ann@example.org")
    environment = {
        **os.environ,
        "ARTEL_DATABASE_URL": production.database_url,
        "ARTEL_SECRET": production.secret,
        "ARTEL_SMTP_URL": production.smtp_url,
        "ARTEL_MAIL_FROM": production.mail_from,
        "ARTEL_HOME": str(production.home),
    }
    worker = subprocess.Popen(  # noqa: ASYNC220 starting takes no time worth awaiting
        [sys.executable, "-m", "artel", "worker"], env=environment, stderr=subprocess.DEVNULL
    )
    # The mail is with the server, and the worker is gone before it hears so.
    mail_server.on_mail = lambda: worker.send_signal(signal.SIGKILL)
    await until(lambda: worker.poll() is not None, timeout_s=30)
    assert worker.returncode == -signal.SIGKILL
    assert len(mail_server.mails) == 1
    assert not await is_sent(conn, message_id)

    mail_server.on_mail = lambda: None
    # As if the dead worker had been silent for long enough.
    await conn.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")
    async with sending(production, database):
        await until(lambda: is_sent(conn, message_id))
    first, second = mail_server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].endswith("@artel.example>")
    assert await waiting_jobs(conn) == 0
