"""kill -9 of real worker processes while they issue, render and pack: everything is there in the end, and once."""

import functools
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.documents.archives import note_archive
from artel.documents.jobs import ask_for_packing
from artel.documents.queries import Wanted
from artel.process.sandbox_clock import store_offset
from artel.settings import Settings
from artel.tasks.machine import State
from tests.documents.cast import bytes_of, documents_of, invoice, numbers_without_gap, text_of
from tests.tasks.cast import Desk
from tests.waiting import until

ROOT = Path(__file__).parent.parent.parent
# Where a worker is stopped: the table that is closed to writers, and the statement that then waits. At "file" both PDFs
# are in the store and not noted; at "message" the ZIP is, and its letter is not written.
STEPS = {
    "document_counter": "INSERT INTO document_counter",
    "audit": "INSERT INTO audit",
    "document_rendering": "UPDATE document_rendering",
    "file": "INSERT INTO file",
    "message": "INSERT INTO message",
}


class Workers:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.documents.worker_process"]
        self.process = subprocess.Popen(
            [*command, self.settings.database_url, str(self.settings.home)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
async def workers(settings: Settings) -> AsyncIterator[Workers]:
    workers = Workers(settings)
    yield workers
    workers.kill()


def kept_objects(settings: Settings) -> list[str]:
    return [name for _, _, names in os.walk(settings.home / "files") for name in names]


async def count(conn: Connection, sql: str) -> int:
    return int(await fetch_value(conn, sql))  # type: ignore[arg-type]


async def test_killed_at_each_step(
    database: Database, conn: Connection, settings: Settings, desk: Desk, workers: Workers
) -> None:
    """In each round a task of last month is paid, an invoice asked for, and a ZIP of everything."""
    made = 0
    for number, (table, statement) in enumerate(STEPS.items(), 1):
        desk.now = datetime(2026, number, 15, tzinfo=UTC)
        await desk.task(State.FINISHED)
        await invoice(conn, desk.member, "10", now=desk.now)
        async with conn.transaction():
            archive = await note_archive(conn, desk.member, Wanted(type=6), now=desk.now)
            await ask_for_packing(conn, archive)
        made += 3  # an act, an invoice, a report
        async with database.transaction() as blocker:
            await blocker.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")  # type: ignore[arg-type]
            workers.start()
            await until(functools.partial(waits, conn, statement), timeout_s=60)
            workers.kill()
        # What the dead worker had taken is due again when its time is over.
        await store_offset(conn, timedelta(minutes=10) * number)
        workers.start()
        await until(functools.partial(all_done, conn, made, number), timeout_s=90)
        workers.kill()
    documents = await documents_of(conn, desk.member.company_id)
    assert sorted(one.type for one in documents) == [6] * len(STEPS) + [7] * len(STEPS) + [8] * len(STEPS)
    await numbers_without_gap(conn)
    for document in documents:
        assert document.number in text_of(await bytes_of(conn, settings, document.file_en_id))
        assert document.number in text_of(await bytes_of(conn, settings, document.file_ru_id))
    # Nothing is left over of those who died: two PDFs a document, and the ZIPs.
    assert len(kept_objects(settings)) == 2 * len(documents) + len(STEPS)
    assert await count(conn, "SELECT count(*) FROM message WHERE subject LIKE 'Documents of%'") == len(STEPS)
    await desk.verify()


async def waits(conn: Connection, statement: str) -> bool:
    return bool(
        await fetch_value(
            conn,
            """
            SELECT count(*)
            FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND position(%(statement)s IN query) > 0
            """,
            {"statement": statement},
        )
    )


async def all_done(conn: Connection, documents: int, letters: int) -> bool:
    return bool(
        await fetch_value(
            conn,
            """
            SELECT (SELECT count(*) FROM document WHERE file_ru_id IS NOT NULL) = %(documents)s
                AND NOT EXISTS (SELECT FROM document_rendering)
                AND (SELECT count(*) FROM document_archive WHERE finished_at IS NOT NULL) = %(letters)s
            """,
            {"documents": documents, "letters": letters},
        )
    )
