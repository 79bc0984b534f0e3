"""Payouts: money from a freelancer's balance to a card, an account or a wallet (customer-api.md "Money out")."""

from datetime import datetime
from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.exchange.errors import PairNotQuoted
from artel.exchange.queries import current_rate
from artel.exchange.rules import convert
from artel.ledger import rules as ledger
from artel.ledger.errors import InsufficientFunds
from artel.payouts.cards import is_expired
from artel.payouts.errors import (
    AmountTooSmall,
    BalanceShort,
    CardExpired,
    CurrencyNotPaid,
    EndpointNotReady,
    EndpointUnknown,
    PayoutExists,
    PayoutFinished,
    TaskNotPaid,
)
from artel.payouts.money import Outcome, arrival, departure, divide
from artel.payouts.rails import Rail
from artel.payouts.steps import (
    CHANNEL,
    OUTCOME_STATUS,
    TRANSITIONS,
    Status,
    lock_payout,
    money_transfer,
    note_step,
)
from artel.tasks.payout_mark import mark_payout
from artel.tasks.queries import TaskRow

TASK_FINISHED = 5


class _Endpoint(msgspec.Struct, frozen=True):
    id: int
    type: int
    subtype: int
    currency: str
    expires: str | None
    is_ready: bool


async def pay_out_task(
    conn: Connection,
    task: TaskRow,
    *,
    endpoint_type: int,
    endpoint_id: int,
    currency: str | None = None,
    rail: Rail,
    actor_id: int | None,
    now: datetime,
) -> int:
    """Take what a finished task earned its freelancer off their balance, to be sent to one of their endpoints.

    The caller has locked the task.

    `currency` is the one the payout travels in, the endpoint's own where it is None: a card in tenge, say, is paid
    in euro (M and S, "Создать выплату за задачу"). Money in another currency than the balance's is converted at the
    rate quoted now. Answers the payout's id.
    Refuses: TaskNotPaid; PayoutExists; EndpointUnknown,
    EndpointNotReady, CardExpired; CurrencyNotPaid where the rail cannot pay the currency, or no rate leads to it;
    AmountTooSmall; BalanceShort.
    """
    if task.state != TASK_FINISHED:
        raise TaskNotPaid
    # Payouts of a task are made under its lock, so this look decides; the unique index only stands behind it.
    if await has_live_payout(conn, task.id):
        raise PayoutExists
    endpoint = await lock_endpoint(conn, task.freelancer_id, type=endpoint_type, id=endpoint_id)
    if not endpoint.is_ready:
        raise EndpointNotReady
    if endpoint.expires is not None and is_expired(endpoint.expires, today=now.date()):
        raise CardExpired
    travels_in = currency or endpoint.currency
    if not rail.can_pay(type=endpoint.type, subtype=endpoint.subtype, currency=travels_in):
        raise CurrencyNotPaid(travels_in)
    rate, arriving = await quote(conn, task, travels_in)
    payout_id = await insert_payout(
        conn,
        task,
        endpoint,
        currency=travels_in,
        amount=arriving,
        rate=rate,
        rail=rail.name,
        actor_id=actor_id,
        now=now,
    )
    row = await lock_payout(conn, payout_id)
    await mark_payout(conn, task.id, has_payout=True)
    try:
        await ledger.post(conn, money_transfer(row, "sent", departure(row.sums), actor_id=actor_id, now=now))
    except InsufficientFunds:
        raise BalanceShort from None
    await note_step(conn, row, None, Status.CREATED, actor_id=actor_id, now=now)
    await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})
    return payout_id


