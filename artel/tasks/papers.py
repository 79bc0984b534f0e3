"""A task's papers: documents, an NDA for instance, that its freelancer signs before starting work."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.errors import Refused
from artel.operations import audit
from artel.tasks.errors import NotInState
from artel.tasks.machine import State
from artel.tasks.queries import TaskRow


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs and from which network address. `company_id`: a member of it, on the freelancer's behalf."""

    actor_id: int
    company_id: int | None = None
    address: str | None = None


class PaperRow(msgspec.Struct, frozen=True):
    """A document that a task asks for; `id` is the acceptance file's."""

    id: int
    file_id: int
    title_ru: str
    title_en: str
    signed_at: datetime | None


async def papers_of(conn: Connection, task_id: int) -> list[PaperRow]:
    return await fetch_all(
        conn,
        PaperRow,
        """
        SELECT a.id, a.file_id, a.title_ru, a.title_en, ta.signed_at
        FROM task_acceptance_file AS ta
        JOIN acceptance_file AS a ON a.id = ta.acceptance_file_id
        WHERE ta.task_id = %(task)s
        ORDER BY a.id
        """,
        {"task": task_id},
    )


async def sign_papers(
    conn: Connection, task: TaskRow, ids: Collection[int] | None, *, signing: Signing, now: datetime
) -> list[int]:
    """Sign the task's documents with these ids, or all of them; answers those signed now. Again is fine.

    The signature holds who, when and from where, and the hash of the file's bytes: what was signed can be shown later.
    The caller has locked the task.
    Refuses: NotInState where work is not about to start; acceptance_file_unknown for what the task does not ask for.
    """
    if task.state != State.NEW:
        raise NotInState(task.state)
    papers = {paper.id: paper for paper in await papers_of(conn, task.id)}
    chosen = papers.keys() if ids is None else set(ids)
    if not chosen <= papers.keys():
        raise Refused("acceptance_file_unknown", "acceptance_file_ids")
    unsigned = sorted(id for id in chosen if papers[id].signed_at is None)
    if not unsigned:
        return []
    await conn.execute(
        """
        UPDATE task_acceptance_file AS ta
        SET signed_at = %(now)s, signed_by = %(actor)s, signed_for = %(company)s, signed_from = %(address)s,
            signed_sha256 = f.sha256
        FROM acceptance_file AS a
        JOIN file AS f ON f.id = a.file_id
        WHERE ta.task_id = %(task)s AND ta.acceptance_file_id = ANY(%(ids)s) AND a.id = ta.acceptance_file_id
        """,
        {
            "now": now,
            "actor": signing.actor_id,
            "company": signing.company_id,
            "address": signing.address,
            "task": task.id,
            "ids": unsigned,
        },
    )
    await audit.record(
        conn,
        "task.documents_signed",
        subject="task",
        subject_id=task.id,
        actor_id=signing.actor_id,
        company_id=task.company_id,
        now=now,
        documents=unsigned,
        on_behalf=signing.company_id is not None,
    )
    return unsigned
