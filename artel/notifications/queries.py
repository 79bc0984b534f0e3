"""Reading what was sent."""

from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one


class Backlog(msgspec.Struct, frozen=True):
    waiting: int
    oldest: datetime | None
    last_error: str | None


async def waiting_messages(conn: Connection) -> Backlog:
    """What has not been sent, and what the last failed attempt said."""
    row = await fetch_one(
        conn,
        Backlog,
        """
        SELECT count(*) AS waiting, min(created_at) AS oldest,
               (array_agg(last_error ORDER BY id DESC) FILTER (WHERE last_error IS NOT NULL))[1] AS last_error
        FROM message
        WHERE sent_at IS NULL AND gave_up_at IS NULL
        """,
    )
    assert row is not None
    return row