async def report_outcome(
    conn: Connection,
    payout_id: int,
    outcome: Outcome,
    *,
    completed_amount: Decimal | None = None,
    reason: str | None = None,
    now: datetime,
) -> None:
    """Take what the rail says became of a payout, and move its money out of transit.

    `completed_amount`, of a partial one, is in the currency the rail was given; None is half of it. The part that
    was not completed goes back to the freelancer's balance at the rate at which it left. The same outcome reported
    again changes nothing.
    Refuses: NotFound; PayoutFinished where the payout has another outcome; CompletedAmountWrong.
    """
    row = await lock_payout(conn, payout_id)
    share = divide(row.sums, outcome, completed_amount, exponent=row.exponent, endpoint_exponent=row.endpoint_exponent)
    status = OUTCOME_STATUS[outcome]
    if row.status == status and row.completed_amount == share.completed:
        return
    if row.status == Status.CREATED:  # a rail that reports before the worker came by
        await note_step(conn, row, Status.CREATED, Status.IN_PROGRESS, actor_id=None, now=now)
    elif status not in TRANSITIONS.get(Status(row.status), ()):
        raise PayoutFinished
    await conn.execute(
        """
        UPDATE payout
        SET status = %(status)s, completed_amount = %(completed)s, returned_amount = %(returned)s,
            due_at = NULL, finished_at = %(now)s, reason = %(reason)s
        WHERE id = %(id)s
        """,
        {
            "id": row.id,
            "status": status,
            "completed": share.completed,
            "returned": share.returned,
            "reason": reason,
            "now": now,
        },
    )
    if status is Status.DECLINED:
        await mark_payout(conn, row.task_id, has_payout=False)
    await ledger.post(conn, money_transfer(row, outcome, arrival(row.sums, share), actor_id=None, now=now))
    await note_step(conn, row, Status.IN_PROGRESS, status, actor_id=None, reason=reason, now=now)


async def has_live_payout(conn: Connection, task_id: int) -> bool:
    """Whether the task has a payout that was not declined."""
    found: bool = await fetch_value(
        conn,
        "SELECT EXISTS (SELECT FROM payout WHERE task_id = %(task)s AND status <> %(declined)s)",
        {"task": task_id, "declined": Status.DECLINED},
    )
    return found


async def lock_endpoint(conn: Connection, freelancer_id: int, *, type: int, id: int) -> _Endpoint:
    """An endpoint of the freelancer that is not removed, and cannot be before the transaction ends.

    Refuses: EndpointUnknown.
    """
    endpoint = await fetch_one(
        conn,
        _Endpoint,
        """
        SELECT id, type, subtype, currency, expires, status = CASE type WHEN 1 THEN 4 ELSE 1 END AS is_ready
        FROM payout_endpoint
        WHERE id = %(id)s AND freelancer_id = %(freelancer)s AND type = %(type)s AND removed_at IS NULL
        FOR SHARE
        """,
        {"id": id, "freelancer": freelancer_id, "type": type},
    )
    if endpoint is None:
        raise EndpointUnknown
    return endpoint


async def quote(conn: Connection, task: TaskRow, currency: str) -> tuple[Decimal | None, Decimal]:
    """The rate, None where there is nothing to convert, and what arrives of what the task earned."""
    if currency == task.worker_currency:
        return None, task.amount_for_worker
    try:
        rate = await current_rate(conn, base=task.worker_currency, target=currency)
    except PairNotQuoted:
        raise CurrencyNotPaid(currency) from None
    exponent: int = await fetch_value(conn, "SELECT exponent FROM currency WHERE code = %(code)s", {"code": currency})
    arriving = convert(task.amount_for_worker, base=task.worker_currency, target=currency, rate=rate, exponent=exponent)
    if not arriving:
        raise AmountTooSmall
    return rate, arriving


async def insert_payout(
    conn: Connection,
    task: TaskRow,
    endpoint: _Endpoint,
    *,
    currency: str,
    amount: Decimal,
    rate: Decimal | None,
    rail: str,
    actor_id: int | None,
    now: datetime,
) -> int:
    payout_id: int = await fetch_value(
        conn,
        """
        INSERT INTO payout
            (task_id, freelancer_id, endpoint_id, status, currency, amount, endpoint_currency, endpoint_amount,
             exchange_rate, rail, created_by, created_at, due_at)
        VALUES
            (%(task)s, %(freelancer)s, %(endpoint)s, %(status)s, %(currency)s, %(amount)s, %(endpoint_currency)s,
             %(endpoint_amount)s, %(rate)s, %(rail)s, %(actor)s, %(now)s, %(now)s)
        RETURNING id
        """,
        {
            "task": task.id,
            "freelancer": task.freelancer_id,
            "endpoint": endpoint.id,
            "status": Status.CREATED,
            "currency": task.worker_currency,
            "amount": task.amount_for_worker,
            "endpoint_currency": currency,
            "endpoint_amount": amount,
            "rate": rate,
            "rail": rail,
            "actor": actor_id,
            "now": now,
        },
    )
    return payout_id
