"""People with calendars, servers outside, and the worker's loop between them."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
from psycopg.sql import SQL, Identifier

from artel import clock
from artel.calendar_sync.syncing import calendar_loop
from artel.calendars.rules import default_calendar
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_value
from artel.operations.due import DueLoop
from artel.process.due import Runner
from artel.process.listener import listening
from artel.process.worker import wake_ups
from artel.settings import Settings
from tests import cast
from tests.cast import Someone
from tests.waiting import until


async def add_owner(
    conn: Connection, settings: Settings, email: str = "anna@example.test", timezone: str = "Europe/Berlin"
) -> tuple[Someone, int]:
    """Somebody signed in, and the calendar that is theirs."""
    now = clock.now()
    person = await cast.add_person(conn, email, now=now)
    await conn.execute("UPDATE person SET timezone = %s WHERE id = %s", [timezone, person])
    calendar = await default_calendar(conn, person, now=now)
    return await cast.sign_in(conn, settings, person, None, now=now), calendar


def ics(*events: list[str], extra: str = "") -> bytes:
    """A calendar file of these events' lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", *extra.splitlines()]
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    return ("\r\n".join([*lines, "END:VCALENDAR"]) + "\r\n").encode()


def stamp(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


class ImportedRow(msgspec.Struct):
    id: int
    external_id: str
    label: str
    starts_at: datetime
    ends_at: datetime
    sequence: int
    is_busy: bool


async def imported(conn: Connection) -> list[ImportedRow]:
    """Every event taken from outside, and whether it takes time."""
    return await fetch_all(
        conn,
        ImportedRow,
        """
        SELECT e.id, e.external_id, e.label, e.starts_at, e.ends_at, e.sequence,
            EXISTS (
                SELECT FROM busy_span AS b
                WHERE b.event_id = e.id AND b.starts_at = e.starts_at AND b.ends_at = e.ends_at
                    AND NOT b.is_exclusive
            ) AS is_busy
        FROM calendar_event AS e
        WHERE e.source_id IS NOT NULL AND e.deleted_at IS NULL
        ORDER BY e.starts_at, e.external_id
        """,
    )


async def spans(conn: Connection) -> int:
    return int(await fetch_value(conn, "SELECT count(*) FROM busy_span"))


@contextlib.asynccontextmanager
async def syncing(database: Database, settings: Settings, loop: DueLoop | None = None) -> AsyncIterator[Runner]:
    """The loop as a worker runs it."""
    runner = Runner(loop or calendar_loop(settings), database)
    async with listening(database.url, wake_ups([runner])):
        task = asyncio.create_task(runner.run())
        try:
            yield runner
        finally:
            runner.stop()
            await asyncio.wait_for(task, timeout=20)


async def sync_now(database: Database, settings: Settings, *, loop: DueLoop | None = None) -> None:
    """Sync everything, whenever it would be due, and wait until it is done."""
    async with database.connection() as conn:
        due = await conn.execute(
            "UPDATE calendar_source SET next_sync_at = %s WHERE next_sync_at IS NOT NULL", [clock.now()]
        )
        if not due.rowcount:
            return
        before = await fetch_value(conn, "SELECT coalesce(sum(attempt), 0) FROM calendar_source")
        async with syncing(database, settings, loop) as runner:
            runner.wake()

            async def is_done() -> bool:
                left = await fetch_value(
                    conn,
                    "SELECT count(*) FROM calendar_source WHERE next_sync_at <= %s OR leased_until IS NOT NULL",
                    [clock.now()],  # type: ignore[arg-type]
                )
                after = await fetch_value(conn, "SELECT coalesce(sum(attempt), 0) FROM calendar_source")
                return bool(left == 0 and after > before)

            await until(is_done, timeout_s=60)


class SourceState(msgspec.Struct):
    id: int
    error: str | None
    failures: int
    next_sync_at: datetime | None
    broken_at: datetime | None
    deleted_at: datetime | None
    sync_token: str | None
    attempt: int


async def states(conn: Connection) -> list[SourceState]:
    return await fetch_all(
        conn,
        SourceState,
        """
        SELECT id, error, failures, next_sync_at, broken_at, deleted_at, sync_token, attempt
        FROM calendar_source
        ORDER BY id
        """,
    )


class Reply(msgspec.Struct, frozen=True):
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}


class Asked(msgspec.Struct, frozen=True):
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    visits = 0

    def get_request(self) -> Any:
        self.visits += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is what some tests are about."""


class Outside:
    """A real HTTP server on this machine; `answer` says what it replies."""

    def __init__(self, answer: Callable[[Asked], Reply] = lambda _: Reply(404)) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        outside = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, self.rfile.read(length))
                outside.asked.append(asked)
                reply = outside.answer(asked)
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if reply.status not in {204, 304}:
                    self.wfile.write(reply.body)

            def log_message(self, *_: Any) -> None:
                pass

        for method in ("GET", "POST", "PUT", "DELETE", "PROPFIND", "REPORT"):
            setattr(Handler, f"do_{method}", Handler.handle_any)
        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def visits(self) -> int:
        return self._server.visits

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class FeedServer(Outside):
    """A feed that is asked with conditions; `body` is what it has."""

    def __init__(self, body: bytes = b"") -> None:
        self.body = body
        self.status = 200
        super().__init__(self.reply)

    @property
    def etag(self) -> str:
        return f'"{hash(self.body) & 0xFFFFFFFF:x}"'

    def reply(self, asked: Asked) -> Reply:
        if self.status != 200:
            return Reply(self.status)
        if asked.headers.get("if-none-match") == self.etag:
            return Reply(304)
        return Reply(200, self.body, {"ETag": self.etag, "Content-Type": "text/calendar"})


async def add_meeting(
    conn: Connection, calendar_id: int, start: datetime, *, label: str = "Consultation", status: int = 200
) -> int:
    """A meeting of ours, as the rules of events write it."""
    return int(
        await fetch_value(
            conn,
            """
            INSERT INTO calendar_event
                (type_id, status_id, creator_id, calendar_id, label, timezone, starts_at, ends_at, created_at,
                updated_at)
            SELECT 1, %(status)s, c.person_id, c.id, %(label)s, c.timezone, %(start)s, %(start)s + interval '1 hour',
                %(now)s, %(now)s
            FROM calendar AS c
            WHERE c.id = %(calendar)s
            RETURNING id
            """,
            {"calendar": calendar_id, "start": start, "label": label, "status": status, "now": clock.now()},
        )
    )


async def change_meeting(conn: Connection, event_id: int, **values: object) -> None:
    """Set columns of it, as a change does: later, and in a higher edition."""
    for name, value in values.items():
        await conn.execute(
            SQL("UPDATE calendar_event SET {} = %s, updated_at = %s, sequence = sequence + 1 WHERE id = %s").format(
                Identifier(name)
            ),
            [value, clock.now(), event_id],
        )
