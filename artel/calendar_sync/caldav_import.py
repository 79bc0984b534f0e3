"""Taking the events of a CalDAV calendar: those of the time that counts at first, then what has changed."""

from collections.abc import Iterable

import msgspec

from artel import clock
from artel.calendar_sync.caldav import CalDav, Changes, Collection
from artel.calendar_sync.caldav import File as RemoteFile
from artel.calendar_sync.expanding import File
from artel.calendar_sync.failures import Expired
from artel.calendar_sync.occurrences import AHEAD, BACK, READ_WHOLE_AFTER, take_occurrences
from artel.calendar_sync.outcomes import Noted, note_success
from artel.calendar_sync.sources import Taken, still_ours
from artel.calendar_sync.tools import Tools
from artel.db.pool import Connection


class Read(msgspec.Struct, frozen=True):
    collection: Collection
    changes: Changes
    files: list[RemoteFile]
    is_whole: bool


async def sync_from_caldav(tools: Tools, taken: Taken) -> None:
    """Raises SyncFailed."""
    now = clock.now()
    server = CalDav(tools.caller, **tools.secrets_of(taken))
    if taken.collection_url is None:
        collection = await server.find(taken.address, name=taken.summary)
        collection = await server.state(collection.url)
    else:
        collection = await server.state(taken.collection_url)
    is_fresh = taken.read_whole_at is not None and taken.read_whole_at > now - READ_WHOLE_AFTER
    async with tools.database.connection() as conn:
        known = await known_files(conn, taken.id)
    changes = await changes_of(server, collection, taken, known) if is_fresh else None
    if changes is None:
        listed = await server.files_within(collection.url, now - BACK, now + AHEAD)
        changes = Changes(listed, [], collection.sync_token)
    files = await server.read_files(collection.url, changes.changed)
    is_whole = not is_fresh
    found = await tools.expansion.expand([File(one.path, one.body) for one in files], timezone=taken.zone, now=now)
    async with tools.database.transaction() as conn:
        if not await still_ours(conn, taken):
            return
        items = None if is_whole else [*changes.changed, *changes.gone]
        await take_occurrences(conn, tools.place_of(taken), found, items=items, now=now)
        await know_files(conn, taken.id, files, forget=None if is_whole else changes.gone)
        noted = Noted(
            sync_token=changes.sync_token,
            forget_sync_token=changes.sync_token is None,
            etag=collection.ctag or "",
            read_whole_at=now if is_whole else None,
            collection_url=collection.url,
            summary=collection.name,
        )
        await note_success(conn, taken, noted, now=clock.now())


async def changes_of(server: CalDav, collection: Collection, taken: Taken, known: dict[str, str]) -> Changes | None:
    """What has changed since the last look; None: the server cannot tell, all is read again."""
    if taken.sync_token:
        try:
            changes = await server.changes_since(collection.url, taken.sync_token)
        except Expired:
            return await compared(server, collection, known)
        # A file that we have in this edition was told of twice.
        changed = {path: etag for path, etag in changes.changed.items() if not etag or known.get(path) != etag}
        return msgspec.structs.replace(changes, changed=changed)
    if collection.ctag and collection.ctag == taken.etag:
        return Changes({}, [], collection.sync_token)
    return await compared(server, collection, known)


async def compared(server: CalDav, collection: Collection, known: dict[str, str]) -> Changes:
    """By the editions of the files, where a server keeps no list of changes, or has lost our place in it."""
    now = clock.now()
    listed = await server.files_within(collection.url, now - BACK, now + AHEAD)
    changed = {path: etag for path, etag in listed.items() if not etag or known.get(path) != etag}
    return Changes(changed, [path for path in known if path not in listed], collection.sync_token)


async def known_files(conn: Connection, source_id: int) -> dict[str, str]:
    cursor = await conn.execute(
        "SELECT item, etag FROM calendar_source_item WHERE source_id = %(source)s", {"source": source_id}
    )
    return dict(await cursor.fetchall())


async def know_files(
    conn: Connection, source_id: int, files: Iterable[RemoteFile], *, forget: list[str] | None
) -> None:
    """Which editions we have read now. `forget`: files that are gone; None: all others."""
    read = {one.path: one.etag for one in files}
    await conn.execute(
        """
        DELETE FROM calendar_source_item
        WHERE source_id = %(source)s
            AND CASE WHEN %(forget)s::text[] IS NULL THEN item <> ALL(%(read)s) ELSE item = ANY(%(forget)s) END
        """,
        {"source": source_id, "forget": forget, "read": list(read)},
    )
    await conn.execute(
        """
        INSERT INTO calendar_source_item AS i (source_id, item, etag)
        SELECT %(source)s, t.item, t.etag
        FROM unnest(%(items)s::text[], %(etags)s::text[]) AS t (item, etag)
        ON CONFLICT (source_id, item) DO UPDATE SET etag = excluded.etag WHERE i.etag <> excluded.etag
        """,
        {"source": source_id, "items": list(read), "etags": list(read.values())},
    )
