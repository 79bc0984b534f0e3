"""Telling people of what happens to their events.

A letter is written down as a row in the transaction of what it tells of, for whoever took part then; the worker writes
and sends it (artel/events/mailing.py), with the event as it is at that moment.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from artel.db.pool import Connection

News = Literal["invited", "booked", "confirmed", "declined", "cancelled", "moved", "proposed", "rejected"]
CHANNEL = "artel_event_letters"
# Whoever has a part in the event as it is; others are told by name.
OPEN_ATTENDEES = [100, 200]


async def tell(
    conn: Connection,
    news: News,
    event_ids: Sequence[int],
    *,
    now: datetime,
    to: Collection[int] | None = None,
    and_hosts: bool = False,
    but: Collection[int] = (),
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write a letter to everybody in these events, or to the people `to` alone (`and_hosts`: and to the events' hosts);
    never to those in `but`.

    Everybody: the attendees who are pending or confirmed, without those whose hold is still unpaid. `facts` are what
    the letter says beside the event: `actor_id`, who did it; `from`, when it was before a move (start and end, ISO
    8601); `leaver_id`, who has left; `fields`, what is proposed; `reason`, a refusal's code.
    """
    if not event_ids:
        return
    await conn.execute(
        """
        WITH written AS (
            INSERT INTO event_letter (event_id, person_id, kind, facts, due_at)
            SELECT e.id, reader.person_id, %(kind)s, %(facts)s, %(now)s
            FROM unnest(%(events)s::bigint[]) AS e (id)
            CROSS JOIN LATERAL (
                SELECT unnest(%(to)s::bigint[]) AS person_id
                UNION
                SELECT a.person_id
                FROM event_attendee AS a
                WHERE a.event_id = e.id AND a.status_id = ANY(%(open)s) AND a.hold_until IS NULL
                    AND (%(to)s::bigint[] IS NULL OR (%(and_hosts)s AND a.role_id <= 3))
            ) AS reader
            WHERE reader.person_id <> ALL(%(but)s::bigint[])
            RETURNING id
        )
        SELECT pg_notify(%(channel)s, '')
        FROM written
        LIMIT 1
        """,
        {
            "kind": news,
            "facts": Jsonb(dict(facts or {})),
            "now": now,
            "events": list(event_ids),
            "to": None if to is None else sorted(set(to)),
            "and_hosts": and_hosts,
            "open": OPEN_ATTENDEES,
            "but": list(but),
            "channel": CHANNEL,
        },
    )
