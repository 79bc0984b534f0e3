"""What somebody shows of themselves is in their export, and gone when they are erased."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.files.store import FileStore
from artel.files.uploads import Kind, Stored, keep_files, prepare, store
from artel.personal_data.erasure import erase_person
from artel.personal_data.export import export_person
from artel.profiles.papers import set_cv, set_documents, set_photo
from artel.profiles.rules import change_profile
from tests import cast
from tests.api.time.pictures import PDF, picture
from tests.personal_data.test_personal_data import now as now
from tests.personal_data.test_personal_data import tables_that_say

CHANGES = {
    "name": "Zdenka Quintessa",
    "birthcity": "Leipzig-Plagwitz",
    "city": "Quedlinburg",
    "phone": "+49 170 7654321",
    "education": "Kunsthochschule Halle",
    "about": "Paints lighthouses",
    "links": [{"label": "Zdenkas works", "url": "https://zdenka.example.test"}],
    "settings": {"motto": "per aspera"},
    "sallary": {"amount": "4711", "currency": "EUR"},
}
TELLING = ("Zdenka", "Plagwitz", "Quedlinburg", "491707654321", "Halle", "lighthouses", "aspera", "4711", "portrait-of")


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore("", tmp_path)


@pytest.fixture
async def zdenka(conn: Connection, files: FileStore, now: datetime) -> int:
    person = await cast.add_person(conn, "zdenka@example.test", now=now)
    kept: list[Stored] = [
        await store(files, await prepare(Kind.PICTURE, "portrait-of-zdenka.png", picture("PNG"))),
        await store(files, await prepare(Kind.DOCUMENT, "cv-of-zdenka.pdf", PDF)),
    ]
    async with conn.transaction():
        await change_profile(conn, person, {**CHANGES, "skills": ["Glazing"]}, actor_id=person, now=now)
        photo, cv = await keep_files(conn, kept, owner_id=person, now=now)
        await set_photo(conn, person, photo, actor_id=person, now=now)
        await set_cv(conn, person, cv, actor_id=person, now=now)
        await set_documents(conn, person, kept=None, added=[cv], actor_id=person, now=now)
    return person


async def test_the_export_has_it_all(conn: Connection, zdenka: int, now: datetime) -> None:
    async with conn.transaction():
        found = await export_person(conn, zdenka, actor_id=None, now=now)
    text = json.dumps(found)
    assert [word for word in TELLING if word not in text] == []
    assert found["skills"] == [{"name": "Glazing"}]
    assert [row["file_id"] for row in found["documents_shown"]] == [found["person"][0]["cv_file_id"]]


async def test_erased_nothing_is_left(conn: Connection, files: FileStore, zdenka: int, now: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO idempotency_key (scope, key, fingerprint, status, reply, created_at)
        VALUES (%(scope)s, 'key', '', 200, 'Zdenka', %(now)s)
        """,
        {"scope": f"{zdenka}:time", "now": now},
    )
    assert await tables_that_say(conn, TELLING) != {}
    async with conn.transaction():
        keys = await erase_person(conn, zdenka, actor_id=None, now=now)
    assert await tables_that_say(conn, TELLING) == {}
    for table in ("file", "file_size", "person_document", "person_skill", "idempotency_key"):
        assert await fetch_value(conn, f"SELECT count(*) FROM {table}") == 0
    assert len(keys) == 4  # the picture in three sizes, and the CV
    for key in keys:
        assert await files.get(key)


async def test_others_keep_theirs(conn: Connection, files: FileStore, zdenka: int, now: datetime) -> None:
    other = await cast.add_person(conn, "boris@example.test", now=now)
    async with conn.transaction():
        kept = [await store(files, await prepare(Kind.DOCUMENT, "other.pdf", PDF))]
        await keep_files(conn, kept, owner_id=other, now=now)
        await change_profile(conn, other, {"skills": ["Glazing"]}, actor_id=other, now=now)
        await erase_person(conn, zdenka, actor_id=None, now=now)
    assert await fetch_value(conn, "SELECT name FROM file") == "other.pdf"
    assert await fetch_value(conn, "SELECT person_id FROM person_skill") == other
