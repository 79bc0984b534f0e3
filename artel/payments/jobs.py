"""Speaking to the card processor, and settling what is over.

A payment or refund is taken by putting its due time beyond the end of the call to come: a worker that dies leaves it to
whoever looks when that time is over. The processor does a thing once per key, so one of whose outcome nothing is known
is simply said again under its key.
"""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, LiteralString

import msgspec

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_value
from artel.events.machine import OPEN, Status
from artel.events.steps import lock_booking
from artel.ledger.rules import Declined, post_many
from artel.logs import log
from artel.operations import audit
from artel.operations.due import DueLoop, Worked
from artel.payments.processors import Charge, Processor
from artel.payments.refunds import CHANNEL, COLUMNS, give_back
from artel.payments.rules import take_charge
from artel.payments.transfers import Payment, earned

BATCH = 20
SETTLED_AT_ONCE = 200
CALL_TIMEOUT_S = 20.0
LEASE = timedelta(seconds=90)  # well over the call's timeout and what is written around it
FIRST_PAUSE_S = 5.0  # each next one is twice as long
LONGEST_PAUSE_S = 600.0
# The meeting is over, and the clock's sweep has not noted it yet.
NOT_NOTED_YET = timedelta(seconds=2)


def payment_loops(processor: Processor | None) -> list[DueLoop]:
    loops = [DueLoop("booking payments earned", CHANNEL, settle_due)]
    if processor is not None:
        loops += [charge_loop(processor), refund_loop(processor)]
    return loops


class Order(msgspec.Struct, frozen=True):
    """What the processor is asked for: a charge by token, a refund by the charge's reference."""

    id: int
    handle: str
    amount: Decimal
    currency: str


def charge_loop(processor: Processor) -> DueLoop:
    """The worker's loop over cards to charge."""

    async def claim_and_run(database: Database, now: datetime) -> Worked:
        async with database.transaction() as conn:
            orders = await claim_charges(conn, now=now)
        await run_all("card charge", [charge(database, processor, order) for order in orders])
        async with database.connection() as conn:
            due = await fetch_value(
                conn, "SELECT min(due_at) FROM booking_payment WHERE due_at IS NOT NULL AND status = 'charging'"
            )
        return Worked(len(orders), due)

    return DueLoop("card charges", CHANNEL, claim_and_run)


async def run_all(what: str, calls: list[Coroutine[Any, Any, None]]) -> None:
    """One that fails does not cut the others off from writing down what the processor said; it is due again when its
    lease is over. Every failure is logged, and the first one raised."""
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    failures = [outcome for outcome in outcomes if outcome is not None]
    for failure in failures:
        log.error("payment step failed", step=what, reason=str(failure), exc_info=failure)
    for failure in failures:
        raise failure


async def claim_charges(conn: Connection, *, now: datetime) -> list[Order]:
    return await fetch_all(
        conn,
        Order,
        """
        WITH due AS MATERIALIZED (
            SELECT id
            FROM booking_payment
            WHERE due_at <= %(now)s AND status = 'charging'
            ORDER BY due_at
            LIMIT %(batch)s
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE booking_payment AS p
        SET due_at = %(until)s, attempts = p.attempts + 1
        FROM due
        WHERE p.id = due.id
        RETURNING p.id, p.processor_token AS handle, p.amount, p.currency
        """,
        {"now": now, "until": now + LEASE, "batch": BATCH},
    )


async def charge(database: Database, processor: Processor, order: Order) -> None:
    answer = await ask(processor.charge(order.handle, order.amount, order.currency, key=f"booking-payment-{order.id}"))
    async with database.transaction() as conn:
        if answer is None or answer.outcome == "unknown":
            await put_off(conn, "booking_payment", order.id, now=clock.now())
        else:
            await take_charge(conn, order.id, answer, now=clock.now())


