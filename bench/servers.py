"""Real processes to measure: an embedded database of their own, the server, the worker."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from artel.db.embedded import start_embedded, stop_embedded
from artel.db.migrate import migrate

SECRET = "a secret of the measurements, and of nothing else"


@contextlib.contextmanager
def empty_database() -> Iterator[str]:
    """The URL of a migrated, empty database on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="artel-bench-") as folder:
        home = Path(folder)
        url = start_embedded(home / "pg")
        try:
            migrate(url)
            yield url
        finally:
            stop_embedded(home / "pg")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def environment(url: str, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "ARTEL_DATABASE_URL": url,
        "ARTEL_SECRET": SECRET,
        "ARTEL_PORT": str(port or 8000),
        "ARTEL_LOG_LEVEL": "WARNING",
        "ARTEL_HOME": tempfile.gettempdir(),
    }


@contextlib.contextmanager
def running(command: str, url: str, *, port: int = 0, cpus: set[int] | None = None) -> Iterator[psutil.Process]:
    """`artel serve` or `artel worker` on the database; for the server, once it answers."""
    process = subprocess.Popen([sys.executable, "-m", "artel", command], env=environment(url, port))
    try:
        if cpus:
            os.sched_setaffinity(process.pid, cpus)
        if port:
            wait_for_answer(f"http://127.0.0.1:{port}/health/ready")
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def wait_for_answer(address: str, *, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if answers(address):
            return
        time.sleep(0.02)
    raise TimeoutError(f"{address} did not answer in {timeout_s} s")


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def resident_mib(process: psutil.Process) -> float:
    """Memory of a process and its children that is in RAM."""
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_info().rss for member in family) / 2**20
