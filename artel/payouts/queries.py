"""Reads about payouts. Who may see a task's payout is decided by who may see the task."""

import re
import uuid as uuids

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound
from artel.tasks.queries import access_task


async def payout_status(
    conn: Connection, member: Member, *, task_id: int | None = None, uuid: uuids.UUID | None = None
) -> int:
    """How a task's payout stands; of several, where earlier ones were declined, the last one's.

    Refuses: NotFound for a task that is not the company's, and for one without a payout.
    """
    task = await access_task(conn, member, task_id=task_id, uuid=uuid)
    status: int | None = await fetch_value(
        conn,
        """
        SELECT status
        FROM payout
        WHERE task_id = %(task)s
        ORDER BY id DESC
        LIMIT 1
        """,
        {"task": task.id},
    )
    if status is None:
        raise NotFound("payout")
    return status


async def find_payout(conn: Connection, reference: str) -> int:
    """The payout a reference of the sandbox's caller means: a task's id or uuid, or a payout's own.

    Nothing tells a client of the customer API a payout's id but the web hook, so a task's comes first; its last
    payout is meant. Refuses: NotFound.
    """
    found: int | None = None
    if re.fullmatch(r"[0-9]{1,18}", reference):
        found = await fetch_value(
            conn,
            """
            SELECT coalesce(
                (SELECT id FROM payout WHERE task_id = %(id)s ORDER BY id DESC LIMIT 1),
                (SELECT id FROM payout WHERE id = %(id)s)
            )
            """,
            {"id": int(reference)},
        )
    else:
        try:
            uuid = uuids.UUID(reference)
        except ValueError:
            raise NotFound("payout") from None
        found = await fetch_value(
            conn,
            """
            SELECT max(payout.id)
            FROM payout
            JOIN task ON task.id = payout.task_id
            WHERE task.uuid = %(uuid)s OR payout.uuid = %(uuid)s
            """,
            {"uuid": uuid},
        )
    if found is None:
        raise NotFound("payout")
    return found
