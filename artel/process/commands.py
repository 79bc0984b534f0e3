"""The database for a command that is run beside, or without, a running installation."""

import contextlib
from collections.abc import AsyncIterator, Iterator

import msgspec

from artel.db.embedded import running_url, start_embedded, stop_embedded
from artel.db.migrate import connect, schema_state
from artel.db.pool import Database
from artel.process.checks import CannotStart, Home
from artel.settings import Settings


@contextlib.contextmanager
def usable_database(settings: Settings) -> Iterator[Settings]:
    """Settings that name a database: the one set, or the embedded one, found running or run for the block alone."""
    with contextlib.ExitStack() as stack:
        url = settings.database_url or running_url(settings.home / "pg")
        if url is None:
            # Held while the database runs for us, so that no sandbox starts on it and is left without it.
            home = Home(settings.home, "a command")
            stack.callback(home.release)
            stack.callback(stop_embedded, home.path / "pg")
            url = start_embedded(home.path / "pg")
        yield msgspec.structs.replace(settings, database_url=url)


def has_database(settings: Settings) -> bool:
    return not settings.uses_embedded_database or (settings.home / "pg").exists()


@contextlib.contextmanager
def migrated_database(settings: Settings) -> Iterator[Settings]:
    """As `usable_database`, refusing one whose schema is not this version's, and making none."""
    if not has_database(settings):
        raise CannotStart(
            f"there is no sandbox in {settings.home}: `artel sandbox` makes one, ARTEL_HOME names another's folder and "
            "ARTEL_DATABASE_URL a database"
        )
    with usable_database(settings) as usable:
        require_migrated(usable.database_url)
        yield usable


def require_migrated(url: str) -> None:
    """Refuse a database whose schema is not this version's."""
    with connect(url) as conn:
        state = schema_state(conn)
    if state != "current":
        what = "has a newer version's schema: install that version" if state == "newer" else "is not migrated"
        raise CannotStart(f"the database {what}" + ("" if state == "newer" else ": run `artel migrate` first"))


@contextlib.asynccontextmanager
async def small_database(settings: Settings) -> AsyncIterator[Database]:
    """A pool of the size a command needs."""
    database = Database(settings.database_url, size=2)
    await database.open()
    try:
        yield database
    finally:
        await database.close()
