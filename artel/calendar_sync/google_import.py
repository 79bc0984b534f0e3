"""Taking the events of a Google calendar: all at first, then what has changed."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from artel import clock
from artel.calendar_sync.expanding import EARLIEST, LATEST
from artel.calendar_sync.failures import Expired, SyncFailed
from artel.calendar_sync.google_accounts import with_token
from artel.calendar_sync.google_api import NOTIFICATION_PATH, TokensRefused, items_of
from artel.calendar_sync.occurrences import (
    AHEAD,
    BACK,
    LONGEST_DESCRIPTION,
    LONGEST_ID,
    LONGEST_LABEL,
    MOST_OCCURRENCES,
    READ_WHOLE_AFTER,
    Occurrence,
    take_occurrences,
)
from artel.calendar_sync.outcomes import Noted, note_success
from artel.calendar_sync.sources import Taken, still_ours
from artel.calendar_sync.tools import Tools
from artel.calendar_sync.zones import is_zone
from artel.logs import log

CHANNEL_LIFE = timedelta(days=7)
RENEW_BEFORE = timedelta(days=1)
# Entries that say where somebody works, or whose birthday it is.
NOT_BUSY_TYPES = frozenset({"workingLocation", "birthday"})


class Read(msgspec.Struct, frozen=True):
    """`items`: what was told of; None: all there is."""

    occurrences: list[Occurrence]
    items: list[str] | None
    sync_token: str | None


class Channel(msgspec.Struct, frozen=True):
    id: str
    resource: str
    expires_at: datetime


async def sync_from_google(tools: Tools, taken: Taken) -> None:
    """Raises SyncFailed."""
    now = clock.now()
    is_fresh = taken.read_whole_at is not None and taken.read_whole_at > now - READ_WHOLE_AFTER
    sync_token = taken.sync_token if is_fresh else None

    async def read(token: str) -> Read:
        try:
            return await read_events(tools, taken, token, sync_token, now=now)
        except Expired:
            return await read_events(tools, taken, token, None, now=now)

    found = await with_token(tools, taken.account_id, read)
    channel = await keep_channel(tools, taken, now=now)
    async with tools.database.transaction() as conn:
        if not await still_ours(conn, taken):
            return
        await take_occurrences(conn, tools.place_of(taken), found.occurrences, items=found.items, now=now)
        if channel is not None:
            await conn.execute(
                """
                UPDATE calendar_source
                SET channel_id = %(channel)s, channel_resource = %(resource)s, channel_expires_at = %(expires)s
                WHERE id = %(id)s
                """,
                {
                    "id": taken.id,
                    "channel": channel.id,
                    "resource": channel.resource,
                    "expires": channel.expires_at,
                },
            )
        noted = Noted(
            sync_token=found.sync_token,
            forget_sync_token=found.sync_token is None,
            read_whole_at=now if found.items is None else None,
            is_told=channel is not None or has_channel(taken, now=now),
        )
        await note_success(conn, taken, noted, now=clock.now())
    if channel is not None and taken.channel_id is not None:
        await stop_channel(tools, taken)


async def read_events(tools: Tools, taken: Taken, token: str, sync_token: str | None, *, now: datetime) -> Read:
    occurrences: list[Occurrence] = []
    items: list[str] = []
    following: str | None = None
    async for page in tools.google.events(
        token, taken.address, sync_token=sync_token, start=now - BACK, end=now + AHEAD
    ):
        events = items_of(page)
        items += [clean(event.get("id"), LONGEST_ID) for event in events]
        occurrences += occurrences_of(events, zone_of(page.get("timeZone"), taken.zone), now=now)
        if len(items) > MOST_OCCURRENCES:
            raise SyncFailed("too_many_occurrences")
        given = page.get("nextSyncToken")
        following = given if isinstance(given, str) and given else following
    return Read(occurrences, None if sync_token is None else items, following)


def occurrences_of(events: Iterable[dict[str, Any]], zone: str, *, now: datetime) -> list[Occurrence]:
    """What takes place; an entry that makes no sense is left out."""
    found = []
    for event in events:
        if event.get("status") == "cancelled":
            continue
        try:
            one = occurrence_of(event, zone)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            continue
        if one.ends_at > now - BACK and one.starts_at < now + AHEAD:
            found.append(one)
    return found


def occurrence_of(event: dict[str, Any], zone: str) -> Occurrence:
    uid = clean(event.get("iCalUID") or event["id"], LONGEST_ID)
    planned = event.get("originalStartTime") if event.get("recurringEventId") else None
    starts_at, ends_at = instant_of(event["start"], zone), instant_of(event["end"], zone)
    name = uid if planned is None else f"{uid};{instant_of(planned, zone):%Y%m%dT%H%M%S}"
    description = event.get("description")
    return Occurrence(
        external_id=name,
        item=clean(event["id"], LONGEST_ID),
        uid=uid,
        label=clean(event.get("summary") or "", LONGEST_LABEL),
        description=clean(description, LONGEST_DESCRIPTION) if description else None,
        timezone=zone_of(event["start"].get("timeZone"), zone),
        starts_at=starts_at,
        ends_at=max(starts_at, ends_at),
        is_busy=takes_time(event),
    )


def instant_of(at: dict[str, Any], zone: str) -> datetime:
    """Days begin at midnight of the calendar's zone."""
    if "dateTime" in at:
        whole = datetime.fromisoformat(at["dateTime"])
    else:
        whole = datetime.combine(datetime.fromisoformat(at["date"]).date(), time())
    instant = whole.replace(tzinfo=ZoneInfo(zone)) if whole.tzinfo is None else whole
    return min(max(instant.astimezone(UTC).replace(microsecond=0), EARLIEST), LATEST)


