"""Tasks that were paid, noted for their act and their closing report."""

from collections.abc import Sequence
from datetime import datetime

from artel.db.pool import Connection
from artel.documents.kinds import CHANNEL


async def note_paid_tasks(
    conn: Connection, task_ids: Sequence[int], company_ids: Sequence[int], *, now: datetime
) -> None:
    """Put paid tasks, each with its company, where the documents' job finds them. In the transaction that pays."""
    await conn.execute(
        """
        WITH noted AS (
            INSERT INTO paid_task (task_id, company_id, paid_at)
            SELECT task_id, company_id, %(now)s
            FROM unnest(%(tasks)s::bigint[], %(companies)s::bigint[]) AS paid (task_id, company_id)
        )
        SELECT pg_notify(%(channel)s, '')
        """,
        {"tasks": list(task_ids), "companies": list(company_ids), "now": now, "channel": CHANNEL},
    )
