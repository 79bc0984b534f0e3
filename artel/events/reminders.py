"""Reminders of confirmed events, mailed some minutes before they begin (settings.reminders of the schedule)."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.events.letters import CHANNEL

# Where the schedule says nothing, or there is none: a day and an hour before.
DEFAULT_REMINDERS_MINUTES = (1440, 60)


async def schedule_reminders(conn: Connection, event_ids: Sequence[int], now: datetime) -> None:
    """Make the reminders of these events what they ought to be, whatever has happened to them.

    Everybody who takes part in a confirmed meeting is reminded; only what lies ahead counts. Of an event that is
    moved the old ones go, of one that is cancelled all; what was sent is not sent again.
    """
    if not event_ids:
        return
    # In one round trip: bookings do it while others wait for their hosts.
    await conn.execute(
        """
        WITH wanted AS (
            SELECT e.id AS event_id, a.person_id, e.starts_at - lead.minutes::integer * interval '1 minute' AS due_at
            FROM calendar_event AS e
            LEFT JOIN schedule AS s ON s.id = e.schedule_id
            JOIN event_attendee AS a ON a.event_id = e.id AND a.status_id = 200
            CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(s.rules->'reminders', %(default)s)) AS lead (minutes)
            WHERE e.id = ANY(%(events)s)
                AND e.status_id = 200
                AND e.type_id = 1
                AND e.deleted_at IS NULL
                AND e.starts_at - lead.minutes::integer * interval '1 minute' > %(now)s
        ), gone AS (
            DELETE FROM event_letter AS l
            WHERE l.event_id = ANY(%(events)s) AND l.kind = 'reminder' AND l.sent_at IS NULL AND NOT EXISTS (
                SELECT
                FROM wanted AS w
                WHERE (w.event_id, w.person_id, w.due_at) = (l.event_id, l.person_id, l.due_at)
            )
        ), written AS (
            INSERT INTO event_letter (event_id, person_id, kind, due_at)
            SELECT event_id, person_id, 'reminder', due_at
            FROM wanted
            ON CONFLICT (event_id, person_id, due_at) WHERE kind = 'reminder' DO NOTHING
            RETURNING id
        )
        SELECT pg_notify(%(channel)s, '')
        FROM written
        LIMIT 1
        """,
        {
            "events": list(event_ids),
            "now": now,
            "default": Jsonb(list(DEFAULT_REMINDERS_MINUTES)),
            "channel": CHANNEL,
        },
    )
