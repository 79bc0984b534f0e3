"""Busy time: who is locked before it is looked at, and how it is written.

What has to be locked is locked in one order, so that nobody waits for somebody who waits for them: people's rows,
the schedule's row, `lock_people`, events' rows by id. Attendees and spans are written only by whoever holds
their event's row.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from psycopg.errors import DeadlockDetected, ExclusionViolation

from artel.db.pool import Connection
from artel.events.errors import SlotTaken

# Locks of people's time are numbered from here on; other locks of the program have small numbers.
PEOPLE_LOCKS = 4_713 << 48


async def lock_people(conn: Connection, person_ids: Collection[int]) -> None:
    """Hold these people's time until the transaction ends: nobody else books, adds or moves anything of theirs.

    All at once and in the order of ids; a second call in one transaction, for others, could wait for somebody who
    waits for the first. Comes before any lock on an event's row.
    """
    await conn.execute(
        "SELECT pg_advisory_xact_lock(%(base)s + person) FROM unnest(%(people)s::bigint[]) AS asked (person)",
        {"base": PEOPLE_LOCKS, "people": sorted(set(person_ids))},
    )


async def take_time(
    conn: Connection,
    event_id: int,
    host_ids: Sequence[int],
    *,
    starts_at: datetime,
    ends_at: datetime,
    before_minutes: int,
    after_minutes: int,
    held_until: datetime | None,
    others: Sequence[int] = (),
) -> None:
    """Give the hosts' time to an event, exclusively. PostgreSQL has the last word, whatever was looked at before.
    `others` take part and are busy as well (see `note_busy`).

    Refuses: SlotTaken, and the caller undoes the transaction or its savepoint.
    """
    try:
        cursor = await conn.execute(
            """
            INSERT INTO busy_span
                (person_id, event_id, starts_at, ends_at, before_minutes, after_minutes, is_exclusive, held_until)
            SELECT person, %(event)s, %(starts)s, %(ends)s, before_minutes, after_minutes, is_host, %(held)s
            FROM (
                SELECT host, %(before)s, %(after)s, true
                FROM unnest(%(hosts)s::bigint[]) AS hosts (host)
                UNION ALL
                SELECT other, 0, 0, false
                FROM unnest(%(others)s::bigint[]) AS others (other)
            ) AS taken (person, before_minutes, after_minutes, is_host)
            ON CONFLICT DO NOTHING
            """,
            {
                "event": event_id,
                "starts": starts_at,
                "ends": ends_at,
                "before": before_minutes,
                "after": after_minutes,
                "held": held_until,
                "hosts": sorted(host_ids),
                "others": list(others),
            },
        )
    except DeadlockDetected:  # with code that takes a host's time and locks it later, or never
        raise SlotTaken from None
    if cursor.rowcount < len(host_ids) + len(others):
        raise SlotTaken


async def note_busy(conn: Connection, event_id: int, person_ids: Sequence[int], *, held_until: datetime | None) -> None:
    """Let attendees be busy while the event is; that keeps nobody from meeting them twice, it is only told."""
    await conn.execute(
        """
        INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive, held_until)
        SELECT person, e.id, e.starts_at, e.ends_at, false, %(held)s
        FROM calendar_event AS e
        CROSS JOIN unnest(%(people)s::bigint[]) AS taking_part (person)
        WHERE e.id = %(event)s AND e.ends_at > e.starts_at
            AND NOT EXISTS (SELECT FROM busy_span AS b WHERE b.event_id = e.id AND b.person_id = person)
        """,
        {"event": event_id, "people": sorted(person_ids), "held": held_until},
    )


async def settle_holds(conn: Connection, event_ids: Collection[int]) -> None:
    """Bring spans to what the seats say: a host's is held as long as the longest hold, for good once one is taken for
    good; a client's is held as their seat is."""
    await conn.execute(
        """
        UPDATE busy_span AS b
        SET held_until = seats.held_until
        FROM (
            SELECT a.event_id, a.person_id, a.hold_until AS held_until, false AS is_exclusive
            FROM event_attendee AS a
            WHERE a.event_id = ANY(%(events)s) AND a.role_id = 4 AND a.status_id IN (100, 200)
            UNION ALL
            SELECT a.event_id, NULL, CASE WHEN bool_and(a.hold_until IS NOT NULL) THEN max(a.hold_until) END, true
            FROM event_attendee AS a
            WHERE a.event_id = ANY(%(events)s) AND a.role_id = 4 AND a.status_id IN (100, 200)
            GROUP BY a.event_id
        ) AS seats
        WHERE b.event_id = seats.event_id
            AND b.is_exclusive = seats.is_exclusive
            AND (b.is_exclusive OR b.person_id = seats.person_id)
            AND b.held_until IS DISTINCT FROM seats.held_until
        """,
        {"events": sorted(event_ids)},
    )


async def move_time(conn: Connection, event_id: int, *, starts_at: datetime, ends_at: datetime) -> None:
    """Move all spans of an event. The caller has locked its hosts. Refuses: SlotTaken; nothing is moved then."""
    try:
        async with conn.transaction():
            await conn.execute(
                "UPDATE busy_span SET starts_at = %(starts)s, ends_at = %(ends)s WHERE event_id = %(event)s",
                {"event": event_id, "starts": starts_at, "ends": ends_at},
            )
    except (ExclusionViolation, DeadlockDetected):
        raise SlotTaken from None
