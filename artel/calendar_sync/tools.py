"""What a sync works with."""

from typing import Any

import msgspec

from artel.calendar_sync.credentials import Locker, Unreadable
from artel.calendar_sync.expansion import Expansion
from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.google_api import Google
from artel.calendar_sync.occurrences import Place
from artel.calendar_sync.sources import Taken
from artel.calendars.feed import uid_host_of
from artel.db.pool import Database
from artel.outbound.calling import Caller


class Tools(msgspec.Struct, frozen=True):
    database: Database
    caller: Caller
    expansion: Expansion
    locker: Locker
    google: Google
    base_url: str

    def secrets_of(self, taken: Taken) -> dict[str, Any]:
        """Raises SyncFailed: they were kept under another secret of the installation, and have to be given again."""
        if taken.credentials is None:
            raise SyncFailed("unreadable", is_final=True)
        try:
            return self.locker.open(taken.credentials)
        except Unreadable:
            raise SyncFailed("unreadable", is_final=True) from None

    @property
    def uid_host(self) -> str:
        return uid_host_of(self.base_url)

    def place_of(self, taken: Taken) -> Place:
        return Place(taken.id, taken.calendar_id, taken.person_id, self.uid_host)
