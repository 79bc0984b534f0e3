"""A person's account without the person."""

from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound
from artel.people.sessions import end_sessions_of


async def lock_person(conn: Connection, person_id: int) -> None:
    """Keep the person's memberships and data as they are until the commit. Refuses: NotFound."""
    if not await fetch_value(conn, "SELECT true FROM person WHERE id = %(person)s FOR UPDATE", {"person": person_id}):
        raise NotFound("person")


async def erase_account(conn: Connection, person_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Nobody can sign in to it again, and it says of nobody who they are. The row stays: tasks and books name it."""
    await end_sessions_of(conn, person_id=person_id, reason="erased", actor_id=actor_id, now=now)
    await conn.execute("DELETE FROM one_time_code WHERE person_id = %(person)s", {"person": person_id})
    await conn.execute("DELETE FROM page_link WHERE person_id = %(person)s", {"person": person_id})
    await conn.execute(
        "UPDATE session SET address = NULL, user_agent = NULL WHERE person_id = %(person)s", {"person": person_id}
    )
    await conn.execute(
        """
        UPDATE person
        SET email = 'erased-' || id || '@erased.invalid', username = 'erased-' || id, phone = NULL,
            password_hash = NULL, first_name = '', middle_name = '', last_name = '', birth_date = NULL,
            birth_country = NULL, citizenship = NULL, country = NULL, state = NULL, city = NULL, address = NULL,
            postal_code = NULL, two_factor = 'none', totp_secret = NULL, totp_last_step = NULL, is_operator = false,
            email_confirmed_at = NULL, phone_confirmed_at = NULL
        WHERE id = %(person)s
        """,
        {"person": person_id},
    )
