"""Tasks as their freelancer sees and handles them. Drafts are the company's alone."""

from datetime import datetime
from decimal import Decimal
from typing import LiteralString

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.errors import NotFound
from artel.tasks.machine import State
from artel.tasks.messages import add_message
from artel.tasks.queries import SELECT_TASK, TaskRow


class OwnTaskRow(msgspec.Struct, frozen=True):
    """`amount` is what the freelancer gets, in `currency`."""

    id: int
    title: str
    description: str
    state: int
    company_name: str
    amount: Decimal
    currency: str
    deadline: datetime
    need_report: bool
    reported_at: datetime | None


class DocumentRow(msgspec.Struct, frozen=True):
    """A document that belongs to a task: attached to it, or to be signed before work starts.

    `paper_id` is the acceptance file's id, None for what is attached; `signed_for` the company that signed it on the
    freelancer's behalf.
    """

    file_id: int
    paper_id: int | None
    name: str
    title_ru: str
    title_en: str
    signed_at: datetime | None
    signed_for: str | None
    content_type: str
    storage_key: str


OWN_TASK: LiteralString = """
    SELECT
        t.id, t.title, t.description, t.state, c.brand_name AS company_name, t.amount_for_worker AS amount,
        t.worker_currency AS currency, t.deadline, t.need_report, t.reported_at
    FROM task AS t
    JOIN company AS c ON c.id = t.company_id
"""


async def list_own_tasks(
    conn: Connection, freelancer_id: int, *, before_id: int | None = None, limit: int
) -> list[OwnTaskRow]:
    """A freelancer's tasks of all companies, the newest first, from the one after `before_id` on."""
    return await fetch_all(
        conn,
        OwnTaskRow,
        OWN_TASK
        + """
        WHERE t.freelancer_id = %(freelancer)s AND t.state <> %(draft)s
            AND (%(before)s::bigint IS NULL OR t.id < %(before)s)
        ORDER BY t.id DESC
        LIMIT %(limit)s
        """,
        {"freelancer": freelancer_id, "draft": State.DRAFT, "before": before_id, "limit": limit},
    )


async def access_own_task(conn: Connection, freelancer_id: int, task_id: int) -> OwnTaskRow:
    """Refuses: NotFound for a task that is not theirs, or not published."""
    row = await fetch_one(
        conn,
        OwnTaskRow,
        OWN_TASK + "WHERE t.id = %(task)s AND t.freelancer_id = %(freelancer)s AND t.state <> %(draft)s",
        {"task": task_id, "freelancer": freelancer_id, "draft": State.DRAFT},
    )
    if row is None:
        raise NotFound("task")
    return row


async def lock_own_task(conn: Connection, freelancer_id: int, task_id: int) -> TaskRow:
    """As access_own_task, locked for a step: the row is the one that stands after waiting. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        TaskRow,
        SELECT_TASK
        + """
        WHERE t.id = %(task)s AND t.freelancer_id = %(freelancer)s AND t.state <> %(draft)s
        FOR NO KEY UPDATE OF t
        """,
        {"task": task_id, "freelancer": freelancer_id, "draft": State.DRAFT},
    )
    if row is None:
        raise NotFound("task")
    return row


async def documents_of(conn: Connection, task: OwnTaskRow) -> list[DocumentRow]:
    """Those to be signed first."""
    return await fetch_all(
        conn,
        DocumentRow,
        """
        SELECT f.id AS file_id, a.id AS paper_id, f.name, a.title_ru, a.title_en, ta.signed_at,
            c.brand_name AS signed_for, f.content_type, f.storage_key
        FROM task_acceptance_file AS ta
        JOIN acceptance_file AS a ON a.id = ta.acceptance_file_id
        JOIN file AS f ON f.id = a.file_id
        LEFT JOIN company AS c ON c.id = ta.signed_for
        WHERE ta.task_id = %(task)s
        UNION ALL
        SELECT f.id, NULL, f.name, f.name, f.name, NULL, NULL, f.content_type, f.storage_key
        FROM task_file AS tf
        JOIN file AS f ON f.id = tf.file_id
        WHERE tf.task_id = %(task)s
        ORDER BY paper_id, file_id
        """,
        {"task": task.id},
    )


async def access_document(conn: Connection, task: OwnTaskRow, file_id: int) -> DocumentRow:
    """One of the task's documents, for reading. Refuses: NotFound."""
    for document in await documents_of(conn, task):
        if document.file_id == file_id:
            return document
    raise NotFound("file")


async def report_on_task(conn: Connection, task: TaskRow, text: str, *, now: datetime) -> TaskRow:
    """The freelancer says what was done: a message to the client, and the report that some tasks need.

    The caller has locked the task. Refuses: what `add_message` refuses.
    """
    await add_message(conn, task, text, author_id=task.freelancer_id, now=now)
    await conn.execute("UPDATE task SET reported_at = %(now)s WHERE id = %(task)s", {"task": task.id, "now": now})
    return msgspec.structs.replace(task, reported_at=now)
