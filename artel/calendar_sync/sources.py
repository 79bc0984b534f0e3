"""Sources in a worker's hands: taken, and what came of it, as the database knows it.

A source is taken by a lease that outlasts the longest sync, so that no lock is held while the other side is spoken to;
a worker that dies leaves it to whoever looks when the lease is over. Each taking has a number, and only the last one
may note what came of it: a worker that was taken for dead and was only slow changes nothing any more.
"""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import LiteralString

import msgspec

from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.timetable import is_hopeless, next_look, next_try
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.logs import log
from artel.notifications.rules import send_letter
from artel.operations import audit

LEASE_S = 300  # well over a sync's time and what is written around it
GOODBYES = 5  # tries
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


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync that went well leaves for the next one; what is None stays as it was."""

    sync_token: str | None = None
    forget_sync_token: bool = False
    etag: str | None = None
    last_modified: str | None = None
    read_whole_at: datetime | None = None
    exported_until: datetime | None = None
    collection_url: str | None = None
    summary: str | None = None
    timezone: str | None = None
    is_told: bool = False  # the other side tells of changes by itself
    has_more: bool = False


async def note_success(conn: Connection, taken: Taken, noted: Noted, *, now: datetime) -> None:
    """In the transaction of what was taken or given, after `still_ours`.

    One whose account broke meanwhile stays broken: what went well needed nothing of it, or had it just before.
    """
    following = (
        now
        if noted.has_more
        else next_look(taken.kind, taken.direction, is_told=noted.is_told, now=now, chance=random.random)
    )
    await conn.execute(
        """
        WITH account AS (
            SELECT coalesce(bool_or(a.broken_at IS NOT NULL), false) AS is_broken
            FROM google_account AS a
            WHERE a.id = %(account)s
        )
        UPDATE calendar_source AS s
        SET sync_token = CASE WHEN %(forget)s THEN NULL ELSE coalesce(%(token)s, sync_token) END,
            etag = coalesce(%(etag)s, etag),
            last_modified = coalesce(%(modified)s, last_modified),
            read_whole_at = coalesce(%(whole)s, read_whole_at),
            exported_until = coalesce(%(exported)s, exported_until),
            collection_url = coalesce(%(collection)s, collection_url),
            summary = coalesce(summary, %(summary)s),
            timezone = coalesce(timezone, %(timezone)s),
            next_sync_at = CASE
                WHEN account.is_broken THEN NULL
                -- Somebody asked for another look while this one was under way.
                WHEN next_sync_at < leased_until THEN next_sync_at
                ELSE %(next)s
            END,
            leased_until = NULL, last_synced_at = %(now)s,
            failures = 0, failing_since = NULL,
            error = CASE WHEN account.is_broken THEN s.error END,
            broken_at = CASE WHEN account.is_broken THEN s.broken_at END
        FROM account
        WHERE s.id = %(id)s
        """,
        {
            "id": taken.id,
            "account": taken.account_id,
            "forget": noted.forget_sync_token,
            "token": noted.sync_token,
            "etag": noted.etag,
            "modified": noted.last_modified,
            "whole": noted.read_whole_at,
            "exported": noted.exported_until,
            "collection": noted.collection_url,
            "summary": noted.summary,
            "timezone": noted.timezone,
            "next": following,
            "now": now,
        },
    )


async def note_failure(conn: Connection, taken: Taken, failure: SyncFailed, *, now: datetime) -> None:
    """Write down why, and when to try again; a source that is given up is told to its owner, once."""
    if not await still_ours(conn, taken):
        return
    failures = taken.failures + 1
    if taken.is_parted:
        await note_goodbye(conn, taken, failures=failures, now=now)
        return
    since = await fetch_value(
        conn,
        """
        UPDATE calendar_source
        SET failures = %(failures)s, failing_since = coalesce(failing_since, %(now)s), error = %(error)s,
            leased_until = NULL, next_sync_at = %(next)s
        WHERE id = %(id)s
        RETURNING failing_since
        """,
        {
            "id": taken.id,
            "failures": failures,
            "error": failure.word,
            "next": next_try(failures, wish_s=failure.wish_s, now=now, chance=random.random),
            "now": now,
        },
    )
    log.info("outside calendar not synced", source=taken.id, kind=taken.kind, reason=failure.word, failures=failures)
    if failure.word == "account_broken":
        await conn.execute("UPDATE calendar_source SET next_sync_at = NULL WHERE id = %(id)s", {"id": taken.id})
    elif failure.is_final or is_hopeless(failure.word, failures, since, now=now):
        await give_up(conn, taken, failure.word, now=now)


async def give_up(conn: Connection, taken: Taken, word: str, *, now: datetime) -> None:
    """Nothing more is tried until its owner joins it again. What was taken from it stays: better kept free than booked
    twice."""
    await conn.execute(
        "UPDATE calendar_source SET broken_at = %(now)s, next_sync_at = NULL WHERE id = %(id)s",
        {"id": taken.id, "now": now},
    )
    await audit.record(
        conn,
        "calendar_source.given_up",
        subject="calendar_source",
        subject_id=taken.id,
        actor_id=None,
        company_id=None,
        now=now,
        reason=word,
    )
    await tell_owner(conn, taken.person_id, taken.calendar_id, "calendar_source_broken", taken.summary, now=now)


class _Owner(msgspec.Struct):
    email: str
    language: str
    calendar: str


async def tell_owner(
    conn: Connection, person_id: int, calendar_id: int, letter: str, outside: str | None, *, now: datetime
) -> None:
    owner = await fetch_one(
        conn,
        _Owner,
        """
        SELECT p.email, p.language, c.label AS calendar
        FROM person AS p
        JOIN calendar AS c ON c.id = %(calendar)s
        WHERE p.id = %(person)s
        """,
        {"person": person_id, "calendar": calendar_id},
    )
    if owner is not None:
        await send_letter(
            conn,
            letter,
            to=owner.email,
            language=owner.language,
            calendar=owner.calendar,
            outside=outside or "",
            now=now,
        )


async def note_goodbye(conn: Connection, taken: Taken, *, failures: int, now: datetime) -> None:
    """A parted source is done with once the other side was told, or could not be told often enough."""
    is_over = failures == 0 or failures >= GOODBYES
    await conn.execute(
        """
        UPDATE calendar_source
        SET failures = %(failures)s, leased_until = NULL,
            next_sync_at = CASE WHEN NOT %(over)s THEN %(next)s::timestamptz END,
            channel_id = CASE WHEN NOT %(over)s THEN channel_id END,
            channel_resource = CASE WHEN NOT %(over)s THEN channel_resource END
        WHERE id = %(id)s
        """,
        {
            "id": taken.id,
            "failures": failures,
            "over": is_over,
            "next": next_try(max(failures, 1), wish_s=None, now=now, chance=random.random),
        },
    )
    if is_over and taken.account_id is not None:
        # Of several that part at once the last to come here sees that the others are done.
        await conn.execute("SELECT FROM google_account WHERE id = %(id)s FOR UPDATE", {"id": taken.account_id})
        await conn.execute(
            """
            UPDATE google_account AS a
            SET credentials = NULL
            WHERE a.id = %(account)s
                AND a.deleted_at IS NOT NULL
                AND NOT EXISTS (
                    SELECT FROM calendar_source AS s
                    WHERE s.account_id = a.id AND s.id <> %(id)s AND s.next_sync_at IS NOT NULL
                )
            """,
            {"id": taken.id, "account": taken.account_id},
        )


# Of our own meetings `e`, what the outside calendar `s` is to have, and where it has (`x`) something else.
WANTED: LiteralString = """
    (e.status_id IN (200, 777) AND e.deleted_at IS NULL AND e.calendar_id = s.calendar_id AND e.ends_at > s.created_at)
