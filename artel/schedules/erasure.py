"""The schedules of a person who is erased."""

from datetime import datetime

from artel.db.pool import Connection
from artel.events.machine import Status
from artel.events.steps import close_events
from artel.schedules.search_index import index_schedules

REASON = "the person was erased"


async def erase_schedules(conn: Connection, person_id: int, *, now: datetime) -> None:
    """Delete somebody's schedules with their texts, cancelling what is pending on them, and take them off those of
    others, where the owner works again. The rows stay: events and books name them.

    Who has confirmed bookings ahead is not erased (`require_settled`).
    """
    values = {"person": person_id, "now": now}
    await conn.execute("SELECT FROM schedule WHERE owner_id = %(person)s ORDER BY id FOR UPDATE", values)
    cursor = await conn.execute(
        """
        SELECT e.id
        FROM schedule AS s
        JOIN calendar_event AS e ON e.schedule_id = s.id
        WHERE s.owner_id = %(person)s AND e.status_id = 100 AND e.type_id = 1 AND e.deleted_at IS NULL
        ORDER BY e.id
        FOR NO KEY UPDATE OF e
        """,
        values,
    )
    pending = [row[0] for row in await cursor.fetchall()]
    if pending:
        await close_events(conn, pending, to_status=Status.CANCELLED, actor_id=None, reason=REASON, now=now)
    await conn.execute(
        """
        DELETE FROM schedule_search
        WHERE schedule_id IN (SELECT id FROM schedule WHERE owner_id = %(person)s)
        """,
        values,
    )
    await conn.execute(
        """
        UPDATE schedule
        SET label = '', slug = 'erased-' || id, description = NULL, settings = '{}', rules = rules - 'location',
            file_ids = '{}', deleted_at = coalesce(deleted_at, %(now)s), updated_at = %(now)s
        WHERE owner_id = %(person)s
        """,
        values,
    )
    cursor = await conn.execute(
        """
        UPDATE schedule
        SET benefitable_id = CASE WHEN benefitable_id = %(person)s THEN owner_id ELSE benefitable_id END,
            billable_id = nullif(billable_id, %(person)s),
            updated_at = %(now)s
        WHERE owner_id <> %(person)s AND id IN (
            SELECT schedule_id FROM schedule_member WHERE person_id = %(person)s
        )
        RETURNING id
        """,
        values,
    )
    await index_schedules(conn, [row[0] for row in await cursor.fetchall()])
    await conn.execute("DELETE FROM schedule_member WHERE person_id = %(person)s", values)
