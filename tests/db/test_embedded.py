"""The embedded server starts from whatever state it was left in, and never twice on one folder."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from artel.db.embedded import (
    running_url,
    server_pid,
    server_status,
    socket_folder,
    start_embedded,
    stop_embedded,
)
from artel.db.server_account import EmbeddedServerFailed, for_folder
from tests.process.installation import scratch_folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A made cluster, not running; copied by each test that needs one."""
    with scratch_folder() as folder:
        start_embedded(folder / "pg")
        stop_embedded(folder / "pg")
        yield folder / "pg"


@pytest.fixture
def folder(cluster: Path) -> Iterator[Path]:
    with scratch_folder() as home:
        subprocess.run(["cp", "-a", str(cluster), str(home / "pg")], check=True)
        yield home / "pg"
        stop_embedded(home / "pg")


def value(url: str, sql: str) -> object:
    with psycopg.connect(url, autocommit=True) as conn:
        row = conn.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_started_again_and_taken_over(folder: Path) -> None:
    assert running_url(folder) is None
    url = start_embedded(folder)
    pid = server_pid(folder)
    assert start_embedded(folder) == url == running_url(folder)
    assert server_pid(folder) == pid
    # Letter case and order are PostgreSQL's own, whatever this machine's language.
    assert value(url, "SELECT lower('ЁЖ')") == "ёж"
    assert value(url, "SELECT current_setting('TimeZone') || ' ' || current_setting('max_connections')") == "UTC 200"
    stop_embedded(folder)
    assert server_status(folder) is None
    stop_embedded(folder)  # and stopping what does not run is nothing


def test_nobody_else_reaches_the_socket(folder: Path) -> None:
    start_embedded(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / ".s.PGSQL.5432").stat().st_mode) == 0o700


def test_after_kill_what_was_committed_is_there(folder: Path) -> None:
    url = start_embedded(folder)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("CREATE TABLE kept (a int)")
        conn.execute("INSERT INTO kept VALUES (1)")
    pid = server_pid(folder)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert value(start_embedded(folder), "SELECT a FROM kept") == 1
    assert server_pid(folder) != pid


def test_a_stale_note_that_names_somebody_elses_process(folder: Path) -> None:
    url = start_embedded(folder)
    note = (folder / "postmaster.pid").read_text()
    stop_embedded(folder)
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (folder / "postmaster.pid").write_text("\n".join([str(other.pid), *note.splitlines()[1:], ""]))
        assert server_pid(folder) is None
        stop_embedded(folder)
        assert other.poll() is None
        assert start_embedded(folder) == url
    finally:
        other.kill()
        other.wait()


def test_two_starts_at_once_make_one_server(folder: Path) -> None:
    code = "import sys, pathlib, artel.db.embedded as e; print(e.start_embedded(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(folder)]
    with ThreadPoolExecutor(3) as threads:
        urls = set(threads.map(lambda _: subprocess.check_output(command, text=True).strip(), range(3)))
    assert urls == {running_url(folder)}
    assert value(urls.pop(), "SELECT 1") == 1


def test_a_cluster_half_made_is_made_again() -> None:
    with scratch_folder() as home:
        (home / "pg.new").mkdir()
        (home / "pg.new" / "PG_VERSION").write_text("18\n")  # as initdb leaves it when it is killed
        (home / "pg").mkdir()
        try:
            assert value(start_embedded(home / "pg"), "SELECT 1") == 1
        finally:
            stop_embedded(home / "pg")


def test_a_folder_with_something_else_in_it_is_left_alone() -> None:
    with scratch_folder() as home:
        (home / "pg").mkdir()
        (home / "pg" / "diary.txt").write_text("mine")
        with pytest.raises(EmbeddedServerFailed, match="not empty"):
            start_embedded(home / "pg")
        assert (home / "pg" / "diary.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["with space, comma and 'quote'", "$HOME `id` %20", "длинный путь " + "x" * 90])
def test_any_path_will_do(cluster: Path, name: str) -> None:
    with scratch_folder() as home:
        folder = home / name / "pg"
        folder.parent.mkdir()
        subprocess.run(["cp", "-a", str(cluster), str(folder)], check=True)
        try:
            assert value(start_embedded(folder), "SELECT 1") == 1
            assert len(os.fsencode(socket_folder(folder))) < 90
        finally:
            stop_embedded(folder)
        assert socket_folder(folder) == folder or not socket_folder(folder).exists()


def test_a_spare_socket_folder_made_by_somebody_else_is_not_trusted(cluster: Path) -> None:
    with scratch_folder() as home:
        folder = home / ("x" * 100) / "pg"
        folder.parent.mkdir()
        subprocess.run(["cp", "-a", str(cluster), str(folder)], check=True)
        spare = socket_folder(folder)
        spare.mkdir(mode=0o777)
        spare.chmod(0o777)
        try:
            with pytest.raises(EmbeddedServerFailed, match="is not ours"):
                start_embedded(folder)
        finally:
            shutil.rmtree(spare)


def test_data_of_another_version_are_named_not_touched(folder: Path) -> None:
    (folder / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedServerFailed, match="made by PostgreSQL 12, which is not installed"):
        start_embedded(folder)


def test_stray_settings_of_the_environment_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("LC_ALL", "xx_XX.nonsense")
    assert value(start_embedded(folder), "SELECT 1") == 1


def test_the_reason_of_a_failed_start_is_told(folder: Path) -> None:
    with (folder / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedServerFailed, match='unrecognized configuration parameter "no_such_setting"'):
        start_embedded(folder)
    assert server_pid(folder) is None


def test_an_ordinary_user_makes_starts_and_stops_their_own() -> None:
    """In a child that is nobody where the tests run as root; the data folder is nobody's from then on."""
    with scratch_folder() as home:
        home.chmod(0o777)
        folder = home / "own" / "pg"
        child = os.fork()
        if child == 0:
            code = 1
            try:
                become_ordinary()
                assert value(start_embedded(folder), "SELECT 1") == 1
                stop_embedded(folder)
                code = 0 if server_pid(folder) is None else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        # Root serves it as its owner, and leaves it usable for them.
        owner = folder.stat().st_uid
        assert for_folder(folder).uid == owner
        assert value(start_embedded(folder), "SELECT 1") == 1
        stop_embedded(folder)
        assert {path.stat().st_uid for path in folder.rglob("*")} == {owner}


def become_ordinary() -> None:
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)


def test_the_server_is_never_root(folder: Path) -> None:
    start_embedded(folder)
    pid = server_pid(folder)
    assert pid is not None
    uid = Path(f"/proc/{pid}").stat().st_uid
    assert uid != 0
    assert uid == folder.stat().st_uid
