"""Keeping files and attaching them to tasks (M, "Добавление файлов к задаче")."""

import hashlib
from datetime import datetime

import msgspec

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound
from artel.files.errors import FileRefused
from artel.operations import audit
from artel.tasks.machine import State
from artel.tasks.queries import TaskRow
from artel.tasks.rules import note_file

# The only type the documents name: transfer of rights in the task.
TYPES = frozenset({5})
# Paid, or about to be: what the payment was for does not change any more.
CLOSED_STATES = frozenset({State.FINISHED, State.QUEUED})
MOST_FILES_OF_A_TASK = 100


class NewFile(msgspec.Struct, frozen=True):
    """A file that was looked into and whose bytes are in the store."""

    name: str
    content_type: str
    content: bytes
    storage_key: str


async def attach_file(
    conn: Connection, task: TaskRow, file: NewFile, *, file_type: int, member: Member, now: datetime
) -> int:
    """Attach a kept file to a task locked by the caller; answers the file's id.

    What comes while the task is in work is its report. Refuses: file_task_closed in states 5 and 12;
    file_kind_unknown; too_many_files.
    """
    if file_type not in TYPES:
        raise FileRefused("file_kind_unknown", known=", ".join(map(str, sorted(TYPES))))
    if task.state in CLOSED_STATES:
        raise FileRefused("file_task_closed")
    attached = await fetch_value(conn, "SELECT count(*) FROM task_file WHERE task_id = %(task)s", {"task": task.id})
    if attached >= MOST_FILES_OF_A_TASK:
        raise FileRefused("too_many_files", most=MOST_FILES_OF_A_TASK)
    file_id: int = await fetch_value(
        conn,
        """
        WITH kept AS (
            INSERT INTO file (company_id, owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
            VALUES (%(company)s, %(owner)s, %(name)s, %(type)s, %(size)s, %(sha256)s, %(key)s, %(now)s)
            RETURNING id
        )
        INSERT INTO task_file (task_id, file_id, type, attached_at)
        SELECT %(task)s, id, %(kind)s, %(now)s
        FROM kept
        RETURNING file_id
        """,
        {
            "company": task.company_id,
            "owner": member.person_id,
            "name": file.name,
            "type": file.content_type,
            "size": len(file.content),
            "sha256": hashlib.sha256(file.content).digest(),
            "key": file.storage_key,
            "task": task.id,
            "kind": file_type,
            "now": now,
        },
    )
    await note_file(conn, task, now=now)
    await audit.record(
        conn,
        "task.file_attached",
        subject="task",
        subject_id=task.id,
        actor_id=member.person_id,
        company_id=task.company_id,
        now=now,
        file_id=file_id,
    )
    return file_id


async def keep_made_file(conn: Connection, file: NewFile, *, company_id: int, now: datetime) -> int:
    """Note a file that the program made for a company and whose bytes are in the store; answers its id."""
    file_id: int = await fetch_value(
        conn,
        """
        INSERT INTO file (company_id, name, content_type, size_bytes, sha256, storage_key, created_at)
        VALUES (%(company)s, %(name)s, %(type)s, %(size)s, %(sha256)s, %(key)s, %(now)s)
        RETURNING id
        """,
        {
            "company": company_id,
            "name": file.name,
            "type": file.content_type,
            "size": len(file.content),
            "sha256": hashlib.sha256(file.content).digest(),
            "key": file.storage_key,
            "now": now,
        },
    )
    return file_id


class FileRow(msgspec.Struct, frozen=True):
    id: int
    name: str
    content_type: str
    storage_key: str


async def access_file(conn: Connection, member: Member, file_id: int) -> FileRow:
    """A file of the member's company, or one of the operator's for every company. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        FileRow,
        """
        SELECT f.id, f.name, f.content_type, f.storage_key
        FROM file AS f
        WHERE f.id = %(id)s
          AND (
              f.company_id = %(company)s
              OR EXISTS (
                  SELECT
                  FROM acceptance_file AS a
                  WHERE a.file_id = f.id AND (a.company_id IS NULL OR a.company_id = %(company)s)
              )
          )
        """,
        {"id": file_id, "company": member.company_id},
    )
    if row is None:
        raise NotFound("file")
    return row
