"""Address books, read."""

from datetime import datetime
from typing import LiteralString

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.errors import NotFound
from artel.profiles.sight import seen_among

# The whole list is one reply, so it has an end.
MOST_CONTACTS = 500


class ContactRow(msgspec.Struct, kw_only=True):
    """A line of an address book. `name` and `photo_file_id` are None of somebody the owner may not see."""

    id: int
    owner_id: int
    person_id: int
    email: str
    label: str
    description: str | None
    pinned_at: datetime | None
    last_contact: datetime | None  # when the latest of `meetings` began
    meetings: int  # that both came to, over or going on
    name: str | None
    photo_file_id: int | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


# Meetings are counted from the owner's side, and not from that of the people in the book, among whom may be hosts with
# thousands. MATERIALIZED keeps it so: with the statistics of an uneven table the planner took the other way, and a
# second for it.
BOOK: LiteralString = """
    WITH own AS MATERIALIZED (
        SELECT DISTINCT e.id, e.starts_at
        FROM event_attendee AS mine
        JOIN calendar_event AS e ON e.id = mine.event_id
        WHERE mine.person_id = %(owner)s AND mine.status_id = 200
            AND e.type_id = 1 AND e.status_id NOT IN (400, 444, 555) AND e.deleted_at IS NULL
            AND e.starts_at <= %(now)s
    ),
    met AS (
        SELECT theirs.person_id, max(own.starts_at) AS last_contact, count(*) AS meetings
        FROM own
        CROSS JOIN LATERAL (
            SELECT DISTINCT a.person_id
            FROM event_attendee AS a
            WHERE a.event_id = own.id AND a.status_id = 200
        ) AS theirs
        GROUP BY theirs.person_id
    )
    SELECT b.id, b.owner_id, b.person_id, b.email, b.label, b.description, b.pinned_at, m.last_contact,
        coalesce(m.meetings, 0) AS meetings,
        concat_ws(' ', nullif(p.first_name, ''), nullif(p.middle_name, ''), nullif(p.last_name, '')) AS name,
        p.photo_file_id, b.created_at, b.updated_at, b.deleted_at
    FROM contact AS b
    JOIN person AS p ON p.id = b.person_id
    LEFT JOIN met AS m ON m.person_id = b.person_id
    WHERE b.owner_id = %(owner)s AND b.deleted_at IS NULL
        AND (%(person)s::bigint IS NULL OR b.person_id = %(person)s)
    ORDER BY b.pinned_at IS NULL, coalesce(m.last_contact, b.created_at) DESC, b.id DESC
"""


async def contacts_of(conn: Connection, owner_id: int, *, now: datetime) -> list[ContactRow]:
    """Somebody's address book: the pinned first, then by the last meeting; who was never met stands by the day they
    were added. At most MOST_CONTACTS."""
    return await read_book(conn, owner_id, None, now=now)


async def access_contact(conn: Connection, owner_id: int, person_id: int, *, now: datetime) -> ContactRow:
    """One line of one's own address book. Refuses: NotFound."""
    found = await read_book(conn, owner_id, person_id, now=now)
    if not found:
        raise NotFound("contact")
    return found[0]


async def read_book(conn: Connection, owner_id: int, person_id: int | None, *, now: datetime) -> list[ContactRow]:
    rows = await fetch_all(conn, ContactRow, BOOK, {"owner": owner_id, "person": person_id, "now": now})
    seen = await seen_among(conn, owner_id, [row.person_id for row in rows], now=now) if rows else set()
    for row in rows:
        if row.person_id not in seen:
            row.name = row.photo_file_id = None
    return rows