def takes_time(event: dict[str, Any]) -> bool:
    """Not what is marked as free, what its owner has declined, or what is no appointment."""
    attendees = event.get("attendees") or []
    has_declined = any(one.get("self") and one.get("responseStatus") == "declined" for one in attendees)
    is_free = event.get("transparency") == "transparent" or event.get("eventType") in NOT_BUSY_TYPES
    return not is_free and not has_declined


def zone_of(given: object, otherwise: str) -> str:
    """An IANA zone that this machine knows, or the other."""
    return given if isinstance(given, str) and is_zone(given) else otherwise


def clean(text: object, longest: int) -> str:
    return str(text).replace("\0", "")[:longest].encode("utf-8", "replace").decode()


def has_channel(taken: Taken, *, now: datetime) -> bool:
    return taken.channel_expires_at is not None and taken.channel_expires_at > now


async def keep_channel(tools: Tools, taken: Taken, *, now: datetime) -> Channel | None:
    """A new channel where the old one is about to end and Google can reach us (https); without one we look
    ourselves. Its token is told from its id, so that nothing of it is kept."""
    if not tools.base_url.startswith("https://"):
        return None
    if taken.channel_expires_at is not None and taken.channel_expires_at > now + RENEW_BEFORE:
        return None
    channel_id = str(uuid.uuid4())
    channel_token = tools.locker.derive("google channel", channel_id).hex()

    async def watch(token: str) -> tuple[str, datetime]:
        return await tools.google.watch(
            token,
            taken.address,
            channel_id=channel_id,
            channel_token=channel_token,
            address=tools.base_url + NOTIFICATION_PATH,
            ttl_s=int(CHANNEL_LIFE.total_seconds()),
        )

    try:
        resource, expires_at = await with_token(tools, taken.account_id, watch)
    except SyncFailed as failure:
        log.info("no channel for a google calendar", source=taken.id, reason=failure.word)
        return None
    return Channel(channel_id, resource, expires_at)


async def stop_channel(tools: Tools, taken: Taken) -> None:
    """The one that was replaced; should it go wrong, it ends by itself."""

    async def stop(token: str) -> None:
        await tools.google.stop(token, channel_id=taken.channel_id or "", resource_id=taken.channel_resource or "")

    try:
        await with_token(tools, taken.account_id, stop)
    except (SyncFailed, TokensRefused) as failure:
        log.info("a channel was not stopped", source=taken.id, reason=str(failure))
