"""Bring a database to this version's schema, and say how one stands without loading the migration tool.

Alembic takes most of a second to import, so it is loaded only when there is something to apply: the newest revision
is the last file of `migrations/versions`, named by its number.
"""

from pathlib import Path
from typing import Literal

import psycopg

MINIMUM_SERVER_VERSION = 150000
CONNECT_TIMEOUT_S = 5
# Two processes that start together must not migrate together; the number is arbitrary and only ours.
MIGRATION_LOCK = 4_713_001

MIGRATIONS = Path(__file__).parent / "migrations"
SchemaState = Literal["empty", "behind", "current", "newer"]


class DatabaseUnusable(Exception):
    """The database cannot be used as it stands. The message says why and what to do, in one line."""


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    """A plain connection for commands, refusing a server that is out of reach or too old."""
    try:
        conn = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, application_name="artel")
    except psycopg.OperationalError as error:
        reason = f"the database {place(url)} cannot be reached: {first_line(error)}"
        raise DatabaseUnusable(f"{reason}. Check ARTEL_DATABASE_URL and that the server runs.") from error
    except psycopg.ProgrammingError as error:
        raise DatabaseUnusable(
            f"ARTEL_DATABASE_URL cannot be read: {first_line(error)}. It looks like postgresql://user:password@host/name"
        ) from error
    if conn.info.server_version < MINIMUM_SERVER_VERSION:
        version = conn.info.server_version // 10000
        conn.close()
        raise DatabaseUnusable(f"the database {place(url)} is PostgreSQL {version}: version 15 or newer is needed")
    return conn


def migrate(url: str) -> SchemaState:
    """Apply every revision that is missing; how the schema stood before. Safe from several processes, and again.

    All of them go in one transaction: a failure leaves the schema as it was. Refuses DatabaseUnusable where a newer
    version of Artel has already been at the database.
    """
    with connect(url) as conn:
        conn.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        state = schema_state(conn)
        if state == "newer":
            raise DatabaseUnusable(
                f"the database {place(url)} was migrated by a newer version of Artel: install that one, or restore "
                "the backup made before it"
            )
        if state != "current":
            apply_revisions(url)
        return state


def apply_revisions(url: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def schema_state(conn: "psycopg.Connection[tuple[object, ...]]") -> SchemaState:
    """How the database stands beside this version's newest revision."""
    known = conn.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    row = conn.execute("SELECT version_num FROM alembic_version").fetchone() if known and known[0] else None
    if row is None:
        return "empty"
    if row[0] == newest_revision():
        return "current"
    return "behind" if row[0] in revisions() else "newer"


def revisions() -> list[str]:
    """The names of this version's revisions, oldest first."""
    return sorted(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def newest_revision() -> str:
    return revisions()[-1]


def place(url: str) -> str:
    """The database in words that may be shown: no password."""
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "of ARTEL_DATABASE_URL"
    host, port, name = parts.get("host") or "localhost", parts.get("port"), parts.get("dbname")
    return f"{name or ''}@{host}{f':{port}' if port and not str(host).startswith('/') else ''}"


def first_line(error: Exception) -> str:
    """What the driver says, without its advice and without repeating where."""
    text = str(error).strip().splitlines()[0]
    return text.removeprefix("connection failed: ").removeprefix("connection is bad: ").rstrip(".")
