"""The way to a task: every rule and every reply about one task begins here."""

import uuid as uuids
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString

import msgspec

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound, Refused


class TaskRow(msgspec.Struct):
    """A task as it is stored. What each figure means stands beside its column in the schema."""

    id: int
    uuid: uuids.UUID
    company_id: int
    number: int
    state: int
    state_changed_at: datetime
    creator_id: int
    freelancer_id: int
    payer_id: int | None
    service_id: int
    group_id: int | None
    external_id: str | None
    create_type: str
    title: str
    description: str
    attributes: list[dict[str, Any]]
    copyright: bool
    need_report: bool
    deadline: datetime
    deadline_type: int
    currency: str
    worker_currency: str
    exchange_rate: Decimal | None
    price: Decimal
    worker_price: Decimal
    commission_percent: Decimal
    commission: Decimal
    share_commission: bool
    shared_commission: Decimal
    worker_shared_commission: Decimal
    sales_tax_percent: Decimal
    sales_tax: Decimal
    insurance: Decimal
    total: Decimal
    amount_for_worker: Decimal
    vat_percent: Decimal
    vat: Decimal
    escrow: str
    held: Decimal
    issue_code: str | None
    message_count: int
    has_payout: bool
    created_at: datetime
    published_at: datetime | None
    accepted_at: datetime | None
    finished_at: datetime | None
    reported_at: datetime | None
    pay_requested_at: datetime | None
    paid_at: datetime | None


SELECT_TASK: LiteralString = """
    SELECT
        t.id, t.uuid, t.company_id, t.number, t.state, t.state_changed_at, t.creator_id, t.freelancer_id, t.payer_id,
        t.service_id, t.group_id, t.external_id, t.create_type, t.title, t.description, t.attributes, t.copyright,
        t.need_report, t.deadline, t.deadline_type, t.currency, t.worker_currency, t.exchange_rate, t.price,
        t.worker_price, t.commission_percent, t.commission, t.share_commission, t.shared_commission,
        t.worker_shared_commission, t.sales_tax_percent, t.sales_tax, t.insurance, t.total, t.amount_for_worker,
        t.vat_percent, t.vat, t.escrow, t.held, t.issue_code, t.message_count, t.has_payout, t.created_at,
        t.published_at, t.accepted_at, t.finished_at, t.reported_at, t.pay_requested_at, t.paid_at
    FROM task AS t
"""


async def access_task(
    conn: Connection, member: Member, *, task_id: int | None = None, uuid: uuids.UUID | None = None
) -> TaskRow:
    """A task of the member's company, by id or by uuid; where both are given the id counts (M, "publish-draft").

    Refuses: field_required where neither is given; NotFound for a task that is not there or another company's.
    """
    return await _find_task(conn, member, task_id, uuid, "")


async def lock_task(
    conn: Connection, member: Member, *, task_id: int | None = None, uuid: uuids.UUID | None = None
) -> TaskRow:
    """As access_task, and nobody else changes the task until the transaction ends.

    The row is the one that stands after waiting for the lock: its state may be looked at and relied on.
    """
    return await _find_task(conn, member, task_id, uuid, "FOR NO KEY UPDATE OF t")


async def _find_task(
    conn: Connection, member: Member, task_id: int | None, uuid: uuids.UUID | None, lock: LiteralString
) -> TaskRow:
    if task_id is None and uuid is None:
        raise Refused("field_required", "task_id")
    which: LiteralString = "t.id = %(id)s" if task_id is not None else "t.uuid = %(uuid)s"
    row = await fetch_one(
        conn,
        TaskRow,
        SELECT_TASK + "WHERE t.company_id = %(company)s AND " + which + "\n" + lock,
        {"company": member.company_id, "id": task_id, "uuid": uuid},
    )
    if row is None:
        raise NotFound("task")
    return row
