"""Work that waits for its time in a table of its own, and is done in batches by whichever worker comes first."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from artel.db.pool import Database


class Worked(msgspec.Struct, frozen=True):
    """What one batch came to."""

    count: int  # rows it took
    next_due: datetime | None  # what the earliest row left waits for, by the business's clock; None: nothing waits


class DueLoop(msgspec.Struct, frozen=True):
    """One kind of due work. The worker process runs it; any number of workers may, side by side.

    `claim_and_run(database, now)` takes one batch of rows that are due at `now` with FOR UPDATE SKIP LOCKED, works
    it, commits, and answers what is left. It is called again at once while it takes rows, else when `next_due`
    comes, when somebody notifies `channel`, or when the sandbox's clock moves. A batch that raises is called again
    after a pause that doubles, up to a minute; it has to leave its rows as they were or note the attempt on them.

    Work that goes on after `claim_and_run` has answered is brought to its end by `finish`, when the worker stops.
    """

    name: str
    channel: str
    claim_and_run: Callable[[Database, datetime], Awaitable[Worked]]
    finish: Callable[[], Awaitable[None]] | None = None
