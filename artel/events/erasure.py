"""What somebody wrote with their bookings, erased with them."""

from artel.db.pool import Connection


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
