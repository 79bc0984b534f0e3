"""The steps of events and bookings: confirmed, given back, ended.

Each function works on rows whose events' rows it has locked, or the caller has: attendees and spans have no other lock.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.errors import NotFound
from artel.events.errors import BookingGone, EventClosed
from artel.events.letters import News, tell
from artel.events.machine import OPEN, TRANSITIONS, Status
from artel.events.proposals import close_proposals
from artel.events.reminders import schedule_reminders
from artel.events.spans import note_busy, settle_holds
from artel.operations import audit
from artel.payments.refunds import By, give_back

# Reasons that confirm a booking, besides what a caller writes itself.
PAID = "paid"
PROVEN = "proven"  # the visitor has shown that the address is theirs
BY_HOST = "confirmed by the host"


class LockedEvent(msgspec.Struct, frozen=True):
    id: int
    type_id: int
    status_id: int
    schedule_id: int | None
    starts_at: datetime
    ends_at: datetime
    waits_for_host: bool  # the host has still to say yes
    is_deleted: bool


class LockedBooking(msgspec.Struct, frozen=True):
    """A client's seat, its event's row held."""

    id: int
    person_id: int
    status_id: int
    hold_until: datetime | None
    event: LockedEvent


async def lock_event(conn: Connection, event_id: int, *, even_deleted: bool = False) -> LockedEvent:
    """The event as it is, and as it stays until the commit. `lock_people`, where needed, comes before.

    Refuses: NotFound, also for one that is deleted, unless its money is looked for (`even_deleted`).
    """
    event = await fetch_one(
        conn,
        LockedEvent,
        """
        SELECT e.id, e.type_id, e.status_id, e.schedule_id, e.starts_at, e.ends_at,
            EXISTS (
                SELECT FROM event_attendee AS h WHERE h.event_id = e.id AND h.role_id = 3 AND h.status_id = 100
            ) AS waits_for_host,
            e.deleted_at IS NOT NULL AS is_deleted
        FROM calendar_event AS e
        WHERE e.id = %(id)s AND (e.deleted_at IS NULL OR %(even_deleted)s)
        FOR NO KEY UPDATE OF e
        """,
        {"id": event_id, "even_deleted": even_deleted},
    )
    if event is None:
        raise NotFound("event")
    return event


async def lock_booking(conn: Connection, attendee_id: int, *, even_deleted: bool = False) -> LockedBooking:
    """A seat with its event's row locked. Refuses: NotFound, as lock_event."""
    cursor = await conn.execute("SELECT event_id FROM event_attendee WHERE id = %(id)s", {"id": attendee_id})
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("booking")
    event = await lock_event(conn, row[0], even_deleted=even_deleted)
    # Read only now: whoever held the event's row may have changed it.
    cursor = await conn.execute(
        "SELECT person_id, status_id, hold_until FROM event_attendee WHERE id = %(id)s", {"id": attendee_id}
    )
    seat = await cursor.fetchone()
    assert seat is not None, "attendees are not deleted"
    return LockedBooking(attendee_id, seat[0], seat[1], seat[2], event)


