"""When an outside calendar is looked at again, and when it is given up."""

from collections.abc import Callable
from datetime import datetime, timedelta

# With nothing amiss. Google tells of changes by itself where it can reach us; then we look for what it forgot.
EVERY = {
    ("ical", "from"): timedelta(minutes=15),
    ("caldav", "from"): timedelta(minutes=5),
    ("google", "from"): timedelta(minutes=5),
    ("caldav", "to"): timedelta(hours=1),  # changes of ours wake it
    ("google", "to"): timedelta(hours=1),
}
EVERY_WHEN_TOLD = timedelta(hours=3)
JITTER = 0.1
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
# Failing without a break for so long, and so often, is for good.
PATIENCE = timedelta(days=7)
LEAST_FAILURES = 10
# Somebody who is not let in so often in a row has another password by now.
REFUSED_FAILURES = 5


def next_look(kind: str, direction: str, *, is_told: bool, now: datetime, chance: Callable[[], float]) -> datetime:
    """After a look that went well. `chance` answers numbers from 0 to 1: what began together drifts apart."""
    every = EVERY_WHEN_TOLD if is_told else EVERY[(kind, direction)]
    return now + every * (1 - JITTER + 2 * JITTER * chance())


def next_try(failures: int, *, wish_s: float | None, now: datetime, chance: Callable[[], float]) -> datetime:
    """After the n-th failure in a row: pauses double from a minute to six hours, and last as long as the other side
    wishes, up to those six hours."""
    pause: timedelta = min(FIRST_PAUSE * 2 ** min(max(failures - 1, 0), 20), LONGEST_PAUSE)
    pause *= 1 - JITTER + 2 * JITTER * chance()
    if wish_s is not None:
        pause = max(pause, min(timedelta(seconds=wish_s), LONGEST_PAUSE))
    return now + pause


def is_hopeless(word: str, failures: int, failing_since: datetime, *, now: datetime) -> bool:
    """Whether the n-th failure in a row is the last one."""
    if word == "unauthorized" and failures >= REFUSED_FAILURES:
        return True
    return failures >= LEAST_FAILURES and failing_since <= now - PATIENCE
