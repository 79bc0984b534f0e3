"""The files a profile shows: the photo, the CV, documents. All of them are the person's own uploads."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.files.inspection import BINARY, PICTURES
from artel.operations import audit
from artel.profiles.errors import FileNotOwn, NotAPicture, TooManyOf

MOST_DOCUMENTS = 30
PICTURE_TYPES = frozenset(BINARY[extension] for extension in PICTURES)


class _Own(msgspec.Struct):
    id: int
    content_type: str


async def own_files(conn: Connection, person_id: int, ids: Sequence[int]) -> dict[int, str]:
    """Those of these files that are the person's own, with their types."""
    rows = await fetch_all(
        conn,
        _Own,
        """
        SELECT id, content_type
        FROM file
        WHERE id = ANY(%(ids)s::bigint[]) AND owner_id = %(person)s AND company_id IS NULL
        """,
        {"ids": list(ids), "person": person_id},
    )
    return {row.id: row.content_type for row in rows}


async def set_photo(
    conn: Connection, person_id: int, file_id: int | None, *, actor_id: int, now: datetime, field: str = "ava_id"
) -> None:
    """Show this picture, or none. Refuses, naming `field`: FileNotOwn, NotAPicture."""
    if file_id is not None:
        own = await own_files(conn, person_id, [file_id])
        if file_id not in own:
            raise FileNotOwn(field)
        if own[file_id] not in PICTURE_TYPES:
            raise NotAPicture(field)
    await conn.execute(
        "UPDATE person SET photo_file_id = %(file)s, profile_updated_at = %(now)s WHERE id = %(person)s",
        {"file": file_id, "now": now, "person": person_id},
    )
    await note(conn, "profile.photo_set", person_id, actor_id=actor_id, now=now, files=[file_id] if file_id else [])


async def set_cv(conn: Connection, person_id: int, file_id: int | None, *, actor_id: int, now: datetime) -> None:
    """Show this file as one's CV, or none. Refuses: FileNotOwn."""
    if file_id is not None and file_id not in await own_files(conn, person_id, [file_id]):
        raise FileNotOwn("cv_id")
    await conn.execute(
        "UPDATE person SET cv_file_id = %(file)s, profile_updated_at = %(now)s WHERE id = %(person)s",
        {"file": file_id, "now": now, "person": person_id},
    )
    await note(conn, "profile.cv_set", person_id, actor_id=actor_id, now=now, files=[file_id] if file_id else [])


async def set_documents(
    conn: Connection, person_id: int, *, kept: Sequence[int] | None, added: Sequence[int], actor_id: int, now: datetime
) -> None:
    """Show the `kept` documents (None: all there are) and the `added` ones.

    Refuses: FileNotOwn, TooManyOf, both naming "docs".
    """
    # First, as it holds the person's row: two at once do not both find room.
    await conn.execute(
        "UPDATE person SET profile_updated_at = %(now)s WHERE id = %(person)s", {"now": now, "person": person_id}
    )
    wanted = list(dict.fromkeys([*(kept or []), *added]))
    own = await own_files(conn, person_id, wanted)
    if any(file_id not in own for file_id in wanted):
        raise FileNotOwn("docs")
    if kept is not None:
        await conn.execute(
            "DELETE FROM person_document WHERE person_id = %(person)s AND file_id <> ALL(%(wanted)s::bigint[])",
            {"person": person_id, "wanted": wanted},
        )
    await conn.execute(
        """
        INSERT INTO person_document (person_id, file_id, added_at)
        SELECT %(person)s, id, %(now)s
        FROM unnest(%(wanted)s::bigint[]) AS wanted (id)
        ON CONFLICT DO NOTHING
        """,
        {"person": person_id, "wanted": wanted, "now": now},
    )
    count = await fetch_value(
        conn, "SELECT count(*) FROM person_document WHERE person_id = %(person)s", {"person": person_id}
    )
    if count > MOST_DOCUMENTS:
        raise TooManyOf("docs", MOST_DOCUMENTS)
    await note(conn, "profile.documents_set", person_id, actor_id=actor_id, now=now, files=wanted)


async def note(
    conn: Connection, action: str, person_id: int, *, actor_id: int, now: datetime, files: Sequence[int]
) -> None:
    await audit.record(
        conn,
        action,
        subject="person",
        subject_id=person_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        files=list(files),
    )