async def ask(call: Coroutine[Any, Any, Charge]) -> Charge | None:
    """The processor's answer; None where there was none: it may have done what it was asked, or not."""
    try:
        async with asyncio.timeout(CALL_TIMEOUT_S):
            return await call
    except Exception as error:
        log.warning("card processor gave no answer", reason=type(error).__name__)
        return None


# Written out for each of the two tables: a name in SQL is never put together.
PUT_OFF: dict[str, LiteralString] = {
    "booking_payment": """
        UPDATE booking_payment
        SET due_at = %(now)s + make_interval(secs => least(%(first)s * 2 ^ least(attempts - 1, 20), %(longest)s))
        WHERE id = %(id)s AND status = 'charging'
    """,
    "card_refund": """
        UPDATE card_refund
        SET due_at = %(now)s + make_interval(secs => least(%(first)s * 2 ^ least(attempts - 1, 20), %(longest)s)),
            failure = %(failure)s
        WHERE id = %(id)s AND due_at IS NOT NULL
    """,
}


async def put_off(conn: Connection, table: str, row_id: int, *, failure: str | None = None, now: datetime) -> None:
    await conn.execute(
        PUT_OFF[table],
        {"id": row_id, "now": now, "first": FIRST_PAUSE_S, "longest": LONGEST_PAUSE_S, "failure": failure},
    )


def refund_loop(processor: Processor) -> DueLoop:
    """The worker's loop over what cards are owed. A refused refund is tried again and again, and people are told."""

    async def claim_and_run(database: Database, now: datetime) -> Worked:
        async with database.transaction() as conn:
            orders = await claim_refunds(conn, now=now)
        await run_all("card refund", [refund(database, processor, order) for order in orders])
        async with database.connection() as conn:
            due = await fetch_value(conn, "SELECT min(due_at) FROM card_refund WHERE due_at IS NOT NULL")
        return Worked(len(orders), due)

    return DueLoop("card refunds", CHANNEL, claim_and_run)


async def claim_refunds(conn: Connection, *, now: datetime) -> list[Order]:
    return await fetch_all(
        conn,
        Order,
        """
        WITH due AS MATERIALIZED (
            SELECT id
            FROM card_refund
            WHERE due_at <= %(now)s
            ORDER BY due_at
            LIMIT %(batch)s
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE card_refund AS r
        SET due_at = %(until)s, attempts = r.attempts + 1
        FROM due, booking_payment AS p
        WHERE r.id = due.id AND p.id = r.payment_id
        RETURNING r.id, coalesce(p.processor_reference, '') AS handle, r.amount, p.currency
        """,
        {"now": now, "until": now + LEASE, "batch": BATCH},
    )


async def refund(database: Database, processor: Processor, order: Order) -> None:
    answer = await ask(processor.refund(order.handle, order.amount, order.currency, key=f"card-refund-{order.id}"))
    async with database.transaction() as conn:
        if answer is None or answer.outcome != "done":
            failure = answer.reason if answer else "no answer"
            log.error("card refund not taken", refund=order.id, reason=failure)
            await put_off(conn, "card_refund", order.id, failure=failure, now=clock.now())
            return
        await conn.execute(
            """
            UPDATE card_refund
            SET due_at = NULL, done_at = %(now)s, reference = %(reference)s, failure = NULL
            WHERE id = %(id)s
            """,
            {"id": order.id, "reference": answer.reference, "now": clock.now()},
        )


class _Over(Payment, frozen=True):
    event_status: int
    ends_at: datetime
    is_deleted: bool

    @property
    def is_stray(self) -> bool:
        """Nobody will note this meeting as done: what was paid for it goes back."""
        return self.event_status != Status.DONE and (self.is_deleted or self.event_status not in OPEN)


