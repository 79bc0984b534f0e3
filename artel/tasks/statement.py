"""A company's statement with what its lines were for (customer-api.md, operation 43)."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all


class PaidTask(msgspec.Struct, frozen=True):
    """The task a line of the statement belongs to."""

    id: int
    vat_percent: Decimal
    worker_id: int
    first_name: str
    last_name: str


async def tasks_of_lines(conn: Connection, company_id: int, task_ids: Iterable[int]) -> dict[int, PaidTask]:
    """The company's tasks with these ids, their freelancers under the names the company knows them by."""
    rows = await fetch_all(
        conn,
        PaidTask,
        """
        SELECT
            t.id, t.vat_percent, p.id AS worker_id,
            coalesce(m.first_name, p.first_name) AS first_name,
            coalesce(m.last_name, p.last_name) AS last_name
        FROM task AS t
        JOIN person AS p ON p.id = t.freelancer_id
        LEFT JOIN team_member AS m ON m.company_id = t.company_id AND m.freelancer_id = t.freelancer_id
        WHERE t.id = ANY(%(ids)s) AND t.company_id = %(company)s
        """,
        {"ids": list(task_ids), "company": company_id},
    )
    return {row.id: row for row in rows}
