"""Sending messages: note the attempt, commit; hand over; note the outcome, commit.

A worker killed in between leaves a message that is sent but not noted, and sends it again: at least once, under the
same Message-ID.
"""

import msgspec
from procrastinate import JobContext

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_one
from artel.logs import log
from artel.notifications.delivery import Attachment, Message, NotDelivered, Undeliverable, hand_over
from artel.operations.queue import Pauses, queue, workshop_of
from artel.settings import Settings

# Seconds between attempts; the last one repeats. Together about a day.
PAUSES_S = (2, 10, 60, 300, 900, 3600)
ATTEMPTS = 30


@queue.task(name="send_message", retry=Pauses(*PAUSES_S, attempts=ATTEMPTS), pass_context=True)
async def send_message(context: JobContext, *, message_id: int) -> None:
    workshop = workshop_of(context)
    is_last = context.job.attempts + 1 >= ATTEMPTS
    await deliver(workshop.database, workshop.settings, message_id, is_last=is_last)


async def deliver(database: Database, settings: Settings, message_id: int, *, is_last: bool) -> None:
    """One attempt at one message. Raises NotDelivered where another is to follow."""
    async with database.transaction() as conn:
        message = await begin_attempt(conn, message_id)
    if message is None:
        return
    try:
        await hand_over(settings, message)
    except (NotDelivered, Undeliverable) as error:
        log.warning("message not sent", message_id=message_id, channel=message.channel, reason=str(error))
        give_up = is_last or isinstance(error, Undeliverable)
        async with database.transaction() as conn:
            await note_failure(conn, message_id, str(error), give_up=give_up)
            if give_up and not settings.sandbox:
                await erase(conn, message_id)
        if not give_up:
            raise
        return
    async with database.transaction() as conn:
        await note_sent(conn, message_id)
        if not settings.sandbox:
            await erase(conn, message_id)


async def begin_attempt(conn: Connection, message_id: int) -> Message | None:
    """The message, with the attempt counted; None where it is settled already."""
    message = await fetch_one(
        conn,
        Message,
        """
        UPDATE message
        SET attempts = attempts + 1
        WHERE id = %(id)s AND sent_at IS NULL AND gave_up_at IS NULL
        RETURNING id, channel, recipient, subject, text, html, created_at
        """,
        {"id": message_id},
    )
    if message is None:
        return None
    files = await fetch_all(
        conn,
        Attachment,
        "SELECT name, content_type, content FROM message_attachment WHERE message_id = %(id)s ORDER BY position",
        {"id": message_id},
    )
    return msgspec.structs.replace(message, attachments=tuple(files))


async def note_sent(conn: Connection, message_id: int) -> None:
    await conn.execute(
        "UPDATE message SET sent_at = %(now)s, last_error = NULL WHERE id = %(id)s",
        {"id": message_id, "now": clock.now()},
    )


async def note_failure(conn: Connection, message_id: int, reason: str, *, give_up: bool) -> None:
    await conn.execute(
        """
        UPDATE message
        SET last_error = %(reason)s, gave_up_at = CASE WHEN %(give_up)s THEN %(now)s::timestamptz END
        WHERE id = %(id)s AND sent_at IS NULL
        """,
        {"id": message_id, "reason": reason[:500], "give_up": give_up, "now": clock.now()},
    )


async def erase(conn: Connection, message_id: int) -> None:
    """What was said is the recipient's alone once it is said."""
    await conn.execute(
        "UPDATE message SET text = NULL, html = NULL, code = NULL, link = NULL WHERE id = %(id)s",
        {"id": message_id},
    )
    await conn.execute("DELETE FROM message_attachment WHERE message_id = %(id)s", {"id": message_id})
