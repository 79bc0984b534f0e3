"""What Google tells of by itself."""

from datetime import datetime

from artel.calendar_sync.rules import CHANNEL
from artel.db.pool import Connection


async def look_again(conn: Connection, channel_id: str, *, now: datetime) -> bool:
    """Let the source of a channel be synced at once; False for a channel that is not, or no longer, ours.

    One that is under way at this moment is looked at once more: it may have read just before the change.
    """
    cursor = await conn.execute(
        """
        UPDATE calendar_source
        SET next_sync_at = least(next_sync_at, %(now)s)
        WHERE channel_id = %(channel)s AND deleted_at IS NULL AND next_sync_at IS NOT NULL
        """,
        {"channel": channel_id, "now": now},
    )
    if cursor.rowcount:
        await conn.execute("SELECT pg_notify(%(name)s, '')", {"name": CHANNEL})
    return cursor.rowcount > 0
