"""`artel sandbox`: database, server and worker under one supervisor, in one process group.

The supervisor starts the server and the worker first: they load their modules while it starts the database. It
starts again whatever dies, stops everything in order when it is told to, and when it is killed itself the children
end with it (artel.process.parent) and the guard stops the database.
"""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from artel.db.embedded import server_pid, start_embedded, stop_embedded
from artel.db.migrate import migrate
from artel.db.server_account import EmbeddedServerFailed
from artel.process.banner import banner, keep_base_url
from artel.process.checks import CannotStart, Home, check_settings, require_free_port
from artel.process.children import Child, say, stop_children
from artel.settings import Settings, kept_secret

READY_TIMEOUT_S = 60.0
LOOK_EVERY_S = 0.2
DATABASE_PAUSE_S = 5.0
ORDERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked the sandbox to stop."""


def run_sandbox(settings: Settings) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP. Raises CannotStart, EmbeddedServerFailed, DatabaseUnusable, BadSetting."""
    started = time.monotonic()
    check_settings(settings)
    home = Home(settings.home, settings.base_url)
    with obeying_orders():
        try:
            Sandbox(settings, home, started).run()
        finally:
            home.release()


@contextlib.contextmanager
def obeying_orders() -> Iterator[None]:
    """The first order to stop ends the block, later ones are ignored: stopping is under way."""

    def obey(number: int, frame: FrameType | None) -> None:
        for order in ORDERS:
            signal.signal(order, signal.SIG_IGN)
        raise Stopped

    for order in ORDERS:
        signal.signal(order, obey)
    with contextlib.suppress(Stopped):
        yield


class Sandbox:
    def __init__(self, settings: Settings, home: Home, started: float) -> None:
        self.settings = settings
        self.home = home
        self.started = started
        self.children: list[Child] = []
        self.guard: subprocess.Popen[bytes] | None = None

    @property
    def data_folder(self) -> Path:
        return (self.home.path / "pg").resolve()

    def run(self) -> None:
        patience_s = 10.0 if self.home.was_killed else 0.0
        require_free_port(self.settings.host, self.settings.port, patience_s=patience_s)
        try:
            self.start()
            self.watch()
        finally:
            self.stop()

    def start(self) -> None:
        server = Child("server")
        self.children = [server]
        if self.settings.uses_embedded_database:
            self.guard = start_guard(self.home.path)
        environment = self.environment(self.start_database())
        self.prepare_data(environment)
        server.go(environment)
        worker = Child("worker")
        self.children.append(worker)
        worker.go(environment)
        self.wait_until_ready(server)
        print(banner(self.settings, self.home.path, seconds=time.monotonic() - self.started), flush=True)

    def start_database(self) -> str:
        return start_embedded(self.data_folder) if self.settings.uses_embedded_database else self.settings.database_url

    def environment(self, database_url: str) -> dict[str, str]:
        """What makes a child a part of this sandbox."""
        return {
            "ARTEL_SANDBOX": "1",
            "ARTEL_HOME": str(self.home.path),
            "ARTEL_DATABASE_URL": database_url,
            "ARTEL_SECRET": self.settings.secret or kept_secret(self.home.path),
        }

    def prepare_data(self, environment: dict[str, str]) -> None:
        """Schema and reference data where they are not this version's, sample data on the first start."""
        before = migrate(environment["ARTEL_DATABASE_URL"])
        first = before == "empty" or not (self.home.path / "sandbox.json").exists()
        if not first and before == "current":
            keep_base_url(self.home.path, self.settings.base_url)
            return
        if first:
            print("First start: filling the sandbox …", flush=True)
        child = Child("fill" if first else "load")
        self.children.append(child)
        child.go(environment)
        code = child.wait()
        self.children.remove(child)
        if code != 0:
            raise CannotStart(f"the data could not be loaded (exit code {code}); the reason is above")

    def wait_until_ready(self, server: Child) -> None:
        end = time.monotonic() + READY_TIMEOUT_S
        while not answers(self.settings):
            for child in self.children:
                if child.exit_code is not None:
                    raise CannotStart(f"the {child.role} did not start; the reason is above")
            if time.monotonic() > end:
                raise CannotStart(f"the server does not answer at {self.settings.base_url}; the reason may be above")
            time.sleep(0.03)

    def watch(self) -> None:
        """Until told to stop: whatever died is started again."""
        while True:
            time.sleep(LOOK_EVERY_S)
            if self.settings.uses_embedded_database and server_pid(self.data_folder) is None:
                self.revive_database()
            for child in self.children:
                child.revive()

    def stop(self) -> None:
        """In order: nobody new is let in, what is in hand is finished, then the database goes."""
        stop_children(self.children)
        if self.settings.uses_embedded_database:
            stop_embedded(self.data_folder)
        if self.guard is not None:
            self.guard.kill()
            self.guard.wait()

    def revive_database(self) -> None:
        """Start it again; the server and the worker find it by themselves. What was committed is in its log."""
        say("the database died and is started again")
        try:
            self.start_database()
        except EmbeddedServerFailed as error:
            say(f"the database does not start: {error}")
            time.sleep(DATABASE_PAUSE_S)


def answers(settings: Settings) -> bool:
    """Whether the server can serve: it answers, and its database does."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def start_guard(home: Path) -> subprocess.Popen[bytes]:
    """Let a shell wait for this process's end, however it comes: its input ends with us. Then it runs the guard.

    In a session of its own, so that what kills the whole group leaves it.
    """
    command = ["/bin/sh", "-c", 'read _; exec "$@"', "artel-guard"]
    return subprocess.Popen(
        [*command, sys.executable, "-m", "artel.process.guard", str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=os.getcwd(),
        start_new_session=True,
    )
