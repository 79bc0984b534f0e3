"""Asking a provider about documents, and forgetting photos.

As payouts are given to their rail: a verification is taken by moving its due time beyond the end of the call; the
attempt is committed before the call, the answer after it. One with an attempt and no answer may or may not be with
the provider, which is then asked, never simply told again. What a provider says late, twice, or after an operator has
decided changes nothing.
"""

import asyncio
import uuid as uuids
from datetime import date, datetime, timedelta

import msgspec
from procrastinate import JobContext

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.files.store import FileStore
from artel.logs import log
from artel.operations.due import DueLoop, Worked
from artel.operations.queue import queue, workshop_of
from artel.verifications.checks import Answer, Check, Photo
from artel.verifications.decisions import decide_verification
from artel.verifications.photo_keeping import forget_photos
from artel.verifications.providers import Provider
from artel.verifications.steps import CHANNEL, Status, lock_verification

BATCH = 5


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How patient a loop is with its provider, in seconds."""

    call_timeout_s: float = 40.0
    lease_s: float = 120.0  # well over the call's timeout and what is written around it
    first_ask_after_s: float = 10.0  # each next pause is twice as long
    longest_ask_after_s: float = 900.0
    give_up_after_s: float = 24 * 3600.0  # then it is the operator's


USUAL_TIMING = Timing()


def verification_loop(provider: Provider, files: FileStore, base_url: str, timing: Timing = USUAL_TIMING) -> DueLoop:
    """The worker's loop over verifications that wait for the provider."""

    async def claim_and_run(database: Database, now: datetime) -> Worked:
        async with database.transaction() as conn:
            claimed = await claim_due(conn, provider.name, lease_s=timing.lease_s, now=now)
        failed = await asyncio.gather(
            *(carry(database, provider, files, one, base_url, timing) for one in claimed), return_exceptions=True
        )
        for error in failed:
            if error is not None:
                raise error
        async with database.connection() as conn:
            next_due = await fetch_value(
                conn,
                "SELECT min(due_at) FROM verification WHERE due_at IS NOT NULL AND provider = %(provider)s",
                {"provider": provider.name},
            )
        return Worked(len(claimed), next_due)

    return DueLoop(f"verifications by {provider.name}", CHANNEL, claim_and_run)


async def claim_due(conn: Connection, provider: str, *, lease_s: float, now: datetime) -> list[int]:
    cursor = await conn.execute(
        """
        WITH due AS MATERIALIZED (
            SELECT id
            FROM verification
            WHERE due_at <= %(now)s AND provider = %(provider)s
            ORDER BY due_at
            LIMIT %(batch)s
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE verification AS v
        SET due_at = %(until)s
        FROM due
        WHERE v.id = due.id
        RETURNING v.id
        """,
        {"now": now, "until": now + timedelta(seconds=lease_s), "provider": provider, "batch": BATCH},
    )
    return [row[0] for row in await cursor.fetchall()]


class _Attempt(msgspec.Struct):
    uuid: uuids.UUID
    document: str
    attempts: int
    email: str
    first_name: str
    middle_name: str
    last_name: str
    birth_date: date | None
    citizenship: str | None


class _Kept(msgspec.Struct):
    part: str
    storage_key: str


async def carry(
    database: Database,
    provider: Provider,
    files: FileStore,
    verification_id: int,
    base_url: str,
    timing: Timing,
) -> None:
    """One step of one verification: write the attempt down, speak to the provider, write its answer down."""
    async with database.transaction() as conn:
        attempt = await begin_attempt(conn, verification_id, now=clock.now())
        kept = await fetch_all(
            conn,
            _Kept,
            """
            SELECT part, storage_key
            FROM verification_photo
            WHERE verification_id = %(id)s AND stored_at IS NOT NULL AND replaced_at IS NULL
            ORDER BY part
            """,
            {"id": verification_id},
        )
    if attempt is None:
        return
    answer: Answer | None = None
    try:
        async with asyncio.timeout(timing.call_timeout_s):
            answer = await speak(provider, files, attempt, kept)
    except Exception as error:
        # Whatever went wrong, the check may have been taken: the provider is asked when this is due again.
        log.warning("provider gave no answer", verification=verification_id, reason=type(error).__name__)
    async with database.transaction() as conn:
        await record_answer(conn, verification_id, answer, base_url=base_url, timing=timing, now=clock.now())


async def speak(provider: Provider, files: FileStore, attempt: _Attempt, kept: list[_Kept]) -> Answer:
    """Begin a check, or ask after one that may have been begun before."""
    if attempt.attempts > 1:
        known = await provider.ask(attempt.uuid)
        if known is not None:
            return known
    facts = msgspec.structs.asdict(attempt)
    del facts["attempts"]
    photos = [Photo(one.part, await files.get(one.storage_key)) for one in kept]
    return await provider.create(Check(**facts, photos=photos), key=f"verification-{attempt.uuid}")


async def begin_attempt(conn: Connection, verification_id: int, *, now: datetime) -> _Attempt | None:
    """Note that the provider is about to be spoken to. None where it is decided by now."""
    return await fetch_one(
        conn,
        _Attempt,
        """
        UPDATE verification AS v
        SET attempts = v.attempts + 1, asked_at = coalesce(v.asked_at, %(now)s)
        FROM person AS p
        WHERE v.id = %(id)s AND v.status = 'waiting' AND p.id = v.freelancer_id
        RETURNING
            v.uuid, v.document, v.attempts, p.email, p.first_name, p.middle_name, p.last_name, p.birth_date,
            p.citizenship
        """,
        {"id": verification_id, "now": now},
    )


async def record_answer(
    conn: Connection,
    verification_id: int,
    answer: Answer | None,
    *,
    base_url: str,
    timing: Timing = USUAL_TIMING,
    now: datetime,
) -> None:
    """Note what the provider said, in a reply or a call of its own; None: it said nothing.

    Without a decision it is asked again later; for `unclear`, and after a day, an operator is to decide. A decided
    one stays as it is.
    """
    row = await lock_verification(conn, verification_id=verification_id)
    if row.status != Status.WAITING:
        return
    if answer is not None and answer.outcome in ("verified", "declined"):
        await decide_verification(
            conn,
            verification_id,
            decline=answer.reason if answer.outcome == "declined" else None,
            actor_id=None,
            base_url=base_url,
            now=now,
        )
    waited_s = (now - row.submitted_at).total_seconds() if row.submitted_at else 0.0
    is_left = (answer is not None and answer.outcome != "pending") or waited_s >= timing.give_up_after_s
    pause_s = min(timing.first_ask_after_s * 2 ** min(max(row.attempts - 1, 0), 20), timing.longest_ask_after_s)
    await conn.execute(
        """
        UPDATE verification
        SET provider_reference = coalesce(%(reference)s, provider_reference),
            due_at = CASE WHEN due_at IS NOT NULL AND NOT %(left)s THEN %(next)s::timestamptz END
        WHERE id = %(id)s
        """,
        {
            "reference": answer.reference if answer else None,
            "left": is_left,
            "next": now + timedelta(seconds=pause_s),
            "id": verification_id,
        },
    )


@queue.periodic(cron="23 * * * *")
@queue.task(name="forget_verification_photos", pass_context=True)
async def forget(context: JobContext, timestamp: int) -> None:
    workshop = workshop_of(context)
    files = FileStore(workshop.settings.files_url, workshop.settings.home)
    await forget_photos(workshop.database, files, now=clock.now())
