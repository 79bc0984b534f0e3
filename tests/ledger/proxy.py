"""A network that fails: stands between a client and PostgreSQL and does what real ones do."""

import asyncio
import contextlib
import random
import socket
import struct
from enum import Enum

from psycopg.conninfo import conninfo_to_dict, make_conninfo

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST


class Fault(Enum):
    """What happens to the next request of a connection."""

    RESET_BEFORE = "the connection is reset before the server gets it"
    RESET_AFTER = "the server gets it, and the connection is reset at once"
    REPLY_LOST = "the server answers; the connection is reset instead of handing the answer on"
    SILENCE = "the server answers; nothing is handed on and nothing closed"
    HALF_CLOSE = "the server gets it; the client's reading side ends, its writing side stays"
    LATE = "the client is cut off; the server gets it a while later"


class FaultyProxy:
    """Listens on a port of its own. `next_fault` strikes once; `rate` makes faults come by chance."""

    def __init__(self, url: str, *, seed: int = 0, rate: float = 0, latency_s: float = 0) -> None:
        self.server_parts = conninfo_to_dict(url)
        self.chance = random.Random(seed)
        self.rate = rate
        self.latency_s = latency_s
        self.late_s = 0.3
        self.next_fault: Fault | None = None
        self.struck: list[Fault] = []
        self.has_struck = asyncio.Event()
        self.is_refusing = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.clients: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "FaultyProxy":
        self.listener = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.listener.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        port = self.listener.sockets[0].getsockname()[1]
        kept = {name: value for name, value in self.server_parts.items() if name in {"user", "password", "dbname"}}
        return make_conninfo(**kept, host="127.0.0.1", port=port)

    def cut_all(self) -> None:
        """Every connection there is, and none any more until `is_refusing` is taken back."""
        self.is_refusing = True
        for client in list(self.clients):
            reset(client)

    async def accept(self, client_reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if self.is_refusing:
            reset(client)
            return
        self.clients.add(client)
        server_reader, server = await self.connect()
        connection = Connection(self, client, server)
        self.start(connection.requests(client_reader))
        self.start(connection.replies(server_reader))

    async def connect(self) -> Streams:
        host, port = str(self.server_parts.get("host") or "localhost"), self.server_parts.get("port") or 5432
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, int(port))

    def start(self, coroutine: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.create_task(coroutine)  # type: ignore[arg-type]
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def draw_fault(self, request: bytes) -> Fault | None:
        """Faults strike where money moves: at a request that posts."""
        if b"payment" not in request:
            return None
        fault = self.next_fault
        if fault is None and self.chance.random() < self.rate:
            fault = self.chance.choice(list(Fault))
        self.next_fault = None
        if fault:
            self.struck.append(fault)
            self.has_struck.set()
        return fault


class Connection:
    """One client's way to the server and back."""

    def __init__(self, proxy: FaultyProxy, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.proxy = proxy
        self.client = client
        self.server = server
        self.fault: Fault | None = None

    async def requests(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError, OSError):
            while request := await reader.read(1 << 20):
                if self.proxy.latency_s:
                    await asyncio.sleep(self.proxy.chance.random() * self.proxy.latency_s)
                self.fault = self.fault or self.proxy.draw_fault(request)
                if self.fault is Fault.RESET_BEFORE:
                    break
                if self.fault is Fault.LATE:
                    reset(self.client)
                    await asyncio.sleep(self.proxy.late_s)
                self.server.write(request)
                await self.server.drain()
                if self.fault is Fault.HALF_CLOSE and self.client.can_write_eof():
                    self.client.write_eof()
                if self.fault is Fault.RESET_AFTER:
                    reset(self.client)
        self.close()

    async def replies(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(ConnectionError, OSError):
            while reply := await reader.read(1 << 20):
                if self.fault is Fault.REPLY_LOST:
                    break
                if self.fault is None:
                    self.client.write(reply)
                    await self.client.drain()
        if self.fault is not Fault.SILENCE:
            self.close()

    def close(self) -> None:
        self.proxy.clients.discard(self.client)
        reset(self.client)
        if self.fault is not Fault.LATE:
            self.server.close()


def reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        held = writer.get_extra_info("socket")
        if held is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
