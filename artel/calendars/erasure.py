"""The calendars of a person who is erased."""

from datetime import datetime

from artel.db.pool import Connection


async def erase_calendars(conn: Connection, person_id: int, *, now: datetime) -> None:
    """Delete somebody's calendars with their words, and what they put into a calendar for themselves alone.

    Their feeds end. The rows stay: events name them. So do meetings with others, which are the others' too, and what
    was paid or approved, which is on the books.
    """
    values = {"person": person_id, "now": now}
    await conn.execute(
        """
        WITH own AS (
            SELECT e.id
            FROM calendar AS c
            JOIN calendar_event AS e ON e.calendar_id = c.id
            WHERE c.person_id = %(person)s
            UNION
            SELECT a.event_id FROM event_attendee AS a WHERE a.person_id = %(person)s
        ),
        alone AS (
            UPDATE calendar_event AS e
            SET label = '', description = NULL, data = '{}', file_ids = '{}', sequence = e.sequence + 1,
                deleted_at = coalesce(e.deleted_at, %(now)s), updated_at = %(now)s
            FROM own
            WHERE e.id = own.id
                AND e.schedule_id IS NULL
                AND e.payment_status_id = 100
                AND coalesce(e.creator_id, %(person)s) = %(person)s
                AND NOT EXISTS (
                    SELECT FROM event_attendee AS a WHERE a.event_id = e.id AND a.person_id <> %(person)s
                )
            RETURNING e.id
        )
        DELETE FROM busy_span WHERE event_id IN (SELECT id FROM alone)
        """,
        values,
    )
    await conn.execute(
        """
        UPDATE calendar
        SET label = '', slug = 'erased-' || id, description = NULL, icon = NULL, external_id = NULL, settings = '{}',
            file_ids = '{}', is_private = true, is_default = false, feed_version = feed_version + 1,
            deleted_at = coalesce(deleted_at, %(now)s), updated_at = %(now)s
        WHERE person_id = %(person)s
        """,
        values,
    )
