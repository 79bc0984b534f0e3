"""All contracts behind a task (S, "Получить данные договора по ID задачи")."""

from datetime import date
from decimal import Decimal

import msgspec

from artel.advertising.queries import ContractRow, OrganisationRow, organisations_by_id, primary_contract
from artel.advertising.task_contracts import TaskContractRow, contracts_of_task
from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.tasks.queries import TaskRow


class WorkerAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """The agreement between the platform and the freelancer: the newest offer that the freelancer signed.

    An offer has no number of its own for each who accepts it: the freelancer's id is it. Phone and tax number are
    None where the company may not see them.
    """

    customer_name: str | None
    customer_tax_value: str | None
    customer_phone: str | None
    performer_id: int
    performer_first_name: str
    performer_last_name: str
    performer_phone: str | None
    performer_country: str | None
    performer_tax_value: str | None
    signed_on: date | None
    sum: Decimal
    currency: str


class TaskSummary(msgspec.Struct, frozen=True):
    """The task's end contracts; the company's own with the platform; the freelancer's; who the parties are, by id."""

    end_contracts: list[TaskContractRow]
    primary: ContractRow | None
    worker: WorkerAgreement
    parties: dict[int, OrganisationRow]


async def summary_of(conn: Connection, task: TaskRow) -> TaskSummary:
    """The caller has reached the task."""
    end_contracts = await contracts_of_task(conn, task.id)
    primary = await primary_contract(conn, task.company_id)
    every = [*end_contracts, *([primary] if primary else [])]
    parties = {contract.customer_id for contract in every} | {contract.performer_id for contract in every}
    return TaskSummary(
        end_contracts, primary, await worker_agreement(conn, task), await organisations_by_id(conn, parties)
    )


async def worker_agreement(conn: Connection, task: TaskRow) -> WorkerAgreement:
    found = await fetch_one(
        conn,
        WorkerAgreement,
        """
        SELECT
            coalesce(platform.full_opf, platform.fio) AS customer_name,
            coalesce(platform.inn, platform.tax_id) AS customer_tax_value, platform.phone_number AS customer_phone,
            p.id AS performer_id, coalesce(m.first_name, p.first_name) AS performer_first_name,
            coalesce(m.last_name, p.last_name) AS performer_last_name,
            CASE WHEN m.made_profile OR m.joined_at IS NOT NULL THEN p.phone END AS performer_phone,
            coalesce(tax.residence_country, p.country) AS performer_country,
            CASE WHEN m.made_profile OR m.joined_at IS NOT NULL THEN tax.tax_number END AS performer_tax_value,
            (
                SELECT max(s.signed_at AT TIME ZONE 'UTC')::date
                FROM agreement_signature AS s
                WHERE s.person_id = p.id
            ) AS signed_on,
            t.worker_price AS sum, t.worker_currency AS currency
        FROM task AS t
        JOIN person AS p ON p.id = t.freelancer_id
        LEFT JOIN team_member AS m ON m.company_id = t.company_id AND m.freelancer_id = t.freelancer_id
        LEFT JOIN tax_info AS tax ON tax.person_id = t.freelancer_id
        LEFT JOIN advertising_organisation AS platform ON platform.company_id IS NULL
        WHERE t.id = %(task)s
        """,
        {"task": task.id},
    )
    assert found is not None, "the caller has reached the task"
    return found
