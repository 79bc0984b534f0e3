"""The worker's loop over outside calendars: many under way at once, none of which holds up the others."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

import psycopg

from artel import clock
from artel.calendar_sync.caldav_export import export_to_caldav
from artel.calendar_sync.caldav_import import sync_from_caldav
from artel.calendar_sync.credentials import Locker
from artel.calendar_sync.expansion import Expansion
from artel.calendar_sync.exports import wake_exports
from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.feed import sync_feed
from artel.calendar_sync.google_accounts import list_again, take_accounts_to_list
from artel.calendar_sync.google_api import Google, client_of
from artel.calendar_sync.google_export import export_to_google
from artel.calendar_sync.google_goodbye import say_goodbye
from artel.calendar_sync.google_import import sync_from_google
from artel.calendar_sync.outcomes import note_failure
from artel.calendar_sync.parting import part_all
from artel.calendar_sync.rules import CHANNEL
from artel.calendar_sync.sources import Taken, next_due, take_due
from artel.calendar_sync.tools import Tools
from artel.db.pool import Database
from artel.logs import log
from artel.operations.due import DueLoop, Worked
from artel.outbound.calling import Caller
from artel.settings import Settings

AT_ONCE = 24
# Of one person: somebody whose calendars are slow waits for themselves alone.
AT_ONCE_OF_ONE = 4
SYNC_S = 150.0  # the longest that one may take; the lease is longer
LOOK_AGAIN = timedelta(seconds=0.5)  # while something is under way
# Our own events change without anybody being notified.
LOOK_FOR_CHANGES = timedelta(seconds=5)
# Transactions that commit late bring changes of a while ago.
OVERLAP = timedelta(minutes=2)
LAST_SYNC_S = 8.0  # what is in hand may take after the order to stop; it comes back when its lease is over

SYNCS = {
    ("ical", "from"): sync_feed,
    ("google", "from"): sync_from_google,
    ("google", "to"): export_to_google,
    ("caldav", "from"): sync_from_caldav,
    ("caldav", "to"): export_to_caldav,
}


class Syncer:
    """One worker's syncs."""

    def __init__(self, settings: Settings, *, caller: Caller | None = None, sync_s: float = SYNC_S) -> None:
        self._settings = settings
        self._caller = caller or Caller(allow_private=settings.sandbox)
        self._google_caller = Caller(allow_private=True)  # its address is the operator's
        self._expansion = Expansion()
        self._sync_s = sync_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._people: Counter[int] = Counter()
        self._looked_for_changes_at: datetime | None = None
        self._is_stopping = False

    def tools(self, database: Database) -> Tools:
        return Tools(
            database=database,
            caller=self._caller,
            expansion=self._expansion,
            locker=Locker(self._settings.secret),
            google=Google(client_of(self._settings), self._google_caller),
            base_url=self._settings.base_url,
        )

    async def look(self, database: Database, now: datetime) -> Worked:
        """Begin the syncs that are due, and answer at once: they go on by themselves."""
        if self._is_stopping:
            return Worked(0, None)
        since = self._looked_for_changes_at
        if since is None or now - since >= LOOK_FOR_CHANGES or now < since:
            async with database.transaction() as conn:
                await wake_exports(conn, since=min(since or now, now) - OVERLAP, now=now)
            self._looked_for_changes_at = now
        tools = self.tools(database)
        taken: list[Taken] = []
        free = AT_ONCE - len(self._tasks)
        if free > 0:
            async with database.transaction() as conn:
                taken = await take_due(conn, limit=free, in_hand=self._people, most_of_one=AT_ONCE_OF_ONE, now=now)
            async with database.transaction() as conn:
                for account in await take_accounts_to_list(conn, now=now):
                    self._begin(self._list(tools, account))
        for one in taken:
            self._people[one.person_id] += 1
            self._begin(self._carry(tools, one))
        if self._tasks:
            return Worked(0, now + LOOK_AGAIN)
        async with database.connection() as conn:
            due = await next_due(conn)
        return Worked(0, None if due is None else min(due, now + LOOK_FOR_CHANGES))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _list(self, tools: Tools, account_id: int) -> None:
        try:
            async with asyncio.timeout(self._sync_s):
                await list_again(tools, account_id)
        except (SyncFailed, TimeoutError, psycopg.OperationalError) as error:
            log.info("google calendars were not listed", account=account_id, reason=str(error))

    async def _carry(self, tools: Tools, taken: Taken) -> None:
        try:
            await self._sync(tools, taken)
        except SyncFailed as failure:
            await self._note(tools, taken, failure)
        except TimeoutError:
            await self._note(tools, taken, SyncFailed("timeout"))
        except Exception as error:
            # A mistake of ours with one source must not end the loop of all.
            log.error("outside calendar failed", source=taken.id, kind=taken.kind, reason=type(error).__name__)
            await self._note(tools, taken, SyncFailed("failed"))
        finally:
            self._people[taken.person_id] -= 1
            if not self._people[taken.person_id]:
                del self._people[taken.person_id]

    async def _sync(self, tools: Tools, taken: Taken) -> None:
        async with asyncio.timeout(self._sync_s):
            if taken.is_parted:
                await say_goodbye(tools, taken)
            elif taken.is_orphan:
                async with tools.database.transaction() as conn:
                    await part_all(conn, [taken.id], actor_id=None, now=clock.now())
            else:
                await SYNCS[(taken.kind, taken.direction)](tools, taken)

    async def _note(self, tools: Tools, taken: Taken, failure: SyncFailed) -> None:
        with contextlib.suppress(psycopg.OperationalError):  # the lease ends by itself
            async with tools.database.transaction() as conn:
                await note_failure(conn, taken, failure, now=clock.now())

    async def finish(self) -> None:
        """Take nothing more; let what is in hand come to its end."""
        self._is_stopping = True
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=LAST_SYNC_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._caller.aclose()
        await self._google_caller.aclose()


def calendar_loop(settings: Settings, *, caller: Caller | None = None, sync_s: float = SYNC_S) -> DueLoop:
    """The worker's loop over outside calendars."""
    syncer = Syncer(settings, caller=caller, sync_s=sync_s)
    return DueLoop("outside calendars", CHANNEL, syncer.look, syncer.finish)
