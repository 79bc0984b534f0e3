"""A person's outside calendars, forgotten."""

from datetime import datetime

from artel.calendar_sync.parting import part_all
from artel.db.pool import Connection


async def erase_outside_calendars(conn: Connection, person_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Nothing that came from them stays, nor what says where they are. The person's row is locked.

    Google's tokens stay, encrypted, until the worker has given them back there, which it tries at once.
    """
    values = {"person": person_id, "now": now}
    cursor = await conn.execute(
        """
        SELECT id
        FROM calendar_source
        WHERE person_id = %(person)s AND deleted_at IS NULL
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        values,
    )
    await part_all(conn, [row[0] for row in await cursor.fetchall()], actor_id=actor_id, now=now)
    # An account that was linked and never used has no source to say goodbye for it.
    await conn.execute(
        """
        UPDATE google_account AS a
        SET subject = 'erased-' || a.id, calendars = '[]', next_list_at = NULL, updated_at = %(now)s,
            deleted_at = coalesce(a.deleted_at, %(now)s),
            credentials = CASE
                WHEN EXISTS (SELECT FROM calendar_source AS s WHERE s.account_id = a.id) THEN a.credentials
            END
        WHERE a.person_id = %(person)s
        """,
        values,
    )
    await conn.execute(
        """
        UPDATE calendar_source
        SET address = 'erased', address_key = int8send(id), collection_url = NULL, summary = NULL, description = NULL,
            etag = NULL, last_modified = NULL, credentials = NULL
        WHERE person_id = %(person)s
        """,
        values,
    )
    # Those that others refer to were only marked as deleted.
    await conn.execute(
        """
        UPDATE calendar_event AS e
        SET label = '', description = NULL, external_id = NULL, source_item = NULL
        FROM calendar_source AS s
        WHERE s.id = e.source_id AND s.person_id = %(person)s
        """,
        values,
    )
    await conn.execute(
        """
        UPDATE calendar_export AS x
        SET remote_id = '', remote_uid = ''
        FROM calendar_source AS s
        WHERE s.id = x.source_id AND s.person_id = %(person)s
        """,
        values,
    )
