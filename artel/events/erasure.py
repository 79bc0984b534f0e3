"""What somebody wrote with their bookings, and what was to be written to them, erased with them."""

from datetime import datetime

from artel.db.pool import Connection
from artel.events.machine import Status
from artel.events.steps import release_seats

REASON = "the person was erased"


async def cancel_bookings_of(conn: Connection, person_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Nobody is kept waiting: what the person has booked and is not over is cancelled, on a client's terms."""
    cursor = await conn.execute(
        """
        SELECT e.id
        FROM calendar_event AS e
        WHERE e.id IN (
                SELECT event_id
                FROM event_attendee
                WHERE person_id = %(person)s AND role_id = 4 AND status_id IN (100, 200)
            )
            AND e.status_id IN (100, 200)
            AND e.ends_at > %(now)s
        ORDER BY e.id
        FOR NO KEY UPDATE OF e
        """,
        {"person": person_id, "now": now},
    )
    events = [row[0] for row in await cursor.fetchall()]
    cursor = await conn.execute(
        """
        SELECT id
        FROM event_attendee
        WHERE event_id = ANY(%(events)s) AND person_id = %(person)s AND role_id = 4 AND status_id IN (100, 200)
        """,
        {"events": events, "person": person_id},
    )
    seats = [row[0] for row in await cursor.fetchall()]
    await release_seats(conn, seats, to_status=Status.CANCELLED, actor_id=actor_id, reason=REASON, now=now, by="client")


async def erase_bookings(conn: Connection, person_id: int) -> None:
    """The bookings stay, as their hosts' and the books' they are too, and say nothing of who made them."""
    await conn.execute(
        """
        UPDATE event_attendee
        SET note = NULL, visitor_name = NULL, visitor_phone = NULL
        WHERE person_id = %(person)s
        """,
        {"person": person_id},
    )
    await conn.execute("DELETE FROM event_letter WHERE person_id = %(person)s", {"person": person_id})
