"""What operators see of verifications. Nobody else sees any: the pages and commands ask `require_operator` first."""

from datetime import date, datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import NotFound


async def require_operator(conn: Connection, person_id: int) -> None:
    """Refuses: NotFound, as if there were nothing here, for everybody else."""
    if not await fetch_value(conn, "SELECT is_operator FROM person WHERE id = %(id)s", {"id": person_id}):
        raise NotFound("page")


class WaitingRow(msgspec.Struct, frozen=True):
    id: int
    name: str
    email: str
    country: str | None
    document: str
    provider: str | None
    submitted_at: datetime


async def waiting_verifications(
    conn: Connection, *, after_id: int | None = None, limit: int
) -> tuple[list[WaitingRow], int]:
    """A page of those who wait, the longest first, and how many there are; `after_id` is the last one of the page
    before."""
    total: int = await fetch_value(conn, "SELECT count(*) FROM verification WHERE status = 'waiting'")
    rows = await fetch_all(
        conn,
        WaitingRow,
        """
        SELECT
            v.id, trim(concat_ws(' ', p.first_name, p.last_name)) AS name, p.email, p.country, v.document, v.provider,
            v.submitted_at
        FROM verification AS v
        JOIN person AS p ON p.id = v.freelancer_id
        WHERE v.status = 'waiting'
            AND (
                %(after)s::bigint IS NULL
                OR (v.submitted_at, v.id) > (
                    SELECT submitted_at, id FROM verification WHERE id = %(after)s::bigint
                )
            )
        ORDER BY v.submitted_at, v.id
        LIMIT %(limit)s
        """,
        {"after": after_id, "limit": limit},
    )
    return rows, total


class VerificationDetails(msgspec.Struct, frozen=True):
    """One verification and whom it is about: what the document is compared with."""

    id: int
    freelancer_id: int
    first_name: str
    middle_name: str
    last_name: str
    email: str
    birth_date: date | None
    citizenship: str | None
    country: str | None
    document: str
    status: str
    provider: str | None
    reason_en: str | None
    reason_ru: str | None
    submitted_at: datetime
    decided_at: datetime | None
    parts: list[str]
    declined_before: int


async def access_verification(conn: Connection, verification_id: int) -> VerificationDetails:
    """One that was sent. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        VerificationDetails,
        """
        SELECT
            v.id, v.freelancer_id, p.first_name, p.middle_name, p.last_name, p.email, p.birth_date, p.citizenship,
            p.country, v.document, v.status, v.provider, v.reason_en, v.reason_ru, v.submitted_at, v.decided_at,
            ARRAY(
                SELECT part
                FROM verification_photo
                WHERE verification_id = v.id AND stored_at IS NOT NULL AND replaced_at IS NULL
                ORDER BY array_position(ARRAY['front', 'back', 'selfie'], part)
            ) AS parts,
            (
                SELECT count(*) FROM verification WHERE freelancer_id = p.id AND status = 'declined' AND id < v.id
            ) AS declined_before
        FROM verification AS v
        JOIN person AS p ON p.id = v.freelancer_id
        WHERE v.id = %(id)s AND v.status <> 'draft'
        """,
        {"id": verification_id},
    )
    if row is None:
        raise NotFound("verification")
    return row


async def photo_key(conn: Connection, verification_id: int, part: str) -> str:
    """Where a photo's bytes are. Refuses: NotFound, also for a photo that has been deleted."""
    key: str | None = await fetch_value(
        conn,
        """
        SELECT o.storage_key
        FROM verification_photo AS o
        JOIN verification AS v ON v.id = o.verification_id
        WHERE v.id = %(id)s AND v.status <> 'draft' AND o.part = %(part)s AND o.stored_at IS NOT NULL
            AND o.replaced_at IS NULL
        """,
        {"id": verification_id, "part": part},
    )
    if key is None:
        raise NotFound("photo")
    return key
