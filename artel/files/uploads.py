"""People's own files: looked into, kept, and noted as theirs.

In three steps, as only the last is of a transaction: `prepare` looks into the bytes (and works on a processor for
pictures), `store` keeps them, `keep_files` notes them. Who has stored what then was not noted discards it.
"""

import asyncio
import hashlib
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

import msgspec

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_one
from artel.errors import TooMany
from artel.files.errors import FileRefused
from artel.files.inspection import DOCUMENTS, PICTURES, VIDEO, content_type_of, safe_name
from artel.files.pictures import Encoded, read_picture
from artel.files.store import FileStore
from artel.operations import audit

KIB = 1024
# Of one person, in any 24 hours.
DAY = timedelta(days=1)
MOST_FILES_A_DAY = 200
MOST_BYTES_A_DAY = 1024 * KIB * KIB


class Kind(Enum):
    PICTURE = "picture"
    VIDEO = "video"
    DOCUMENT = "document"

    @property
    def most_bytes(self) -> int:
        return (51200 if self is Kind.VIDEO else 5120) * KIB


class Prepared(msgspec.Struct, frozen=True):
    """A file whose bytes are what is to be kept. `width` and `height` are a picture's, as are its smaller ones."""

    name: str
    content_type: str
    content: bytes
    width: int | None = None
    height: int | None = None
    smaller: Sequence[Encoded] = ()


class Size(msgspec.Struct, frozen=True):
    """A smaller one of a picture, where it is kept."""

    longest_side: int
    width: int
    height: int
    size_bytes: int
    key: str


class Stored(msgspec.Struct, frozen=True):
    """What was kept, and where; without the bytes, of which several files may have a hundred million."""

    name: str
    content_type: str
    size_bytes: int
    sha256: bytes
    width: int | None
    height: int | None
    key: str
    smaller: Sequence[Size]


def kind_of(name: str) -> Kind:
    """By its extension alone: what it is, its bytes say in `prepare`."""
    extension = name.rsplit(".", 1)[-1].lower()
    return Kind.PICTURE if extension in PICTURES else Kind.VIDEO if extension in VIDEO else Kind.DOCUMENT


