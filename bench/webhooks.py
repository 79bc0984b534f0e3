"""Web hook deliveries a second from one worker, to receivers on this machine that answer at once.

python -m bench.webhooks [--quick]
"""

import asyncio
import contextlib
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal

from artel import clock
from artel.companies.rules import create_company
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.operations.events import announce_many
from artel.process.worker import run_worker
from artel.settings import Settings
from bench.report import Row, print_rows, quantile
from bench.servers import SECRET, empty_database

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PAYLOAD: dict[str, object] = {
    "id": 1234567,
    "uuid": "0e8dd5b8-0d0d-4e07-8b1b-1c1b6f0a9d11",
    "externalId": "order 1234567",
    "state": 5,
    "previousState": 12,
}


class Answering(asyncio.Protocol):
    """Reads requests off a kept connection and answers each; a body comes whole behind its head."""

    def __init__(self) -> None:
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.rest += data
        while (end := self.rest.find(b"\r\n\r\n")) >= 0:
            head = self.rest[:end].lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if len(self.rest) < end + 4 + length:
                return
            self.rest = self.rest[end + 4 + length :]
            self.transport.write(ANSWER)


async def serve() -> None:
    """The receiver's own process: prints its port and answers until it is stopped."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextlib.contextmanager
def receiver() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-m", "bench.webhooks", "--serve"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


async def run(*, quick: bool) -> list[Row]:
    count = 2_000 if quick else 20_000
    rows = []
    with receiver() as port:
        for companies in (1, 50):
            rows += await measure(port, companies=companies, count=count)
    return rows


async def measure(port: int, *, companies: int, count: int) -> list[Row]:
    """The worker starts on a full queue; its start is not counted. Then single events, one after the other, to see
    how soon one is there when nothing else waits."""
    with empty_database() as url:
        database = Database(url, size=4)
        await database.open()
        async with database.connection() as conn:
            company_ids = [await add_company(conn, number, port) for number in range(companies)]
            await happen(conn, company_ids, count)
            with worker(url):
                rate = await drain(conn, count)
                delays = await single_events(conn, company_ids[0], 30)
        await database.close()
    where = "one company" if companies == 1 else f"{companies} companies"
    return [
        Row(f"{count:,} deliveries of {where}, one worker", f"{rate:,.0f}/s"),
        Row(
            f"an event alone, to its answer noted, {where}",
            f"p50 {quantile(delays, 0.5) * 1000:.0f} ms",
            peer=f"worst of 30: {max(delays) * 1000:.0f} ms",
        ),
    ]


@contextlib.contextmanager
def worker(url: str) -> Iterator[None]:
    """The worker as the sandbox runs it: in production it calls no address of its own machine."""
    process = subprocess.Popen([sys.executable, "-m", "bench.webhooks", "--work", url])
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def work(url: str) -> None:
    run_worker(Settings(database_url=url, secret=SECRET, sandbox=True, log_level="WARNING"))


async def add_company(conn: Connection, number: int, port: int) -> int:
    """With a hook; the rule that sets one is for members, and there are none here."""
    now = clock.now()
    company_id = await create_company(
        conn,
        name=f"Bench {number}",
        currency="EUR",
        country="DE",
        commission_percent=Decimal(10),
        vat_percent=Decimal(0),
        escrow="without_hold",
        now=now,
    )
    await conn.execute(
        """
        INSERT INTO web_hook (company_id, url, secret, status, created_at)
        VALUES (%(company)s, %(url)s, %(secret)s, 'enabled', %(now)s)
        """,
        {"company": company_id, "url": f"http://127.0.0.1:{port}/", "secret": secrets.token_hex(16), "now": now},
    )
    return company_id


async def happen(conn: Connection, company_ids: list[int], count: int) -> None:
    happened = [(company_ids[number % len(company_ids)], PAYLOAD) for number in range(count)]
    async with conn.transaction():
        await announce_many(conn, "taskStateChanged", happened, now=clock.now())


async def delivered(conn: Connection) -> int:
    count: int = await fetch_value(conn, "SELECT count(*) FROM web_hook_delivery WHERE state = 'delivered'")
    return count


async def until_delivered(conn: Connection, wanted: int, *, look_every_s: float) -> int:
    while True:
        count = await delivered(conn)
        if count >= wanted:
            return count
        await asyncio.sleep(look_every_s)


async def drain(conn: Connection, count: int) -> float:
    """Deliveries a second, from the moment a tenth is through until all are."""
    async with asyncio.timeout(600):
        first = await until_delivered(conn, count // 10, look_every_s=0.05)
        started = time.monotonic()
        now = await until_delivered(conn, count, look_every_s=0.1)
    return (now - first) / (time.monotonic() - started)


async def single_events(conn: Connection, company_id: int, count: int) -> list[float]:
    """Seconds from an event to its delivery being noted, one event after the other."""
    delays = []
    for _ in range(count):
        await asyncio.sleep(0.3)  # everything before is over
        before = await delivered(conn)
        started = time.monotonic()
        await happen(conn, [company_id], 1)
        await until_delivered(conn, before + 1, look_every_s=0.001)
        delays.append(time.monotonic() - started)
    return delays


if __name__ == "__main__":
    if "--serve" in sys.argv:
        asyncio.run(serve())
    elif "--work" in sys.argv:
        work(sys.argv[-1])
    else:
        print_rows("Web hooks", asyncio.run(run(quick="--quick" in sys.argv)))
