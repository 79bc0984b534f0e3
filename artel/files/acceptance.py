"""Documents that freelancers accept before a task, an NDA for instance (M, "Дополнительные документы для принятия
задания"): a company puts in its own, the operator those of a company or of all."""

import hashlib
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.errors import NotFound, Refused
from artel.files.errors import FileRefused
from artel.files.rules import NewFile
from artel.freelancers.profile import clean_text
from artel.operations import audit

LONGEST_TITLE = 200
# What somebody can read before they sign it.
READABLE = frozenset({"pdf", "doc", "docx", "odt", "rtf", "txt", "md"})


class AcceptanceFile(msgspec.Struct, frozen=True):
    """`id` is what tasks name in `acceptanceFileIds`."""

    id: int
    file_id: int
    title_ru: str
    title_en: str


async def add_acceptance_file(
    conn: Connection,
    file: NewFile,
    *,
    company_id: int | None,
    title_en: str,
    title_ru: str,
    actor_id: int | None = None,
    now: datetime,
) -> AcceptanceFile:
    """Offer a kept file to a company's tasks, or with `company_id` None to everybody's, as a document to accept.

    It is its uploader's file; what comes from the command line is the company's first owner's, or nobody's.
    Refuses: acceptance_title_missing, TextTooLong, TextInvalid; file_type_not_allowed for what nobody reads;
    NotFound for a company that does not exist.
    """
    title_en, title_ru = checked_title("title_en", title_en), checked_title("title", title_ru)
    if file.name.rpartition(".")[2].lower() not in READABLE:
        raise FileRefused("file_type_not_allowed", allowed=", ".join(sorted(READABLE)))
    added = await fetch_one(
        conn,
        AcceptanceFile,
        """
        WITH owner AS (
            SELECT
                %(company)s::bigint AS company_id,
                coalesce(
                    %(actor)s::bigint,
                    (
                        SELECT min(person_id)
                        FROM company_member
                        WHERE company_id = %(company)s AND role = 'owner' AND ended_at IS NULL
                    )
                ) AS person_id
            WHERE %(company)s::bigint IS NULL OR EXISTS (SELECT FROM company WHERE id = %(company)s)
        ),
        kept AS (
            INSERT INTO file (company_id, owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
            SELECT company_id, person_id, %(name)s, %(type)s, %(size)s, %(sha256)s, %(key)s, %(now)s
            FROM owner
            RETURNING id, company_id
        )
        INSERT INTO acceptance_file (company_id, file_id, title_ru, title_en, created_at)
        SELECT company_id, id, %(title_ru)s, %(title_en)s, %(now)s
        FROM kept
        RETURNING id, file_id, title_ru, title_en
        """,
        {
            "company": company_id,
            "actor": actor_id,
            "name": file.name,
            "type": file.content_type,
            "size": len(file.content),
            "sha256": hashlib.sha256(file.content).digest(),
            "key": file.storage_key,
            "title_ru": title_ru,
            "title_en": title_en,
            "now": now,
        },
    )
    if added is None:
        raise NotFound("company")
    await audit.record(
        conn,
        "acceptance_file.added",
        subject="acceptance_file",
        subject_id=added.id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        file_id=added.file_id,
    )
    return added


def checked_title(field: str, given: str) -> str:
    """Refuses: acceptance_title_missing, TextTooLong, TextInvalid."""
    title = clean_text(field, given, LONGEST_TITLE)
    if title is None:
        raise Refused("acceptance_title_missing", field)
    return " ".join(title.split())


async def withdraw_acceptance_file(
    conn: Connection, acceptance_file_id: int, *, company_id: int | None, actor_id: int | None, now: datetime
) -> None:
    """Offer the document to no new task. Tasks that ask for it go on asking, and what was signed stays signed.

    With `company_id` it has to be that company's own; None is the operator, who may withdraw any. Again is fine.
    Refuses: NotFound.
    """
    found = await fetch_one(
        conn,
        _Offer,
        """
        SELECT company_id, withdrawn_at
        FROM acceptance_file
        WHERE id = %(id)s AND (%(company)s::bigint IS NULL OR company_id = %(company)s)
        FOR UPDATE
        """,
        {"id": acceptance_file_id, "company": company_id},
    )
    if found is None:
        raise NotFound("acceptance_file")
    if found.withdrawn_at is not None:
        return
    await conn.execute(
        "UPDATE acceptance_file SET withdrawn_at = %(now)s WHERE id = %(id)s", {"now": now, "id": acceptance_file_id}
    )
    await audit.record(
        conn,
        "acceptance_file.withdrawn",
        subject="acceptance_file",
        subject_id=acceptance_file_id,
        actor_id=actor_id,
        company_id=found.company_id,
        now=now,
    )


class _Offer(msgspec.Struct):
    company_id: int | None
    withdrawn_at: datetime | None


class OfferRow(msgspec.Struct, frozen=True):
    """A document with whom it is for (None: every company) and how often it was asked for and signed."""

    id: int
    company_id: int | None
    title_en: str
    name: str
    created_at: datetime
    withdrawn_at: datetime | None
    asked: int
    signed: int


async def list_acceptance_files(conn: Connection) -> list[OfferRow]:
    """All of the installation, for its operator."""
    return await fetch_all(
        conn,
        OfferRow,
        """
        SELECT a.id, a.company_id, a.title_en, f.name, a.created_at, a.withdrawn_at, count(t.task_id) AS asked,
            count(t.signed_at) AS signed
        FROM acceptance_file AS a
        JOIN file AS f ON f.id = a.file_id
        LEFT JOIN task_acceptance_file AS t ON t.acceptance_file_id = a.id
        GROUP BY a.id, f.id
        ORDER BY a.id
        """,
    )
