"""What is attached to a mail: it arrives as it was given, the sandbox shows it, and it is erased once it is sent."""

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.notifications.delivery import Attachment
from artel.notifications.jobs import begin_attempt
from artel.notifications.rules import Mail, send_mail, send_mails
from artel.sandbox.mailbox import sent_messages
from artel.settings import Settings
from tests.notifications.conftest import sending
from tests.notifications.test_sending import is_sent
from tests.outside import MailServer
from tests.waiting import until

CALENDAR = "BEGIN:VCALENDAR\r\nSUMMARY:Встреча\r\nEND:VCALENDAR\r\n"
INVITATION = Attachment("invite.ics", "text/calendar; method=REQUEST; charset=utf-8", CALENDAR.encode())
PICTURE = Attachment("Дом.png", "image/png", b"\x89PNG\r\n\x1a\n\x00\xff")


async def test_attachments_arrive_whole_and_are_erased(
    database: Database, conn: Connection, production: Settings, mail_server: MailServer
) -> None:
    async with database.transaction() as inner:
        message_id = await send_mail(
            inner,
            to="ann@example.org",
            subject="Hello",
            text="A text",
            html="<p>A text</p>",
            attachments=[INVITATION, PICTURE],
            now=clock.now(),
        )
    async with sending(production, database):
        await until(lambda: mail_server.mails)
        await until(lambda: is_sent(conn, message_id))
    [arrived] = mail_server.mails
    assert arrived.get_content_type() == "multipart/mixed"
    body = arrived.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "A text"
    calendar, picture = arrived.iter_attachments()
    assert (calendar.get_content_type(), calendar.get_filename()) == ("text/calendar", "invite.ics")
    assert (calendar.get_param("method"), calendar.get_content_charset()) == ("REQUEST", "utf-8")
    assert calendar.get_content().splitlines() == CALENDAR.splitlines()
    assert (picture.get_content_type(), picture.get_filename()) == ("image/png", "Дом.png")
    assert picture.get_content() == PICTURE.content
    assert await fetch_value(conn, "SELECT count(*) FROM message_attachment") == 0


async def test_the_sandbox_keeps_and_shows_them(database: Database, conn: Connection, sandbox: Settings) -> None:
    async with database.transaction() as inner:
        message_id = await send_mail(
            inner, to="ann@example.org", subject="Hi", text="A text", attachments=[INVITATION, PICTURE], now=clock.now()
        )
    async with sending(sandbox, database):
        await until(lambda: is_sent(conn, message_id))
    [shown] = await sent_messages(conn, to="ann@example.org")
    assert shown.attachments == [
        {"name": "invite.ics", "content_type": INVITATION.content_type, "content": CALENDAR},
        {"name": "Дом.png", "content_type": "image/png", "content": "iVBORw0KGgoA/w=="},
    ]


async def test_a_batch_keeps_each_mail_with_its_own(database: Database, conn: Connection) -> None:
    async with database.transaction() as inner:
        ids = await send_mails(
            inner,
            [
                Mail(to="ann@example.org", subject="One\nBcc: x", text="1", attachments=(INVITATION,)),
                Mail(to="bob@example.org", subject="Two", text="2"),
                Mail(to="cat@example.org", subject="Three", text="3", attachments=(PICTURE,)),
            ],
            now=clock.now(),
        )
    messages = [await begin_attempt(conn, message_id) for message_id in ids]
    assert [(m.recipient, m.subject, m.attachments) for m in messages if m is not None] == [
        ("ann@example.org", "One Bcc: x", (INVITATION,)),
        ("bob@example.org", "Two", ()),
        ("cat@example.org", "Three", (PICTURE,)),
    ]
    assert (
        await fetch_value(
            conn,
            """
            SELECT array_agg((args->>'message_id')::bigint ORDER BY id)
            FROM procrastinate_jobs
            WHERE task_name = 'send_message'
            """,
        )
        == ids
    )


async def test_nothing_to_send_is_no_work(conn: Connection) -> None:
    assert await send_mails(conn, [], now=clock.now()) == []
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 0
