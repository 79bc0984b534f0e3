"""A load generator that compares: as many requests as servers take, over connections that are kept open.

`python -m bench.pressure` reads a Plan (JSON) from its standard input and prints what came of it. The targets take
turns, a slice of time each, round after round: whatever else the machine does meets them all alike, and ratios of
one run hold.
"""

import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import cast

import msgspec
import uvloop


class Target(msgspec.Struct, kw_only=True):
    name: str
    port: int
    paths: list[str]  # asked for in turn
    headers: dict[str, str] = {}
    server_pid: int = 0  # whose processor time is read; 0: nobody's


class Plan(msgspec.Struct, kw_only=True):
    targets: list[Target]
    connections: int = 16
    rounds: int = 6
    slice_s: float = 0.5


class Measured(msgspec.Struct, kw_only=True):
    """`cpu_us` is the server's processor time a request took, in user and kernel; 0 where nobody was asked."""

    name: str
    rate: float  # requests a second, the median of the rounds
    cpu_us: float
    p50_ms: float
    p99_ms: float
    reply_bytes: int
    failed: int


class Tally:
    def __init__(self) -> None:
        self.rates: list[float] = []
        self.latencies: list[float] = []
        self.requests = 0
        self.cpu_s = 0.0
        self.failed = 0
        self.reply_bytes = 0


class Client(asyncio.Protocol):
    """One connection: sends a request, counts the reply, sends the next."""

    def __init__(self, requests: list[bytes], first: int, tally: Tally) -> None:
        self.requests = requests
        self.next = first
        self.tally = tally
        self.running = True
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.ask()

    def ask(self) -> None:
        self.head = b""
        self.missing = -1
        self.asked_at = time.perf_counter()
        self.transport.write(self.requests[self.next % len(self.requests)])
        self.next += 1

    def data_received(self, data: bytes) -> None:
        if self.missing < 0:
            self.head += data
            head, end, body = self.head.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 200"):
                self.tally.failed += 1
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            self.tally.reply_bytes = length
            self.missing = length - len(body)
        else:
            self.missing -= len(data)
        if self.missing == 0:
            self.tally.requests += 1
            self.tally.latencies.append(time.perf_counter() - self.asked_at)
            if self.running:
                self.ask()
            else:
                self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


def cpu_seconds(pid: int) -> float:
    if not pid:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def press(target: Target, tally: Tally, *, connections: int, seconds: float) -> None:
    """One slice: open the connections, load for `seconds`, let the last replies come."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in target.headers.items())
    requests = [f"GET {path} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n".encode() for path in target.paths]
    loop = asyncio.get_running_loop()
    before, cpu, start = tally.requests, cpu_seconds(target.server_pid), time.perf_counter()
    clients = [
        (await loop.create_connection(lambda i=i: Client(requests, i * 7919, tally), "127.0.0.1", target.port))[1]
        for i in range(connections)
    ]
    await asyncio.sleep(seconds)
    for client in clients:
        client.running = False
    await asyncio.wait_for(asyncio.gather(*(client.closed for client in clients)), timeout=30)
    tally.cpu_s += cpu_seconds(target.server_pid) - cpu
    tally.rates.append((tally.requests - before) / (time.perf_counter() - start))


async def run(plan: Plan) -> list[Measured]:
    tallies = [Tally() for _ in plan.targets]
    for target in plan.targets:  # nobody is measured cold
        await press(target, Tally(), connections=plan.connections, seconds=min(1.0, plan.slice_s))
    for _ in range(plan.rounds):
        for target, tally in zip(plan.targets, tallies, strict=True):
            await press(target, tally, connections=plan.connections, seconds=plan.slice_s)
    return [measured(target, tally) for target, tally in zip(plan.targets, tallies, strict=True)]


def measured(target: Target, tally: Tally) -> Measured:
    latencies = sorted(tally.latencies)
    return Measured(
        name=target.name,
        rate=statistics.median(tally.rates),
        cpu_us=tally.cpu_s / max(1, tally.requests) * 1e6,
        p50_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[len(latencies) * 99 // 100] * 1000,
        reply_bytes=tally.reply_bytes,
        failed=tally.failed,
    )


if __name__ == "__main__":
    uvloop.install()
    outcome = asyncio.run(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)))
    sys.stdout.buffer.write(msgspec.json.encode(outcome))