async def confirm_booking(
    conn: Connection, attendee_id: int, *, actor_id: int | None, reason: str, now: datetime
) -> Status:
    """End the hold of a seat: it is paid (PAID), its client has shown the address to be theirs (PROVEN), or the host
    gives their word (any other reason). Answers the seat's status, which stays PENDING where the schedule leaves it to
    the host to confirm and it was not their word. A seat that is confirmed already stays so.

    A hold that has run out is still good while nobody has wanted the slot and the clock's sweep has not passed: paying
    late is better than paying again. Once it was given back it is gone, and whoever pays inside this
    transaction undoes it.
    Refuses: NotFound; BookingGone.
    """
    seat = await lock_booking(conn, attendee_id)
    event = seat.event
    if seat.status_id == Status.CONFIRMED and event.status_id in OPEN:
        return Status.CONFIRMED
    if seat.status_id != Status.PENDING or event.status_id not in OPEN or event.ends_at <= now:
        raise BookingGone
    to_status = Status.PENDING if reason in {PAID, PROVEN} and event.waits_for_host else Status.CONFIRMED
    await conn.execute(
        """
        UPDATE event_attendee
        SET status_id = CASE WHEN id = %(id)s THEN %(to)s ELSE 200 END, hold_until = NULL, updated_at = %(now)s
        WHERE id = %(id)s OR (event_id = %(event)s AND role_id = 3 AND status_id = 100 AND %(to)s = 200)
        """,
        {"id": seat.id, "event": event.id, "to": int(to_status), "now": now},
    )
    steps = [Step(event.id, seat.id, seat.status_id, to_status)]
    if to_status == Status.CONFIRMED and event.status_id == Status.PENDING:
        await conn.execute(
            "UPDATE calendar_event SET status_id = 200, updated_at = %(now)s WHERE id = %(event)s",
            {"event": event.id, "now": now},
        )
        steps.append(Step(event.id, None, event.status_id, Status.CONFIRMED))
    await note_busy(conn, event.id, [seat.person_id], held_until=None)
    await settle_holds(conn, [event.id])
    await note_steps(conn, steps, actor_id=actor_id, reason=reason, now=now)
    await audit.record(
        conn,
        "booking.confirmed",
        subject="event",
        subject_id=event.id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        attendee_id=seat.id,
        reason=reason,
    )
    await schedule_reminders(conn, [event.id], now)
    news: News = "confirmed" if to_status == Status.CONFIRMED else "booked"
    await tell(conn, news, [event.id], to=[seat.person_id], and_hosts=True, now=now)
    return to_status


async def extend_hold(conn: Connection, seat: LockedBooking, *, minutes: int, now: datetime) -> None:
    """Keep a seat for at least so long from now. One that is nobody's to lose stays as it is."""
    until = now + timedelta(minutes=minutes)
    await conn.execute(
        """
        UPDATE event_attendee
        SET hold_until = greatest(hold_until, %(until)s), updated_at = %(now)s
        WHERE id = %(id)s AND hold_until IS NOT NULL
        """,
        {"id": seat.id, "until": until, "now": now},
    )
    await settle_holds(conn, [seat.event.id])


async def release_booking(
    conn: Connection,
    attendee_id: int,
    *,
    to_status: int,
    actor_id: int | None,
    reason: str,
    now: datetime,
    by: By = "host",
) -> bool:
    """Give a seat back: `to_status` is 400 declined, 444 cancelled or 555 missed. True: it was the event's last, and
    the event has ended with it. What was paid goes back as the terms say for whoever gives it back: `by` the
    host everything.

    Refuses: NotFound; BookingGone where the seat was given back before or the event is over.
    """
    seat = await lock_booking(conn, attendee_id)
    if seat.status_id not in OPEN or seat.event.status_id not in OPEN:
        raise BookingGone
    ended = await release_seats(
        conn,
        [seat.id],
        to_status=to_status,
        actor_id=actor_id,
        reason=reason,
        now=now,
        by=by,
    )
    return bool(ended)


async def end_event(
    conn: Connection, event_id: int, *, to_status: int, actor_id: int | None, reason: str, now: datetime
) -> None:
    """End a whole event: 400 declined, 444 cancelled, 555 missed, 777 done. Everybody's seats and time go with it,
    except that what is done has been.

    Refuses: NotFound; EventClosed where the event cannot come to that status from its own.
    """
    event = await lock_event(conn, event_id)
    if not may_become(event.status_id, to_status):
        raise EventClosed
    await close_events(conn, [event.id], to_status=to_status, actor_id=actor_id, reason=reason, now=now)


def may_become(from_status: int, to_status: int) -> bool:
    return (from_status, to_status) in {(int(before), int(after)) for before, after in TRANSITIONS}