async def prepare(kind: Kind, name: str, content: bytes) -> Prepared:
    """Look into a file, and encode anew what is a picture.

    Refuses: file_name_invalid, file_empty, file_too_large, file_type_not_allowed, file_type_mismatch, file_unsafe;
    picture_unreadable, picture_too_large.
    """
    # Browsers call a picture that comes from no file "blob"; what it is, its bytes say.
    name = safe_name(f"{name}.picture" if kind is Kind.PICTURE and "." not in name else name)
    if kind is Kind.DOCUMENT and kind_of(name) is Kind.PICTURE:
        kind = Kind.PICTURE  # a scan
    if kind is Kind.PICTURE:
        if not content:
            raise FileRefused("file_empty")
        if len(content) > kind.most_bytes:
            raise FileRefused("file_too_large", most_mib=kind.most_bytes // 2**20)
        picture = await read_picture(content)
        largest = picture.largest
        stem = name.rpartition(".")[0]
        return Prepared(
            f"{stem}.{picture.extension}",
            picture.content_type,
            largest.content,
            largest.width,
            largest.height,
            picture.smaller,
        )
    allowed = VIDEO.keys() if kind is Kind.VIDEO else DOCUMENTS
    content_type = await asyncio.to_thread(content_type_of, name, content, most_bytes=kind.most_bytes, allowed=allowed)
    return Prepared(name, content_type, content)


async def store(files: FileStore, file: Prepared) -> Stored:
    return Stored(
        name=file.name,
        content_type=file.content_type,
        size_bytes=len(file.content),
        sha256=await asyncio.to_thread(lambda: hashlib.sha256(file.content).digest()),
        width=file.width,
        height=file.height,
        key=await files.put(file.content),
        smaller=[
            Size(size.longest_side, size.width, size.height, len(size.content), await files.put(size.content))
            for size in file.smaller
        ],
    )


async def discard_unnoted(database: Database, files: FileStore, stored: Sequence[Stored]) -> None:
    """Remove what no row names.

    The database is asked, whatever the caller saw: a commit whose answer got lost has happened. Where it does not
    answer, all stays: bytes too many do no harm, bytes that are gone do.
    """
    if not stored:
        return
    async with database.connection() as conn:
        cursor = await conn.execute(
            "SELECT storage_key FROM file WHERE storage_key = ANY(%(keys)s)", {"keys": [kept.key for kept in stored]}
        )
        noted = {row[0] for row in await cursor.fetchall()}
    for kept in stored:
        if kept.key not in noted:
            for key in (kept.key, *(size.key for size in kept.smaller)):
                await files.remove_if_there(key)


class _OfLate(msgspec.Struct):
    count: int
    size_bytes: int
    oldest: datetime | None


async def require_room(conn: Connection, person_id: int, *, count: int, size_bytes: int, now: datetime) -> None:
    """Whether somebody may upload so much more now. Refuses: TooMany, until the oldest of the day is a day old."""
    of_late = await fetch_one(
        conn,
        _OfLate,
        """
        SELECT count(*) AS count, coalesce(sum(size_bytes), 0)::bigint AS size_bytes, min(created_at) AS oldest
        FROM file
        WHERE owner_id = %(person)s AND created_at > %(since)s AND company_id IS NULL
        """,
        {"person": person_id, "since": now - DAY},
    )
    assert of_late is not None, "an aggregate has a row"
    if of_late.count + count > MOST_FILES_A_DAY or of_late.size_bytes + size_bytes > MOST_BYTES_A_DAY:
        free_at = (of_late.oldest or now) + DAY
        raise TooMany(max(1, math.ceil((free_at - now).total_seconds())))


class _Id(msgspec.Struct):
    id: int


async def keep_files(conn: Connection, stored: Sequence[Stored], *, owner_id: int, now: datetime) -> list[int]:
    """Note files as somebody's own; answers their ids, in order. The owner's row is locked. Refuses: TooMany."""
    if not stored:
        return []
    # One after the other, or two uploads at once would each find room for themselves.
    await conn.execute("SELECT FROM person WHERE id = %(person)s FOR NO KEY UPDATE", {"person": owner_id})
    total = sum(kept.size_bytes for kept in stored)
    await require_room(conn, owner_id, count=len(stored), size_bytes=total, now=now)
    rows = await fetch_all(
        conn,
        _Id,
        """
        WITH kept AS (
            INSERT INTO file (owner_id, name, content_type, size_bytes, sha256, storage_key, width, height, created_at)
            SELECT %(owner)s, name, type, size, sha256, key, width, height, %(now)s
            FROM unnest(
                %(names)s::text[], %(types)s::text[], %(sizes)s::bigint[], %(hashes)s::bytea[], %(keys)s::text[],
                %(widths)s::int[], %(heights)s::int[]
            ) WITH ORDINALITY AS given (name, type, size, sha256, key, width, height, place)
            ORDER BY place
            RETURNING id, storage_key
        ),
        smaller AS (
            INSERT INTO file_size (file_id, longest_side, width, height, size_bytes, storage_key)
            SELECT kept.id, side, size.width, size.height, size.size, size.key
            FROM unnest(
                %(of)s::text[], %(sides)s::int[], %(small_widths)s::int[], %(small_heights)s::int[],
                %(small_sizes)s::bigint[], %(small_keys)s::text[]
            ) AS size (of_key, side, width, height, size, key)
            JOIN kept ON kept.storage_key = size.of_key
        )
        SELECT id FROM kept ORDER BY id
        """,
        {"owner": owner_id, "now": now, **columns_of(stored)},
    )
    ids = [row.id for row in rows]
    await audit.record(
        conn,
        "file.uploaded",
        subject="person",
        subject_id=owner_id,
        actor_id=owner_id,
        company_id=None,
        now=now,
        files=ids,
    )
    return ids


def columns_of(stored: Sequence[Stored]) -> dict[str, list[object]]:
    smaller = [(kept.key, size) for kept in stored for size in kept.smaller]
    return {
        "names": [kept.name for kept in stored],
        "types": [kept.content_type for kept in stored],
        "sizes": [kept.size_bytes for kept in stored],
        "hashes": [kept.sha256 for kept in stored],
        "keys": [kept.key for kept in stored],
        "widths": [kept.width for kept in stored],
        "heights": [kept.height for kept in stored],
        "of": [of for of, _ in smaller],
        "sides": [size.longest_side for _, size in smaller],
        "small_widths": [size.width for _, size in smaller],
        "small_heights": [size.height for _, size in smaller],
        "small_sizes": [size.size_bytes for _, size in smaller],
        "small_keys": [size.key for _, size in smaller],
    }
