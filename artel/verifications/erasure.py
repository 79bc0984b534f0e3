"""Photos of a person and of their documents."""

from artel.db.pool import Connection
from artel.db.rows import fetch_value


async def erase_verifications(conn: Connection, freelancer_id: int) -> list[str]:
    """The verifications with all they have; answers the storage keys of their photos.

    The rows go here, the bytes once that is committed: of a crash in between remains a file that nothing names.
    """
    values = {"freelancer": freelancer_id}
    keys: list[str] | None = await fetch_value(
        conn,
        """
        WITH gone AS (
            DELETE FROM verification_photo
            WHERE verification_id IN (SELECT id FROM verification WHERE freelancer_id = %(freelancer)s)
            RETURNING storage_key
        )
        SELECT array_agg(storage_key)
        FROM gone
        """,
        values,
    )
    await conn.execute(
        """
        DELETE FROM verification_step
        WHERE verification_id IN (SELECT id FROM verification WHERE freelancer_id = %(freelancer)s)
        """,
        values,
    )
    await conn.execute("DELETE FROM verification WHERE freelancer_id = %(freelancer)s", values)
    return keys or []