async def release_seats(
    conn: Connection,
    attendee_ids: Collection[int],
    *,
    to_status: int,
    actor_id: int | None,
    reason: str,
    now: datetime,
    by: By = "host",
) -> list[int]:
    """Give seats back, as many as they are, with what was paid for them as far as the terms say. The caller holds their
    events' rows. Answers the events that have ended."""
    released = await fetch_all(
        conn,
        Step,
        """
        UPDATE event_attendee AS a
        SET status_id = %(to)s, updated_at = %(now)s
        FROM (SELECT id, status_id FROM event_attendee WHERE id = ANY(%(ids)s)) AS old
        WHERE a.id = old.id AND a.status_id IN (100, 200)
        RETURNING a.event_id, a.id AS attendee_id, old.status_id AS from_status, a.status_id AS to_status
        """,
        {"ids": list(attendee_ids), "to": to_status, "now": now},
    )
    if not released:
        return []
    await conn.execute(
        """
        DELETE FROM busy_span AS b
        USING event_attendee AS a
        WHERE a.id = ANY(%(ids)s) AND b.event_id = a.event_id AND b.person_id = a.person_id AND NOT b.is_exclusive
        """,
        {"ids": [step.attendee_id for step in released]},
    )
    await note_steps(conn, released, actor_id=actor_id, reason=reason, now=now)
    seats = [step.attendee_id for step in released if step.attendee_id is not None]
    await give_back(conn, seats, by=by, actor_id=actor_id, now=now)
    event_ids = sorted({step.event_id for step in released})
    cursor = await conn.execute(
        """
        SELECT e.id, e.status_id
        FROM calendar_event AS e
        WHERE e.id = ANY(%(events)s)
            AND e.status_id IN (100, 200)
            -- A client has left, and was the last; guests come and go.
            AND EXISTS (
                SELECT FROM event_attendee AS a WHERE a.event_id = e.id AND a.role_id = 4 AND a.id = ANY(%(seats)s)
            )
            AND NOT EXISTS (
                SELECT FROM event_attendee AS a
                WHERE a.event_id = e.id AND a.role_id = 4 AND a.status_id IN (100, 200)
            )
        """,
        {"events": event_ids, "seats": [step.attendee_id for step in released]},
    )
    empty = {row[0]: row[1] for row in await cursor.fetchall()}
    for status in Status:  # a confirmed event is not missed: it ends cancelled
        ending = [
            event
            for event, before in empty.items()
            if status == (to_status if may_become(before, to_status) else Status.CANCELLED)
        ]
        if ending:
            await close_events(conn, ending, to_status=status, actor_id=actor_id, reason=reason, now=now)
    left = sorted(set(event_ids) - set(empty))
    if left:
        await settle_holds(conn, left)
        await sum_up(conn, left, now=now)
    await audit_events(conn, "booking.released", released, actor_id=actor_id, now=now)
    return sorted(empty)


