"""Starting, stopping, and being killed: nothing is lost and nobody is left behind."""

import json
import os
import signal
import socket
import subprocess
import threading

import psycopg
import pytest

from artel.db.embedded import is_running
from tests.process.installation import Installation, parent_of, scratch_folder
from tests.waiting import free_port, wait_for

# What a start on existing data may take of the processors, which does not hang on how busy they are. Two of them have
# it done in less than 4 s; more than one thing happens at a time.
RESTART_PROCESSOR_S = 6.0


def test_start_stop_and_start_again(installation: Installation) -> None:
    installation.start()
    said = installation.output.read_text()
    assert f"http://127.0.0.1:{installation.port}/api/docs" in said
    assert str(installation.home) in said
    assert_that_it_works_as_said(said)
    installation.note("before the stop")
    server, worker = installation.child("server"), installation.child("worker")
    assert os.getpgid(server) == os.getpgid(worker) == installation.pid

    assert installation.stop(signal.SIGTERM) == 0
    assert "Traceback" not in installation.output.read_text()
    assert installation.family() == []

    installation.start()
    assert installation.processor_s() < RESTART_PROCESSOR_S
    assert "before the stop" in installation.notes()
    # Ctrl-C reaches every process of the group at once.
    os.killpg(installation.pid, signal.SIGINT)
    assert installation.process is not None
    assert installation.process.wait(timeout=30) == 0
    assert "Traceback" not in installation.output.read_text()
    assert installation.family() == []


def assert_that_it_works_as_said(said: str) -> None:
    """The commands it prints are run as they stand: sign in, then ask with the token, let money arrive, and find who is
    free."""
    commands = [line.strip() for line in said.splitlines() if line.startswith("  ") and "curl -s" in line]
    assert len(commands) == 4
    answers = subprocess.run(
        ["bash", "-c", "set -eu\n" + "; echo\n".join(commands)], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    companies, topped_up, found = [json.loads(line) for line in answers if line.strip()]
    assert [company["id"] for company in companies["items"]][:1] == [topped_up["companyId"]]
    assert topped_up["amount"] == 1000
    assert {item["schedule"]["slug"] for item in found["data"]} == {"sample-first-talk", "sample-consultation"}


def test_killed_supervisor_leaves_nobody_and_loses_nothing(installation: Installation) -> None:
    installation.start()
    installation.note("before the kill")
    os.kill(installation.pid, signal.SIGKILL)
    wait_for(lambda: installation.family() == [], timeout_s=20)

    installation.start()
    assert "before the kill" in installation.notes()
    # The whole group at once; and the next start comes while the database is still being stopped.
    os.killpg(installation.pid, signal.SIGKILL)
    installation.start()
    assert "before the kill" in installation.notes()
    assert installation.stop() == 0


def test_whatever_dies_is_started_again(installation: Installation) -> None:
    installation.start()
    server, worker = installation.child("server"), installation.child("worker")
    serving = [pid for pid in installation.family() if parent(pid) == server]
    assert len(serving) == 1
    for victim in (serving[0], server, worker):
        installation.note(f"before {victim}")
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda victim=victim: not is_running(victim))  # type: ignore[misc]
        wait_for(installation.is_ready)
    wait_for(lambda: has_child(installation, "worker"))
    assert installation.child("server") != server
    assert installation.child("worker") != worker
    assert {f"before {victim}" for victim in (serving[0], server, worker)} <= installation.notes()
    # A closed terminal stops it too.
    os.killpg(installation.pid, signal.SIGHUP)
    assert installation.process is not None
    assert installation.process.wait(timeout=30) == 0
    assert installation.family() == []


def parent(pid: int) -> int | None:
    try:
        return parent_of(pid)
    except OSError:
        return None


def has_child(installation: Installation, role: str) -> bool:
    try:
        return installation.child(role) > 0
    except LookupError:
        return False


def test_killed_database_keeps_what_was_acknowledged(installation: Installation) -> None:
    installation.start()
    acknowledged: list[str] = []
    enough = threading.Event()

    def write() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            try:
                installation.note(f"note {number}")
            except (psycopg.Error, AssertionError):
                continue
            acknowledged.append(f"note {number}")

    writer = threading.Thread(target=write)
    writer.start()
    wait_for(lambda: len(acknowledged) > 20)
    old = installation.database_pid
    os.kill(old, signal.SIGKILL)
    before = len(acknowledged)
    wait_for(lambda: len(acknowledged) > before + 20)
    enough.set()
    writer.join()
    assert installation.database_pid != old
    assert set(acknowledged) <= installation.notes()
    wait_for(installation.is_ready)
    # Nobody's request meets a connection that died with the database.
    assert [installation.get("/sandbox/messages") for _ in range(20)] == [200] * 20
    assert installation.stop() == 0
    assert installation.family() == []


def test_two_side_by_side_and_a_second_on_the_same_home(installation: Installation, database_url: str) -> None:
    with scratch_folder() as folder:
        other = Installation(folder / "home", ARTEL_DATABASE_URL=database_url)
        installation.start()
        other.start()
        assert installation.get("/health/ready") == other.get("/health/ready") == 200

        same = Installation(installation.home)
        code, _, errors = same.run("sandbox")
        assert code == 1
        assert errors.count("\n") == 1
        assert f"in use by another Artel (process {installation.pid} at http://127.0.0.1:{installation.port})" in errors

        assert other.stop() == 0
        assert installation.is_ready()
        assert installation.stop() == 0


REFUSALS = {
    "port in use": ({}, "is in use: stop what listens there, or set ARTEL_PORT"),
    "home is a file": ({"ARTEL_HOME": "file"}, "cannot be written"),
    "database out of reach": ({"ARTEL_DATABASE_URL": "postgresql://artel:hush@127.0.0.1:1/artel"}, "cannot be reached"),
    "database unreadable": ({"ARTEL_DATABASE_URL": "postgres"}, "ARTEL_DATABASE_URL cannot be read"),
    "host of another machine": ({"ARTEL_HOST": "192.0.2.1"}, "ARTEL_HOST=192.0.2.1 cannot be listened on"),
    "bad port": ({"ARTEL_PORT": "http"}, "ARTEL_PORT='http' cannot be used"),
    "no sandbox": ({"ARTEL_SANDBOX": "0"}, "unset it, or start `artel serve`"),
    "bad mail server": ({"ARTEL_SMTP_URL": "mail.example.org"}, "ARTEL_SMTP_URL cannot be read"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_start_says_so_in_one_line(case: str) -> None:
    settings, text = REFUSALS[case]
    with scratch_folder() as folder:
        if "ARTEL_HOME" in settings:
            (folder / "file").write_text("not a folder")
            settings = settings | {"ARTEL_HOME": str(folder / "file")}
        here = Installation(folder / "home", **settings)
        with listener(here.port):
            if case != "port in use":
                here.port = free_port()
            code, output, errors = here.run("sandbox")
        assert code == 1
        assert errors.startswith("artel: ")
        assert text in errors
        assert errors.count("\n") == 1
        assert output == ""
        assert "hush" not in errors
        assert here.family() == []


def listener(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    return listening


def test_first_start_on_a_long_path_with_spaces() -> None:
    """From nothing, on a path that no socket can have."""
    with scratch_folder() as folder:
        here = Installation(folder / ("Мой Artel, $HOME's " + "long " * 20).strip())
        here.start()
        here.note("kept")
        assert here.stop() == 0
        assert here.run("doctor")[0] == 0
        assert here.family() == []
