"""Holds: seats that are somebody's until a certain time, unless they are paid or confirmed before."""

import math
from collections.abc import Collection
from datetime import datetime

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.events.errors import TooManyHolds
from artel.events.machine import Status
from artel.events.steps import release_seats

# What one client may keep from others without paying or being confirmed.
MOST_ON_SCHEDULE = 5
MOST_IN_ALL = 20
EXPIRED = "the hold ran out"
BOOKED_SIGNED_IN = "booked again, signed in"


async def drop_expired_holds(conn: Connection, host_ids: Collection[int], *, now: datetime) -> None:
    """Give back every seat of these hosts' events whose hold has run out: it keeps nobody from booking, even where the
    sweep is late. The caller has locked the hosts."""
    cursor = await conn.execute(
        """
        SELECT e.id
        FROM calendar_event AS e
        WHERE e.id IN (
            SELECT a.event_id
            FROM event_attendee AS a
            JOIN busy_span AS b ON b.event_id = a.event_id
            WHERE a.status_id = 100
                AND a.hold_until <= %(now)s
                AND b.is_exclusive
                AND b.person_id = ANY(%(hosts)s)
        )
        ORDER BY e.id
        FOR NO KEY UPDATE OF e
        """,
        {"hosts": list(host_ids), "now": now},
    )
    event_ids = [row[0] for row in await cursor.fetchall()]
    if event_ids:
        await release_expired(conn, event_ids, now=now)


async def sweep_holds(conn: Connection, *, limit: int, now: datetime) -> int:
    """Give back a batch of seats whose holds have run out, of any hosts. Answers how many events it looked at.

    Events that somebody works on are left for the next batch; nobody is waited for, so nobody is locked.
    """
    cursor = await conn.execute(
        """
        SELECT e.id
        FROM calendar_event AS e
        WHERE e.id IN (
            SELECT a.event_id
            FROM event_attendee AS a
            WHERE a.status_id = 100 AND a.hold_until <= %(now)s
            ORDER BY a.hold_until
            LIMIT %(limit)s
        )
        FOR NO KEY UPDATE OF e SKIP LOCKED
        """,
        {"limit": limit, "now": now},
    )
    event_ids = [row[0] for row in await cursor.fetchall()]
    if event_ids:
        await release_expired(conn, event_ids, now=now)
    return len(event_ids)


async def release_expired(conn: Connection, event_ids: Collection[int], *, now: datetime) -> None:
    """The expired seats of events whose rows are held. Looked up only now: one may have been paid meanwhile."""
    cursor = await conn.execute(
        """
        SELECT id FROM event_attendee WHERE event_id = ANY(%(events)s) AND status_id = 100 AND hold_until <= %(now)s
        """,
        {"events": list(event_ids), "now": now},
    )
    seats = [row[0] for row in await cursor.fetchall()]
    await release_seats(conn, seats, to_status=Status.CANCELLED, actor_id=None, reason=EXPIRED, now=now)


async def next_hold_end(conn: Connection) -> datetime | None:
    end: datetime | None = await fetch_value(
        conn, "SELECT min(hold_until) FROM event_attendee WHERE status_id = 100 AND hold_until IS NOT NULL"
    )
    return end


async def give_up_unproven(
    conn: Connection, client_id: int, schedule_id: int, start: datetime, *, now: datetime
) -> bool:
    """Give back a seat that somebody took with this client's address and has not shown to be them: it does not keep the
    client themselves from the same slot. False: there is none. The caller has locked the client and the hosts."""
    cursor = await conn.execute(
        """
        SELECT e.id
        FROM calendar_event AS e
        WHERE e.schedule_id = %(schedule)s
            AND e.starts_at = %(start)s
            AND EXISTS (
                SELECT FROM event_attendee AS a
                WHERE a.event_id = e.id AND a.person_id = %(client)s AND a.status_id = 100
                    AND a.visitor_name IS NOT NULL AND a.hold_until IS NOT NULL
            )
        ORDER BY e.id
        FOR NO KEY UPDATE OF e
        """,
        {"client": client_id, "schedule": schedule_id, "start": start},
    )
    event_ids = [row[0] for row in await cursor.fetchall()]
    if not event_ids:
        return False
    # Looked up only now: it may have been paid meanwhile.
    cursor = await conn.execute(
        """
        SELECT id
        FROM event_attendee
        WHERE event_id = ANY(%(events)s) AND person_id = %(client)s AND status_id = 100
            AND visitor_name IS NOT NULL AND hold_until IS NOT NULL
        """,
        {"events": event_ids, "client": client_id},
    )
    seats = [row[0] for row in await cursor.fetchall()]
    await release_seats(conn, seats, to_status=Status.CANCELLED, actor_id=client_id, reason=BOOKED_SIGNED_IN, now=now)
    return True


async def require_few_holds(
    conn: Connection, client_id: int, schedule_id: int, *, is_proven: bool, now: datetime
) -> None:
    """Keep a client from blocking calendars with bookings that are neither paid nor confirmed. The caller has locked
    the client, so that bookings at one moment count each other. What strangers hold with the client's address counts
    against strangers alone. Refuses: TooManyHolds."""
    cursor = await conn.execute(
        """
        SELECT count(*), count(*) FILTER (WHERE e.schedule_id = %(schedule)s),
            min(coalesce(a.hold_until, e.ends_at)),
            min(coalesce(a.hold_until, e.ends_at)) FILTER (WHERE e.schedule_id = %(schedule)s)
        FROM event_attendee AS a
        JOIN calendar_event AS e ON e.id = a.event_id
        WHERE a.person_id = %(client)s
            AND a.role_id = 4
            AND a.status_id = 100
            AND a.token_hash IS NOT NULL
            AND (a.visitor_name IS NULL) = %(proven)s
            AND e.status_id IN (100, 200)
            AND coalesce(a.hold_until, e.ends_at) > %(now)s
        """,
        {"client": client_id, "schedule": schedule_id, "proven": is_proven, "now": now},
    )
    row = await cursor.fetchone()
    assert row is not None
    in_all, on_schedule, first_end, first_end_here = row
    if on_schedule >= MOST_ON_SCHEDULE or in_all >= MOST_IN_ALL:
        free_at = first_end if in_all >= MOST_IN_ALL else first_end_here
        raise TooManyHolds(max(1, math.ceil((free_at - now).total_seconds())))
