"""People's own files as they are kept, and who may see them."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.errors import NotFound


class PersonFile(msgspec.Struct, frozen=True):
    """A file that somebody has uploaded for themselves. `sizes` are the smaller ones of a picture, by longest side."""

    id: int
    owner_id: int
    name: str
    content_type: str
    size_bytes: int
    width: int | None
    height: int | None
    storage_key: str
    sizes: list[int]
    created_at: datetime


COLUMNS = """
    f.id, f.owner_id, f.name, f.content_type, f.size_bytes, f.width, f.height, f.storage_key, f.created_at,
    ARRAY(SELECT s.longest_side FROM file_size AS s WHERE s.file_id = f.id ORDER BY s.longest_side DESC) AS sizes
"""


async def files_of(conn: Connection, ids: Collection[int]) -> list[PersonFile]:
    """People's files by their ids, whoever may see them: the caller has looked."""
    if not ids:
        return []
    return await fetch_all(
        conn,
        PersonFile,
        f"SELECT {COLUMNS} FROM file AS f WHERE f.id = ANY(%(ids)s) AND f.company_id IS NULL ORDER BY f.id",  # noqa: S608 - of constants
        {"ids": list(ids)},
    )


async def access_person_file(conn: Connection, person_id: int, file_id: int) -> PersonFile:
    """One's own file; somebody's photo, which everybody signed in may see; what its owner has attached to an event one
    takes part in, to a schedule shown to everybody, or to one that one is a member of. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        PersonFile,
        f"""
        SELECT {COLUMNS}
        FROM file AS f
        WHERE f.id = %(id)s AND f.company_id IS NULL AND (
            f.owner_id = %(person)s
            OR EXISTS (SELECT FROM person AS p WHERE p.photo_file_id = f.id)
            OR EXISTS (
                SELECT
                FROM schedule AS s
                WHERE s.owner_id = f.owner_id AND f.id = ANY(s.file_ids) AND s.deleted_at IS NULL AND (
                    NOT s.is_private OR EXISTS (
                        SELECT FROM schedule_member AS m WHERE m.schedule_id = s.id AND m.person_id = %(person)s
                    )
                )
            )
            OR EXISTS (
                SELECT
                FROM event_attendee AS a
                JOIN calendar_event AS e ON e.id = a.event_id
                WHERE a.person_id = %(person)s AND a.status_id IN (100, 200, 555) AND e.creator_id = f.owner_id
                    AND f.id = ANY(e.file_ids) AND e.deleted_at IS NULL
            )
        )
        """,  # noqa: S608 - of constants
        {"id": file_id, "person": person_id},
    )
    if row is None:
        raise NotFound("file")
    return row


class _Kept(msgspec.Struct):
    storage_key: str


async def size_of(conn: Connection, file: PersonFile, longest_side: int) -> str:
    """The storage key of a picture at this size. Refuses: NotFound for a size that is not made of it."""
    kept = await fetch_one(
        conn,
        _Kept,
        "SELECT storage_key FROM file_size WHERE file_id = %(file)s AND longest_side = %(side)s",
        {"file": file.id, "side": longest_side},
    )
    if kept is None:
        raise NotFound("file", "size")
    return kept.storage_key
