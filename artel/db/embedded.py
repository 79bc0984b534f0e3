"""The embedded PostgreSQL: a real server out of a wheel, in a folder of its own.

Only the wheel's programs are used. It listens on a unix socket alone, and the socket lies where nobody but
the server's account can reach it, so it asks for no password. PostgreSQL refuses to run as root: started by
root it runs as an unprivileged account, and the folders above the data are made passable (not readable) for it.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

from artel.db import server_account
from artel.db.server_account import Account, EmbeddedServerFailed

DATABASE = "artel"
PORT = 5432  # names the socket's file; nothing listens on TCP
SOCKET_PATH_BYTES = 100  # what a unix socket's path may take everywhere, with a few to spare
START_TIMEOUT_S = 120  # recovery after a power cut reads back what the last checkpoint had not written
STOP_TIMEOUT_S = 30
LOG_KEPT_BYTES = 10_000_000
# Sized for a small machine that runs the application too.
SERVER_OPTIONS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",  # data in memory or on flash: an index is worth more than the default believes
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
}

# Servers this process started: it is their parent and has to collect them when they end.
_children: dict[Path, subprocess.Popen[bytes]] = {}


def start_embedded(folder: Path) -> str:
    """Start the server on `folder` (made when missing), or find it running; answer the database's URL."""
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(folder.with_name(f"{folder.name}.lock")):
            return bring_up(folder)
    except (OSError, psycopg.Error) as error:
        reason = f"the embedded PostgreSQL cannot use {folder}: {getattr(error, 'strerror', None) or error}"
        raise EmbeddedServerFailed(reason) from error


def bring_up(folder: Path) -> str:
    """Have a server that answers. One found running may be on its way up or down, or dying at this moment."""
    end = time.monotonic() + START_TIMEOUT_S
    while True:
        if server_status(folder) == "stopping":
            wait_until_gone(folder, timeout_s=STOP_TIMEOUT_S)
        if server_pid(folder) is None:
            forget_stale_server(folder)
            account = server_account.for_folder(folder)
            make_cluster(folder, account)
            launch(folder, account)
        try:
            return prepare(folder)
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def stop_embedded(folder: Path) -> None:
    """Stop the server in an orderly way; connections are cut, what was committed stays."""
    folder = folder.resolve()
    pid = server_pid(folder)
    if pid is None:
        return
    # "Fast" first. One that hangs is told to quit without tidying up: its log has all that was committed.
    for order, patience_s in ((signal.SIGINT, STOP_TIMEOUT_S), (signal.SIGQUIT, 5)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, order)
        if wait_until_gone(folder, timeout_s=patience_s):
            break
    remove_spare_socket_folder(folder)


def running_url(folder: Path) -> str | None:
    """The database's URL where the server runs and takes connections, or None."""
    folder = folder.resolve()
    return server_url(folder, DATABASE) if server_status(folder) == "ready" else None


def make_cluster(folder: Path, account: Account) -> None:
    """The empty cluster. Made aside and renamed, so that a half-made one is never taken for whole."""
    if (folder / "PG_VERSION").exists():
        return
    aside = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    if folder.exists():
        folder.rmdir()  # an empty one is ours to take; anything else stops us here
    aside.mkdir(mode=0o700)
    account.own(aside)
    # C.UTF-8 from PostgreSQL itself: the same order and letter case on every machine, whatever its LANG.
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    with folder.with_name(f"{folder.name}.log").open("ab") as log:
        made = account.run("initdb", "--auth=trust", "--username=postgres", *locale, "-D", str(aside), output=log)
    if made != 0:
        raise EmbeddedServerFailed(f"the embedded PostgreSQL could not make its files:\n{log_tail(folder)}")
    aside.rename(folder)


def launch(folder: Path, account: Account) -> None:
    """Start the server process, in a session of its own so that Ctrl-C does not reach it, and wait for it."""
    log_path = folder.with_name(f"{folder.name}.log")
    if log_path.exists() and log_path.stat().st_size > LOG_KEPT_BYTES:
        log_path.replace(log_path.with_suffix(".log.1"))
    sockets = socket_folder(folder)
    if sockets != folder:
        make_spare_socket_folder(sockets, account)
    options = [f"--{name}={value}" for name, value in SERVER_OPTIONS.items()]
    with log_path.open("ab") as log:
        process = account.start(
            "postgres", "-D", str(folder), "-h", "", "-p", str(PORT), "-k", str(sockets), *options, output=log
        )
    _children[folder] = process
    end = time.monotonic() + START_TIMEOUT_S
    while server_status(folder) != "ready":
        if process.poll() is not None or time.monotonic() > end:
            raise EmbeddedServerFailed(f"the embedded PostgreSQL did not start:\n{log_tail(folder)}")
        time.sleep(0.01)


