"""Making PDFs of issued documents, each once, in every language.

The bytes go to the store under a key that the document has from the start; then their files are noted, and only then
is the document done. A worker killed in between leaves a document that is rendered again: the same bytes to the same
key. Once noted nothing renders it any more.
"""

import asyncio
import os
from datetime import datetime, timedelta

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.documents.kinds import LANGUAGES, DocumentType, Language
from artel.documents.sheets import Document, ReportLine, sheet_of
from artel.documents.typesetting import typeset
from artel.files.rules import NewFile, keep_made_file
from artel.files.store import FileStore
from artel.logs import log

BATCH = 20
LEASE = timedelta(minutes=5)
# Half of the processors at most: the same worker settles payments, and those do not wait for paper.
AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
LONGEST_PAUSE_S = 3600
# A report of more tasks than this shows them by service: every task has its act besides.
MOST_LINES = 5000


class ToRender(Document):
    uuid: str
    is_rendered: bool


async def claim_unrendered(conn: Connection, *, now: datetime) -> list[int]:
    """Take a batch of documents that are due, those first that somebody waits for. No other worker takes them until
    the lease is over."""
    cursor = await conn.execute(
        """
        WITH due AS MATERIALIZED (
            SELECT document_id
            FROM document_rendering
            WHERE due_at <= %(now)s
            ORDER BY is_awaited DESC, due_at
            LIMIT %(batch)s
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE document_rendering AS r
        SET due_at = %(until)s, attempts = r.attempts + 1
        FROM due
        WHERE r.document_id = due.document_id
        RETURNING r.document_id
        """,
        {"now": now, "until": now + LEASE, "batch": BATCH},
    )
    return sorted(row[0] for row in await cursor.fetchall())


async def next_rendering(conn: Connection) -> datetime | None:
    earliest: datetime | None = await fetch_value(conn, "SELECT min(due_at) FROM document_rendering")
    return earliest


async def render_claimed(database: Database, files: FileStore, document_ids: list[int]) -> None:
    """Render documents side by side. One that fails is tried again later and spoils none of the others."""
    room = asyncio.Semaphore(AT_ONCE)

    async def render(document_id: int) -> None:
        async with room:
            try:
                await render_document(database, files, document_id)
            except Exception as error:
                log.exception("document not rendered", document=document_id)
                async with database.transaction() as conn:
                    await note_failure(conn, document_id, str(error), now=clock.now())

    await asyncio.gather(*(render(document_id) for document_id in document_ids))


async def render_document(database: Database, files: FileStore, document_id: int) -> None:
    """Make a document's files unless it has them."""
    async with database.connection() as conn:
        document = await document_to_render(conn, document_id)
        if document.is_rendered:
            return
        lines = await lines_of_report(conn, document_id) if document.type == DocumentType.REPORT else []
    made: dict[Language, NewFile] = {}
    for language in LANGUAGES:
        content = await asyncio.to_thread(pdf_of, document, language, lines)
        name = f"{document.number}.{language.lower()}.pdf"
        key = f"{document.uuid[:2]}/{document.uuid}.{language.lower()}"
        await files.put_at(key, content)
        made[language] = NewFile(name, "application/pdf", content, key)
    async with database.transaction() as conn:
        await note_files(conn, document, made, now=clock.now())


def pdf_of(document: Document, language: Language, lines: list[ReportLine]) -> bytes:
    template, facts = sheet_of(document, language, lines)
    return typeset(template, facts, at=document.created_at)


async def document_to_render(conn: Connection, document_id: int) -> ToRender:
    document = await fetch_one(
        conn,
        ToRender,
        """
        SELECT
            id, company_id, type, number, dated, month, currency, net, vat_percent, vat, amount, facts, created_at,
            uuid::text AS uuid, file_ru_id IS NOT NULL AS is_rendered
        FROM document
        WHERE id = %(id)s
        """,
        {"id": document_id},
    )
    assert document is not None, "documents are never deleted"
    return document


async def lines_of_report(conn: Connection, report_id: int) -> list[ReportLine]:
    """The tasks of a closing report in the order they were paid; by service where they are too many."""
    parameters = {"report": report_id, "most": MOST_LINES}
    count = await fetch_value(conn, "SELECT count(*) FROM paid_task WHERE report_id = %(report)s", parameters)
    if count > MOST_LINES:
        return await fetch_all(
            conn,
            ReportLine,
            """
            SELECT NULL::date AS day, s.title_doc_ru || ' / ' || s.title_doc_en AS title, '' AS worker, count(*),
                sum(t.total) AS amount
            FROM paid_task AS p
            JOIN task AS t ON t.id = p.task_id
            JOIN service AS s ON s.id = t.service_id
            WHERE p.report_id = %(report)s
            GROUP BY s.id
            ORDER BY s.id
            """,
            parameters,
        )
    return await fetch_all(
        conn,
        ReportLine,
        """
        SELECT
            (p.paid_at AT TIME ZONE 'UTC')::date AS day, t.title, 1 AS count, t.total AS amount,
            concat_ws(' ', coalesce(m.first_name, w.first_name), coalesce(m.last_name, w.last_name)) AS worker
        FROM paid_task AS p
        JOIN task AS t ON t.id = p.task_id
        JOIN person AS w ON w.id = t.freelancer_id
        LEFT JOIN team_member AS m ON m.company_id = t.company_id AND m.freelancer_id = t.freelancer_id
        WHERE p.report_id = %(report)s
        ORDER BY p.paid_at, t.id
        """,
        parameters,
    )


async def note_files(conn: Connection, document: ToRender, made: dict[Language, NewFile], *, now: datetime) -> None:
    """The document is done, unless another worker has been quicker."""
    locked = await fetch_value(
        conn,
        "SELECT file_ru_id IS NULL FROM document WHERE id = %(id)s FOR NO KEY UPDATE",
        {"id": document.id},
    )
    if locked:
        ids = {
            language: await keep_made_file(conn, file, company_id=document.company_id, now=now)
            for language, file in made.items()
        }
        await conn.execute(
            "UPDATE document SET file_en_id = %(en)s, file_ru_id = %(ru)s WHERE id = %(id)s",
            {"id": document.id, "en": ids["EN"], "ru": ids["RU"]},
        )
    await conn.execute("DELETE FROM document_rendering WHERE document_id = %(id)s", {"id": document.id})


async def note_failure(conn: Connection, document_id: int, reason: str, *, now: datetime) -> None:
    """To be tried again, later and later."""
    await conn.execute(
        """
        UPDATE document_rendering
        SET last_error = left(%(reason)s, 500),
            due_at = %(now)s + make_interval(secs => least(2 ^ least(attempts, 20), %(longest)s))
        WHERE document_id = %(id)s
        """,
        {"id": document_id, "reason": reason, "now": now, "longest": LONGEST_PAUSE_S},
    )
