"""A freelancer's papers and places in teams without the person."""

from datetime import datetime

from artel.db.pool import Connection


async def erase_freelancer(conn: Connection, freelancer_id: int, *, now: datetime) -> None:
    """Tax data go, and so does what companies wrote about the person. That they signed the agreement stays."""
    values = {"freelancer": freelancer_id, "now": now}
    await conn.execute("DELETE FROM tax_info WHERE person_id = %(freelancer)s", values)
    await conn.execute("UPDATE agreement_signature SET address = NULL WHERE person_id = %(freelancer)s", values)
    await conn.execute(
        """
        UPDATE freelancer
        SET specialization_id = NULL, verified_at = NULL
        WHERE person_id = %(freelancer)s
        """,
        values,
    )
    await conn.execute(
        """
        UPDATE team_member
        SET first_name = NULL, last_name = NULL, note = NULL, specialization = NULL,
            ended_at = coalesce(ended_at, %(now)s)
        WHERE freelancer_id = %(freelancer)s
        """,
        values,
    )
