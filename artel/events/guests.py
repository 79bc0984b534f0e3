"""Who is invited to an event: guests, whom a change of its attendees adds and takes away."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from artel.db.pool import Connection, Database
from artel.errors import NotFound, Refused
from artel.events.access import OPEN_STATUSES, EventAccess
from artel.events.change_errors import ChangeInvalid
from artel.events.letters import tell
from artel.events.machine import Status
from artel.events.queries import EventRow
from artel.events.steps import Step, note_steps
from artel.operations.rate_limits import Limit, count_hits, name_key
from artel.people.contacts import clean_email
from artel.people.profiles import Profile, find_or_add_person
from artel.profiles.sight import may_be_asked

GUEST_ROLE = 6
MOST_GUESTS = 50
# Calls in an hour that invite addresses, and invitations of one address in a day, by one person.
MOST_INVITATIONS, HOUR_S = 20, 3600
MOST_TO_ONE, DAY_S = 5, 86400
FIELD = "attendees"


class GuestWish(msgspec.Struct, frozen=True):
    """Somebody known, by id, or anybody by their e-mail address."""

    person_id: int | None = None
    email: str | None = None


async def count_invitations(database: Database, person_id: int, emails: Sequence[str], *, now: datetime) -> None:
    """Count what is about to be mailed to addresses that somebody typed, committed at once. Refuses: TooMany."""
    if not emails:
        return
    async with database.transaction() as conn:
        refusal = await count_hits(
            conn,
            Limit(f"guests:{person_id}", MOST_INVITATIONS, HOUR_S),
            *(Limit(f"guest:{person_id}:{name_key(email)}", MOST_TO_ONE, DAY_S) for email in sorted(set(emails))),
            now=now,
        )
    if refusal:
        raise refusal


async def find_guests(
    conn: Connection, access: EventAccess, wishes: Sequence[GuestWish], *, language: str, now: datetime
) -> list[int]:
    """Whom the wished attendees are, without those who host or have booked: they stay in any case. In order of ids.

    By id only people whom the asking person may see, or has noted by address, can be invited, beside who is.
    Refuses: NotFound for other ids; EmailInvalid; field_required; ChangeInvalid: event_too_many_guests.
    """
    if len(wishes) > MOST_GUESTS:
        raise ChangeInvalid("event_too_many_guests", FIELD, most=MOST_GUESTS)
    ids = {wish.person_id for wish in wishes if wish.person_id is not None}
    here = set(await guests_of(conn, access.event.id))
    if not ids <= here | await may_be_asked(conn, access.person_id, ids, now=now):
        raise NotFound("person", FIELD)
    for wish in wishes:  # few, and each may make an account
        if wish.email is None and wish.person_id is None:
            raise Refused("field_required", FIELD)
        if wish.email is not None:
            account = await find_or_add_person(
                conn,
                email=clean_email(wish.email),
                profile=Profile(),
                language=language,
                is_secret=True,
                now=now,
            )
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
