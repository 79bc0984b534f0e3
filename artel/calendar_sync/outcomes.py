"""What came of a sync, written down: when to look again, when to give up, whom to tell."""

import random
from datetime import datetime

import msgspec

from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.sources import Taken, still_ours
from artel.calendar_sync.timetable import is_hopeless, next_look, next_try
from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.logs import log
from artel.notifications.rules import send_letter
from artel.operations import audit

GOODBYES = 5  # tries


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
