"""Giving payouts to their rail and finding out what became of them.

A payout is taken by putting its due time beyond the end of the call to come: a worker that dies leaves it to whoever
looks when that time is over, and no lock is held while the rail is spoken to. The attempt is written down and
committed before the call, the answer after it. So a payout with an attempt and no answer may or may not be with the
rail, and the rail is asked, never simply told again.
"""

import asyncio
from datetime import datetime, timedelta

import msgspec

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_one, fetch_value
from artel.errors import Refused
from artel.logs import log
from artel.operations.due import DueLoop, Worked
from artel.payouts.rails import Answer, CalledRail, Order
from artel.payouts.rules import report_outcome
from artel.payouts.steps import CHANNEL, Status, lock_payout, note_step

BATCH = 20


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How patient a loop is with its rail, in seconds."""

    call_timeout_s: float = 20.0
    lease_s: float = 90.0  # well over the call's timeout and what is written around it
    first_ask_after_s: float = 5.0  # each next pause is twice as long
    longest_ask_after_s: float = 600.0


USUAL_TIMING = Timing()


def payout_loop(rail: CalledRail, timing: Timing = USUAL_TIMING) -> DueLoop:
    """The worker's loop over the payouts of one rail."""

    async def claim_and_run(database: Database, now: datetime) -> Worked:
        async with database.transaction() as conn:
            claimed = await claim_due(conn, rail.name, lease_s=timing.lease_s, now=now)
        # One that fails does not cut the others off from writing down what their rail said.
        failed = await asyncio.gather(
            *(carry(database, rail, payout_id, timing) for payout_id in claimed), return_exceptions=True
        )
        for error in failed:
            if error is not None:
                raise error
        async with database.connection() as conn:
            return Worked(len(claimed), await next_due(conn, rail.name))

    return DueLoop(f"payouts by {rail.name}", CHANNEL, claim_and_run)


async def claim_due(conn: Connection, rail: str, *, lease_s: float, now: datetime) -> list[int]:
    """Take a batch of payouts that are due, the longest due first; no other worker takes them for `lease_s`."""
    cursor = await conn.execute(
        """
        WITH due AS MATERIALIZED (
            SELECT id
            FROM payout
            WHERE due_at <= %(now)s AND rail = %(rail)s
            ORDER BY due_at
            LIMIT %(batch)s
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE payout
        SET due_at = %(until)s
        FROM due
        WHERE payout.id = due.id
        RETURNING payout.id
        """,
        {"now": now, "until": now + timedelta(seconds=lease_s), "rail": rail, "batch": BATCH},
    )
    return [row[0] for row in await cursor.fetchall()]


async def next_due(conn: Connection, rail: str) -> datetime | None:
    earliest: datetime | None = await fetch_value(
        conn,
        "SELECT min(due_at) FROM payout WHERE due_at IS NOT NULL AND rail = %(rail)s",
        {"rail": rail},
    )
    return earliest


async def carry(database: Database, rail: CalledRail, payout_id: int, timing: Timing) -> None:
    """One step of one payout: write the attempt down, speak to the rail, write its answer down."""
    async with database.transaction() as conn:
        order, is_first = await begin_attempt(conn, payout_id, now=clock.now())
    if order is None:
        return
    answer: Answer | None = None
    try:
        async with asyncio.timeout(timing.call_timeout_s):
            answer = await speak(rail, order, key=f"payout-{payout_id}", is_first=is_first)
    except Exception as error:
        # Whatever went wrong, the order may have been taken: the rail is asked when the payout is due again.
        log.warning("rail gave no answer", payout=payout_id, rail=rail.name, reason=type(error).__name__)
    async with database.transaction() as conn:
        await record_answer(conn, payout_id, answer, timing, now=clock.now())


async def speak(rail: CalledRail, order: Order, *, key: str, is_first: bool) -> Answer:
    """Send an order, or ask after one that may have been sent before."""
    if not is_first:
        known = await rail.ask(order, key)
        if known is not None:
            return known
    return await rail.send(order, key)


async def begin_attempt(conn: Connection, payout_id: int, *, now: datetime) -> tuple[Order | None, bool]:
    """Note that the rail is about to be spoken to; answers what it is to pay and whether that is said for the first
    time. No order where the payout has its outcome by now."""
    row = await lock_payout(conn, payout_id)
    if row.status not in (Status.CREATED, Status.IN_PROGRESS):
        return None, False
    if row.status == Status.CREATED:
        await note_step(conn, row, Status.CREATED, Status.IN_PROGRESS, actor_id=None, now=now)
    order = await fetch_one(
        conn,
        Order,
        """
        UPDATE payout
        SET status = %(status)s, attempts = attempts + 1, sent_at = coalesce(sent_at, %(now)s)
        FROM payout_endpoint AS e
        WHERE payout.id = %(id)s AND e.id = payout.endpoint_id
        RETURNING
            payout.id AS payout_id, endpoint_amount AS amount, endpoint_currency AS currency, e.type, e.subtype,
            e.number, e.holder, e.country, e.bank, e.processor_token, sent_at
        """,
        {"id": payout_id, "status": Status.IN_PROGRESS, "now": now},
    )
    return order, row.attempts == 0


async def record_answer(
    conn: Connection, payout_id: int, answer: Answer | None, timing: Timing, *, now: datetime
) -> None:
    """Note what the rail said; None where it said nothing. Without an outcome the payout is due again later."""
    if answer is not None and answer.outcome != "accepted":
        try:
            async with conn.transaction():
                await report_outcome(
                    conn,
                    payout_id,
                    answer.outcome,
                    completed_amount=answer.completed_amount,
                    reason=answer.reason,
                    now=now,
                )
        except Refused as refusal:
            # It contradicts what is known, or itself. People have to look; until then it is asked again.
            log.error("rail's outcome cannot be taken", payout=payout_id, reason=str(refusal))
    await conn.execute(
        """
        UPDATE payout
        SET rail_reference = coalesce(%(reference)s, rail_reference),
            due_at = CASE
                WHEN due_at IS NOT NULL THEN
                    %(now)s + make_interval(secs => least(%(first)s * 2 ^ least(attempts - 1, 20), %(longest)s))
            END
        WHERE id = %(id)s
        """,
        {
            "id": payout_id,
            "reference": answer.reference if answer else None,
            "now": now,
            "first": timing.first_ask_after_s,
            "longest": timing.longest_ask_after_s,
        },
    )
