"""A network between a worker and its provider that fails in every way one can: connection by connection."""

import asyncio
import contextlib
import random
import socket
import struct
from collections import Counter

FAULTS = ("none", "slow", "reset before", "reset after", "half close", "reply lost")
LONGEST_DELAY_S = 4.0


class FaultyProxy:
    """Forwards one HTTP exchange a connection to `port`. Which fault a connection has, the seed decides."""

    def __init__(self, port: int, seed: int) -> None:
        self.port = port
        self.chance = random.Random(seed)
        self.faults: Counter[str] = Counter()
        self.open: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        self.server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self.server.close()
        while self.open:
            await asyncio.wait(self.open)

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.open.add(task)
        task.add_done_callback(self.open.discard)
        fault = self.chance.choices(FAULTS, weights=(5, 1, 2, 2, 2, 2))[0]
        self.faults[fault] += 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self.serve(fault, reader, writer)
        writer.close()

    async def serve(self, fault: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if fault == "reset before":
            reset(writer)
            return
        request = await read_message(reader)
        if fault == "slow":  # longer than the caller waits: what it gave up on arrives after all
            await asyncio.sleep(self.chance.uniform(LONGEST_DELAY_S / 4, LONGEST_DELAY_S))
        theirs, ours = await asyncio.open_connection("127.0.0.1", self.port)
        ours.write(request)
        await ours.drain()
        if fault == "reset after":
            reset(writer)
        if fault == "half close":
            writer.write_eof()
        reply = await read_message(theirs)
        ours.close()
        if fault in {"none", "slow"}:
            writer.write(reply)
            await writer.drain()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST instead of FIN."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


async def read_message(reader: asyncio.StreamReader) -> bytes:
    """One HTTP message with a Content-Length, or none."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head + await reader.readexactly(length)