"""
TO_BE_TOLD: LiteralString = f"""
    CASE
        WHEN {WANTED} THEN x.event_id IS NULL
            OR x.removed_at IS NOT NULL
            OR x.exported_updated_at <> e.updated_at
            OR x.exported_sequence <> e.sequence
        ELSE x.event_id IS NOT NULL AND x.removed_at IS NULL
    END
"""


async def wake_exports(conn: Connection, *, since: datetime, now: datetime) -> int:
    """Let the sources be synced that are to be told of events of ours changed since then; how many there are."""
    cursor = await conn.execute(
        f"""
        WITH changed AS MATERIALIZED (
            SELECT id, calendar_id
            FROM calendar_event
            WHERE updated_at > %(since)s AND source_id IS NULL AND type_id = 1
        ), concerned AS (
            SELECT s.id AS source_id, c.id AS event_id
            FROM changed AS c
            JOIN calendar_source AS s
                ON s.calendar_id = c.calendar_id AND s.direction = 'to' AND s.deleted_at IS NULL
            UNION
            SELECT x.source_id, c.id
            FROM changed AS c
            JOIN calendar_export AS x ON x.event_id = c.id AND x.removed_at IS NULL
        )
        UPDATE calendar_source AS s
        SET next_sync_at = %(now)s
        FROM (
            SELECT s.id
            FROM calendar_source AS s
            WHERE s.deleted_at IS NULL
                AND s.failures = 0
                AND s.next_sync_at > %(now)s
                AND s.id IN (
                    SELECT s.id
                    FROM concerned AS k
                    JOIN calendar_event AS e ON e.id = k.event_id
                    JOIN calendar_source AS s ON s.id = k.source_id
                    LEFT JOIN calendar_export AS x ON x.source_id = s.id AND x.event_id = e.id
                    WHERE {TO_BE_TOLD}
                )
            ORDER BY s.id
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS woken
        WHERE s.id = woken.id
        """,  # noqa: S608 - of constants
        {"since": since, "now": now},
    )
    return cursor.rowcount
