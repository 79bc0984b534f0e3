"""Acts: one for each paid task, issued by a job soon after the payment."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value
from artel.documents.issuing import Draft, issue
from artel.documents.kinds import DocumentType
from artel.documents.parties import CompanyParty, Issuer, company_parties


class PaidTask(msgspec.Struct):
    """What an act says of its task. Money in the company's currency; `worker` is the name the company knows."""

    id: int
    company_id: int
    title: str
    service_ru: str
    service_en: str
    worker: str
    currency: str
    price: Decimal
    commission: Decimal
    sales_tax: Decimal
    insurance: Decimal
    total: Decimal
    vat_percent: Decimal
    vat: Decimal
    paid_at: datetime


async def issue_acts(conn: Connection, *, issuer: Issuer, limit: int, now: datetime) -> int:
    """Issue the acts of a batch of paid tasks, the longest paid first; answers how many. Other workers skip them."""
    tasks = await claim_tasks_without_act(conn, limit=limit)
    parties = await company_parties(conn, [task.company_id for task in tasks])
    # Counters are locked in the order of companies: two workers never wait for each other.
    for company_id, group in groupby(sorted(tasks, key=lambda task: task.company_id), lambda task: task.company_id):
        await issue_of_company(conn, list(group), parties[company_id], issuer=issuer, now=now)
    return len(tasks)


async def issue_of_company(
    conn: Connection, tasks: Sequence[PaidTask], company: CompanyParty, *, issuer: Issuer, now: datetime
) -> None:
    drafts = [act_of(task, company, issuer=issuer) for task in tasks]
    act_ids = await issue(conn, company.id, drafts, actor_id=None, now=now)
    await conn.execute(
        """
        UPDATE paid_task AS p
        SET act_id = a.act_id
        FROM unnest(%(tasks)s::bigint[], %(acts)s::bigint[]) AS a (task_id, act_id)
        WHERE p.task_id = a.task_id
        """,
        {"tasks": [task.id for task in tasks], "acts": act_ids},
    )


def act_of(task: PaidTask, company: CompanyParty, *, issuer: Issuer) -> Draft:
    return Draft(
        type=DocumentType.ACT,
        dated=task.paid_at.astimezone(UTC).date(),
        currency=task.currency,
        net=task.total,
        vat_percent=task.vat_percent,
        vat=task.vat,
        facts={
            "issuer": issuer.facts(task.currency),
            "company": company.facts(),
            "task": task.id,
            "title": task.title,
            "service": {"EN": task.service_en, "RU": task.service_ru},
            "worker": task.worker,
            "price": str(task.price),
            "commission": str(task.commission),
            "sales_tax": str(task.sales_tax),
            "insurance": str(task.insurance),
        },
        task_id=task.id,
    )


async def claim_tasks_without_act(conn: Connection, *, limit: int) -> list[PaidTask]:
    return await fetch_all(
        conn,
        PaidTask,
        """
        SELECT
            t.id, t.company_id, t.title, s.title_doc_ru AS service_ru, s.title_doc_en AS service_en,
            concat_ws(' ', coalesce(m.first_name, p.first_name), coalesce(m.last_name, p.last_name)) AS worker,
            t.currency, t.price, t.commission, t.sales_tax, t.insurance, t.total, t.vat_percent, t.vat, due.paid_at
        FROM (
            SELECT task_id, paid_at
            FROM paid_task
            WHERE act_id IS NULL
            ORDER BY paid_at, task_id
            LIMIT %(limit)s
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS due
        JOIN task AS t ON t.id = due.task_id
        JOIN service AS s ON s.id = t.service_id
        JOIN person AS p ON p.id = t.freelancer_id
        LEFT JOIN team_member AS m ON m.company_id = t.company_id AND m.freelancer_id = t.freelancer_id
        ORDER BY due.paid_at, t.id
        """,
        {"limit": limit},
    )


async def earliest_without_act(conn: Connection) -> datetime | None:
    earliest: datetime | None = await fetch_value(conn, "SELECT min(paid_at) FROM paid_task WHERE act_id IS NULL")
    return earliest
