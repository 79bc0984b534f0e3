"""What is forgotten from time to time: codes, links, tokens and sessions that nobody can use any more."""

from datetime import datetime, timedelta

from procrastinate import JobContext

from artel import clock
from artel.db.pool import Connection
from artel.operations.queue import queue, workshop_of
from artel.operations.rate_limits import forget_old_windows

# An ended session still says from where somebody signed in, and why it ended.
KEEP_SESSIONS = timedelta(days=90)


@queue.periodic(cron="17 * * * *")
@queue.task(name="forget_expired", pass_context=True)
async def forget(context: JobContext, timestamp: int) -> None:
    async with workshop_of(context).database.transaction() as conn:
        await forget_expired(conn, now=clock.now())


async def forget_expired(conn: Connection, *, now: datetime) -> None:
    """Delete what has expired; none of it was good for anything. Spent refresh tokens stay until then: their second
    use has to be noticed."""
    await conn.execute("DELETE FROM one_time_code WHERE expires_at < %(now)s", {"now": now})
    await conn.execute("DELETE FROM page_link WHERE expires_at < %(now)s", {"now": now})
    await conn.execute("DELETE FROM refresh_token WHERE expires_at < %(now)s", {"now": now})
    await conn.execute(
        """
        DELETE FROM session AS s
        WHERE s.expires_at < %(before)s AND NOT EXISTS (SELECT FROM refresh_token WHERE session_id = s.id)
        """,
        {"before": now - KEEP_SESSIONS},
    )
    await forget_old_windows(conn, now=now)
