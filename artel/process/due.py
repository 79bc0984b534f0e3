"""Running due loops: work claimed in batches from its own table, woken by notifications and by the clock."""

import asyncio
import contextlib

from artel import clock
from artel.db.pool import Database
from artel.logs import log
from artel.operations.due import DueLoop, Worked

# A notification may be lost with its connection; nothing waits longer than this for somebody to look again.
LOOK_AGAIN_S = 30.0
# Rows are due but another worker holds them.
HELD_ELSEWHERE_S = 0.5
LONGEST_PAUSE_S = 60.0


class Runner:
    """One loop of this process. It ends after the batch in hand when it is told to stop."""

    def __init__(self, loop: DueLoop, database: Database) -> None:
        self.loop = loop
        self.database = database
        self._look = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look for work now."""
        self._look.set()

    def stop(self) -> None:
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        failures = 0
        while not self._stopping:
            self._look.clear()
            try:
                worked = await self.loop.claim_and_run(self.database, clock.now())
            except Exception:
                failures += 1
                log.exception("due work failed", loop=self.loop.name, attempt=failures)
                # Not woken out of this pause: whatever fails at each call would become a hot loop.
                await self.rest(min(2.0 ** (failures - 1), LONGEST_PAUSE_S))
                continue
            failures = 0
            pause_s = pause_after(worked)
            if pause_s > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), pause_s)
        if self.loop.finish is not None:
            await self.loop.finish()

    async def rest(self, seconds: float) -> None:
        """A pause that only stopping ends early."""
        end = asyncio.get_running_loop().time() + seconds
        while not self._stopping and (left := end - asyncio.get_running_loop().time()) > 0:
            self._look.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), left)


def pause_after(worked: Worked) -> float:
    """Seconds to wait for the next look. 0: there is more to take now."""
    if worked.next_due is None:
        return LOOK_AGAIN_S
    wait_s = (worked.next_due - clock.now()).total_seconds()
    if wait_s > 0:
        return min(wait_s, LOOK_AGAIN_S)
    return 0.0 if worked.count else HELD_ELSEWHERE_S
