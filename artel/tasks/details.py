"""All that a list or a page about tasks shows, with the names beside the numbers."""

import uuid as uuids
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.tasks.listing import COMING_UP, VERSION


class TaskDetails(msgspec.Struct, kw_only=True):
    """A task and those concerned. Worker names are the company's alias where it gave one, else the person's."""

    version: str
    id: int
    uuid: uuids.UUID
    company_id: int
    company_name: str
    state: int
    title: str
    description: str
    external_id: str | None
    create_type: str
    attributes: list[dict[str, Any]]
    copyright: bool
    need_report: bool
    deadline: datetime
    deadline_type: int
    is_coming_up: bool
    currency: str
    worker_currency: str
    worker_exponent: int
    price: Decimal
    worker_price: Decimal
    commission_percent: Decimal
    commission: Decimal
    share_commission: bool
    shared_commission: Decimal
    worker_shared_commission: Decimal
    insurance: Decimal
    total: Decimal
    vat: Decimal
    escrow: str
    held: Decimal
    issue_code: str | None
    changeset_id: int | None  # of the proposal that the freelancer is asked about
    message_count: int
    has_payout: bool
    created_at: datetime
    accepted_at: datetime | None
    finished_at: datetime | None
    pay_requested_at: datetime | None
    paid_at: datetime | None
    service_id: int
    service_title_ru: str
    service_title_en: str
    service_title_doc_ru: str
    service_title_doc_en: str
    category_id: int
    category_title_ru: str
    category_title_en: str
    worker_id: int
    worker_uuid: uuids.UUID
    worker_email: str
    worker_first_name: str
    worker_last_name: str
    worker_taxation_status: int
    worker_is_verified: bool
    creator_id: int
    creator_uuid: uuids.UUID
    creator_first_name: str
    creator_last_name: str
    payer_id: int | None
    payer_first_name: str | None
    payer_last_name: str | None
    group_id: int | None
    group_title: str | None
    files: list[dict[str, Any]]
    end_contracts: list[dict[str, Any]]  # {"uuid", "sum"}, in the order given

    @property
    def production(self) -> Decimal:
        """What its end contracts leave of the price, in the worker's currency; a contract without a sum leaves
        nothing."""
        sums = [contract["sum"] for contract in self.end_contracts]
        if None in sums:
            return Decimal(0)
        return self.worker_price - sum((Decimal(part) for part in sums), Decimal(0))

    @property
    def worker_commission(self) -> Decimal:
        """The client's commission in the worker's currency, rounded as the one in the company's is."""
        if self.worker_currency == self.currency:
            return self.commission
        commission = (self.worker_price * self.commission_percent / 100).quantize(
            Decimal(1).scaleb(-self.worker_exponent), ROUND_HALF_UP
        )
        return commission - self.worker_shared_commission


async def task_details(
    conn: Connection, company_id: int, task_ids: Collection[int], *, now: datetime
) -> list[TaskDetails]:
    """These tasks of the company, in no order. Each says which version it is (see listing)."""
    return await fetch_all(
        conn,
        TaskDetails,
        f"""
        SELECT
            {VERSION} AS version,
            t.id, t.uuid, t.company_id, co.name AS company_name, t.state, t.title, t.description, t.external_id,
            t.create_type, t.attributes, t.copyright, t.need_report, t.deadline, t.deadline_type,
            {COMING_UP} AS is_coming_up,
            t.currency, t.worker_currency, wc.exponent AS worker_exponent, t.price, t.worker_price,
            t.commission_percent, t.commission, t.share_commission, t.shared_commission, t.worker_shared_commission,
            CASE WHEN t.state = 16 THEN (
                SELECT cs.id FROM task_changeset AS cs WHERE cs.task_id = t.id AND cs.outcome IS NULL
            ) END AS changeset_id,
            t.insurance, t.total, t.vat, t.escrow, t.held, t.issue_code, t.message_count, t.has_payout,
            t.created_at, t.accepted_at, t.finished_at, t.pay_requested_at, t.paid_at,
            t.service_id, s.title_ru AS service_title_ru, s.title_en AS service_title_en,
            s.title_doc_ru AS service_title_doc_ru, s.title_doc_en AS service_title_doc_en,
            s.category_id, sc.title_ru AS category_title_ru, sc.title_en AS category_title_en,
            w.id AS worker_id, w.uuid AS worker_uuid, w.email AS worker_email,
            coalesce(m.first_name, w.first_name) AS worker_first_name,
            coalesce(m.last_name, w.last_name) AS worker_last_name,
            f.taxation_status AS worker_taxation_status, f.verified_at IS NOT NULL AS worker_is_verified,
            c.id AS creator_id, c.uuid AS creator_uuid, c.first_name AS creator_first_name,
            c.last_name AS creator_last_name,
            p.id AS payer_id, p.first_name AS payer_first_name, p.last_name AS payer_last_name,
            g.id AS group_id, g.title AS group_title,
            coalesce(
                (
                    SELECT jsonb_agg(
                        jsonb_build_object('id', fi.id, 'name', fi.name, 'type', tf.type, 'owner_id', fi.owner_id)
                        ORDER BY fi.id
                    )
                    FROM task_file AS tf
                    JOIN file AS fi ON fi.id = tf.file_id
                    WHERE tf.task_id = t.id
                ),
                '[]'
            ) AS files,
            coalesce(
                (
                    -- The sum as a text: JSON's numbers would lose digits on their way.
                    SELECT jsonb_agg(
                        jsonb_build_object('uuid', ac.uuid, 'sum', tc.sum::text)
                        ORDER BY tc.position
                    )
                    FROM task_contract AS tc
                    JOIN advertising_contract AS ac ON ac.id = tc.contract_id
                    WHERE tc.task_id = t.id
                ),
                '[]'
            ) AS end_contracts
        FROM task AS t
        JOIN company AS co ON co.id = t.company_id
        JOIN currency AS wc ON wc.code = t.worker_currency
        JOIN service AS s ON s.id = t.service_id
        JOIN service_category AS sc ON sc.id = s.category_id
        JOIN person AS w ON w.id = t.freelancer_id
        JOIN freelancer AS f ON f.person_id = t.freelancer_id
        LEFT JOIN team_member AS m ON m.company_id = t.company_id AND m.freelancer_id = t.freelancer_id
        JOIN person AS c ON c.id = t.creator_id
        LEFT JOIN person AS p ON p.id = t.payer_id
        LEFT JOIN task_group AS g ON g.id = t.group_id AND g.deleted_at IS NULL
        WHERE t.id = ANY(%(ids)s) AND t.company_id = %(company)s
        """,  # noqa: S608 - of constants
        {"company": company_id, "ids": list(task_ids), "now": now},
    )


class AttributeRow(msgspec.Struct, frozen=True):
    """What an attribute is called. Tasks keep theirs even when it can no longer be chosen."""

    id: int
    title_ru: str
    title_en: str
    description_ru: str
    description_en: str
    type: str
    type_id: int


async def attributes_of(conn: Connection, tasks: Sequence[TaskDetails]) -> dict[int, AttributeRow]:
    """The attributes that these tasks have values for, by id."""
    ids = {attribute["id"] for task in tasks for attribute in task.attributes}
    rows = await fetch_all(
        conn,
        AttributeRow,
        """
        SELECT id, title_ru, title_en, description_ru, description_en, type, type_id
        FROM attribute
        WHERE id = ANY(%(ids)s::bigint[])
        """,
        {"ids": list(ids)},
    )
    return {row.id: row for row in rows}
