"""What every wire format needs from the running application, kept in the app's state."""

from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.datastructures import State

from artel.db.pool import Database
from artel.files.store import FileStore
from artel.settings import Settings

Connection = ASGIConnection[Any, Any, Any, State]


class Context(msgspec.Struct, frozen=True):
    settings: Settings
    database: Database
    files: FileStore

    @classmethod
    def over(cls, settings: Settings, database: Database) -> "Context":
        return cls(settings, database, FileStore(settings.files_url, settings.home))


def context_of(connection: Connection) -> Context:
    context: Context = connection.app.state.context
    return context


def client_address(connection: Connection) -> str:
    """The peer's address, for rate limits and the session's record."""
    return connection.client.host if connection.client else "unknown"
