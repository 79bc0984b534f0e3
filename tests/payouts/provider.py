"""A payment provider of its own process, for tests: it pays once per key, and writes down everything it is told.

    python -m tests.payouts.provider PORT_FILE

GET /log answers what was said, in order, and what was paid. POST /hold {"moment"} makes the next order stop there,
"received" before it is taken or "taken" before it is answered, until {"moment": null}; GET /held tells whether one
has stopped. An order's outcome follows from its key, so that whoever reads the log knows it.
"""

import json
import sys
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

OUTCOMES = ("completed", "declined", "partial", "slow")
ASKED_BEFORE_DONE = 2  # a slow order is done when it has been asked after this often


def outcome_of(key: str) -> str:
    return OUTCOMES[int(key.rsplit("-", 1)[1]) % len(OUTCOMES)]


class Books:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.log: list[list[str]] = []
        self.orders: dict[str, dict[str, Any]] = {}
        self.paid: list[str] = []
        self.hold: str | None = None
        self.held = False

    def stop_at(self, moment: str) -> None:
        while True:
            with self.lock:
                if self.hold != moment:
                    self.held = False
                    return
                self.held = True
            time.sleep(0.01)

    def take(self, key: str, order: dict[str, Any]) -> dict[str, Any]:
        self.stop_at("received")
        with self.lock:
            self.log.append(["send", key, "again" if key in self.orders else "new"])
            if key not in self.orders:
                self.orders[key] = {**order, "asked": 0}
                if outcome_of(key) != "declined":
                    self.paid.append(key)
        self.stop_at("taken")
        return self.answer(key)

    def ask(self, key: str) -> dict[str, Any] | None:
        with self.lock:
            known = key in self.orders
            self.log.append(["ask", key, "known" if known else "unknown"])
            if not known:
                return None
            self.orders[key]["asked"] += 1
        return self.answer(key)

    def answer(self, key: str) -> dict[str, Any]:
        outcome, order = outcome_of(key), self.orders[key]
        if outcome == "slow":
            outcome = "completed" if order["asked"] >= ASKED_BEFORE_DONE else "accepted"
        reply = {"outcome": outcome, "reference": f"ref-{key}"}
        if outcome == "partial":
            reply["completed_amount"] = str((Decimal(order["amount"]) * 3 / 4).quantize(Decimal("0.01")))
        return reply


BOOKS = Books()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""

    def reply(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        if self.path == "/log":
            self.reply(200, {"log": BOOKS.log, "paid": BOOKS.paid})
        elif self.path == "/held":
            self.reply(200, BOOKS.held)
        else:
            answer = BOOKS.ask(self.path.removeprefix("/orders/"))
            self.reply(404 if answer is None else 200, answer)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/hold":
            BOOKS.hold = body["moment"]
            self.reply(200, None)
        else:
            self.reply(200, BOOKS.take(self.headers["Idempotency-Key"], body))


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that died in the middle is what these tests are about."""


def main() -> None:
    server = Server(("127.0.0.1", 0), Handler)
    port_file = Path(sys.argv[1])
    port_file.with_suffix(".new").write_text(str(server.server_address[1]))
    port_file.with_suffix(".new").rename(port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
