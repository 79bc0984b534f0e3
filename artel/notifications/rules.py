"""Sending: the message and the job that sends it are written in the transaction of what they tell about."""

import re
from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.notifications.jobs import send_message
from artel.notifications.letters import write_letter


async def send_letter(
    conn: Connection,
    template: str,
    *,
    to: str,
    language: str,
    now: datetime,
    code: str | None = None,
    link: str | None = None,
    **facts: object,
) -> int:
    """Send one of the letters of `templates/`, in the reader's language ("EN" or "RU"); answers the message's id."""
    letter = write_letter(template, language, code=code, link=link, **facts)
    return await send_mail(
        conn, to=to, subject=letter.subject, text=letter.text, html=letter.html, code=code, link=link, now=now
    )


async def send_mail(
    conn: Connection,
    *,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    code: str | None = None,
    link: str | None = None,
    now: datetime,
) -> int:
    """Send a mail once this transaction commits; answers the message's id.

    `code` and `link` repeat what the text has in it: the sandbox's mailbox shows them apart. Outside the sandbox
    text, code and link are erased once the mail is sent.
    """
    one_line = " ".join(subject.split())  # a line break here would begin another header
    return await add_message(conn, "email", to, one_line, text, html, code, link, now)


async def send_sms(conn: Connection, *, to: str, text: str, code: str | None = None, now: datetime) -> int:
    """Send an SMS once this transaction commits. `to` is a number in international form, with or without the plus."""
    digits = re.sub(r"\D", "", to)
    return await add_message(conn, "sms", digits, "", text, None, code, None, now)


async def add_message(
    conn: Connection,
    channel: str,
    recipient: str,
    subject: str,
    text: str,
    html: str | None,
    code: str | None,
    link: str | None,
    now: datetime,
) -> int:
    message_id: int = await fetch_value(
        conn,
        """
        INSERT INTO message (channel, recipient, subject, text, html, code, link, created_at)
        VALUES (%(channel)s, %(recipient)s, %(subject)s, %(text)s, %(html)s, %(code)s, %(link)s, %(now)s)
        RETURNING id
        """,
        {
            "channel": channel,
            "recipient": recipient,
            "subject": subject,
            "text": text,
            "html": html,
            "code": code,
            "link": link,
            "now": now,
        },
    )
    await send_message.configure(connection=conn).defer_async(message_id=message_id)
    return message_id
