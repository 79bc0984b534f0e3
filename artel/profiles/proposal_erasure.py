"""What was proposed for a profile, and who was told the address and the number in it."""

from datetime import datetime

from artel.db.pool import Connection


async def erase_proposals(conn: Connection, person_id: int, *, now: datetime) -> None:
    """Values proposed for their profile go, and who was told their address; what they proposed for others is withdrawn.

    That they were told somebody's address stays, as a number: it is that person's to know.
    """
    values = {"person": person_id, "now": now}
    await conn.execute(
        """
        DELETE FROM correction_vote AS v
        USING correction AS c
        WHERE c.id = v.correction_id AND c.subject = 'person' AND c.subject_id = %(person)s
        """,
        values,
    )
    await conn.execute("DELETE FROM correction WHERE subject = 'person' AND subject_id = %(person)s", values)
    await conn.execute(
        """
        UPDATE correction
        SET status = 'withdrawn', settled_at = %(now)s
        WHERE subject = 'person' AND proposer_id = %(person)s AND status = 'open'
        """,
        values,
    )
    await conn.execute("DELETE FROM profile_reveal WHERE person_id = %(person)s", values)
