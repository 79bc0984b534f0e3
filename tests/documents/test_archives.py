"""Packing: piece by piece, and gone when the link is."""

import os
import zipfile
from datetime import datetime, timedelta

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.documents import archives
from artel.documents.archives import note_archive, pack_archive
from artel.documents.jobs import forget_archives
from artel.documents.queries import Wanted
from artel.files.store import PIECE_BYTES, FileStore
from artel.settings import Settings
from tests.documents.cast import company_of, invoice


async def test_archives_go_when_their_links_expire(
    database: Database, conn: Connection, settings: Settings, now: datetime
) -> None:
    member = await company_of(conn, "Aurora", "EUR", now=now)
    files = FileStore(settings.files_url, settings.home)
    await invoice(conn, member, "10", now=now)
    for wanted in (Wanted(), Wanted(type=7)):
        await pack_archive(database, files, settings, await note_archive(conn, member, wanted, now=now))
    unfinished = await note_archive(conn, member, Wanted(), now=now)

    def zips() -> list[str]:
        return os.listdir(settings.home / "files" / "archives")

    await forget_archives(database, files, now=now + archives.LIFETIME - timedelta(minutes=1))
    assert len(zips()) == 1
    await forget_archives(database, files, now=now + archives.LIFETIME + timedelta(minutes=1))
    assert zips() == []
    assert await fetch_value(conn, "SELECT array_agg(id) FROM document_archive") == [unfinished]


async def test_more_than_a_page_of_documents(
    database: Database, conn: Connection, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = await company_of(conn, "Aurora", "EUR", now=now)
    numbers = [(await invoice(conn, member, "10", now=now)).number for _ in range(5)]
    files = FileStore(settings.files_url, settings.home)
    archive = await note_archive(conn, member, Wanted(), now=now)
    monkeypatch.setattr(archives, "PAGE", 2)
    await pack_archive(database, files, settings, archive)
    [name] = os.listdir(settings.home / "files" / "archives")
    with zipfile.ZipFile(settings.home / "files" / "archives" / name) as packed:
        assert packed.namelist() == [f"{number}.pdf" for number in numbers]


async def test_a_large_file_comes_in_pieces(settings: Settings) -> None:
    files = FileStore(settings.files_url, settings.home)
    content = os.urandom(PIECE_BYTES * 4 + 17)
    path = settings.home / "large"
    path.write_bytes(content)
    await files.put_at("some/large", path)
    pieces = [piece async for piece in files.stream("some/large")]
    assert b"".join(pieces) == content
    assert max(len(piece) for piece in pieces) <= 2 * PIECE_BYTES
