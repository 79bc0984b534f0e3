"""Asking the tax service about those who say that they are self-employed.

A change is taken by moving its due time beyond the end of the call, so that no lock is held while the service is
asked and a worker that dies leaves it to the next one. Asking twice does no harm: the service only reads.
"""

import asyncio
from datetime import datetime, timedelta

import msgspec

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.logs import log
from artel.notifications.rules import send_letter
from artel.operations import audit
from artel.operations.due import DueLoop, Worked
from artel.taxation.rules import CHANNEL, PAGE, apply_status, lock_standing, make_change_link
from artel.taxation.statuses import tax_day
from artel.taxation.tax_service import NoAnswer, TaxService

# The service takes two questions a minute.
BATCH = 2
LEASE_S = 90.0
FIRST_PAUSE_S = 60.0
LONGEST_PAUSE_S = 3600.0
GIVE_UP_AFTER = timedelta(days=3)


class Question(msgspec.Struct, frozen=True):
    id: int
    tax_number: str


def taxation_loop(service: TaxService, base_url: str) -> DueLoop:
    """The worker's loop over changes that wait for the tax service."""

    async def claim_and_run(database: Database, now: datetime) -> Worked:
        async with database.transaction() as conn:
            questions = await claim_due(conn, now=now)
        failed = await asyncio.gather(
            *(ask(database, service, question, base_url) for question in questions), return_exceptions=True
        )
        for error in failed:
            if error is not None:
                raise error
        async with database.connection() as conn:
            next_due = await fetch_value(conn, "SELECT min(due_at) FROM taxation_change WHERE due_at IS NOT NULL")
        return Worked(len(questions), next_due)

    return DueLoop("tax statuses", CHANNEL, claim_and_run)


async def claim_due(conn: Connection, *, now: datetime) -> list[Question]:
    return await fetch_all(
        conn,
        Question,
        """
        WITH due AS MATERIALIZED (
            SELECT id
            FROM taxation_change
            WHERE due_at <= %(now)s
            ORDER BY due_at
            LIMIT %(batch)s
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE taxation_change AS c
        SET due_at = %(until)s, attempts = attempts + 1
        FROM due
        WHERE c.id = due.id
        RETURNING c.id, c.tax_number
        """,
        {"now": now, "until": now + timedelta(seconds=LEASE_S), "batch": BATCH},
    )


async def ask(database: Database, service: TaxService, question: Question, base_url: str) -> None:
    """One question, and what its answer means."""
    is_registered: bool | None = None
    try:
        is_registered = await service.is_self_employed(question.tax_number, tax_day(clock.now()))
    except NoAnswer as error:
        log.warning("tax service gave no answer", change=question.id, reason=str(error))
    async with database.transaction() as conn:
        await record_answer(conn, question.id, is_registered, base_url=base_url, now=clock.now())


class _Change(msgspec.Struct):
    freelancer_id: int
    company_id: int | None
    from_status: int
    to_status: int
    attempts: int
    created_at: datetime


async def record_answer(
    conn: Connection, change_id: int, is_registered: bool | None, *, base_url: str, now: datetime
) -> None:
    """Yes: the status holds. No, or silence for three days: it does not, and a mail says why, with a new link."""
    change = await fetch_one(
        conn,
        _Change,
        """
        SELECT freelancer_id, company_id, from_status, to_status, attempts, created_at
        FROM taxation_change
        WHERE id = %(id)s AND state = 'checking'
        FOR NO KEY UPDATE
        """,
        {"id": change_id},
    )
    if change is None:
        return  # another worker, slower, has been told already
    if is_registered is None and now - change.created_at < GIVE_UP_AFTER:
        pause_s = min(FIRST_PAUSE_S * 2 ** min(change.attempts - 1, 20), LONGEST_PAUSE_S)
        await conn.execute(
            "UPDATE taxation_change SET due_at = %(due)s WHERE id = %(id)s",
            {"due": now + timedelta(seconds=pause_s), "id": change_id},
        )
        return
    reason = None if is_registered else "not_registered" if is_registered is False else "unanswered"
    await conn.execute(
        """
        UPDATE taxation_change
        SET state = %(state)s, reason = %(reason)s, due_at = NULL, decided_at = %(now)s
        WHERE id = %(id)s
        """,
        {"state": "declined" if reason else "done", "reason": reason, "now": now, "id": change_id},
    )
    standing = await lock_standing(conn, change.freelancer_id)
    if reason is not None:
        await tell_declined(conn, change, reason, base_url=base_url, now=now)
    elif standing.status != change.to_status:
        await apply_status(conn, change.freelancer_id, change.to_status, actor_id=None, company_id=None, now=now)


class _Reader(msgspec.Struct):
    email: str
    language: str


async def tell_declined(conn: Connection, change: _Change, reason: str, *, base_url: str, now: datetime) -> None:
    reader = await fetch_one(
        conn, _Reader, "SELECT email, language FROM person WHERE id = %(id)s", {"id": change.freelancer_id}
    )
    assert reader is not None, "people are not deleted"
    token = await make_change_link(conn, change.freelancer_id, change.to_status, company_id=change.company_id, now=now)
    await send_letter(
        conn,
        f"taxation_{reason}",
        to=reader.email,
        language=reader.language,
        link=f"{base_url}{PAGE}/{token}",
        now=now,
    )
    await audit.record(
        conn,
        "freelancer.taxation_change_declined",
        subject="freelancer",
        subject_id=change.freelancer_id,
        actor_id=None,
        company_id=change.company_id,
        now=now,
        reason=reason,
    )
