"""A payout's statuses and the steps between them; the row under its lock."""

import uuid as uuids
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Literal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound
from artel.ledger.accounts import Posting, Transfer
from artel.operations import audit, events
from artel.payouts.money import Outcome, Sums

CHANNEL = "artel_payouts"  # notified when a payout waits for a worker


class Status(IntEnum):
    """As the customer API numbers them (S, "Получить статус выплаты по номеру задачи")."""

    CREATED = 10
    IN_PROGRESS = 1
    COMPLETED = 2
    DECLINED = 3
    PARTIAL = 5


OUTCOME_STATUS: dict[Outcome, Status] = {
    "completed": Status.COMPLETED,
    "declined": Status.DECLINED,
    "partial": Status.PARTIAL,
}
TRANSITIONS = {
    Status.CREATED: (Status.IN_PROGRESS,),
    Status.IN_PROGRESS: (Status.COMPLETED, Status.DECLINED, Status.PARTIAL),
}
# Money that had arrived and was sent back by the bank it had arrived at. No rail's outcome leads here.
RETURNS = {Status.COMPLETED: Status.DECLINED, Status.PARTIAL: Status.DECLINED}


class PayoutRow(msgspec.Struct, frozen=True):
    """A payout under its lock."""

    id: int
    uuid: uuids.UUID
    task_id: int
    task_uuid: uuids.UUID
    company_id: int
    freelancer_id: int
    status: int
    currency: str
    exponent: int
    amount: Decimal
    endpoint_type: int
    endpoint_currency: str
    endpoint_exponent: int
    endpoint_amount: Decimal
    completed_amount: Decimal
    returned_amount: Decimal
    attempts: int

    @property
    def sums(self) -> Sums:
        return Sums(
            freelancer_id=self.freelancer_id,
            endpoint_type=self.endpoint_type,
            currency=self.currency,
            amount=self.amount,
            endpoint_currency=self.endpoint_currency,
            endpoint_amount=self.endpoint_amount,
        )


async def lock_payout(conn: Connection, payout_id: int) -> PayoutRow:
    """The payout as it stands after waiting for its lock. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        PayoutRow,
        """
        SELECT
            p.id, p.uuid, p.task_id, t.uuid AS task_uuid, t.company_id, p.freelancer_id, p.status, p.currency,
            c.exponent, p.amount, e.type AS endpoint_type, p.endpoint_currency, ec.exponent AS endpoint_exponent,
            p.endpoint_amount, p.completed_amount, p.returned_amount, p.attempts
        FROM payout AS p
        JOIN task AS t ON t.id = p.task_id
        JOIN payout_endpoint AS e ON e.id = p.endpoint_id
        JOIN currency AS c ON c.code = p.currency
        JOIN currency AS ec ON ec.code = p.endpoint_currency
        WHERE p.id = %(id)s
        FOR NO KEY UPDATE OF p
        """,
        {"id": payout_id},
    )
    if row is None:
        raise NotFound("payout")
    return row


def money_transfer(
    row: PayoutRow,
    moment: Literal["sent", "returned"] | Outcome,
    postings: tuple[Posting, ...],
    *,
    actor_id: int | None,
    now: datetime,
) -> Transfer:
    """A payout moves money twice: when it is made, and when it has an outcome, whichever that is. A third time where
    the bank sends back what had arrived."""
    return Transfer(
        kind=f"payout_{moment}",
        key=f"payout:{row.id}:{moment if moment in ('sent', 'returned') else 'outcome'}",
        subject="payout",
        subject_id=row.id,
        postings=postings,
        at=now,
        actor_id=actor_id,
    )


async def note_step(
    conn: Connection,
    row: PayoutRow,
    from_status: Status | None,
    to_status: Status,
    *,
    actor_id: int | None,
    reason: str | None = None,
    now: datetime,
) -> None:
    """Write down a status the payout has taken, and tell the company whose task it pays."""
    await conn.execute(
        """
        INSERT INTO payout_step (payout_id, from_status, to_status, actor_id, at, reason)
        VALUES (%(payout)s, %(from)s, %(to)s, %(actor)s, %(now)s, %(reason)s)
        """,
        {
            "payout": row.id,
            "from": from_status,
            "to": to_status,
            "actor": actor_id,
            "now": now,
            "reason": reason,
        },
    )
    await audit.record(
        conn,
        f"payout.{to_status.name.lower()}",
        subject="payout",
        subject_id=row.id,
        actor_id=actor_id,
        company_id=row.company_id,
        now=now,
        task_id=row.task_id,
        status=int(to_status),
    )
    await events.announce(
        conn,
        "payoutStatusChanged",
        {
            "id": row.id,
            "uuid": str(row.uuid),
            "taskId": row.task_id,
            "taskUuid": str(row.task_uuid),
            "payoutStatus": int(to_status),
        },
        company_ids=[row.company_id],
        now=now,
    )
