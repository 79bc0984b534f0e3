"""Documents that freelancers accept before a task, an NDA for instance (M, "Дополнительные документы для принятия
задания"): the operator puts them in for a company."""

import hashlib
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound
from artel.files.rules import NewFile
from artel.operations import audit


class AcceptanceFile(msgspec.Struct, frozen=True):
    """`id` is what tasks name in `acceptanceFileIds`."""

    id: int
    file_id: int


async def add_acceptance_file(
    conn: Connection,
    file: NewFile,
    *,
    company_id: int,
    title_en: str,
    title_ru: str,
    actor_id: int | None = None,
    now: datetime,
) -> AcceptanceFile:
    """Offer a kept file to a company's tasks as a document to accept. It is its first owner's file.

    Refuses: NotFound for a company that does not exist.
    """
    added = await fetch_one(
        conn,
        AcceptanceFile,
        """
        WITH kept AS (
            INSERT INTO file (company_id, owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
            SELECT company_id, min(person_id), %(name)s, %(type)s, %(size)s, %(sha256)s, %(key)s, %(now)s
            FROM company_member
            WHERE company_id = %(company)s AND role = 'owner' AND ended_at IS NULL
            GROUP BY company_id
            RETURNING id, company_id
        )
        INSERT INTO acceptance_file (company_id, file_id, title_ru, title_en, created_at)
        SELECT company_id, id, %(title_ru)s, %(title_en)s, %(now)s
        FROM kept
        RETURNING id, file_id
        """,
        {
            "company": company_id,
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
