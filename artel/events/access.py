"""Who may see an event, and what they may do with it: the only way to reach one.

Whoever has a part in it sees it: attendees, those who have left it as well; who made it; whose calendar it stands in;
who pays or is paid; the owner of its schedule and members with read 2. A member with read 1 sees those of their own,
which is the same list; with read 0 none by membership. To anybody else the event is not there.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import LiteralString

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound
from artel.events.machine import OPEN
from artel.events.queries import COLUMNS, EventRow


class Side(StrEnum):
    """Whose step it is that somebody takes in an event (machine.py)."""

    HOST = "host"  # who works, in whose calendar it stands, who may change the schedule's events, who made a plain one
    CLIENT = "client"  # who booked, or pays
    GUEST = "guest"  # who was invited
    LOOKING = "looking"  # a member who only reads; somebody who has left


class OwnPart(msgspec.Struct, frozen=True):
    """Somebody's own row among the attendees: the one that counts, or else the latest that did."""

    id: int
    event_id: int
    person_id: int
    role_id: int
    status_id: int
    hold_until: datetime | None
    price: Decimal | None
    currency: str | None
    exponent: int | None
    payment_status_id: int
    refunded: Decimal
    is_booking: bool  # they booked it themselves; else they were invited to it
    timezone: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        return self.status_id in OPEN

    def is_open_at(self, now: datetime) -> bool:
        """A hold that has run out is none, whether or not it was noticed."""
        return self.is_open and (self.hold_until is None or self.hold_until > now)


class EventAccess(msgspec.Struct, frozen=True):
    """`may_write` are those who change an event directly, where nobody else is concerned (changes.py)."""

    event: EventRow
    person_id: int
    own: OwnPart | None
    side: Side
    may_write: bool

    @property
    def is_host(self) -> bool:
        return self.side is Side.HOST


class _Standing(msgspec.Struct):
    is_creator: bool
    owns_calendar: bool
    is_paid: bool
    pays: bool
    read_level: int
    write_level: int


OPEN_STATUSES = [int(status) for status in OPEN]
HOST_ROLES = (1, 2, 3)
CLIENT_ROLE = 4
WRITE_EVENTS = 2

# Every event `e` that the person may see. Used alone by the lists, and by access_event for one.
STANDING: LiteralString = """
    SELECT e.id AS event_id,
        coalesce(e.creator_id = %(person)s, false) AS is_creator,
        coalesce(c.person_id = %(person)s, false) AS owns_calendar,
        coalesce(e.benefitable_id = %(person)s, false) AS is_paid,
        coalesce(e.billable_id = %(person)s, false) AS pays,
        CASE WHEN s.owner_id = %(person)s THEN 2 ELSE coalesce(m.read_level, 0) END AS read_level,
        CASE WHEN s.owner_id = %(person)s THEN 3 ELSE coalesce(m.write_level, 0) END AS write_level
    FROM calendar_event AS e
    LEFT JOIN calendar AS c ON c.id = e.calendar_id
    LEFT JOIN schedule AS s ON s.id = e.schedule_id
    LEFT JOIN schedule_member AS m ON m.schedule_id = e.schedule_id AND m.person_id = %(person)s
"""
VISIBLE: LiteralString = """
    (
        %(person)s IN (e.creator_id, c.person_id, e.billable_id, e.benefitable_id, s.owner_id)
        OR m.read_level >= 2
        OR EXISTS (SELECT FROM event_attendee AS a WHERE a.event_id = e.id AND a.person_id = %(person)s)
    )
"""
OWN_PART: LiteralString = """
    SELECT a.id, a.event_id, a.person_id, a.role_id, a.status_id, a.hold_until, a.price, a.currency, cu.exponent,
        a.payment_status_id, a.refunded, a.token_hash IS NOT NULL AS is_booking, a.timezone, a.created_at, a.updated_at
    FROM event_attendee AS a
    LEFT JOIN currency AS cu ON cu.code = a.currency
    WHERE a.event_id = %(event)s AND a.person_id = %(person)s
    ORDER BY (a.status_id IN (100, 200)) DESC, a.id DESC
    LIMIT 1
"""


async def access_event(conn: Connection, person_id: int, event_id: int, *, lock: bool = False) -> EventAccess:
    """An event as this person stands to it. With `lock` its row is held, and what is answered is of after the wait.

    Refuses: NotFound, also for events the person has no part in.
    """
    values = {"event": event_id, "person": person_id}
    standing = await fetch_one(
        conn,
        _Standing,
        f"""
        SELECT is_creator, owns_calendar, is_paid, pays, read_level, write_level
        FROM ({STANDING} WHERE e.id = %(event)s AND e.deleted_at IS NULL AND {VISIBLE}) AS seen
        """,  # noqa: S608 - of constants
        values,
    )
    if standing is None:
        raise NotFound("event")
    if lock:
        # Only once it is known to be theirs to see: a stranger holds up nobody.
        await conn.execute("SELECT FROM calendar_event WHERE id = %(event)s FOR NO KEY UPDATE", values)
    event = await fetch_one(
        conn,
        EventRow,
        f"SELECT {COLUMNS} FROM calendar_event AS e WHERE e.id = %(event)s AND e.deleted_at IS NULL",  # noqa: S608 - of constants
        values,
    )
    if event is None:
        raise NotFound("event")
    own = await fetch_one(conn, OwnPart, OWN_PART, values)
    return EventAccess(event, person_id, own, side_of(standing, own, event), may_write(standing, event))


def side_of(standing: _Standing, own: OwnPart | None, event: EventRow) -> Side:
    part = own if own is not None and own.is_open else None
    is_host = (
        (part is not None and part.role_id in HOST_ROLES)
        or standing.owns_calendar
        or standing.is_paid
        or standing.write_level >= WRITE_EVENTS
        or (standing.is_creator and event.schedule_id is None)
    )
    if is_host:
        return Side.HOST
    if (part is not None and part.role_id == CLIENT_ROLE) or standing.pays:
        return Side.CLIENT
    return Side.LOOKING if part is None else Side.GUEST


def may_write(standing: _Standing, event: EventRow) -> bool:
    """Members from write 2 on; of an event without a schedule who made it and whose calendar it stands in."""
    if standing.write_level >= WRITE_EVENTS:
        return True
    return event.schedule_id is None and (standing.is_creator or standing.owns_calendar)
