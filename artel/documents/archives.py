"""Documents as one ZIP: asked for, packed by a job, fetched through a mailed link."""

import asyncio
import tempfile
import uuid
import zipfile
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import LiteralString

import msgspec

from artel import clock
from artel.companies.access import ROLE_RIGHTS, Member, Right
from artel.db.conditions import all_of
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.documents.errors import ArchiveGone
from artel.documents.kinds import Language
from artel.documents.links import PATH, read_link, sign_link
from artel.documents.queries import CONDITIONS, OF_COMPANY, Wanted
from artel.documents.rendering import render_document
from artel.files.store import FileStore
from artel.notifications.rules import send_letter
from artel.operations.rate_limits import Limit
from artel.settings import Settings

# Packing costs time and room: so often an hour somebody may ask.
MOST_AN_HOUR = 20
LIFETIME = timedelta(days=3)
PAGE = 200


# By the reader's language.
SELECT_FILES: dict[Language, LiteralString] = {
    "EN": """
    SELECT d.id AS document_id, d.place, d.number, f.storage_key
    FROM document AS d
    LEFT JOIN file AS f ON f.id = d.file_en_id
    """,
    "RU": """
    SELECT d.id AS document_id, d.place, d.number, f.storage_key
    FROM document AS d
    LEFT JOIN file AS f ON f.id = d.file_ru_id
    """,
}


class Archive(msgspec.Struct):
    id: int
    uuid: uuid.UUID
    company_id: int
    company: str
    email: str
    language: Language
    type: int | None
    since: date | None
    before: date | None
    is_finished: bool

    @property
    def wanted(self) -> Wanted:
        return Wanted(type=self.type, since=self.since, before=self.before)

    @property
    def key(self) -> str:
        return f"archives/{self.uuid.hex}"


class PackedFile(msgspec.Struct, frozen=True):
    document_id: int
    place: int
    number: str
    storage_key: str | None


def archive_limit(member: Member) -> Limit:
    return Limit(f"documents:{member.person_id}", most=MOST_AN_HOUR, window_s=3600)


async def note_archive(conn: Connection, member: Member, wanted: Wanted, *, now: datetime) -> int:
    """Write down what somebody asks for; answers the archive's id, for the job that packs it."""
    archive_id: int = await fetch_value(
        conn,
        """
        INSERT INTO document_archive (company_id, person_id, language, type, since, before, created_at)
        VALUES (%(company)s, %(person)s, %(language)s, %(type)s, %(since)s, %(before)s, %(now)s)
        RETURNING id
        """,
        {
            **msgspec.structs.asdict(wanted),
            "company": member.company_id,
            "person": member.person_id,
            "language": member.language,
            "now": now,
        },
    )
    return archive_id


async def pack_archive(database: Database, files: FileStore, settings: Settings, archive_id: int) -> None:
    """Pack what was asked for and mail the link, once, however often the job is begun.

    The ZIP grows in a file on the disk and goes to the store from there: at no time is more than one document in
    memory. The letter is written in the transaction that notes the archive as finished.
    """
    async with database.connection() as conn:
        archive = await read_archive(conn, archive_id)
    if archive is None or archive.is_finished:
        return
    with tempfile.TemporaryDirectory(prefix="artel-documents-") as folder:
        path = Path(folder) / "documents.zip"
        count = await write_zip(database, files, archive, path)
        if count:
            await files.put_at(archive.key, path)
    async with database.transaction() as conn:
        await finish(conn, archive, settings, count=count, now=clock.now())


async def read_archive(conn: Connection, archive_id: int, *, lock: bool = False) -> Archive | None:
    return await fetch_one(
        conn,
        Archive,
        """
        SELECT
            a.id, a.uuid, a.company_id, c.name AS company, p.email, a.language, a.type, a.since, a.before,
            a.finished_at IS NOT NULL AS is_finished
        FROM document_archive AS a
        JOIN company AS c ON c.id = a.company_id
        JOIN person AS p ON p.id = a.person_id
        WHERE a.id = %(id)s
        """
        + ("FOR NO KEY UPDATE OF a" if lock else ""),
        {"id": archive_id},
    )


