"""Carrying deliveries: the worker's loop, and a lane for each hook that something waits for.

A lane keeps a few calls to its hook under way and takes the next as they come back, so a slow receiver holds up its
own messages alone. Receivers that answer well get more calls at once, those that fail get fewer. Where more hooks
wait than there are lanes, lanes end after a turn and the hooks that waited longest for one come next.
"""

import asyncio
import contextlib
from datetime import datetime, timedelta

from artel import clock
from artel.db.pool import Database
from artel.logs import log
from artel.operations.due import DueLoop, Worked
from artel.operations.events import CHANNEL
from artel.outbound.connections import Connections
from artel.outbound.dialling import CheckedBackend, Resolve, resolve_by_system
from artel.webhooks.attempts import Taken, Tried, note_answers, take_due, waiting_hooks
from artel.webhooks.rules import cancel_waiting
from artel.webhooks.sending import post
from artel.webhooks.signatures import write_body, write_headers

# All of one worker. A connection is a file; a process may have 1,024.
LANES = 128
CALLS = 256
# Of one hook.
FIRST_CALLS = 4
FEWEST_CALLS = 2
MOST_CALLS = 16
TURN_S = 2.0
# An answer waits so long for others to be written down with it.
SHARE_A_COMMIT_S = 0.01
# While calls are under way their outcomes bring new due times, of which nobody is notified.
LOOK_AGAIN = timedelta(seconds=0.25)
# Somebody notifies at every event; one look does for all that came so close together.
SHARE_A_LOOK_S = 0.02
# Lanes share so many of the worker's connections to the database, which has payments to settle too.
CONNECTIONS = 4
# What calls in hand may take after the order to stop; then they are cut off, and made again under the same id.
LAST_CALLS_S = 8.0


class Lane:
    """What is under way to one hook."""

    def __init__(self, courier: "Courier", database: Database, hook_id: int) -> None:
        self.courier = courier
        self.database = database
        self.hook_id = hook_id
        self.width = FIRST_CALLS
        self.look_again = True  # something may have come since the lane last looked
        self.calls: set[asyncio.Task[Tried]] = set()

    async def run(self) -> None:
        """Until nothing is due, or the turn is over."""
        started = asyncio.get_running_loop().time()
        # Of its own: companies share no connection, whatever they call.
        async with contextlib.aclosing(Connections(self.courier.backend, keep_s=TURN_S)) as connections:
            try:
                while self.calls or (self.look_again and self.may_go_on(started)):
                    tries = await self.next_answers()
                    for taken in await self.note_and_take(tries, self.free_calls() if self.may_go_on(started) else 0):
                        self.calls.add(asyncio.create_task(self.call(connections, taken)))
            finally:
                for call in self.calls:
                    call.cancel()
                await asyncio.gather(*self.calls, return_exceptions=True)

    def may_go_on(self, started: float) -> bool:
        return self.courier.may_go_on(asyncio.get_running_loop().time() - started)

    def free_calls(self) -> int:
        return max(0, min(self.width, self.courier.calls_a_lane()) - len(self.calls)) if self.look_again else 0

    async def next_answers(self) -> list[Tried]:
        """What came back: the first answer, and those that come close behind it, so that they share a commit."""
        if not self.calls:
            return []
        await asyncio.wait(self.calls, return_when=asyncio.FIRST_COMPLETED)
        done, self.calls = await asyncio.wait(self.calls, timeout=SHARE_A_COMMIT_S)
        tries = [call.result() for call in done]
        for one in tries:
            if one.answer.error is None:
                self.width = min(MOST_CALLS, self.width + 1)
            else:
                self.width = max(FEWEST_CALLS, self.width // 2)
                log.info("web hook not delivered", hook=self.hook_id, delivery=one.taken.id, reason=one.answer.error)
        return tries

    async def note_and_take(self, tries: list[Tried], free: int) -> list[Taken]:
        """Write down what came back and, in the same commit, take the next; nothing is called before it."""
        taken: list[Taken] = []
        if free:
            self.look_again = False
        if tries or free:
            now = clock.now()
            async with self.courier.turn_at_database, self.database.transaction() as conn:
                if tries:
                    await note_answers(conn, self.hook_id, tries, now=now)
                if free:
                    taken = await take_due(conn, self.hook_id, limit=free, now=now, signed_at=clock.outside_now())
        # Fewer than asked for: that was all. Whoever writes more notifies, and the loop then says so.
        self.look_again = self.look_again or (free > 0 and len(taken) == free)
        return taken

    async def call(self, connections: Connections, taken: Taken) -> Tried:
        body = write_body(taken.event)
        headers = write_headers(taken.event, taken.secret, body=body, signed_at=taken.signed_at)
        answer = await post(connections, taken.url, headers, body, allow_private=self.courier.allow_private)
        return Tried(taken, answer)


class Courier:
    """One worker's lanes."""

    def __init__(self, *, allow_private: bool, resolve: Resolve = resolve_by_system) -> None:
        self.allow_private = allow_private
        self.backend = CheckedBackend(allow_private=allow_private, resolve=resolve)
        self.lanes: dict[int, Lane] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.turns: dict[int, float] = {}  # when each hook's last turn ended
        self.turn_at_database = asyncio.Semaphore(CONNECTIONS)
        self.looked_at = 0.0
        self.is_stopping = False

    def calls_a_lane(self) -> int:
        return max(1, CALLS // max(1, len(self.lanes)))

    def may_go_on(self, turn_s: float) -> bool:
        return not self.is_stopping and (turn_s < TURN_S or len(self.lanes) < LANES)

    async def look(self, database: Database, now: datetime) -> Worked:
        """Open a lane for every hook that has none and something due; answers when to look again."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self.looked_at + SHARE_A_LOOK_S - loop.time())
        self.looked_at = loop.time()
        for lane in self.lanes.values():
            lane.look_again = True
        async with database.connection() as conn:
            waiting = await waiting_hooks(conn)
        disabled = [one.hook_id for one in waiting if not one.is_enabled]
        if disabled:
            # Written while their hook was being disabled.
            async with database.transaction() as conn:
                await cancel_waiting(conn, disabled)
        idle = [one for one in waiting if one.is_enabled and one.hook_id not in self.lanes]
        due = sorted((one for one in idle if one.due_at <= now), key=lambda one: self.turns.get(one.hook_id, 0.0))
        opened = due[: LANES - len(self.lanes)]
        for one in opened:
            self.open_lane(database, one.hook_id)
        if self.lanes:
            return Worked(len(opened), now + LOOK_AGAIN)
        self.turns.clear()
        return Worked(0, min((one.due_at for one in idle), default=None))

    def open_lane(self, database: Database, hook_id: int) -> None:
        lane = Lane(self, database, hook_id)
        self.lanes[hook_id] = lane
        task = asyncio.create_task(self.run_lane(lane))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def run_lane(self, lane: Lane) -> None:
        try:
            await lane.run()
        except Exception:
            # What it had in hand comes back when its lease is over.
            log.exception("web hook lane failed", hook=lane.hook_id)
        finally:
            self.turns[lane.hook_id] = asyncio.get_running_loop().time()
            del self.lanes[lane.hook_id]

    async def finish(self) -> None:
        """Take nothing more; let what is in hand come to its end."""
        self.is_stopping = True
        tasks = list(self.tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=LAST_CALLS_S)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)


def delivery_loop(*, allow_private: bool, resolve: Resolve = resolve_by_system) -> DueLoop:
    """The worker's loop over web hook deliveries."""
    courier = Courier(allow_private=allow_private, resolve=resolve)
    return DueLoop("web hooks", CHANNEL, courier.look, courier.finish)
