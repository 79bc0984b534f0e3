"""Making and changing calendars."""

import secrets
from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value

DEFAULT_LABELS = {"EN": "My calendar", "RU": "Мой календарь"}


async def default_calendar(conn: Connection, person_id: int, *, now: datetime) -> int:
    """The id of the calendar that a person's bookings go into; made at first use."""
    found = await fetch_value(conn, DEFAULT, {"person": person_id})
    if found is None:
        await conn.execute(
            """
            INSERT INTO calendar (person_id, label, slug, timezone, is_private, is_default, created_at, updated_at)
            SELECT p.id, CASE p.language WHEN 'RU' THEN %(label_ru)s ELSE %(label_en)s END, %(slug)s, p.timezone,
                true, true, %(now)s, %(now)s
            FROM person AS p
            WHERE p.id = %(person)s
            ON CONFLICT DO NOTHING
            """,
            {
                "person": person_id,
                "label_en": DEFAULT_LABELS["EN"],
                "label_ru": DEFAULT_LABELS["RU"],
                "slug": f"{person_id}-{secrets.token_hex(3)}",
                "now": now,
            },
        )
        found = await fetch_value(conn, DEFAULT, {"person": person_id})
    return int(found)


DEFAULT = "SELECT id FROM calendar WHERE person_id = %(person)s AND is_default AND deleted_at IS NULL"
