"""Letting a Google account in: the way there, the way back, and what is kept of it."""

import base64
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from artel.calendar_sync.credentials import Locker, Unreadable
from artel.calendar_sync.errors import LinkIncomplete, LinkStateRefused
from artel.calendar_sync.failures import SyncFailed
from artel.calendar_sync.google_accounts import LIST_EVERY, seal_tokens
from artel.calendar_sync.google_api import Client, Google, Tokens, TokensRefused, consent_url
from artel.calendar_sync.rules import CHANNEL
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.operations import audit

LINK_LIFETIME = timedelta(minutes=15)


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
