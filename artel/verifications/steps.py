"""A verification's statuses and the steps between them; the row under its lock."""

import uuid as uuids
from datetime import datetime
from enum import StrEnum

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound

CHANNEL = "artel_verifications"  # notified when a provider is to be asked


class Status(StrEnum):
    DRAFT = "draft"  # photos come in
    WAITING = "waiting"  # sent: an operator, or a provider, decides
    VERIFIED = "verified"
    DECLINED = "declined"


# From a decline there is no way back: who tries again begins another verification.
TRANSITIONS = {
    Status.DRAFT: (Status.WAITING,),
    Status.WAITING: (Status.VERIFIED, Status.DECLINED),
}


class VerificationRow(msgspec.Struct, frozen=True):
    """A verification under its lock."""

    id: int
    uuid: uuids.UUID
    freelancer_id: int
    company_id: int | None
    redirect_url: str | None
    document: str
    status: str
    provider: str | None
    attempts: int
    submitted_at: datetime | None


async def lock_verification(
    conn: Connection, *, verification_id: int | None = None, uuid: uuids.UUID | None = None
) -> VerificationRow:
    """Refuses: NotFound."""
    row = await fetch_one(
        conn,
        VerificationRow,
        """
        SELECT id, uuid, freelancer_id, company_id, redirect_url, document, status, provider, attempts, submitted_at
        FROM verification
        WHERE id = %(id)s::bigint OR uuid = %(uuid)s::uuid
        FOR UPDATE
        """,
        {"id": verification_id, "uuid": uuid},
    )
    if row is None:
        raise NotFound("verification")
    return row


async def note_step(
    conn: Connection,
    verification_id: int,
    from_status: Status,
    to_status: Status,
    *,
    actor_id: int | None,
    reason: str | None = None,
    now: datetime,
) -> None:
    """Write the step down. One that TRANSITIONS does not have is a mistake of ours."""
    assert to_status in TRANSITIONS[from_status]
    await conn.execute(
        """
        INSERT INTO verification_step (verification_id, from_status, to_status, actor_id, at, reason)
        VALUES (%(verification)s, %(from)s, %(to)s, %(actor)s, %(now)s, %(reason)s)
        """,
        {
            "verification": verification_id,
            "from": from_status,
            "to": to_status,
            "actor": actor_id,
            "now": now,
            "reason": reason,
        },
    )
