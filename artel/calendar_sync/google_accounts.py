"""Google accounts that people have let in: kept open, broken, and listed again from time to time."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from psycopg.types.json import Jsonb

from artel import clock
from artel.calendar_sync.credentials import Locker, Unreadable
from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.google_api import Tokens, TokensRefused
from artel.calendar_sync.outcomes import tell_owner
from artel.calendar_sync.tools import Tools
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.operations import audit

Result = TypeVar("Result")
LIST_EVERY = timedelta(hours=1)
LIST_BATCH = 5


def seal_tokens(locker: Locker, tokens: Tokens) -> bytes:
    return locker.seal(msgspec.to_builtins(tokens))


class Account(msgspec.Struct, frozen=True):
    id: int
    person_id: int
    calendar_id: int
    subject: str
    credentials: bytes | None
    broken_at: datetime | None
    deleted_at: datetime | None


async def account_by_id(conn: Connection, account_id: int) -> Account | None:
    return await fetch_one(
        conn,
        Account,
        """
        SELECT id, person_id, calendar_id, subject, credentials, broken_at, deleted_at
        FROM google_account
        WHERE id = %(id)s
        """,
        {"id": account_id},
    )


async def with_token(tools: Tools, account_id: int | None, work: Callable[[str], Awaitable[Result]]) -> Result:
    """What `work` answers for an access token that Google takes; no transaction is open meanwhile.

    A token that has expired, or is not taken, is renewed once. Raises SyncFailed: account_broken when Google takes
    nothing of the account any more, which its owner is told once; else what went wrong.
    """
    tokens = await tokens_of(tools, account_id)
    if not tokens.is_fresh(clock.outside_now()):
        tokens = await renew(tools, account_id, tokens)
    try:
        return await work(tokens.access_token)
    except TokensRefused:
        tokens = await renew(tools, account_id, tokens)
    try:
        return await work(tokens.access_token)
    except TokensRefused:
        raise SyncFailed("unauthorized") from None


async def tokens_of(tools: Tools, account_id: int | None) -> Tokens:
    async with tools.database.connection() as conn:
        account = await account_by_id(conn, account_id or 0)
    if account is None or account.credentials is None or account.broken_at is not None:
        raise SyncFailed("account_broken", is_final=True)
    try:
        return msgspec.convert(tools.locker.open(account.credentials), Tokens)
    except (Unreadable, msgspec.ValidationError):
        raise SyncFailed("unreadable", is_final=True) from None


async def renew(tools: Tools, account_id: int | None, tokens: Tokens) -> Tokens:
    try:
        renewed = await tools.google.refresh(tokens)
    except TokensRefused:
        async with tools.database.transaction() as conn:
            await break_account(conn, account_id, now=clock.now())
        raise SyncFailed("account_broken", is_final=True) from None
    async with tools.database.transaction() as conn:
        await conn.execute(
            """
            UPDATE google_account
            SET credentials = %(credentials)s
            WHERE id = %(id)s AND credentials IS NOT NULL AND broken_at IS NULL
            """,
            {"id": account_id, "credentials": seal_tokens(tools.locker, renewed)},
        )
    return renewed


async def break_account(conn: Connection, account_id: int | None, *, now: datetime) -> None:
    """Nothing is tried with it until it is linked again; its owner is told, once, however many sources it has."""
    await conn.execute(
        "SELECT FROM calendar_source WHERE account_id = %(id)s ORDER BY id FOR NO KEY UPDATE", {"id": account_id}
    )
    account = await fetch_one(
        conn,
        Account,
        """
        UPDATE google_account
        SET broken_at = %(now)s, next_list_at = NULL, updated_at = %(now)s
        WHERE id = %(id)s AND broken_at IS NULL
        RETURNING id, person_id, calendar_id, subject, credentials, broken_at, deleted_at
        """,
        {"id": account_id, "now": now},
    )
    if account is None:
        return
    await conn.execute(
        """
        UPDATE calendar_source
        SET broken_at = %(now)s, error = 'account_broken', next_sync_at = NULL
        WHERE account_id = %(id)s AND deleted_at IS NULL
        """,
        {"id": account.id, "now": now},
    )
    await audit.record(
        conn,
        "google_account.broken",
        subject="google_account",
        subject_id=account.id,
        actor_id=None,
        company_id=None,
        now=now,
    )
    if account.deleted_at is None:
        await tell_owner(
            conn, account.person_id, account.calendar_id, "google_account_broken", account.subject, now=now
        )


class _Due(msgspec.Struct, frozen=True):
    id: int


async def take_accounts_to_list(conn: Connection, *, now: datetime) -> list[int]:
    """Accounts whose calendars are to be listed again; a try that is lost is made at the next turn."""
    rows = await fetch_all(
        conn,
        _Due,
        """
        WITH due AS MATERIALIZED (
            SELECT id
            FROM google_account
            WHERE next_list_at <= %(now)s
            ORDER BY next_list_at
            LIMIT %(batch)s
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE google_account AS a
        SET next_list_at = %(next)s
        FROM due
        WHERE a.id = due.id
        RETURNING a.id
        """,
        {"now": now, "next": now + LIST_EVERY, "batch": LIST_BATCH},
    )
    return [row.id for row in rows]


async def list_again(tools: Tools, account_id: int) -> None:
    """Raises SyncFailed."""
    calendars = await with_token(tools, account_id, tools.google.calendars)
    async with tools.database.transaction() as conn:
        await conn.execute(
            "UPDATE google_account SET calendars = %(calendars)s WHERE id = %(id)s AND deleted_at IS NULL",
            {"id": account_id, "calendars": Jsonb(calendars)},
        )
