"""What an event's page shows beside the event: who takes part, what was proposed, whose calendars it stands in."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from artel.calendars.queries import COLUMNS as CALENDAR_COLUMNS
from artel.calendars.queries import CalendarRow
from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.events.access import CLIENT_ROLE, HOST_ROLES, OPEN_STATUSES, EventAccess
from artel.profiles.sight import seen_among


class AttendeeRow(msgspec.Struct, frozen=True):
    """Somebody in the event, as the one who asked may see them; money is None where it is not for them."""

    id: int
    person_id: int
    first_name: str
    last_name: str
    photo_file_id: int | None
    role_id: int
    status_id: int
    price: Decimal | None
    currency: str | None
    exponent: int | None
    payment_status_id: int | None
    visitor_name: str | None  # typed by whoever booked without signing in
    has_acted: bool  # booked while signed in, confirmed, answered, left: known by what they did themselves


async def attendees_of(conn: Connection, access: EventAccess, *, now: datetime) -> list[AttendeeRow]:
    """Who takes part or has left: hosts see all with what they pay; of a plain event so does everybody, without money;
    those who have booked see the hosts and themselves, not each other and not each other's guests. Somebody whom others
    have named, and who has done nothing here, is shown by the name that was typed, or by none."""
    sees_all = access.is_host or (access.side == "looking" and access.own is None) or access.event.schedule_id is None
    rows = await fetch_all(
        conn,
        AttendeeRow,
        """
        SELECT a.id, a.person_id, a.visitor_name, p.first_name, p.last_name, p.photo_file_id, a.role_id, a.status_id,
            CASE WHEN shown.money THEN a.price END AS price,
            CASE WHEN shown.money THEN a.currency END AS currency,
            CASE WHEN shown.money THEN cu.exponent END AS exponent,
            CASE WHEN shown.money THEN a.payment_status_id END AS payment_status_id,
            EXISTS (
                SELECT FROM event_step AS st WHERE st.event_id = a.event_id AND st.actor_id = a.person_id
            ) AS has_acted
        FROM event_attendee AS a
        JOIN person AS p ON p.id = a.person_id
        LEFT JOIN currency AS cu ON cu.code = a.currency
        CROSS JOIN LATERAL (SELECT %(host)s OR a.person_id = %(person)s AS money) AS shown
        WHERE a.event_id = %(event)s
            AND (%(all)s OR a.person_id = %(person)s OR a.role_id = ANY(%(hosts)s))
        ORDER BY a.role_id, a.id
        """,
        {
            "event": access.event.id,
            "person": access.person_id,
            "host": access.is_host,
            "all": sees_all,
            "hosts": list(HOST_ROLES),
        },
    )
    seen = await seen_among(conn, access.person_id, [row.person_id for row in rows], now=now)
    return [row if row.has_acted or row.person_id in seen else without_name(row) for row in rows]


def without_name(row: AttendeeRow) -> AttendeeRow:
    return msgspec.structs.replace(row, first_name=row.visitor_name or "", last_name="", photo_file_id=None)


class VoteRow(msgspec.Struct, frozen=True):
    person_id: int
    is_yes: bool
    at: datetime


class ProposalRow(msgspec.Struct, frozen=True):
    """A correction with the votes on it. `settled_reason`: why what had been agreed could not be done."""

    id: int
    field: str
    old_value: Any
    new_value: Any
    proposer_id: int
    status: str
    voters: list[int]
    created_at: datetime
    settled_at: datetime | None
    settled_reason: str | None
    votes: Any  # [{person_id, is_yes, at}], the first vote first


# A long history shows its end.
MOST_PROPOSALS = 200


async def proposals_of(conn: Connection, event_id: int) -> list[ProposalRow]:
    """What was ever proposed for the event, oldest first."""
    rows = await fetch_all(
        conn,
        ProposalRow,
        """
        SELECT c.id, c.field, c.old_value, c.new_value, c.proposer_id, c.status, c.voters, c.created_at, c.settled_at,
            c.settled_reason,
            (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'person_id', v.person_id, 'is_yes', v.is_yes, 'at', v.at
                ) ORDER BY v.at, v.person_id), '[]')
                FROM correction_vote AS v
                WHERE v.correction_id = c.id
            ) AS votes
        FROM correction AS c
        WHERE c.subject = 'event' AND c.subject_id = %(event)s
        ORDER BY c.id DESC
        LIMIT %(most)s
        """,
        {"event": event_id, "most": MOST_PROPOSALS},
    )
    return [msgspec.structs.replace(row, votes=msgspec.convert(row.votes, list[VoteRow])) for row in reversed(rows)]


async def own_calendars_of(conn: Connection, access: EventAccess, *, now: datetime) -> list[CalendarRow]:
    """The asking person's calendars that the event stands in: the one it was put into, or their default one where they
    take part in it."""
    takes_part = access.own is not None and access.own.is_open_at(now)
    return await fetch_all(
        conn,
        CalendarRow,
        f"""
        SELECT {CALENDAR_COLUMNS}
        FROM calendar AS c
        WHERE c.person_id = %(person)s AND c.deleted_at IS NULL
            AND (c.id = %(calendar)s OR (%(takes_part)s AND c.is_default AND NOT EXISTS (
                SELECT FROM calendar AS o WHERE o.id = %(calendar)s AND o.person_id = %(person)s
            )))
        ORDER BY c.id
        """,  # noqa: S608 - of constants
        {"person": access.person_id, "calendar": access.event.calendar_id, "takes_part": takes_part},
    )


class Concerned(msgspec.Struct, frozen=True):
    """Who has a say in an event's changes, and who of them booked."""

    people: list[int]
    clients: list[int]


async def concerned_in(conn: Connection, access: EventAccess, *, now: datetime) -> Concerned:
    """Everybody whose time it is: hosts, clients who have booked, guests and others who have accepted; and where no
    host is among the attendees, whoever is paid or in whose calendar it stands."""
    cursor = await conn.execute(
        """
        SELECT a.person_id, a.role_id
        FROM event_attendee AS a
        WHERE a.event_id = %(event)s
            AND a.status_id = ANY(%(open)s)
            AND (a.hold_until IS NULL OR a.hold_until > %(now)s)
            AND (a.status_id = 200 OR a.role_id = ANY(%(hosts)s) OR a.token_hash IS NOT NULL)
        """,
        {"event": access.event.id, "open": OPEN_STATUSES, "hosts": list(HOST_ROLES), "now": now},
    )
    rows = await cursor.fetchall()
    people = {row[0] for row in rows}
    if not any(row[1] in HOST_ROLES for row in rows):
        cursor = await conn.execute(
            "SELECT coalesce(%(paid)s::bigint, (SELECT person_id FROM calendar WHERE id = %(calendar)s))",
            {"paid": access.event.benefitable_id, "calendar": access.event.calendar_id},
        )
        row = await cursor.fetchone()
        if row is not None and row[0] is not None:
            people.add(row[0])
    return Concerned(sorted(people), sorted(row[0] for row in rows if row[1] == CLIENT_ROLE))