async def write_zip(database: Database, files: FileStore, archive: Archive, path: Path) -> int:
    """Write the ZIP; answers how many documents are in it. What is not rendered yet is rendered now."""
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        async for file in files_of(database, archive):
            if file.storage_key is None:
                await render_document(database, files, file.document_id)
                async with database.connection() as conn:
                    file = await file_of(conn, file.document_id, archive.language)
            assert file.storage_key is not None, "it is rendered"
            content = await files.get(file.storage_key)
            await asyncio.to_thread(packed.writestr, f"{file.number}.pdf", content)
            count += 1
    return count


async def files_of(database: Database, archive: Archive) -> AsyncIterator[PackedFile]:
    """The documents asked for, the oldest first, a page at a time."""
    last_place = 0
    while True:
        async with database.connection() as conn:
            page = await fetch_all(
                conn,
                PackedFile,
                SELECT_FILES[archive.language]
                + OF_COMPANY
                + " AND d.place > %(place)s"
                + all_of(CONDITIONS, archive.wanted.filters)
                + "\nORDER BY d.place LIMIT %(limit)s",
                {
                    **archive.wanted.filters,
                    "company": archive.company_id,
                    "place": last_place,
                    "limit": PAGE,
                },
            )
        for file in page:
            yield file
        if len(page) < PAGE:
            return
        last_place = page[-1].place


async def file_of(conn: Connection, document_id: int, language: Language) -> PackedFile:
    file = await fetch_one(conn, PackedFile, SELECT_FILES[language] + "WHERE d.id = %(id)s", {"id": document_id})
    assert file is not None, "documents are never deleted"
    return file


async def finish(conn: Connection, archive: Archive, settings: Settings, *, count: int, now: datetime) -> None:
    locked = await read_archive(conn, archive.id, lock=True)
    if locked is None or locked.is_finished:
        return
    expires_at = now + LIFETIME
    await conn.execute(
        """
        UPDATE document_archive
        SET finished_at = %(now)s, expires_at = %(expires)s, document_count = %(count)s, storage_key = %(key)s
        WHERE id = %(id)s
        """,
        {
            "id": archive.id,
            "now": now,
            "expires": expires_at,
            "count": count,
            "key": archive.key if count else None,
        },
    )
    if not count:
        await send_letter(
            conn, "documents_none", to=archive.email, language=archive.language, now=now, company=archive.company
        )
        return
    token = sign_link(settings.secret, archive.uuid, expires_at=expires_at)
    await send_letter(
        conn,
        "documents_ready",
        to=archive.email,
        language=archive.language,
        now=now,
        company=archive.company,
        count=count,
        days=LIFETIME.days,
        link=f"{settings.base_url}{PATH}/{token}",
    )


class ReadyArchive(msgspec.Struct, frozen=True):
    company_id: int
    storage_key: str
    created_at: datetime
    role: str


async def open_archive(conn: Connection, secret: str, token: str, *, now: datetime) -> ReadyArchive:
    """What a link leads to. Refuses: ArchiveGone, also where who asked is no member of the company any more."""
    ready = await fetch_one(
        conn,
        ReadyArchive,
        """
        SELECT a.company_id, a.storage_key, a.created_at, m.role
        FROM document_archive AS a
        JOIN company_member AS m
            ON m.company_id = a.company_id AND m.person_id = a.person_id AND m.ended_at IS NULL
        WHERE a.uuid = %(uuid)s AND a.expires_at > %(now)s AND a.storage_key IS NOT NULL
        """,
        {"uuid": read_link(secret, token, now=now), "now": now},
    )
    if ready is None or Right.VIEW not in ROLE_RIGHTS[ready.role]:
        raise ArchiveGone
    return ready


class Expired(msgspec.Struct, frozen=True):
    id: int
    storage_key: str | None


async def expired_archives(conn: Connection, *, now: datetime, limit: int) -> list[Expired]:
    return await fetch_all(
        conn,
        Expired,
        """
        SELECT id, storage_key
        FROM document_archive
        WHERE expires_at <= %(now)s
        ORDER BY expires_at
        LIMIT %(limit)s
        """,
        {"now": now, "limit": limit},
    )


async def forget_archive(conn: Connection, archive_id: int) -> None:
    await conn.execute("DELETE FROM document_archive WHERE id = %(id)s", {"id": archive_id})
