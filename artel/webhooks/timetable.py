"""When a message is tried again."""

from collections.abc import Callable
from datetime import datetime, timedelta

# Seconds from the event, or from its replay. What fell due while no worker ran is not made up for.
TRIES_S = (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600)
LAST_TRY_S = 24 * 3600
JITTER = 0.1
# The longest pause that a receiver is granted by its Retry-After.
LONGEST_WISH_S = 2 * 3600


def next_try(
    queued_at: datetime, tried_at: datetime, *, wish_s: float | None, now: datetime, chance: Callable[[], float]
) -> datetime | None:
    """When to try again after the try begun at `tried_at` failed; None after the last one.

    `chance` answers numbers from 0 to 1. Each time but the last is up to a tenth earlier or later, so that what
    failed together does not come back together. The last is neither: a receiver that was away for nearly a day may
    count on it. A receiver's wish (Retry-After) puts a try off, by two hours at most, and never puts off the last.
    """
    elapsed_s = (tried_at - queued_at).total_seconds()
    if elapsed_s >= LAST_TRY_S:
        return None
    last = queued_at + timedelta(seconds=LAST_TRY_S)
    # The earliest that the next could be has not come yet; so a try that came early is not taken for the one before.
    after_s = next((try_s for try_s in TRIES_S if try_s * (1 - JITTER) > elapsed_s), None)
    due = last
    if after_s is not None:
        due = queued_at + timedelta(seconds=after_s * (1 - JITTER + 2 * JITTER * chance()))
    if wish_s is not None:
        due = max(due, now + timedelta(seconds=min(wish_s, LONGEST_WISH_S)))
    return max(min(due, last), now)
