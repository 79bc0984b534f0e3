"""Google accounts that people have let in: linked, kept open, broken, and listed again from time to time."""

import base64
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from psycopg.types.json import Jsonb

from artel import clock
from artel.calendar_sync.credentials import Locker, Unreadable
from artel.calendar_sync.errors import LinkIncomplete, LinkStateRefused
from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.google_api import Client, Google, Tokens, TokensRefused, consent_url
from artel.calendar_sync.rules import CHANNEL
from artel.calendar_sync.sources import tell_owner
from artel.calendar_sync.tools import Tools
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.operations import audit

Result = TypeVar("Result")
LINK_LIFETIME = timedelta(minutes=15)
LIST_EVERY = timedelta(hours=1)
LIST_BATCH = 5


class LinkState(msgspec.Struct, frozen=True):
    """Whose consent is asked for, for which calendar. It goes to Google and comes back, encrypted."""

    person_id: int
    calendar_id: int
    nonce: str
    at: int  # seconds since 1970


def begin_link(client: Client, locker: Locker, *, person_id: int, calendar_id: int, now: datetime) -> str:
    """The address at Google where the person says yes; it leads back with a code.

    Source: "Get Google Calendar OAuth URL for linking external calendar".
    """
    state = LinkState(person_id, calendar_id, secrets.token_urlsafe(16), int(now.timestamp()))
    return consent_url(
        client, state=locker.seal(msgspec.structs.asdict(state)).decode(), verifier=verifier_of(locker, state)
    )


def verifier_of(locker: Locker, state: LinkState) -> str:
    """PKCE's, which only we can tell from the state."""
    return base64.urlsafe_b64encode(locker.derive("google verifier", state.nonce)).rstrip(b"=").decode()


def read_state(locker: Locker, text: str, *, now: datetime) -> LinkState:
    """Refuses: LinkStateRefused for a state that is not ours, or older than 15 minutes."""
    try:
        state = msgspec.convert(locker.open(text.encode(errors="replace")), LinkState)
    except (Unreadable, msgspec.ValidationError):
        raise LinkStateRefused from None
    age = now - datetime.fromtimestamp(state.at, UTC)
    if not timedelta(minutes=-1) <= age <= LINK_LIFETIME:
        raise LinkStateRefused
    return state


async def redeem(google: Google, locker: Locker, state: LinkState, code: str) -> tuple[Tokens, list[dict[str, Any]]]:
    """The tokens for a code, and the account's calendars. Calls Google, so no transaction is open.

    Refuses: LinkIncomplete where Google does not take the code or cannot be reached, or not all was allowed.
    """
    try:
        tokens = await google.exchange(code, verifier_of(locker, state))
        if tokens.missing_scopes:
            raise LinkIncomplete("scopes")
        return tokens, await google.calendars(tokens.access_token)
    except TokensRefused:
        raise LinkIncomplete("code") from None
    except SyncFailed as failure:
        raise LinkIncomplete(failure.word) from None


async def link_account(
    conn: Connection,
    *,
    person_id: int,
    calendar_id: int,
    tokens: Tokens,
    calendars: list[dict[str, Any]],
    locker: Locker,
    now: datetime,
) -> int:
    """Keep an account's tokens; one that was linked before gets the new ones, and its sources go on."""
    subject = next((one["id"] for one in calendars if one["primary"]), calendars[0]["id"] if calendars else "")
    # Sources are locked before their account, here as everywhere.
    await conn.execute(
        """
        SELECT FROM calendar_source AS s
        JOIN google_account AS a ON a.id = s.account_id
        WHERE a.calendar_id = %(calendar)s AND a.subject = %(subject)s AND a.deleted_at IS NULL
        ORDER BY s.id
        FOR NO KEY UPDATE OF s
        """,
        {"calendar": calendar_id, "subject": subject},
    )
    account: int = await fetch_value(
        conn,
        """
        INSERT INTO google_account
            (person_id, calendar_id, subject, credentials, calendars, next_list_at, created_at, updated_at)
        VALUES
            (%(person)s, %(calendar)s, %(subject)s, %(credentials)s, %(calendars)s, %(list)s, %(now)s, %(now)s)
        ON CONFLICT (calendar_id, subject) WHERE deleted_at IS NULL DO UPDATE SET
            credentials = excluded.credentials, calendars = excluded.calendars, next_list_at = excluded.next_list_at,
            broken_at = NULL, updated_at = excluded.updated_at
        RETURNING id
        """,
        {
            "person": person_id,
            "calendar": calendar_id,
            "subject": subject,
            "credentials": seal_tokens(locker, tokens),
            "calendars": Jsonb(calendars),
            "list": now + LIST_EVERY,
            "now": now,
        },
    )
    await conn.execute(
        """
        UPDATE calendar_source
        SET next_sync_at = %(now)s, broken_at = NULL, failures = 0, failing_since = NULL, error = NULL
        WHERE account_id = %(account)s AND deleted_at IS NULL
        """,
        {"account": account, "now": now},
    )
    await conn.execute("SELECT pg_notify(%(channel)s, '')", {"channel": CHANNEL})
    await audit.record(
        conn,
        "google_account.linked",
        subject="google_account",
        subject_id=account,
        actor_id=person_id,
        company_id=None,
        now=now,
        calendar=calendar_id,
    )
    return account


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
        UPDATE google_account AS a
        SET next_list_at = %(next)s
        FROM (
            SELECT id
            FROM google_account
            WHERE next_list_at <= %(now)s
            ORDER BY next_list_at
            LIMIT %(batch)s
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS due
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
