"""Civil time and instants of whole arrays: when a zone's clocks changed, in whole minutes since 1970.

A civil time is written like an instant, as if the zone were UTC. Found by asking `zoneinfo`, whose own tables cannot be
read: the offset at each day's beginning, and halved towards the minute where two differ.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Minutes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

DAY = 1440
EVER = 1 << 62
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Offsets(NamedTuple):
    """A zone's offsets, one after the other: from which instant, and over which civil times."""

    since: Minutes
    offsets: Minutes
    civil_starts: Minutes
    civil_ends: Minutes

    def instants(self, civil: Minutes) -> tuple[Minutes, Mask]:
        """Civil times as instants, and which of them there are. One that comes twice is the first; one that the
        clocks skip is the moment at which they do."""
        at = self.civil_ends.searchsorted(civil, side="right")
        instants = civil - self.offsets[at]
        there = civil >= self.civil_starts[at]
        return (instants if there.all() else np.where(there, instants, self.since[at])), there

    def civil(self, instants: Minutes) -> Minutes:
        return instants + self.offsets[self.since.searchsorted(instants, side="right") - 1]

    def civil_one(self, instant: int) -> int:
        return instant + int(self.offsets[int(self.since.searchsorted(instant, side="right")) - 1])


def minute_of(at: datetime) -> int:
    """Whole minutes since 1970, rounded down."""
    return (at - EPOCH) // MINUTE


def minute_after(at: datetime) -> int:
    """Whole minutes since 1970, rounded up."""
    return -((EPOCH - at) // MINUTE)


def instant_of(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def offsets_between(timezone: str, start: int, end: int) -> Offsets:
    """The offsets of at least [start, end]."""
    return offsets_of_years(timezone, year_of(start), year_of(end))


def year_of(minute: int) -> int:
    return instant_of(minute).year


@lru_cache(maxsize=1024)
def offsets_of_years(timezone: str, first: int, last: int) -> Offsets:
    found: list[tuple[int, int]] = []
    for year in range(first, last + 1):
        for change in changes_in(timezone, year):
            if not found or change[1] != found[-1][1]:
                found.append(change)
    since = np.array([-EVER, *(at for at, _ in found[1:])], dtype=np.int64)
    offsets = np.array([offset for _, offset in found], dtype=np.int64)
    civil_starts = np.concatenate(([-EVER], since[1:] + offsets[1:]))
    civil_ends = np.concatenate((since[1:] + offsets[:-1], [EVER]))
    return Offsets(since, offsets, civil_starts, civil_ends)


@lru_cache(maxsize=2048)
def changes_in(timezone: str, year: int) -> tuple[tuple[int, int], ...]:
    """The offset at a year's beginning, and each other one with the minute from which it held."""
    zone = ZoneInfo(timezone)
    begin, end = (minute_of(datetime(each, 1, 1, tzinfo=UTC)) for each in (year, year + 1))

    def offset_at(minute: int) -> int:
        offset = datetime.fromtimestamp(minute * 60, zone).utcoffset()
        assert offset is not None
        return offset // MINUTE

    changes = [(begin, offset_at(begin))]
    for until in range(begin + DAY, end + 1, DAY):
        before, after = changes[-1][1], offset_at(until)
        if before == after:
            continue
        low, high = until - DAY, until
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if offset_at(middle) != before else (middle, high)
        changes.append((high, after))
    return tuple(change for change in changes if change[0] < end)
