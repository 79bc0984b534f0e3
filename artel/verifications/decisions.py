"""Deciding on somebody's documents: an operator, or the provider that was asked."""

from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.freelancers.rules import announce_to_teams, verify_freelancer
from artel.notifications.rules import send_letter
from artel.operations import audit
from artel.verifications.errors import OwnVerification, VerificationDecided
from artel.verifications.reasons import Reason
from artel.verifications.rules import PAGE, make_verification_link
from artel.verifications.steps import Status, VerificationRow, lock_verification, note_step


async def decide_verification(
    conn: Connection,
    verification_id: int,
    *,
    decline: Reason | None,
    actor_id: int | None,
    base_url: str,
    now: datetime,
) -> None:
    """Confirm the person's identity or, with a reason, decline it; they are mailed either way.

    Confirmed, every company of the team is told "freelancerVerified"; declined, "freelancerVerificationDeclined", and
    the mail has a link to try again. `actor_id` is the operator's; None: the provider.
    Refuses: NotFound; VerificationDecided where it does not wait any more: of two at once the second is told;
    OwnVerification.
    """
    row = await lock_verification(conn, verification_id=verification_id)
    if row.status != Status.WAITING:
        raise VerificationDecided
    if actor_id == row.freelancer_id:
        raise OwnVerification
    status = Status.VERIFIED if decline is None else Status.DECLINED
    await conn.execute(
        """
        UPDATE verification
        SET status = %(status)s, reason_code = %(code)s, reason_en = %(en)s, reason_ru = %(ru)s, due_at = NULL,
            decided_at = %(now)s, decided_by = %(actor)s
        WHERE id = %(id)s
        """,
        {
            "status": status,
            "code": decline.code if decline else None,
            "en": decline.en if decline else None,
            "ru": decline.ru if decline else None,
            "now": now,
            "actor": actor_id,
            "id": row.id,
        },
    )
    await note_step(
        conn, row.id, Status.WAITING, status, actor_id=actor_id, reason=decline.code if decline else None, now=now
    )
    await audit.record(
        conn,
        f"verification.{status}",
        subject="verification",
        subject_id=row.id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        by=row.provider if actor_id is None else "operator",
    )
    if decline is None:
        await verify_freelancer(conn, row.freelancer_id, actor_id=actor_id, now=now)
    await tell(conn, row, decline, base_url=base_url, now=now)


class _Reader(msgspec.Struct):
    email: str
    language: str


async def tell(conn: Connection, row: VerificationRow, decline: Reason | None, *, base_url: str, now: datetime) -> None:
    """The freelancer by mail and, of a decline, the companies of their team."""
    reader = await fetch_one(
        conn, _Reader, "SELECT email, language FROM person WHERE id = %(id)s", {"id": row.freelancer_id}
    )
    assert reader is not None, "people are not deleted"
    if decline is None:
        await send_letter(conn, "verification_done", to=reader.email, language=reader.language, now=now)
        return
    token = await make_verification_link(
        conn, row.freelancer_id, company_id=row.company_id, redirect_url=row.redirect_url, now=now
    )
    await send_letter(
        conn,
        "verification_declined",
        to=reader.email,
        language=reader.language,
        reason=decline.text(reader.language),
        link=f"{base_url}{PAGE}/{token}",
        now=now,
    )
    person_uuid = await fetch_value(conn, "SELECT uuid FROM person WHERE id = %(id)s", {"id": row.freelancer_id})
    await announce_to_teams(conn, "freelancerVerificationDeclined", row.freelancer_id, person_uuid, now=now)
