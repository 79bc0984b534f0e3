"""Taking the events of an iCalendar feed."""

from artel import clock
from artel.calendar_sync.expanding import File
from artel.calendar_sync.failures import SyncFailed, failure_of
from artel.calendar_sync.occurrences import READ_WHOLE_AFTER, take_occurrences
from artel.calendar_sync.outcomes import Noted, note_success
from artel.calendar_sync.sources import Taken, still_ours
from artel.calendar_sync.tools import Tools
from artel.outbound.calling import CallFailed

TIMEOUT_S = 30.0
LIMIT_BYTES = 10 * 1024 * 1024


async def sync_feed(tools: Tools, taken: Taken) -> None:
    """Read the feed, unless it says that it has not changed, and make our events what it has. Raises SyncFailed."""
    url = tools.secrets_of(taken)["url"]
    now = clock.now()
    # What has not changed is read nevertheless from time to time: the window over what repeats goes on.
    is_fresh = taken.read_whole_at is not None and taken.read_whole_at > now - READ_WHOLE_AFTER
    headers = {"Accept": "text/calendar, */*;q=0.5"}
    if is_fresh and taken.etag:
        headers["If-None-Match"] = taken.etag
    elif is_fresh and taken.last_modified:
        headers["If-Modified-Since"] = taken.last_modified
    try:
        reply = await tools.caller.call("GET", url, headers=headers, timeout_s=TIMEOUT_S, limit_bytes=LIMIT_BYTES)
    except CallFailed as error:
        raise SyncFailed.of_call(error) from None
    if reply.status == 304 and is_fresh:
        async with tools.database.transaction() as conn:
            if await still_ours(conn, taken):
                await note_success(conn, taken, Noted(), now=clock.now())
        return
    if reply.status != 200:
        raise failure_of(reply)
    found = await tools.expansion.expand([File(None, reply.body)], timezone=taken.zone, now=now)
    async with tools.database.transaction() as conn:
        if await still_ours(conn, taken):
            await take_occurrences(conn, tools.place_of(taken), found, items=None, now=now)
            noted = Noted(
                # An empty one is kept in place of an old one that no longer holds.
                etag=reply.headers.get("etag", ""),
                last_modified=reply.headers.get("last-modified", ""),
                read_whole_at=now,
            )
            await note_success(conn, taken, noted, now=clock.now())