async def close_events(
    conn: Connection,
    event_ids: Sequence[int],
    *,
    to_status: int,
    actor_id: int | None,
    reason: str,
    now: datetime,
) -> None:
    """End events in whatever open state they are. The caller holds their rows. What was paid goes back whole, except
    for the seats that were confirmed in what is done."""
    values = {"ids": list(event_ids), "to": to_status, "now": now}
    ended = await fetch_all(
        conn,
        Step,
        """
        UPDATE calendar_event AS e
        SET status_id = %(to)s, sequence = e.sequence + 1, updated_at = %(now)s
        FROM (SELECT id, status_id FROM calendar_event WHERE id = ANY(%(ids)s)) AS old
        WHERE e.id = old.id AND e.status_id IN (100, 200)
        RETURNING e.id AS event_id, NULL::bigint AS attendee_id, old.status_id AS from_status, e.status_id AS to_status
        """,
        values,
    )
    # Whoever had confirmed was there; whoever had not missed it.
    seats = await fetch_all(
        conn,
        Step,
        """
        UPDATE event_attendee AS a
        SET status_id = CASE WHEN %(to)s = 777 THEN 555 ELSE %(to)s END, updated_at = %(now)s
        FROM (SELECT id, status_id FROM event_attendee WHERE event_id = ANY(%(ids)s)) AS old
        WHERE a.id = old.id AND (a.status_id = 100 OR (a.status_id = 200 AND %(to)s <> 777))
        RETURNING a.event_id, a.id AS attendee_id, old.status_id AS from_status, a.status_id AS to_status
        """,
        values,
    )
    if to_status != Status.DONE:
        await conn.execute("DELETE FROM busy_span WHERE event_id = ANY(%(ids)s)", values)
    given = [step.attendee_id for step in seats if step.attendee_id is not None]
    await give_back(conn, given, by="host", actor_id=actor_id, now=now)
    await close_proposals(conn, event_ids, reason="event_closed", now=now)
    await schedule_reminders(conn, event_ids, now)
    await note_steps(conn, [*ended, *seats], actor_id=actor_id, reason=reason, now=now)
    await audit_events(conn, "event.ended", ended, actor_id=actor_id, now=now)


class Step(msgspec.Struct, frozen=True):
    """What became of an event, or of one seat of it."""

    event_id: int
    attendee_id: int | None
    from_status: int | None
    to_status: int


async def note_steps(
    conn: Connection, steps: Sequence[Step], *, actor_id: int | None, reason: str | None, now: datetime
) -> None:
    await conn.execute(
        """
        INSERT INTO event_step (event_id, attendee_id, from_status, to_status, actor_id, reason, at)
        SELECT event, attendee, before, after, %(actor)s, %(reason)s, %(now)s
        FROM unnest(%(events)s::bigint[], %(attendees)s::bigint[], %(before)s::smallint[], %(after)s::smallint[])
            AS taken (event, attendee, before, after)
        """,
        {
            "actor": actor_id,
            "reason": reason,
            "now": now,
            "events": [step.event_id for step in steps],
            "attendees": [step.attendee_id for step in steps],
            "before": [None if step.from_status is None else int(step.from_status) for step in steps],
            "after": [int(step.to_status) for step in steps],
        },
    )


async def audit_events(
    conn: Connection, action: str, steps: Sequence[Step], *, actor_id: int | None, now: datetime
) -> None:
    entries = []
    for step in steps:
        facts: dict[str, object] = {"status": int(step.to_status)}
        if step.attendee_id is not None:
            facts["attendee_id"] = step.attendee_id
        entries.append(
            audit.Entry(
                action=action,
                subject="event",
                subject_id=step.event_id,
                actor_id=actor_id,
                company_id=None,
                facts=facts,
            )
        )
    if entries:
        await audit.record_many(conn, entries, now=now)


async def sum_up(conn: Connection, event_ids: Sequence[int], *, now: datetime) -> None:
    """An event's amount is what its open seats cost together, NULL where none has a price; one of a schedule is paid
    when all of them that cost something are."""
    await conn.execute(
        """
        UPDATE calendar_event AS e
        SET amount = seats.amount, currency = coalesce(seats.currency, e.currency), updated_at = %(now)s,
            payment_status_id = CASE
                WHEN e.schedule_id IS NULL THEN e.payment_status_id  -- its keepers say it themselves
                WHEN seats.are_paid THEN 300
                ELSE 100
            END
        FROM (
            SELECT event_id, sum(price) AS amount, min(currency) AS currency,
                bool_and(payment_status_id = 300) FILTER (WHERE price > 0) AS are_paid
            FROM event_attendee
            WHERE event_id = ANY(%(events)s) AND role_id = 4 AND status_id IN (100, 200)
            GROUP BY event_id
        ) AS seats
        WHERE e.id = seats.event_id
        """,
        {"events": list(event_ids), "now": now},
    )
