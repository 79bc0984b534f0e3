"""One way up, once, whoever else goes it; and one line where it cannot be gone."""

import contextlib
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from artel.db.migrate import (
    MIGRATIONS,
    DatabaseUnusable,
    connect,
    migrate,
    newest_revision,
    place,
    revisions,
    schema_state,
)
from tests.databases import clone


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    with clone(server_url, "template0") as url:
        yield url


def state(url: str) -> str:
    with connect(url) as conn:
        return schema_state(conn)


def test_revisions_are_the_migration_tools_own() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert newest_revision() == scripts.get_current_head()
    assert revisions() == [script.revision for script in reversed(list(scripts.walk_revisions()))]


def test_up_once(empty_database: str) -> None:
    assert state(empty_database) == "empty"
    assert migrate(empty_database) == "empty"
    assert state(empty_database) == "current"
    assert migrate(empty_database) == "current"


def test_two_at_once_do_it_once(empty_database: str) -> None:
    code = "import sys; from artel.db.migrate import migrate; print(migrate(sys.argv[1]))"
    both = [
        subprocess.Popen([sys.executable, "-c", code, empty_database], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert sorted(process.communicate(timeout=60)[0].strip() for process in both) == ["current", "empty"]


def test_older_and_newer_schemas_are_told_apart(empty_database: str) -> None:
    migrate(empty_database)
    with connect(empty_database) as conn:
        conn.execute("UPDATE alembic_version SET version_num = %s", [revisions()[0]])
        assert schema_state(conn) == "behind"
        conn.execute("UPDATE alembic_version SET version_num = '9999_future'")
        assert schema_state(conn) == "newer"
    with pytest.raises(DatabaseUnusable, match="newer version of Artel"):
        migrate(empty_database)


def test_a_failed_migration_changes_nothing(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as conn:
        conn.execute("CREATE TABLE message (other text)")  # in the way of the last revision
    with pytest.raises(Exception, match="already exists"):
        migrate(empty_database)
    assert state(empty_database) == "empty"
    with psycopg.connect(empty_database) as conn:
        assert conn.execute("SELECT to_regclass('person')").fetchone() == (None,)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("postgresql://ann:hush@127.0.0.1:1/artel", "artel@127.0.0.1:1 cannot be reached"),
        ("postgresql://ann:hush@/artel?host=/nowhere", "cannot be reached"),
        ("artel.example", "ARTEL_DATABASE_URL cannot be read"),
    ],
)
def test_out_of_reach_is_one_line_without_the_password(url: str, text: str) -> None:
    with pytest.raises(DatabaseUnusable) as refused:
        connect(url)
    assert text in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "hush" not in str(refused.value)
    assert "hush" not in place(url)


def test_a_server_that_is_too_old_is_named() -> None:
    with server_of_version("14.9") as port, pytest.raises(DatabaseUnusable, match="PostgreSQL 14: version 15 or newer"):
        connect(f"postgresql://ann@127.0.0.1:{port}/artel?sslmode=disable&gssencmode=disable")


@contextlib.contextmanager
def server_of_version(version: str) -> Iterator[int]:
    """A port where somebody speaks just enough of PostgreSQL's protocol to say which version it is."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=greet, args=(listener, version), daemon=True).start()
    with listener:
        yield int(listener.getsockname()[1])


def greet(listener: socket.socket, version: str) -> None:
    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!I", len(body) + 4) + body

    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(
            message(b"R", struct.pack("!I", 0))
            + message(b"S", b"server_version\0" + version.encode() + b"\0")
            + message(b"S", b"client_encoding\0UTF8\0")
            + message(b"K", struct.pack("!II", 1, 1))
            + message(b"Z", b"I")
        )
        connection.recv(4096)
