"""What the client and the freelancer write to each other about a task (M, "Чат задач")."""

from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.errors import Refused
from artel.operations import audit
from artel.tasks.queries import TaskRow
from artel.tasks.texts import checked_text

LONGEST_MESSAGE = 10_000


class MessageRow(msgspec.Struct):
    id: int
    task_id: int
    author_id: int
    author_first_name: str
    author_last_name: str
    text: str
    created_at: datetime


async def add_message(
    conn: Connection, task: TaskRow, text: str, *, author_id: int, now: datetime, field: str = "message"
) -> int:
    """Write a message to a task locked by the caller, in whatever state it is; answer the message's id.

    `field` is what refusals name. Refuses: field_required for nothing but spaces; field_too_long; field_invalid.
    """
    text = checked_text(text, field, longest=LONGEST_MESSAGE)
    if not text:
        raise Refused("field_required", field)
    message_id: int = await fetch_value(
        conn,
        """
        INSERT INTO task_message (task_id, author_id, text, created_at)
        VALUES (%(task)s, %(author)s, %(text)s, %(now)s)
        RETURNING id
        """,
        {"task": task.id, "author": author_id, "text": text, "now": now},
    )
    await conn.execute(
        "UPDATE task SET message_count = message_count + 1 WHERE id = %(task)s",
        {"task": task.id},
    )
    await audit.record(
        conn,
        "task.message_added",
        subject="task",
        subject_id=task.id,
        actor_id=author_id,
        company_id=task.company_id,
        now=now,
        message_id=message_id,
    )
    return message_id


async def messages_of(
    conn: Connection, task_id: int, *, descending: bool, limit: int, offset: int = 0
) -> list[MessageRow]:
    """A page of a task's messages in the order they were written, or the newest first."""
    return await fetch_all(
        conn,
        MessageRow,
        f"""
        SELECT
            m.id, m.task_id, m.author_id, p.first_name AS author_first_name, p.last_name AS author_last_name,
            m.text, m.created_at
        FROM task_message AS m
        JOIN person AS p ON p.id = m.author_id
        WHERE m.task_id = %(task)s
        ORDER BY m.id {"DESC" if descending else "ASC"}
        LIMIT %(limit)s OFFSET %(offset)s
        """,  # noqa: S608 - of constants
        {"task": task_id, "limit": limit, "offset": offset},
    )
