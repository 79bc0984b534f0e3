"""Asking a child process to expand iCalendar files (`expanding.py`), and ending it when it takes too long."""

import asyncio
import contextlib
import os
import sys
from datetime import datetime
from pathlib import Path

import msgspec

import artel
from artel.calendar_sync.expanding import Expanded, File, Job
from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.occurrences import AHEAD, BACK, MOST_OCCURRENCES, Occurrence
from artel.logs import log

PATIENCE_S = 30.0  # well over the time on a processor that the system allows it
AT_ONCE = 2
ROOT = str(Path(artel.__file__).parent.parent)


class Expansion:
    """A worker's children: few at a time, whatever comes."""

    def __init__(self, *, patience_s: float = PATIENCE_S) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._patience_s = patience_s

    async def expand(self, files: list[File], *, timezone: str, now: datetime) -> list[Occurrence]:
        """The events of these files from 30 days ago until 400 days ahead.

        Raises SyncFailed: not_a_calendar, too_many_occurrences, rule_too_frequent, too_slow.
        """
        if not files:
            return []
        job = Job(files, timezone, now - BACK, now + AHEAD, MOST_OCCURRENCES)
        async with self._turn:
            expanded = await self._run(msgspec.msgpack.encode(job))
        if expanded.error is not None:
            raise SyncFailed(expanded.error)
        return expanded.occurrences

    async def _run(self, given: bytes) -> Expanded:
        # Nothing of ours goes with it: neither the environment with its secrets nor a file that is open.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "artel.calendar_sync.expanding",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": ROOT, "PATH": os.environ.get("PATH", "")},
        )
        try:
            async with asyncio.timeout(self._patience_s):
                answer, _ = await process.communicate(given)
        except TimeoutError:
            raise SyncFailed("too_slow") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            log.info("an outside calendar could not be expanded", exit=process.returncode)
            raise SyncFailed("too_slow")
        return msgspec.msgpack.decode(answer, type=Expanded)
