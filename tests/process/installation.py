"""A sandbox of real processes, in a home and on a port of its own."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from artel.db.embedded import file_lock, is_running, running_url, server_pid, stop_embedded
from tests.waiting import free_port, wait_for

ROOT = Path(__file__).parent.parent.parent
START_TIMEOUT_S = 60


class Installation:
    def __init__(self, home: Path, *, port: int | None = None, **settings: str) -> None:
        self.home = home
        self.port = port or free_port()
        self.settings = settings
        self.output = home.with_name(f"{home.name}.output")
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        """An `artel` command with this installation's settings, in a process group of its own."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ARTEL_")}
        environment |= {"ARTEL_HOME": str(self.home), "ARTEL_PORT": str(self.port), **self.settings}
        return subprocess.Popen(
            [sys.executable, "-m", "artel", *arguments],
            env=environment,
            cwd=ROOT,
            start_new_session=True,
            **options,
        )

    def run(self, *arguments: str, standard_input: str = "") -> tuple[int, str, str]:
        """A command to its end: exit code, output, errors."""
        pipe = subprocess.PIPE
        process = self.command(*arguments, stdin=pipe, stdout=pipe, stderr=pipe)
        try:
            out, err = process.communicate(standard_input.encode(), timeout=START_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, out.decode(), err.decode()

    def start(self, **options: Any) -> None:
        """Start the sandbox and wait until it serves."""
        with self.output.open("wb") as output:
            self.process = self.command("sandbox", stdout=output, stderr=output, **options)
        wait_for(lambda: self.is_ready() or self.process is None or self.process.poll() is not None)
        assert self.process.poll() is None, self.output.read_text()
        wait_for(lambda: "is ready" in self.output.read_text())

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def is_ready(self) -> bool:
        return self.get("/health/ready") == 200

    def get(self, path: str) -> int | None:
        """The status of a GET, or None where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def child(self, role: str) -> int:
        """The process id of the server or the worker."""
        for pid in processes():
            command = arguments_of(pid)
            if command[-2:] == ["artel.process.child", role] and parent_of(pid) == self.pid:
                return pid
        raise LookupError(role)

    def family(self) -> list[int]:
        """Every process of this installation that runs: by the home in its environment or arguments."""
        mark = str(self.home).encode()
        return [pid for pid in processes() if is_running(pid) and mark in environment_and_arguments(pid)]

    def processor_s(self) -> float:
        """What its processes, and those of theirs that have ended, have used of the processors."""
        used = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:15] for pid in self.family()]
        return sum(int(ticks) for process in used for ticks in process) / os.sysconf("SC_CLK_TCK")

    @property
    def database_pid(self) -> int:
        pid = server_pid((self.home / "pg").resolve())
        assert pid is not None
        return pid

    @property
    def database_url(self) -> str:
        url = self.settings.get("ARTEL_DATABASE_URL") or running_url(self.home / "pg")
        assert url is not None
        return url

    def note(self, text: str) -> None:
        """Commit something that has to be found again."""
        with psycopg.connect(self.database_url, autocommit=True, connect_timeout=5) as conn:
            conn.execute(
                "INSERT INTO sandbox_webhook (received_at, headers, body) VALUES (clock_timestamp(), '{}', %s)", [text]
            )

    def notes(self) -> set[str]:
        with psycopg.connect(self.database_url, autocommit=True, connect_timeout=5) as conn:
            return {row[0] for row in conn.execute("SELECT body FROM sandbox_webhook")}

    def stop(self, order: int = signal.SIGTERM) -> int:
        """Stop it in an orderly way; the exit code."""
        assert self.process is not None
        self.process.send_signal(order)
        return self.process.wait(timeout=30)

    def remove(self) -> None:
        """Leave nothing behind, whatever the test did."""
        for pid in self.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        stop_embedded(self.home / "pg")


def processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def arguments_of(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    return []


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def environment_and_arguments(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder outside pytest's own, which is closed to the account that the database runs as."""
    path = Path(tempfile.mkdtemp(prefix="artel-process-"))
    try:
        yield path
    finally:
        subprocess.run(["rm", "-rf", str(path)], check=False)


def filled_home(shared_folder: Path, home: Path) -> None:
    """Copy a home that has been through its first start, which is made once a run."""
    original = shared_folder / "home"
    with file_lock(shared_folder / "home.lock"):
        if not original.exists():
            first = Installation(shared_folder / "home.new")
            first.start()
            assert first.stop() == 0
            first.home.rename(original)
    subprocess.run(["cp", "-a", str(original), str(home)], check=True)
    shutil.rmtree(home / "files", ignore_errors=True)


def seed_of(home: Path) -> dict[str, Any]:
    seed = json.loads((home / "sandbox.json").read_text())
    assert isinstance(seed, dict)
    return seed
