"""A profile without the person."""

from datetime import datetime

from artel.db.pool import Connection
from artel.operations.idempotency import forget_replies


async def erase_profile(conn: Connection, person_id: int, *, now: datetime) -> list[str]:
    """Nothing that somebody has shown of themselves is left; answers the storage keys of their own files, for the
    caller to remove. Files of tasks and documents for companies are those companies' and stay."""
    values = {"person": person_id, "now": now}
    await conn.execute(
        """
        UPDATE person
        SET timezone = 'UTC', currency = NULL, languages = '{}', about = NULL, education = NULL, birth_time = NULL,
            birth_city = NULL, photo_file_id = NULL, cv_file_id = NULL, links = '[]', salary = NULL, settings = '{}',
            profile_updated_at = %(now)s
        WHERE id = %(person)s
        """,
        values,
    )
    await conn.execute("DELETE FROM person_skill WHERE person_id = %(person)s", values)
    await conn.execute("DELETE FROM person_document WHERE person_id = %(person)s", values)
    await forget_replies(conn, scope=f"{person_id}:time")
    cursor = await conn.execute(
        """
        WITH own AS (
            SELECT f.id
            FROM file AS f
            WHERE f.owner_id = %(person)s AND f.company_id IS NULL
                AND NOT EXISTS (SELECT FROM acceptance_file AS a WHERE a.file_id = f.id)
                AND NOT EXISTS (SELECT FROM task_file AS t WHERE t.file_id = f.id)
                AND NOT EXISTS (SELECT FROM person AS p WHERE f.id IN (p.photo_file_id, p.cv_file_id))
        ),
        smaller AS (
            DELETE FROM file_size AS s USING own WHERE s.file_id = own.id RETURNING s.storage_key
        ),
        documents AS (
            DELETE FROM person_document AS d USING own WHERE d.file_id = own.id
        ),
        files AS (
            DELETE FROM file AS f USING own WHERE f.id = own.id RETURNING f.storage_key
        )
        SELECT storage_key FROM files
        UNION ALL
        SELECT storage_key FROM smaller
        """,
        values,
    )
    return [row[0] for row in await cursor.fetchall()]
