"""Giving our meetings to a CalDAV calendar, one file each, under the UIDs of our own feed."""

from urllib.parse import quote

from artel.calendar_sync.caldav import CalDav
from artel.calendar_sync.exporting import give
from artel.calendar_sync.exports import Change, Told
from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.sources import Taken
from artel.calendar_sync.tools import Tools
from artel.calendars.feed import calendar_of, uid_of

TRIES = 3  # against somebody who writes the same file at the same time


async def export_to_caldav(tools: Tools, taken: Taken) -> None:
    """Raises SyncFailed."""
    server = CalDav(tools.caller, **tools.secrets_of(taken))
    place = taken.collection_url or (await server.find(taken.address, name=taken.summary)).url

    async def tell(change: Change) -> Told:
        uid = uid_of(change.id, tools.uid_host)
        url = change.remote_id or f"{place}{quote(uid, safe='@')}.ics"
        if not change.is_wanted:
            await server.delete(url)
            return Told(change, url, uid)
        body = calendar_of([change], name=change.label, uid_host=tools.uid_host)
        return Told(change, url, uid, await write(server, url, body, known_etag=change.etag))

    await give(tools, taken, tell, collection_url=place)


async def write(server: CalDav, url: str, body: bytes, *, known_etag: str | None) -> str | None:
    """Write our edition in place of whatever is there; its etag, where the server tells it.

    Without an etag it is taken for new. Where it is there after all (told by a worker that died before it could note
    so), or is another edition (somebody changed it there), it is looked at again: ours counts.
    """
    etag = known_etag
    for _ in range(TRIES):
        reply = await server.put(url, body, etag=etag)
        if reply.status != 412:
            return reply.headers.get("etag")
        etag = await server.etag_of(url)
    raise SyncFailed("conflict")
