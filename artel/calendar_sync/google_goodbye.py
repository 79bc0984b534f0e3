"""Parting with Google: the channel is stopped, and with the last calendar of an account its tokens are given back."""

from artel import clock
from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.google_accounts import account_by_id, tokens_of, with_token
from artel.calendar_sync.outcomes import note_goodbye
from artel.calendar_sync.sources import Taken, still_ours
from artel.calendar_sync.tools import Tools
from artel.db.rows import fetch_value


async def say_goodbye(tools: Tools, taken: Taken) -> None:
    """Raises SyncFailed. An account that Google knows no more, or that is linked anew, needs no goodbye."""
    if taken.channel_id is not None and taken.channel_resource is not None:
        channel, resource = taken.channel_id, taken.channel_resource

        async def stop(token: str) -> None:
            await tools.google.stop(token, channel_id=channel, resource_id=resource)

        try:
            await with_token(tools, taken.account_id, stop)
        except SyncFailed as failure:
            if failure.word not in {"account_broken", "unreadable"}:
                raise
    if await is_last(tools, taken):
        try:
            await tools.google.revoke(await tokens_of(tools, taken.account_id))
        except SyncFailed as failure:
            if failure.word not in {"account_broken", "unreadable"}:
                raise
    async with tools.database.transaction() as conn:
        if await still_ours(conn, taken):
            await note_goodbye(conn, taken, failures=0, now=clock.now())


async def is_last(tools: Tools, taken: Taken) -> bool:
    """Whether the tokens are to be given back now. Of several calendars that part at once the last to come here
    does it: until then the others need them to stop their channels."""
    async with tools.database.transaction() as conn:
        await conn.execute(
            """
            UPDATE calendar_source
            SET channel_id = NULL, channel_resource = NULL
            WHERE id = %(id)s AND attempt = %(attempt)s
            """,
            {"id": taken.id, "attempt": taken.attempt},
        )
        await conn.execute("SELECT FROM google_account WHERE id = %(id)s FOR UPDATE", {"id": taken.account_id})
        account = await account_by_id(conn, taken.account_id or 0)
        if account is None or account.deleted_at is None or account.credentials is None:
            return False
        # Google takes back all that a person has allowed us, so another calendar that lives of it is left alone.
        is_needed = await fetch_value(
            conn,
            """
            SELECT EXISTS (
                    SELECT FROM calendar_source
                    WHERE account_id = %(account)s AND id <> %(source)s AND next_sync_at IS NOT NULL
                        AND channel_id IS NOT NULL
                )
                OR EXISTS (SELECT FROM google_account WHERE subject = %(subject)s AND deleted_at IS NULL)
            """,
            {"account": account.id, "source": taken.id, "subject": account.subject},
        )
        return not is_needed
