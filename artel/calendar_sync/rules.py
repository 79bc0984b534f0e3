"""Joining a calendar with outside ones."""

import hashlib
from datetime import datetime
from urllib.parse import urlsplit

from artel.calendar_sync.credentials import Locker
from artel.calendar_sync.errors import (
    CalendarUrlRefused,
    GoogleCalendarReadOnly,
    GoogleCalendarUnknown,
    GoogleNotLinked,
    GoogleTimezoneUnknown,
    TooManySources,
)
from artel.calendar_sync.queries import accounts_of
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
