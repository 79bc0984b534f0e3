"""Events of an outside calendar, one by one, put into ours: all of them in a few statements, however many."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import msgspec

from artel.calendar_sync.parting import remove_events
from artel.db.pool import Connection

# What is taken of an outside calendar, from the moment of the look. What is older stays as it was last seen.
BACK = timedelta(days=30)
AHEAD = timedelta(days=400)
MOST_OCCURRENCES = 10_000  # of one outside calendar within that time
# The window goes on with the time, and so does what repeats for ever: everything is read again after this.
READ_WHOLE_AFTER = timedelta(days=7)

LONGEST_LABEL = 500
LONGEST_DESCRIPTION = 2_000
LONGEST_ID = 400


class Occurrence(msgspec.Struct, frozen=True):
    """One event as it happens once. `external_id` tells it from all others of its calendar: its UID, and for one of a
    series when it was to be; `item` is the file or entry there that it stands in."""

    external_id: str
    item: str
    uid: str
    label: str
    description: str | None
    timezone: str
    starts_at: datetime
    ends_at: datetime
    is_busy: bool


class Place(msgspec.Struct, frozen=True):
    """Where they go."""

    source_id: int
    calendar_id: int
    person_id: int
    uid_host: str  # of the UIDs that we give our own events


async def take_occurrences(
    conn: Connection,
    place: Place,
    occurrences: Iterable[Occurrence],
    *,
    items: Collection[str] | None,
    now: datetime,
) -> int:
    """Make what we have of the outside calendar equal to `occurrences`; how many rows were new, changed or went.

    `items`: they are all that there is in these items now, of which some may be empty; None: in the whole calendar.
    Events of ours that were given to an outside calendar are not taken back from it. Busy time is not exclusive: what
    happens outside may overlap. Doing it again changes nothing.
    """
    told = {one.external_id: one for one in occurrences}
    own = await own_uids(conn, place, {one.uid for one in told.values()})
    told = {name: one for name, one in told.items() if one.uid not in own}
    cursor = await conn.execute(
        """
        SELECT e.id
        FROM calendar_event AS e
        WHERE e.source_id = %(source)s
            AND e.deleted_at IS NULL
            AND e.ends_at > %(since)s
            AND (%(items)s::text[] IS NULL OR e.source_item = ANY(%(items)s))
            AND NOT EXISTS (SELECT FROM unnest(%(told)s::text[]) AS t (name) WHERE t.name = e.external_id)
        """,
        {
            "source": place.source_id,
            "since": now - BACK,
            "items": None if items is None else list(items),
            "told": list(told),
        },
    )
    gone = [row[0] for row in await cursor.fetchall()]
    await remove_events(conn, gone, now=now)
    return len(gone) + await write_occurrences(conn, place, list(told.values()), now=now)


async def own_uids(conn: Connection, place: Place, uids: set[str]) -> set[str]:
    """Which of these UIDs are of this person's own events: given to an outside calendar, or read from our feed."""
    if not uids:
        return set()
    ours = [event_id for uid in uids if (event_id := event_of_uid(uid, place.uid_host)) is not None]
    cursor = await conn.execute(
        """
        SELECT x.remote_uid
        FROM calendar_export AS x
        JOIN calendar_source AS s ON s.id = x.source_id
        WHERE x.remote_uid = ANY(%(uids)s) AND s.person_id = %(person)s
        UNION
        SELECT 'event-' || e.id || '@' || %(host)s::text
        FROM calendar_event AS e
        LEFT JOIN calendar AS c ON c.id = e.calendar_id
        WHERE e.id = ANY(%(events)s)
            AND (
                c.person_id = %(person)s
                OR EXISTS (SELECT FROM event_attendee AS a WHERE a.event_id = e.id AND a.person_id = %(person)s)
            )
        """,
        {"uids": list(uids), "person": place.person_id, "events": ours, "host": place.uid_host},
    )
    return {row[0] for row in await cursor.fetchall()}


def event_of_uid(uid: str, uid_host: str) -> int | None:
    """The event that a UID of ours names (`calendars.feed.uid_of`)."""
    found = re.fullmatch(rf"event-(\d{{1,18}})@{re.escape(uid_host)}", uid)
    return int(found[1]) if found else None


async def write_occurrences(conn: Connection, place: Place, occurrences: list[Occurrence], *, now: datetime) -> int:
    """New ones are written, changed ones changed, with the time they take; how many they were."""
    if not occurrences:
        return 0
    cursor = await conn.execute(
        """
        WITH written AS (
            INSERT INTO calendar_event AS e
                (type_id, status_id, calendar_id, source_id, source_item, external_id, label, description, timezone,
                starts_at, ends_at, is_private, data, created_at, updated_at)
            SELECT 1, 200, %(calendar)s, %(source)s, t.item, t.external_id, t.label, t.description, t.timezone,
                t.starts_at, t.ends_at, true, jsonb_build_object('source', %(source)s::bigint, 'busy', t.is_busy),
                %(now)s, %(now)s
            FROM unnest(
                %(names)s::text[], %(items)s::text[], %(labels)s::text[], %(descriptions)s::text[], %(zones)s::text[],
                %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(busy)s::boolean[]
            ) AS t (external_id, item, label, description, timezone, starts_at, ends_at, is_busy)
            ON CONFLICT (source_id, external_id) WHERE source_id IS NOT NULL AND deleted_at IS NULL
            DO UPDATE SET
                source_item = excluded.source_item, label = excluded.label, description = excluded.description,
                timezone = excluded.timezone, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
                data = excluded.data, calendar_id = excluded.calendar_id, sequence = e.sequence + 1,
                updated_at = excluded.updated_at
            WHERE (e.source_item, e.label, e.description, e.timezone, e.starts_at, e.ends_at, e.data, e.calendar_id)
                IS DISTINCT FROM
                (excluded.source_item, excluded.label, excluded.description, excluded.timezone, excluded.starts_at,
                excluded.ends_at, excluded.data, excluded.calendar_id)
            RETURNING e.id, e.starts_at, e.ends_at, (e.data ->> 'busy')::boolean AS is_busy
        ), freed AS (
            DELETE FROM busy_span AS b
            USING written AS w
            WHERE b.event_id = w.id
        ), taken AS (
            INSERT INTO busy_span (person_id, event_id, starts_at, ends_at, is_exclusive)
            SELECT %(person)s, w.id, w.starts_at, w.ends_at, false
            FROM written AS w
            WHERE w.is_busy AND w.ends_at > w.starts_at
        )
        SELECT count(*) FROM written
        """,
        {
            "calendar": place.calendar_id,
            "source": place.source_id,
            "person": place.person_id,
            "now": now,
            "names": [one.external_id for one in occurrences],
            "items": [one.item for one in occurrences],
            "labels": [one.label for one in occurrences],
            "descriptions": [one.description for one in occurrences],
            "zones": [one.timezone for one in occurrences],
            "starts": [one.starts_at for one in occurrences],
            "ends": [one.ends_at for one in occurrences],
            "busy": [one.is_busy for one in occurrences],
        },
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0
