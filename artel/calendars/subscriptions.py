"""A calendar's feed: what other programs read at its secret address."""

import hashlib
import hmac
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from artel.calendars.feed import calendar_of
from artel.calendars.queries import COLUMNS, CalendarRow
from artel.calendars.ranges import Range, midnight
from artel.calendars.sight import BUSY_LABELS
from artel.calendars.views import Reader, events_seen
from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound
from artel.events.queries import EventRow

MAC_DIGITS = 48
# What the feed tells, in days before and after today.
DAYS_BACK = 30
DAYS_AHEAD = 366
MOST_EVENTS_OF_FEED = 10_000
MEETING = 1
# Of the file's own form: another one is another file, whatever it tells.
FORM = 1


class FeedRow(CalendarRow, frozen=True, kw_only=True):
    language: str  # of the owner


class Feed(msgspec.Struct, frozen=True):
    calendar: CalendarRow
    events: list[EventRow]

    def etag(self, uid_host: str) -> str:
        """The same for the same file; made without making the file."""
        told = (FORM, uid_host, self.calendar.label, self.calendar.description, self.calendar.timezone, self.events)
        return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]

    def content(self, uid_host: str) -> bytes:
        return calendar_of(
            self.events,
            name=self.calendar.label,
            description=self.calendar.description,
            timezone=self.calendar.timezone,
            uid_host=uid_host,
        )


async def access_feed(conn: Connection, token: str, *, secret: str, now: datetime) -> Feed:
    """What the feed behind a secret address tells now. Private events only say that the time is taken.

    Only meetings, and none that came here from an outside calendar: whoever reads both would have them twice, and two
    installations reading each other's would never end.
    Refuses: NotFound, also for an address that was revoked.
    """
    calendar_id = calendar_id_of(token)
    row = await fetch_one(
        conn,
        FeedRow,
        f"""
        SELECT {COLUMNS}, p.language
        FROM calendar AS c
        JOIN person AS p ON p.id = c.person_id
        WHERE c.id = %(id)s AND c.deleted_at IS NULL
        """,  # noqa: S608 - of constants
        {"id": calendar_id},
    )
    if row is None or not is_token_of(token, secret, row.id, row.feed_version):
        raise NotFound("feed")
    zone = ZoneInfo(row.timezone)
    today = now.astimezone(zone).date()
    events = await events_seen(
        conn,
        row,
        reader=Reader(row.person_id, row.language),
        within=Range(
            midnight(today - timedelta(days=DAYS_BACK), zone), midnight(today + timedelta(days=DAYS_AHEAD), zone)
        ),
        schedule_ids=None,
        types=(MEETING,),
        limit=MOST_EVENTS_OF_FEED,
        now=now,
    )
    return Feed(row, [without_words(event, row.language) for event in events if event.creator_id is not None])


def without_words(event: EventRow, language: str) -> EventRow:
    """A private event as others' programs may have it: when, and whether it stands."""
    if not event.is_private:
        return event
    return msgspec.structs.replace(event, label=BUSY_LABELS[language], description=None, data={})


def feed_token(secret: str, calendar_id: int, feed_version: int) -> str:
    """What stands in the feed's secret address. Nothing of it is stored; a higher version makes another one."""
    key = hashlib.sha256(b"artel calendar feed\0" + secret.encode()).digest()
    mac = hmac.new(key, f"{calendar_id}.{feed_version}".encode(), hashlib.sha256).hexdigest()
    return f"{calendar_id}-{mac[:MAC_DIGITS]}"


def calendar_id_of(token: str) -> int | None:
    """The calendar that a token names, whether or not it is right about it; None for what is no token at all."""
    number, _, _ = token.partition("-")
    return int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else None


def is_token_of(token: str, secret: str, calendar_id: int, feed_version: int) -> bool:
    """Compared in constant time."""
    right = feed_token(secret, calendar_id, feed_version)
    return hmac.compare_digest(token.encode(errors="replace"), right.encode())
