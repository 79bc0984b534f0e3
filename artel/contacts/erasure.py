"""Somebody's address book, and the notes of others about them."""

from artel.db.pool import Connection


async def erase_contacts(conn: Connection, person_id: int) -> None:
    """Their own book is theirs; a line about them holds their address and what its owner called them."""
    await conn.execute("DELETE FROM contact WHERE %(person)s IN (owner_id, person_id)", {"person": person_id})
