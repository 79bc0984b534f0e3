"""Deleting a schedule, and what becomes of its events."""

from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.events.machine import Status
from artel.schedules.errors import PaidPending
from artel.schedules.queries import ScheduleAccess
from artel.schedules.rules import note, require_settings_level

REASON = "the schedule was deleted"


async def delete_schedule(conn: Connection, access: ScheduleAccess, *, actor_id: int, now: datetime) -> None:
    """Delete a schedule that the caller holds locked for update: its slots are offered no more, and bookings that wait
    for an answer or a payment are cancelled and their time is free again. Confirmed ones stay, with all they need.

    Money paid for a booking that nobody has confirmed does not vanish with it.
    Refuses: NotAllowed below the level of settings; PaidPending.
    """
    require_settings_level(access)
    values = {"schedule": access.schedule.id, "now": now, "actor": actor_id, "reason": REASON}
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
    await cancel_events(conn, pending, actor_id=actor_id, now=now)
    await conn.execute("UPDATE schedule SET deleted_at = %(now)s, updated_at = %(now)s WHERE id = %(schedule)s", values)
    await note(conn, "schedule.deleted", access.schedule.id, actor_id=actor_id, now=now, events_cancelled=len(pending))


async def cancel_events(conn: Connection, event_ids: list[int], *, actor_id: int, now: datetime) -> None:
    """Cancel locked, pending events with everybody's part in them, step by step noted, and free their time."""
    values = {
        "events": event_ids,
        "cancelled": int(Status.CANCELLED),
        "actor": actor_id,
        "reason": REASON,
        "now": now,
    }
    await conn.execute(
        """
        WITH ended AS (
            UPDATE calendar_event
            SET status_id = %(cancelled)s, sequence = sequence + 1, updated_at = %(now)s
            WHERE id = ANY(%(events)s)
            RETURNING id
        ), seats AS (
            UPDATE event_attendee AS a
            SET status_id = %(cancelled)s, hold_until = NULL, updated_at = %(now)s
            FROM event_attendee AS old
            WHERE old.id = a.id AND a.event_id = ANY(%(events)s) AND a.status_id IN (100, 200)
            RETURNING a.id, a.event_id, old.status_id
        ), freed AS (
            DELETE FROM busy_span
            WHERE event_id = ANY(%(events)s)
        )
        INSERT INTO event_step (event_id, attendee_id, from_status, to_status, actor_id, reason, at)
        SELECT id, NULL, 100, %(cancelled)s, %(actor)s, %(reason)s, %(now)s
        FROM ended
        UNION ALL
        SELECT event_id, id, status_id, %(cancelled)s, %(actor)s, %(reason)s, %(now)s
        FROM seats
        """,
        values,
    )
