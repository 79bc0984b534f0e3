"""Joining a calendar with outside ones, and parting them."""

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from psycopg.errors import ForeignKeyViolation

from artel.calendar_sync.credentials import Locker
from artel.calendar_sync.errors import (
    CalendarUrlRefused,
    GoogleCalendarReadOnly,
    GoogleCalendarUnknown,
    GoogleNotLinked,
    GoogleTimezoneUnknown,
    TooManySources,
)
from artel.calendar_sync.queries import SourceRow, accounts_of
from artel.calendar_sync.zones import is_zone
from artel.calendars.queries import CalendarRow
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import TooMany
from artel.operations import audit
from artel.operations.rate_limits import Limit, count_hits
from artel.outbound.dialling import NotDialled, read_target

CHANNEL = "artel_calendars"  # notified when there is something to do at once
MOST_SOURCES = 20  # of one calendar
MOST_JOINS = 60  # of one person within an hour
JOINS_WINDOW_S = 3600
WRITING_ROLES = frozenset({"owner", "writer"})


async def count_join(conn: Connection, person_id: int, *, now: datetime) -> TooMany | None:
    """Each joining calls the other side at once: nobody makes us call as often as they like."""
    return await count_hits(conn, Limit(f"calendar-join:{person_id}", MOST_JOINS, JOINS_WINDOW_S), now=now)


async def join_feed(
    conn: Connection,
    calendar: CalendarRow,
    *,
    url: str,
    summary: str | None,
    locker: Locker,
    allow_private: bool,
    now: datetime,
) -> int:
    """Take the events of an iCalendar feed; answers the source's id. The same feed again is the same source.

    Refuses: CalendarUrlRefused; TooManySources.
    """
    whole = checked_url(url, allow_private=allow_private)
    return await join(
        conn,
        calendar,
        kind="ical",
        direction="from",
        address=origin_of(whole),
        secret_address=whole,
        credentials=locker.seal({"url": whole}),
        summary=summary,
        now=now,
    )


async def join_caldav(
    conn: Connection,
    calendar: CalendarRow,
    *,
    url: str,
    username: str,
    password: str,
    is_from: bool,
    summary: str | None,
    locker: Locker,
    allow_private: bool,
    now: datetime,
) -> int:
    """Take the events of a calendar at a CalDAV server, or give ours to it. `url` is the calendar's, or the server's;
    there the calendar named `summary` is looked for, or the first that holds events.

    Refuses: CalendarUrlRefused; TooManySources.
    """
    whole = checked_url(url, allow_private=allow_private)
    return await join(
        conn,
        calendar,
        kind="caldav",
        direction="from" if is_from else "to",
        address=whole,
        secret_address="\0".join((whole, username, summary or "")),
        credentials=locker.seal({"username": username, "password": password}),
        summary=summary,
        now=now,
    )


async def join_google(
    conn: Connection,
    calendar: CalendarRow,
    *,
    google_id: str,
    is_from: bool,
    summary: str,
    description: str | None,
    timezone: str,
    now: datetime,
) -> int:
    """Take the events of a Google calendar, or give ours to it.

    Refuses: GoogleTimezoneUnknown; GoogleNotLinked; GoogleCalendarUnknown; GoogleCalendarReadOnly; TooManySources.
    Source: "Set up Google Calendar import/export for a calendar".
    """
    if not is_zone(timezone):
        raise GoogleTimezoneUnknown
    accounts = [one for one in await accounts_of(conn, calendar.id) if one.broken_at is None]
    if not accounts:
        raise GoogleNotLinked
    found = [(account, listed) for account in accounts for listed in account.calendars if listed.get("id") == google_id]
    if not found:
        raise GoogleCalendarUnknown
    writable = [one for one in found if one[1].get("accessRole") in WRITING_ROLES]
    if not is_from and not writable:
        raise GoogleCalendarReadOnly
    account, _ = (found if is_from else writable)[0]
    return await join(
        conn,
        calendar,
        kind="google",
        direction="from" if is_from else "to",
        account_id=account.id,
        address=google_id,
        secret_address=google_id,
        summary=summary,
        description=description,
        timezone=timezone,
        now=now,
    )


def checked_url(url: str, *, allow_private: bool) -> str:
    """The address, as http(s). Refuses: CalendarUrlRefused. What a name resolves to is looked at when it is called."""
    scheme, mark, rest = url.strip().partition("://")
    spelt = {"webcal": "https", "webcals": "https"}.get(scheme.lower(), scheme.lower())
    if spelt != scheme.lower() and allow_private and read_host(rest) in {"127.0.0.1", "localhost", "[::1]"}:
        spelt = "http"  # the sandbox's own feeds have no certificate
    whole = spelt + mark + rest
    try:
        read_target(whole, allow_private=allow_private)
    except NotDialled:
        raise CalendarUrlRefused from None
    return whole


def read_host(rest: str) -> str:
    return rest.partition("/")[0].rpartition(":")[0] or rest.partition("/")[0]