def prepare(folder: Path) -> str:
    """The database itself, made on the first start; answers its URL."""
    with psycopg.connect(server_url(folder, "postgres"), autocommit=True) as conn:
        if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            conn.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
    return server_url(folder, DATABASE)


def server_url(folder: Path, database: str) -> str:
    """The port is named so that a PGPORT in the environment changes nothing."""
    sockets = pid_file_line(folder, 5) or str(socket_folder(folder))
    return f"postgresql://postgres@/{database}?host={quote(sockets, safe='/')}&port={PORT}"


def pid_file_line(folder: Path, number: int) -> str | None:
    """PostgreSQL's own note about a running server: 1 its process, 5 the socket's folder, 8 its status."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    return lines[number - 1].strip() if len(lines) >= number else None


def server_pid(folder: Path) -> int | None:
    """The process that serves this folder, or None. A number left by a dead server does not count."""
    child = _children.get(folder)
    if child is not None and child.poll() is None:
        return child.pid
    _children.pop(folder, None)
    first_line = pid_file_line(folder, 1)
    if first_line is None or not first_line.isdigit():
        return None
    pid = int(first_line)
    if not is_running(pid):
        return None
    command = Path(f"/proc/{pid}/cmdline")
    with contextlib.suppress(OSError):
        if str(folder).encode() not in command.read_bytes().split(b"\0"):
            return None  # the number went to somebody else's process
    return pid


def server_status(folder: Path) -> str | None:
    """ "starting", "ready" or "stopping"; None where no server runs."""
    return pid_file_line(folder, 8) if server_pid(folder) is not None else None


def forget_stale_server(folder: Path) -> None:
    """After kill -9 or a power cut, the lock files may name a process that is gone or somebody else's by now.

    The dead server's backends leave by themselves within moments; the files go only after they did, since two
    servers on one folder would destroy it.
    """
    end = time.monotonic() + 10
    while (left := processes_in(folder)) and time.monotonic() < end:
        time.sleep(0.02)
    if left:
        raise EmbeddedServerFailed(f"processes {left} of an earlier PostgreSQL still run on {folder}; end them first")
    (folder / "postmaster.pid").unlink(missing_ok=True)
    (socket_folder(folder) / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def processes_in(folder: Path) -> list[int]:
    """Running processes whose working directory is the folder: PostgreSQL's own all are."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == folder and is_running(int(entry.name)):
                found.append(int(entry.name))
    return found


def is_running(pid: int) -> bool:
    """Whether the process exists and has not ended (one whose parent has not collected it yet has)."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    except (OSError, IndexError):
        return sys.platform != "linux"
    return state != "Z"


def wait_until_gone(folder: Path, *, timeout_s: float) -> bool:
    """Wait for the folder's server to end; whether it did."""
    end = time.monotonic() + timeout_s
    while server_pid(folder) is not None:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def socket_folder(folder: Path) -> Path:
    """Where the socket lies: with the data, or, where that path is too long for a socket, in a short one.

    PostgreSQL reads the setting as a list, so a comma, a quote or a leading @ sends it to the short one too.
    """
    path = str(folder)
    if len(os.fsencode(f"{path}/.s.PGSQL.{PORT}.lock")) <= SOCKET_PATH_BYTES and not set(path) & set(',"\\'):
        return folder
    name = f"artel-{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}"
    parents = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 the folder made there is private
    fits = [p for p in parents if len(os.fsencode(p / name)) + 24 <= SOCKET_PATH_BYTES]
    return (fits or parents)[0].resolve() / name


def make_spare_socket_folder(path: Path, account: Account) -> None:
    """A private folder in a public place: whoever made it first must have been us."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        account.own(path)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) & 0o077:
        raise EmbeddedServerFailed(f"{path} exists and is not ours; remove it, or set ARTEL_HOME to a shorter path")


def remove_spare_socket_folder(folder: Path) -> None:
    sockets = socket_folder(folder)
    if sockets != folder:
        with contextlib.suppress(OSError):
            sockets.rmdir()


@contextlib.contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """One process at a time; a process that dies lets go."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def log_tail(folder: Path) -> str:
    """The log's last lines, where the reason stands."""
    try:
        text = folder.with_name(f"{folder.name}.log").read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-8:])
