"""A load generator: some keep-alive connections, each sending its next request when it has its last answer.

It speaks just enough HTTP/1.1 for our own server (Content-Length answers), so that it costs little next to what is
measured. It only ever calls the loopback address.
"""

import asyncio
import time
from collections.abc import Iterator

import msgspec

HOST = "127.0.0.1"


class Load(msgspec.Struct):
    """What came back: seconds each call took, and how many answers had which status."""

    seconds: float
    times: list[float]
    statuses: dict[int, int]

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds


def request_bytes(method: str, path: str, *, token: str = "", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def send_all(port: int, requests: Iterator[bytes], *, connections: int, seconds: float = 0) -> Load:
    """Send requests until they run out, or until `seconds` are over."""
    load = Load(0, [], {})
    end = time.perf_counter() + seconds if seconds else float("inf")

    async def caller() -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            for request in requests:
                begun = time.perf_counter()
                if begun >= end:
                    return
                writer.write(request)
                status = await read_answer(reader)
                load.times.append(time.perf_counter() - begun)
                load.statuses[status] = load.statuses.get(status, 0) + 1
        finally:
            writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(connections)))
    load.seconds = time.perf_counter() - begun
    return load


async def read_answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    at = head.lower().find(b"content-length:")
    if at >= 0:
        await reader.readexactly(int(head[at + 15 : head.index(b"\r", at)]))
    return int(head[9:12])
