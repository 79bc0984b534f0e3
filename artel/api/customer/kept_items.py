"""List items rendered before, kept under the version they were rendered from.

A version names every row an item was made of, in the state it was in, so an item found here is what rendering would
give: there is nothing to invalidate, and only what has changed since is rendered again. What a version means may
change when the database is restored or moved, and then its connections end; items are forgotten with the connection
that was open when they were made.
"""

from weakref import WeakKeyDictionary

from artel.db.pool import Database

# Some 8,000 tasks: what a busy hour looks at.
LIMIT_BYTES = 24 * 1024 * 1024


class KeptItems:
    """Rendered items of one process. When they pass the limit the ones rendered first go first."""

    def __init__(self, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._items: dict[bytes, bytes] = {}
        self._size_bytes = 0
        self._limit_bytes = limit_bytes
        self.get = self._items.get

    def keep(self, version: bytes, item: bytes) -> None:
        if version in self._items:
            return
        self._items[version] = item
        self._size_bytes += len(version) + len(item)
        while self._size_bytes > self._limit_bytes:
            oldest = next(iter(self._items))
            self._size_bytes -= len(oldest) + len(self._items.pop(oldest))


_kept: WeakKeyDictionary[object, KeptItems] = WeakKeyDictionary()


def items_kept(database: Database) -> KeptItems:
    """What this process has kept; nothing where the reader has just lost its connection."""
    connection = database.reader.connection
    if connection is None:
        return KeptItems()
    kept = _kept.get(connection)
    if kept is None:
        kept = _kept[connection] = KeptItems()
    return kept
