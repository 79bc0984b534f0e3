"""Who is invited to an event: guests, whom a change of its attendees adds and takes away."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.errors import NotFound
from artel.events.access import OPEN_STATUSES, EventAccess
from artel.events.change_errors import ChangeInvalid
from artel.events.letters import tell
from artel.events.machine import Status
from artel.events.queries import EventRow
from artel.events.steps import Step, note_steps
from artel.people.profiles import Profile, find_or_add_person

GUEST_ROLE = 6
MOST_GUESTS = 50
FIELD = "attendees"


class GuestWish(msgspec.Struct, frozen=True):
    """Somebody known, by id, or anybody by their e-mail address."""

    person_id: int | None = None
    email: str | None = None


async def find_guests(
    conn: Connection, access: EventAccess, wishes: Sequence[GuestWish], *, language: str, now: datetime
) -> list[int]:
    """Whom the wished attendees are, without those who host or have booked: they stay in any case. In order of ids.

    By id only people whom the asking person meets already can be invited: from an event or a schedule of both.
    Refuses: NotFound for other ids; ChangeInvalid: event_too_many_guests.
    """
    if len(wishes) > MOST_GUESTS:
        raise ChangeInvalid("event_too_many_guests", FIELD, most=MOST_GUESTS)
    ids = {wish.person_id for wish in wishes if wish.person_id is not None}
    if ids != await known_of(conn, access.person_id, ids):
        raise NotFound("person", FIELD)
    for wish in wishes:  # few, and each may make an account
        if wish.email is not None:
            account = await find_or_add_person(conn, email=wish.email, profile=Profile(), language=language, now=now)
            ids.add(account.id)
    cursor = await conn.execute(
        """
        SELECT person_id
        FROM event_attendee
        WHERE event_id = %(event)s AND role_id <> %(guest)s AND status_id = ANY(%(open)s)
        """,
        {"event": access.event.id, "guest": GUEST_ROLE, "open": OPEN_STATUSES},
    )
    return sorted(ids - {row[0] for row in await cursor.fetchall()})


async def known_of(conn: Connection, person_id: int, ids: set[int]) -> set[int]:
    if not ids:
        return set()
    cursor = await conn.execute(
        """
        SELECT p.id
        FROM unnest(%(ids)s::bigint[]) AS p (id)
        WHERE p.id = %(person)s
            OR EXISTS (
                SELECT FROM event_attendee AS own
                JOIN event_attendee AS theirs ON theirs.event_id = own.event_id
                WHERE own.person_id = %(person)s AND theirs.person_id = p.id
            )
            OR EXISTS (
                SELECT FROM schedule_member AS own
                JOIN schedule_member AS theirs ON theirs.schedule_id = own.schedule_id
                WHERE own.person_id = %(person)s AND theirs.person_id = p.id
            )
            OR EXISTS (
                SELECT FROM calendar_event AS e
                JOIN event_attendee AS theirs ON theirs.event_id = e.id
                JOIN calendar AS c ON c.id = e.calendar_id
                WHERE theirs.person_id = p.id AND c.person_id = %(person)s
            )
        """,
        {"ids": sorted(ids), "person": person_id},
    )
    return {row[0] for row in await cursor.fetchall()}


async def guests_of(conn: Connection, event_id: int) -> list[int]:
    cursor = await conn.execute(
        """
        SELECT person_id
        FROM event_attendee
        WHERE event_id = %(event)s AND role_id = %(guest)s AND status_id = ANY(%(open)s)
        ORDER BY person_id
        """,
        {"event": event_id, "guest": GUEST_ROLE, "open": OPEN_STATUSES},
    )
    return [row[0] for row in await cursor.fetchall()]


async def set_guests(conn: Connection, event: EventRow, wanted: Sequence[int], *, actor_id: int, now: datetime) -> None:
    """Make these the event's guests: who is new is invited, who is left out is told so. The caller holds its row."""
    values = {
        "event": event.id,
        "wanted": list(wanted),
        "guest": GUEST_ROLE,
        "open": OPEN_STATUSES,
        "now": now,
    }
    cursor = await conn.execute(
        """
        UPDATE event_attendee
        SET status_id = 444, updated_at = %(now)s
        WHERE event_id = %(event)s AND role_id = %(guest)s AND status_id = ANY(%(open)s)
            AND person_id <> ALL(%(wanted)s)
        RETURNING id, person_id
        """,
        values,
    )
    gone: dict[int, int] = dict(await cursor.fetchall())
    await conn.execute(
        "DELETE FROM busy_span WHERE event_id = %(event)s AND person_id = ANY(%(gone)s) AND NOT is_exclusive",
        {"event": event.id, "gone": list(gone.values())},
    )
    await conn.execute(
        """
        DELETE FROM event_letter
        WHERE event_id = %(event)s AND person_id = ANY(%(gone)s) AND kind = 'reminder' AND sent_at IS NULL
        """,
        {"event": event.id, "gone": list(gone.values())},
    )
    cursor = await conn.execute(
        """
        INSERT INTO event_attendee (event_id, person_id, role_id, status_id, created_at, updated_at)
        SELECT %(event)s, person, %(guest)s, 100, %(now)s, %(now)s
        FROM unnest(%(wanted)s::bigint[]) AS wanted (person)
        ON CONFLICT DO NOTHING
        RETURNING id, person_id
        """,
        values,
    )
    added: dict[int, int] = dict(await cursor.fetchall())
    steps = [Step(event.id, one, None, Status.PENDING) for one in added]
    steps += [Step(event.id, one, Status.PENDING, Status.CANCELLED) for one in gone]
    await note_steps(conn, steps, actor_id=actor_id, reason=None, now=now)
    facts = {"actor_id": actor_id}
    if added:
        await tell(conn, "invited", [event.id], to=list(added.values()), facts=facts, now=now)
    if gone:
        await tell(conn, "cancelled", [event.id], to=list(gone.values()), facts=facts, now=now)
