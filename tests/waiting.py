"""Waiting for what other processes and threads do."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any


async def until(condition: Callable[[], Any], *, timeout_s: float = 15) -> None:
    """Wait for something another process or thread does."""
    async with asyncio.timeout(timeout_s):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.05)


def wait_for(condition: Callable[[], object], *, timeout_s: float = 60) -> None:
    """The same where there is no event loop."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
