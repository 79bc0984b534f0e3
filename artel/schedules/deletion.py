"""Deleting a schedule, and what becomes of its events."""

from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.events.machine import Status
from artel.events.steps import close_events
from artel.schedules.errors import PaidPending
from artel.schedules.queries import ScheduleAccess
from artel.schedules.rules import note, require_settings_level
from artel.schedules.search_index import index_schedules

REASON = "the schedule was deleted"


async def delete_schedule(conn: Connection, access: ScheduleAccess, *, actor_id: int, now: datetime) -> None:
    """Delete a schedule that the caller holds locked for update: its slots are offered no more, and bookings that wait
    for an answer or a payment are cancelled and their time is free again. Confirmed ones stay, with all they need.

    Money paid for a booking that nobody has confirmed does not vanish with it.
    Refuses: NotAllowed below the level of settings; PaidPending.
    """
    require_settings_level(access)
    values = {"schedule": access.schedule.id, "now": now}
    # In the order of ids, as everybody locks events. Whoever is about to confirm or pay for one waits, and then finds
    # it cancelled; new ones are not made while the schedule's row is held.
    cursor = await conn.execute(
        """
        SELECT id
        FROM calendar_event
        WHERE schedule_id = %(schedule)s AND status_id = 100 AND type_id = 1 AND deleted_at IS NULL
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        values,
    )
    pending = [row[0] for row in await cursor.fetchall()]
    paid = await fetch_value(
        conn,
        """
        SELECT count(*)
        FROM event_attendee
        WHERE event_id = ANY(%(events)s) AND status_id IN (100, 200) AND payment_status_id > 100
        """,
        {"events": pending},
    )
    if paid:
        raise PaidPending(paid)
    if pending:
        await close_events(conn, pending, to_status=Status.CANCELLED, actor_id=actor_id, reason=REASON, now=now)
    await conn.execute("UPDATE schedule SET deleted_at = %(now)s, updated_at = %(now)s WHERE id = %(schedule)s", values)
    await index_schedules(conn, [access.schedule.id])
    await note(conn, "schedule.deleted", access.schedule.id, actor_id=actor_id, now=now, events_cancelled=len(pending))
