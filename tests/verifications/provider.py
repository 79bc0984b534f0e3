"""A provider of checks as the document describes one: a real server that can be slow, silent, or wrong."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from artel.verifications.reports import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature

SECRET = "a secret shared with the provider, long enough"


class StandIn:
    """`says` is what it answers; `loses_replies` takes the check and never answers; `is_down` answers 503."""

    def __init__(self) -> None:
        self.says: dict[str, Any] = {"status": "pending"}
        self.checks: dict[str, dict[str, Any]] = {}
        self.keys: list[str] = []
        self.calls: list[str] = []
        self.loses_replies = False
        self.is_down = False
        self.takes_nothing = False
        self.stops_at = ""  # "received" or "taken": there it waits, with the caller waiting for it
        self.stopped = threading.Event()
        self.released = threading.Event()
        self.left = threading.Event()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def handle_call(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                timestamp = self.headers[TIMESTAMP_HEADER]
                assert abs(time.time() - int(timestamp)) < 60
                assert self.headers[SIGNATURE_HEADER] == signature(SECRET, timestamp, body)
                stand_in.calls.append(f"{self.command} {self.path}")
                if stand_in.is_down:
                    return self.answer(503, {})
                if self.command == "POST":
                    if stand_in.takes_nothing:
                        return self.close_connection_now()
                    if stand_in.stop_at("received"):
                        return self.close_connection_now()
                    check = json.loads(body)
                    stand_in.keys.append(self.headers["Idempotency-Key"])
                    stand_in.checks[check["id"]] = check
                    stand_in.stop_at("taken")
                    if stand_in.loses_replies:
                        return self.close_connection_now()
                    return self.answer(201, {"id": check["id"], **stand_in.says})
                name = self.path.rsplit("/", 1)[1]
                return (
                    self.answer(200, {"id": name, **stand_in.says}) if name in stand_in.checks else self.answer(404, {})
                )

            def do_POST(self) -> None:
                self.handle_call()

            def do_GET(self) -> None:
                self.handle_call()

            def close_connection_now(self) -> None:
                self.connection.close()

            def answer(self, status: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # connections closed on purpose

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop_at(self, point: str) -> bool:
        """Wait here, where the test says so; whether it did."""
        if self.stops_at != point:
            return False
        self.stopped.set()
        self.released.wait(30)
        self.left.set()
        return True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
