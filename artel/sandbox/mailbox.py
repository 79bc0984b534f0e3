"""Reads over what the sandbox sent and received."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.db.rows import fetch_all

MOST_SHOWN = 200


class SentMessage(msgspec.Struct):
    channel: str
    recipient: str
    subject: str
    text: str
    code: str | None
    link: str | None
    created_at: datetime
    attachments: Any  # [{name, content_type, content}]; the content of what is no text as base64


class ReceivedHook(msgspec.Struct):
    id: int
    received_at: datetime
    headers: dict[str, str]
    body: str
    answered: int


async def sent_messages(conn: Connection, *, to: str | None) -> list[SentMessage]:
    """Mail and SMS, newest first. `to` is an address or a phone number, with or without its plus."""
    return await fetch_all(
        conn,
        SentMessage,
        """
        SELECT channel, recipient, subject, coalesce(text, '') AS text, code, link, created_at,
            (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'name', a.name,
                    'content_type', a.content_type,
                    'content', CASE WHEN a.content_type LIKE 'text/%%' THEN convert_from(a.content, 'UTF8')
                        ELSE encode(a.content, 'base64') END
                ) ORDER BY a.position), '[]')
                FROM message_attachment AS a
                WHERE a.message_id = message.id
            ) AS attachments
        FROM message
        WHERE %(to)s::text IS NULL OR recipient = %(to)s OR recipient = ltrim(%(to)s, '+ ')
        ORDER BY id DESC
        LIMIT %(most)s
        """,
        {"to": to, "most": MOST_SHOWN},
    )


async def keep_hook(conn: Connection, *, headers: dict[str, Any], body: str, answered: int, now: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO sandbox_webhook (received_at, headers, body, answered)
        VALUES (%(now)s, %(headers)s, %(body)s, %(answered)s)
        """,
        {"now": now, "headers": Jsonb(headers), "body": body, "answered": answered},
    )


async def received_hooks(conn: Connection) -> list[ReceivedHook]:
    """What the receiver got, newest first."""
    return await fetch_all(
        conn,
        ReceivedHook,
        "SELECT id, received_at, headers, body, answered FROM sandbox_webhook ORDER BY id DESC LIMIT %(most)s",
        {"most": MOST_SHOWN},
    )