def origin_of(url: str) -> str:
    """What of a feed's address may be shown: the rest is often all that keeps strangers from reading it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…"


async def join(
    conn: Connection,
    calendar: CalendarRow,
    *,
    kind: str,
    direction: str,
    address: str,
    secret_address: str,
    now: datetime,
    account_id: int | None = None,
    credentials: bytes | None = None,
    summary: str | None = None,
    description: str | None = None,
    timezone: str | None = None,
) -> int:
    """Write the source, or what is new of one that is there, and let it be synced at once. Refuses: TooManySources."""
    # Two who join at once are told apart by this lock, or both would find room for one more.
    await conn.execute("SELECT FROM calendar WHERE id = %(id)s FOR NO KEY UPDATE", {"id": calendar.id})
    values = {
        "calendar": calendar.id,
        "person": calendar.person_id,
        "kind": kind,
        "direction": direction,
        "account": account_id,
        "address": address,
        "key": hashlib.sha256(f"{kind}\0{secret_address}".encode(errors="replace")).digest(),
        "credentials": credentials,
        "summary": summary,
        "description": description,
        "timezone": timezone,
        "now": now,
    }
    found = await fetch_value(
        conn,
        """
        UPDATE calendar_source
        SET credentials = %(credentials)s, account_id = %(account)s, summary = %(summary)s,
            description = %(description)s, timezone = %(timezone)s,
            next_sync_at = %(now)s, broken_at = NULL, failures = 0, failing_since = NULL, error = NULL,
            read_whole_at = NULL, updated_at = %(now)s
        WHERE calendar_id = %(calendar)s
            AND direction = %(direction)s
            AND address_key = %(key)s
            AND deleted_at IS NULL
        RETURNING id
        """,
        values,
    )
    if found is None:
        count = await fetch_value(
            conn,
            "SELECT count(*) FROM calendar_source WHERE calendar_id = %(calendar)s AND deleted_at IS NULL",
            values,
        )
        if count >= MOST_SOURCES:
            raise TooManySources(MOST_SOURCES)
        found = await fetch_value(
            conn,
            """
            INSERT INTO calendar_source
                (calendar_id, person_id, kind, direction, account_id, address, address_key, credentials, summary,
                description, timezone, next_sync_at, created_at, updated_at)
            VALUES
                (%(calendar)s, %(person)s, %(kind)s, %(direction)s, %(account)s, %(address)s, %(key)s, %(credentials)s,
                %(summary)s, %(description)s, %(timezone)s, %(now)s, %(now)s, %(now)s)
            RETURNING id
            """,
            values,
        )
    await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})
    await audit.record(
        conn,
        "calendar_source.joined",
        subject="calendar_source",
        subject_id=found,
        actor_id=calendar.person_id,
        company_id=None,
        now=now,
        kind=kind,
        direction=direction,
    )
    return int(found)


async def part(conn: Connection, source: SourceRow, *, actor_id: int | None, now: datetime) -> None:
    """End the sync with a locked source: what came from it goes, what was given to it stays there as it is.

    The worker then says goodbye at the other side: it stops the channel, and gives the account's tokens back where
    this was the last calendar of it.
    Source: "Disconnect an external calendar import and stop the sync".
    """
    await part_all(conn, [source.id], actor_id=actor_id, now=now)


async def part_calendar(conn: Connection, calendar_id: int, *, actor_id: int | None, now: datetime) -> None:
    """The same for every source of a calendar that is deleted."""
    cursor = await conn.execute(
        """
        SELECT id
        FROM calendar_source
        WHERE calendar_id = %(calendar)s AND deleted_at IS NULL
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        {"calendar": calendar_id},
    )
    await part_all(conn, [row[0] for row in await cursor.fetchall()], actor_id=actor_id, now=now)


async def part_all(conn: Connection, source_ids: list[int], *, actor_id: int | None, now: datetime) -> None:
    """`source_ids` are locked, and of one person."""
    await remove_imported(conn, source_ids, now=now)
    # Only Google has something to be told; of the others nothing is kept that could be used again.
    await conn.execute(
        """
        UPDATE calendar_source
        SET deleted_at = %(now)s, updated_at = %(now)s, failures = 0, credentials = NULL, sync_token = NULL,
            leased_until = NULL,
            next_sync_at = CASE WHEN kind = 'google' THEN %(now)s::timestamptz END
        WHERE id = ANY(%(sources)s)
        """,
        {"sources": source_ids, "now": now},
    )
    await conn.execute("DELETE FROM calendar_source_item WHERE source_id = ANY(%(sources)s)", {"sources": source_ids})
    await conn.execute(
        """
        UPDATE google_account AS a
        SET deleted_at = %(now)s, updated_at = %(now)s, next_list_at = NULL
        WHERE a.id IN (SELECT account_id FROM calendar_source WHERE id = ANY(%(sources)s))
            AND a.deleted_at IS NULL
            AND NOT EXISTS (SELECT FROM calendar_source AS s WHERE s.account_id = a.id AND s.deleted_at IS NULL)
        """,
        {"sources": source_ids, "now": now},
    )
    await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})
    await audit.record_many(
        conn,
        [
            audit.Entry(
                action="calendar_source.parted",
                subject="calendar_source",
                subject_id=source_id,
                actor_id=actor_id,
                company_id=None,
                facts={},
            )
            for source_id in source_ids
        ],
        now=now,
    )


async def remove_imported(conn: Connection, source_ids: list[int], *, now: datetime) -> None:
    """Every event that came from these sources, and the time that it took."""
    cursor = await conn.execute(
        "SELECT id FROM calendar_event WHERE source_id = ANY(%(sources)s) AND deleted_at IS NULL",
        {"sources": source_ids},
    )
    await remove_events(conn, [row[0] for row in await cursor.fetchall()], now=now)


async def remove_events(conn: Connection, event_ids: list[int], *, now: datetime) -> None:
    """Take imported events away. One that somebody has referred to meanwhile (a comment below it) stays, as deleted."""
    if not event_ids:
        return
    values = {"events": event_ids, "now": now}
    await conn.execute("DELETE FROM busy_span WHERE event_id = ANY(%(events)s)", values)
    try:
        async with conn.transaction():
            await conn.execute("DELETE FROM calendar_event WHERE id = ANY(%(events)s)", values)
    except ForeignKeyViolation:
        await conn.execute(
            "UPDATE calendar_event SET deleted_at = %(now)s, updated_at = %(now)s WHERE id = ANY(%(events)s)", values
        )
