"""Mail and SMS that were sent to a person."""

from artel.db.pool import Connection


async def erase_messages_to(conn: Connection, person_id: int) -> None:
    """Before the person's address and number go: they are how their messages are found."""
    await conn.execute(
        """
        DELETE FROM message AS m
        USING person AS p
        WHERE p.id = %(person)s AND m.recipient IN (p.email, p.phone, '+' || p.phone)
        """,
        {"person": person_id},
    )
