"""Real databases for tests: one server a run, one migrated template, a clone for each test process.

A test gets its process's clone as the template was: `restore` empties it in milliseconds, a clone costs a tenth of a
second and hundreds of files. A clone that cannot be restored is thrown away.
"""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg

from artel.db.embedded import file_lock, start_embedded
from artel.db.migrate import migrate


def server_url(shared_folder: Path) -> str:
    """The run's server: ARTEL_TEST_DATABASE_URL, or an embedded one that all processes of this run share."""
    given = os.environ.get("ARTEL_TEST_DATABASE_URL")
    if given:
        return given
    with file_lock(shared_folder / "server.lock"):
        url = start_embedded(shared_folder / "pg")
        forgo_durability(url)
        return url


def forgo_durability(url: str) -> None:
    """No test pulls this server's plug (those that do start one of their own), so nothing waits for its disk."""
    with psycopg.connect(url, autocommit=True) as conn:
        for option in ("fsync", "full_page_writes", "synchronous_commit"):
            conn.execute(f"ALTER SYSTEM SET {option} = off")
        conn.execute("SELECT pg_reload_conf()")


def with_database(url: str, name: str) -> str:
    head, _, tail = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}{'?' + tail if tail else ''}"


def template(url: str, shared_folder: Path) -> str:
    """The name of the migrated template; made by whichever process comes first."""
    marker = shared_folder / "template"
    with file_lock(shared_folder / "template.lock"):
        if not marker.exists():
            name = f"artel_template_{uuid.uuid4().hex[:12]}"
            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            migrate(with_database(url, name))
            marker.write_text(name)
    return marker.read_text()


@contextlib.contextmanager
def clone(url: str, template_name: str) -> Iterator[str]:
    """A database of its own, gone afterwards."""
    name = f"artel_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template_name} STRATEGY FILE_COPY")
    try:
        yield with_database(url, name)
    finally:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


# Rows that the migrations wrote.
KEPT_TABLES = ["alembic_version", "currency"]
# As a superuser, past foreign keys and the ledger's own guards: only tables that hold something are touched.
RESTORE = """
DO $$
DECLARE
    place record;
    holds boolean;
BEGIN
    -- A test that changed the schema spoils its clone for others.
    IF to_regclass('agreement_template') IS NULL OR EXISTS (
        SELECT FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'
    ) THEN
        RAISE EXCEPTION 'the schema was changed';
    END IF;
    SET LOCAL session_replication_role = replica;
    SET LOCAL lock_timeout = '5s';
    FOR place IN
        SELECT c.oid::regclass AS name
        FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> ALL ({kept})
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', place.name) INTO holds;
        IF holds THEN
            EXECUTE format('DELETE FROM %s', place.name);
        END IF;
    END LOOP;
    FOR place IN
        SELECT s.schemaname, s.sequencename, s.start_value
        FROM pg_sequences AS s
        WHERE s.schemaname = 'public' AND s.last_value IS NOT NULL
    LOOP
        PERFORM setval(format('%I.%I', place.schemaname, place.sequencename)::regclass, place.start_value, false);
    END LOOP;
END $$
""".replace("{kept}", f"ARRAY{KEPT_TABLES!r}")


def restore(url: str) -> None:
    """Make a used clone as new. Whoever is still connected is cut off first, and can write nothing afterwards."""
    with psycopg.connect(url, autocommit=True) as conn:
        for _ in range(50):
            cursor = conn.execute(
                """
                SELECT count(pg_terminate_backend(pid, 2000))
                FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
                """
            )
            row = cursor.fetchone()
            if row is not None and row[0] == 0:
                break
        conn.execute(RESTORE)


class Clones:
    """This process's clone, lent to one test at a time."""

    def __init__(self, url: str, template_name: str) -> None:
        self._url = url
        self._template = template_name
        self._open = contextlib.ExitStack()
        self._clone = ""

    @contextlib.contextmanager
    def lend(self) -> Iterator[str]:
        if not self._clone:
            self._clone = self._open.enter_context(clone(self._url, self._template))
        try:
            yield self._clone
        finally:
            try:
                restore(self._clone)
            except psycopg.Error:
                self.close()

    def close(self) -> None:
        self._clone = ""
        self._open.close()