async def settle_due(database: Database, now: datetime) -> Worked:
    """What was paid for meetings that are over is the hosts' now, a batch in one transaction.

    A meeting that was moved is looked at again at its new end. What is still held for one that was not held or is
    deleted goes back. Whoever ends meetings locks accounts first and payments that are not done afterwards, so those
    are put off in a transaction that waits for no account.
    """
    async with database.transaction() as conn:
        undone = await claim_over(conn, now=now, is_done=False)
        strays = [one for one in undone if one.is_stray]
        waiting = {one.id: max(one.ends_at, now + NOT_NOTED_YET) for one in undone if not one.is_stray}
        await look_again(conn, waiting | {one.id: now + LEASE for one in strays})
    async with database.transaction() as conn:
        done = await claim_over(conn, now=now, is_done=True)
        await earn(conn, done, now=now)
    await run_all("return of escrow", [return_stray(database, one, now=now) for one in strays])
    async with database.connection() as conn:
        due = await fetch_value(
            conn, "SELECT min(due_at) FROM booking_payment WHERE due_at IS NOT NULL AND status = 'paid'"
        )
    return Worked(len(undone) + len(done), due)


async def claim_over(conn: Connection, *, now: datetime, is_done: bool) -> list[_Over]:
    """Payments that are due, locked: of meetings noted as done, or of the others."""
    return await fetch_all(
        conn,
        _Over,
        f"""
        SELECT {COLUMNS}, e.status_id AS event_status, e.ends_at, e.deleted_at IS NOT NULL AS is_deleted
        FROM booking_payment AS p
        JOIN calendar_event AS e ON e.id = p.event_id
        WHERE p.due_at <= %(now)s AND p.status = 'paid' AND (e.status_id = %(done)s) = %(is_done)s
        ORDER BY p.due_at
        LIMIT %(batch)s
        FOR NO KEY UPDATE OF p SKIP LOCKED
        """,  # noqa: S608 - of constants
        {"now": now, "done": int(Status.DONE), "is_done": is_done, "batch": SETTLED_AT_ONCE if is_done else BATCH},
    )


async def look_again(conn: Connection, times: dict[int, datetime]) -> None:
    """Put payments off, each until its own time."""
    await conn.execute(
        """
        UPDATE booking_payment AS p
        SET due_at = one.at
        FROM unnest(%(ids)s::bigint[], %(times)s::timestamptz[]) AS one (id, at)
        WHERE p.id = one.id
        """,
        {"ids": list(times), "times": list(times.values())},
    )


async def return_stray(database: Database, payment: _Over, *, now: datetime) -> None:
    """Give back what is held for a meeting that will not be noted as done: in a transaction of its own, because the
    event's row is locked before its payments' everywhere."""
    async with database.transaction() as conn:
        event = (await lock_booking(conn, payment.attendee_id, even_deleted=True)).event
        if event.status_id != Status.DONE and (event.is_deleted or event.status_id not in OPEN):
            log.warning("escrow of no meeting given back", payment=payment.id, event_status=event.status_id)
            await give_back(conn, [payment.attendee_id], by="host", actor_id=None, now=now)


async def earn(conn: Connection, payments: list[_Over], *, now: datetime) -> None:
    """Each payment's escrow becomes its host's. One that the ledger declines is put off, and keeps nobody waiting."""
    if not payments:
        return
    settled = []
    for one, outcome in zip(payments, await post_many(conn, [earned(one, now=now) for one in payments]), strict=True):
        if isinstance(outcome, Declined):
            log.error("booking payment not earned", payment=one.id, reason=outcome.error.code)
        else:
            settled.append(one)
    await look_again(conn, {one.id: now + LEASE for one in payments if one not in settled})
    await conn.execute(
        """
        UPDATE booking_payment
        SET status = 'earned', due_at = NULL, finished_at = %(now)s
        WHERE id = ANY(%(ids)s)
        """,
        {"ids": [one.id for one in settled], "now": now},
    )
    await audit.record_many(
        conn,
        [
            audit.Entry(
                action="booking.earned",
                subject="event",
                subject_id=one.event_id,
                actor_id=None,
                company_id=one.company_id,
                facts={"payment_id": one.id, "amount": str(one.amount), "currency": one.currency},
            )
            for one in settled
        ],
        now=now,
    )
