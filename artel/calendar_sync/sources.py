"""Sources in a worker's hands, as the database knows it.

A source is taken by a lease that outlasts the longest sync, so that no lock is held while the other side is spoken to;
a worker that dies leaves it to whoever looks when the lease is over. Each taking has a number, and only the last one
may note what came of it: a worker that was taken for dead and was only slow changes nothing any more.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value

LEASE_S = 300  # well over a sync's time and what is written around it
# So many times what is taken is looked at, so that one person's many sources leave room for others'.
WINDOW = 20


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A source in hand, with all that a sync needs to know of it."""

    id: int
    attempt: int
    taken_at: datetime
    person_id: int
    calendar_id: int
    kind: str
    direction: str
    account_id: int | None
    address: str
    credentials: bytes | None
    collection_url: str | None
    summary: str | None
    zone: str
    sync_token: str | None
    etag: str | None
    last_modified: str | None
    read_whole_at: datetime | None
    exported_until: datetime | None
    channel_id: str | None
    channel_resource: str | None
    channel_expires_at: datetime | None
    failures: int
    created_at: datetime
    is_parted: bool
    is_orphan: bool  # its calendar was deleted


async def take_due(
    conn: Connection, *, limit: int, in_hand: Mapping[int, int], most_of_one: int, now: datetime
) -> list[Taken]:
    """Take sources that are due, the longest due first; of one person no more than `most_of_one` with what is
    `in_hand` of theirs already."""
    return await fetch_all(
        conn,
        Taken,
        """
        WITH due AS MATERIALIZED (
            SELECT id, person_id, next_sync_at
            FROM calendar_source
            WHERE next_sync_at <= %(now)s
                AND (leased_until IS NULL OR leased_until <= %(now)s)
                AND person_id <> ALL(%(busy)s)
            ORDER BY next_sync_at
            LIMIT %(window)s
        ), fair AS MATERIALIZED (
            SELECT d.id
            FROM (
                SELECT id, person_id, next_sync_at,
                    row_number() OVER (PARTITION BY person_id ORDER BY next_sync_at, id) AS place
                FROM due
            ) AS d
            LEFT JOIN unnest(%(people)s::bigint[], %(counts)s::bigint[]) AS held (person_id, count) USING (person_id)
            WHERE d.place + coalesce(held.count, 0) <= %(most)s
            ORDER BY d.next_sync_at
            LIMIT %(limit)s
        )
        UPDATE calendar_source AS s
        SET leased_until = %(until)s, next_sync_at = %(until)s, attempt = s.attempt + 1, last_tried_at = %(now)s
        FROM (
            SELECT id
            FROM calendar_source
            WHERE id IN (SELECT id FROM fair)
                -- As it stands now: another worker may have taken it since it was looked for.
                AND next_sync_at <= %(now)s
                AND (leased_until IS NULL OR leased_until <= %(now)s)
            ORDER BY id
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS free, calendar AS c
        WHERE s.id = free.id AND c.id = s.calendar_id
        RETURNING
            s.id, s.attempt, %(now)s::timestamptz AS taken_at, s.person_id, s.calendar_id, s.kind, s.direction,
            s.account_id, s.address, s.credentials, s.collection_url, s.summary,
            coalesce(s.timezone, c.timezone) AS zone, s.sync_token, s.etag, s.last_modified, s.read_whole_at,
            s.exported_until, s.channel_id, s.channel_resource, s.channel_expires_at, s.failures, s.created_at,
            s.deleted_at IS NOT NULL AS is_parted, c.deleted_at IS NOT NULL AS is_orphan
        """,
        {
            "now": now,
            "until": now + timedelta(seconds=LEASE_S),
            "limit": limit,
            "window": limit * WINDOW,
            "most": most_of_one,
            "busy": [person for person, count in in_hand.items() if count >= most_of_one],
            "people": list(in_hand),
            "counts": list(in_hand.values()),
        },
    )


async def next_due(conn: Connection) -> datetime | None:
    due: datetime | None = await fetch_value(
        conn,
        """
        SELECT min(greatest(next_sync_at, leased_until))
        FROM calendar_source
        WHERE next_sync_at IS NOT NULL
        """,
    )
    return due


async def still_ours(conn: Connection, taken: Taken) -> bool:
    """Whether what came of this taking may be noted, its row locked: nobody else has taken the source since, and its
    owner has neither parted with it nor deleted the calendar."""
    # What the events to be written refer to is held first: whoever deletes a calendar, or erases a person, locks in
    # this order too, and the two do not wait for each other in a ring.
    await conn.execute("SELECT FROM person WHERE id = %(id)s FOR KEY SHARE", {"id": taken.person_id})
    is_there = await fetch_value(
        conn, "SELECT deleted_at IS NULL FROM calendar WHERE id = %(id)s FOR KEY SHARE", {"id": taken.calendar_id}
    )
    if not (is_there or taken.is_parted):
        return False  # nothing more is written into it; the next look parts with the source
    row = await fetch_one(
        conn,
        _Fence,
        "SELECT attempt, deleted_at FROM calendar_source WHERE id = %(id)s FOR NO KEY UPDATE",
        {"id": taken.id},
    )
    return row is not None and row.attempt == taken.attempt and (row.deleted_at is None or taken.is_parted)


class _Fence(msgspec.Struct):
    attempt: int
    deleted_at: datetime | None
