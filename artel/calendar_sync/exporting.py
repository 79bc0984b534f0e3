"""One round of giving: tell the other side one event after another, and note what came through."""

from collections.abc import Awaitable, Callable

from artel import clock
from artel.calendar_sync.exports import BATCH, Change, Told, changes_of, note_told
from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.outcomes import Noted, note_success
from artel.calendar_sync.sources import Taken, still_ours
from artel.calendar_sync.tools import Tools
from artel.logs import log

# Failures of the whole calendar. Any other is of one event, which must not hold up those after it.
OF_ALL = frozenset(
    {
        "busy",
        "unauthorized",
        "account_broken",
        "unreadable",
        "timeout",
        "connection",
        "tls",
        "name_unknown",
        "address_not_allowed",
        "url_invalid",
    }
)


async def give(
    tools: Tools, taken: Taken, tell: Callable[[Change], Awaitable[Told]], *, collection_url: str | None = None
) -> None:
    """Give a batch of changes. What was told is noted even where the next one fails.

    An event that the other side does not take is tried again with every round.
    Raises SyncFailed, where it is the calendar that fails, or nothing at all comes through.
    """
    async with tools.database.connection() as conn:
        changes = await changes_of(conn, taken)
    told: list[Told] = []
    failure: SyncFailed | None = None
    for change in changes:
        try:
            told.append(await tell(change))
        except SyncFailed as error:
            failure = error
            if error.word in OF_ALL:
                break
    async with tools.database.transaction() as conn:
        # Also where another worker has taken over meanwhile: that the other side has it is true all the same.
        if told:
            await note_told(conn, taken, told, now=clock.now())
        is_failed = failure is not None and (failure.word in OF_ALL or not told)
        if not is_failed and await still_ours(conn, taken):
            noted = Noted(
                exported_until=taken.taken_at if failure is None and len(changes) < BATCH else None,
                has_more=len(changes) == BATCH,  # something came through, so this ends
                collection_url=collection_url,
            )
            await note_success(conn, taken, noted, now=clock.now())
    if failure is not None:
        if is_failed:
            raise failure
        log.info("an event was not taken outside", source=taken.id, reason=failure.word)
