"""A web hook receiver on this machine: a real HTTP server that keeps what it gets and answers as told."""

import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from artel import clock


class Received(msgspec.Struct, frozen=True):
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes
    at: datetime  # by the business's clock
    monotonic: float
    answered: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = msgspec.json.decode(self.body)
        return event


class Reply(msgspec.Struct, frozen=True):
    status: int = 200
    headers: dict[str, str] = {}
    body: bytes = b"thanks"
    delay_s: float = 0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    visits = 0

    def get_request(self) -> Any:
        self.visits += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that died in the middle is what some tests are about."""


class Receiver:
    """`answer` says what to reply to the n-th request, counted from 0."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[int], Reply] = lambda _: Reply()
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver._lock:
                    reply = receiver.answer(len(receiver.received))
                    receiver.received.append(
                        Received(self.path, headers, body, clock.now(), time.monotonic(), reply.status)
                    )
                time.sleep(reply.delay_s)
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def do_GET(self) -> None:
                receiver.received.append(Received(self.path, {}, b"", clock.now(), time.monotonic(), 200))
                self.send_error(405)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def visits(self) -> int:
        """Connections taken, whether anything was said on them or not."""
        return self._server.visits

    def ids(self) -> list[str]:
        return [one.id for one in self.received]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Silent:
    """Takes connections and says nothing, or drips an answer that never ends."""

    def __init__(self, drip: bytes = b"", pause_s: float = 0.2) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self._drip = drip
        self._pause_s = pause_s
        self._open = True
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while self._open:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.recv(65536)
            while self._open:
                if self._drip:
                    connection.sendall(self._drip)
                time.sleep(self._pause_s)
        except OSError:
            pass
        finally:
            connection.close()

    def stop(self) -> None:
        self._open = False
        self._socket.close()
