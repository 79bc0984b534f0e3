"""Sending: the message and the job that sends it are written in the transaction of what they tell about."""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.notifications.delivery import Attachment
from artel.notifications.jobs import send_message
from artel.notifications.letters import write_letter


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is still to be written down: see `send_mail`."""

    to: str
    subject: str
    text: str
    html: str | None = None
    code: str | None = None
    link: str | None = None
    attachments: tuple[Attachment, ...] = ()
    channel: str = "email"


async def send_letter(
    conn: Connection,
    template: str,
    *,
    to: str,
    language: str,
    now: datetime,
    code: str | None = None,
    link: str | None = None,
    attachments: Sequence[Attachment] = (),
    **facts: object,
) -> int:
    """Send one of the letters of `templates/`, in the reader's language ("EN" or "RU"); answers the message's id."""
    letter = write_letter(template, language, code=code, link=link, **facts)
    return await send_mail(
        conn,
        to=to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        code=code,
        link=link,
        attachments=attachments,
        now=now,
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
    attachments: Sequence[Attachment] = (),
    now: datetime,
) -> int:
    """Send a mail once this transaction commits; answers the message's id.

    `code` and `link` repeat what the text has in it: the sandbox's mailbox shows them apart. Outside the sandbox
    text, code, link and attachments are erased once the mail is sent.
    """
    mail = Mail(to=to, subject=subject, text=text, html=html, code=code, link=link, attachments=tuple(attachments))
    return (await send_mails(conn, [mail], now=now))[0]


async def send_sms(conn: Connection, *, to: str, text: str, code: str | None = None, now: datetime) -> int:
    """Send an SMS once this transaction commits. `to` is a number in international form, with or without the plus."""
    digits = re.sub(r"\D", "", to)
    return (await send_mails(conn, [Mail(to=digits, subject="", text=text, code=code, channel="sms")], now=now))[0]


async def send_mails(conn: Connection, mails: Sequence[Mail], *, now: datetime) -> list[int]:
    """Send any number of messages in three round trips; answers their ids, in the order given."""
    if not mails:
        return []
    cursor = await conn.execute(
        """
        INSERT INTO message (channel, recipient, subject, text, html, code, link, created_at)
        SELECT channel, recipient, subject, text, html, code, link, %(now)s
        FROM unnest(
            %(channels)s::text[], %(recipients)s::text[], %(subjects)s::text[], %(texts)s::text[], %(htmls)s::text[],
            %(codes)s::text[], %(links)s::text[]
        ) WITH ORDINALITY AS given (channel, recipient, subject, text, html, code, link, place)
        ORDER BY place
        RETURNING id
        """,
        {
            "channels": [mail.channel for mail in mails],
            "recipients": [mail.to for mail in mails],
            # A line break in a subject would begin another header.
            "subjects": [" ".join(mail.subject.split()) for mail in mails],
            "texts": [mail.text for mail in mails],
            "htmls": [mail.html for mail in mails],
            "codes": [mail.code for mail in mails],
            "links": [mail.link for mail in mails],
            "now": now,
        },
    )
    ids = sorted(row[0] for row in await cursor.fetchall())
    await attach(conn, dict(zip(ids, mails, strict=True)))
    await send_message.configure(connection=conn).batch_defer_async(*({"message_id": one} for one in ids))
    return ids


async def attach(conn: Connection, mails: dict[int, Mail]) -> None:
    attached = [
        (message_id, place, file)
        for message_id, mail in mails.items()
        for place, file in enumerate(mail.attachments, start=1)
    ]
    if not attached:
        return
    await conn.execute(
        """
        INSERT INTO message_attachment (message_id, position, name, content_type, content)
        SELECT *
        FROM unnest(%(ids)s::bigint[], %(places)s::smallint[], %(names)s::text[], %(types)s::text[],
            %(contents)s::bytea[])
        """,
        {
            "ids": [message_id for message_id, _, _ in attached],
            "places": [place for _, place, _ in attached],
            "names": [file.name for _, _, file in attached],
            "types": [file.content_type for _, _, file in attached],
            "contents": [file.content for _, _, file in attached],
        },
    )
