"""Files that would keep a reader busy for ever are given up, and their child is ended."""

import asyncio
import os
import time
from datetime import timedelta

import pytest

from artel import clock
from artel.calendar_sync.expanding import File
from artel.calendar_sync.expansion import Expansion
from artel.calendar_sync.failures import SyncFailed
from tests.calendar_sync.cast import ics


def children() -> list[str]:
    """Readers of ours that run."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat") as stat, open(f"/proc/{name}/cmdline") as command:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
                line = command.read()
        except (OSError, ValueError, IndexError):
            continue
        if parent == os.getpid() and "calendar_sync.expanding" in line:
            found.append(name)
    return found


async def test_what_takes_too_long_is_ended() -> None:
    """Rules that never find a day, by the hour, until the year 9999."""
    never = [[f"UID:{n}", "DTSTART:20260111T100000Z", "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"] for n in range(50)]
    expansion = Expansion(patience_s=1.5)
    started = time.monotonic()
    others = asyncio.create_task(expansion.expand([File(None, ics())], timezone="UTC", now=clock.now()))
    with pytest.raises(SyncFailed, match="too_slow"):
        await expansion.expand([File(None, ics(*never))], timezone="UTC", now=clock.now())
    assert time.monotonic() - started < 5
    assert await others == []
    assert children() == []


async def test_one_who_stops_waiting_leaves_no_child() -> None:
    never = ["UID:a", "DTSTART:20260111T100000Z", "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"]
    waiting = asyncio.create_task(Expansion().expand([File(None, ics(never))], timezone="UTC", now=clock.now()))
    await asyncio.sleep(0.5)
    assert len(children()) == 1
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert children() == []


async def test_what_would_fill_the_memory_is_refused() -> None:
    now = clock.now()
    many = ",".join(f"{now + timedelta(seconds=n):%Y%m%dT%H%M%SZ}" for n in range(200_000))
    started = time.monotonic()
    with pytest.raises(SyncFailed, match=r"too_many_occurrences|too_slow"):
        await Expansion().expand(
            [File(None, ics(["UID:a", "DTSTART:20260111T100000Z", f"RDATE:{many}"]))], timezone="UTC", now=now
        )
    assert time.monotonic() - started < 35
