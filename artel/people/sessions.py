"""Sessions and their tokens.

A session is one sign-in. Its access token is signed (see tokens); its refresh token is a random word, kept hashed,
used once. Ending the session ends both (ARCHITECTURE "Security").
"""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.operations import audit
from artel.people.errors import RefreshTokenRefused, SessionEnded
from artel.people.tokens import sign_token

WireName = Literal["customer", "time"]


class Tokens(msgspec.Struct, frozen=True):
    token: str
    refresh_token: str


def hash_refresh_token(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


async def open_session(
    conn: Connection,
    *,
    person_id: int,
    company_id: int | None,
    secret: str,
    lifetime_s: int,
    now: datetime,
    address: str | None = None,
    user_agent: str | None = None,
    wire: WireName = "customer",
) -> Tokens:
    """Start a session for somebody who has just proven who they are. `wire` is the format it was asked for in."""
    session_id = uuid.uuid4()
    await conn.execute(
        """
        INSERT INTO session (id, person_id, company_id, created_at, expires_at, address, user_agent, wire)
        VALUES (%(id)s, %(person)s, %(company)s, %(now)s, %(expires)s, %(address)s, %(agent)s, %(wire)s)
        """,
        {
            "id": session_id,
            "person": person_id,
            "company": company_id,
            "now": now,
            "expires": now + timedelta(seconds=lifetime_s),
            "address": address,
            "agent": (user_agent or "")[:300] or None,
            "wire": wire,
        },
    )
    return await issue_tokens(
        conn,
        session_id=session_id,
        person_id=person_id,
        company_id=company_id,
        secret=secret,
        lifetime_s=lifetime_s,
        now=now,
    )


async def issue_tokens(
    conn: Connection,
    *,
    session_id: uuid.UUID,
    person_id: int,
    company_id: int | None,
    secret: str,
    lifetime_s: int,
    now: datetime,
) -> Tokens:
    """A fresh pair for a session. The refresh token is stored hashed."""
    refresh_token = str(uuid.UUID(bytes=secrets.token_bytes(16)))
    await conn.execute(
        """
        INSERT INTO refresh_token (token_hash, session_id, created_at, expires_at)
        VALUES (%(hash)s, %(session)s, %(now)s, %(expires)s)
        """,
        {
            "hash": hash_refresh_token(refresh_token),
            "session": session_id,
            "now": now,
            "expires": now + timedelta(seconds=lifetime_s),
        },
    )
    token = sign_token(
        secret,
        person_id=person_id,
        session_id=session_id,
        company_id=company_id,
        now=now,
        lifetime_s=lifetime_s,
    )
    return Tokens(token, refresh_token)


async def wire_of_session(conn: Connection, session_id: uuid.UUID) -> str | None:
    """The format a session was opened in, one that has ended too; None for one that is not known any more."""
    wire: str | None = await fetch_value(conn, "SELECT wire FROM session WHERE id = %(id)s", {"id": session_id})
    return wire


class Session(msgspec.Struct, frozen=True):
    """A session whose row this transaction holds."""

    id: uuid.UUID
    person_id: int
    company_id: int | None


async def lock_session(conn: Connection, session_id: uuid.UUID, *, now: datetime) -> Session:
    """Take the session's row: whatever changes a session or its tokens does so one after the other.

    Refuses: SessionEnded.
    """
    session = await fetch_one(
        conn,
        Session,
        """
        SELECT id, person_id, company_id
        FROM session
        WHERE id = %(id)s AND ended_at IS NULL AND expires_at > %(now)s
        FOR UPDATE
        """,
        {"id": session_id, "now": now},
    )
    if session is None:
        raise SessionEnded
    return session


async def end_session(
    conn: Connection, *, session_id: uuid.UUID, reason: str, actor_id: int | None, now: datetime
) -> None:
    """End a session: its tokens are worth nothing from the commit on. Ending it again changes nothing."""
    person_id = await fetch_value(
        conn,
        """
        UPDATE session
        SET ended_at = %(now)s, end_reason = %(reason)s
        WHERE id = %(id)s AND ended_at IS NULL
        RETURNING person_id
        """,
        {"id": session_id, "reason": reason, "now": now},
    )
    if person_id is not None:
        await record_end(conn, person_id, count=1, reason=reason, actor_id=actor_id, now=now)


async def end_sessions_of(
    conn: Connection, *, person_id: int, reason: str, actor_id: int | None, now: datetime, but: uuid.UUID | None = None
) -> None:
    """End all of a person's sessions, or all `but` one."""
    # Locked in order, so that two such callers never wait for each other.
    cursor = await conn.execute(
        """
        UPDATE session AS s
        SET ended_at = %(now)s, end_reason = %(reason)s
        FROM (
            SELECT id
            FROM session
            WHERE person_id = %(person)s AND ended_at IS NULL AND id IS DISTINCT FROM %(but)s::uuid
            ORDER BY id
            FOR UPDATE
        ) AS open
        WHERE s.id = open.id
        """,
        {"person": person_id, "reason": reason, "now": now, "but": but},
    )
    await record_end(conn, person_id, count=cursor.rowcount, reason=reason, actor_id=actor_id, now=now)


async def record_end(
    conn: Connection, person_id: int, *, count: int, reason: str, actor_id: int | None, now: datetime
) -> None:
    await audit.record(
        conn,
        "sessions_ended",
        subject="person",
        subject_id=person_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        count=count,
        reason=reason,
    )


async def refresh_session(
    conn: Connection, *, refresh_token: str, secret: str, lifetime_s: int, now: datetime
) -> Tokens | RefreshTokenRefused:
    """Exchange a refresh token for a new pair; the old one is spent, and the session lives on from now.

    Refuses an unknown or expired token, and any of a session that has ended. One that was spent before is
    somebody's copy: its session is ended. That ending must be committed, so the refusal is returned for the edge
    to raise after the commit.
    """
    token_hash = hash_refresh_token(refresh_token)
    session_id = await fetch_value(
        conn, "SELECT session_id FROM refresh_token WHERE token_hash = %(hash)s", {"hash": token_hash}
    )
    if session_id is None:
        return RefreshTokenRefused()
    # The session's row first, and only then the token's state: of two who come with one token the second finds it
    # spent. Read with the lock, the state could be from before the wait.
    try:
        session = await lock_session(conn, session_id, now=now)
    except SessionEnded:
        return RefreshTokenRefused()
    state = await fetch_one(
        conn,
        _TokenState,
        "SELECT used_at, expires_at FROM refresh_token WHERE token_hash = %(hash)s",
        {"hash": token_hash},
    )
    if state is None or state.expires_at <= now:
        return RefreshTokenRefused()
    if state.used_at is not None:
        await end_session(conn, session_id=session.id, reason="refresh token reused", actor_id=None, now=now)
        return RefreshTokenRefused()
    await conn.execute(
        "UPDATE refresh_token SET used_at = %(now)s WHERE token_hash = %(hash)s",
        {"hash": token_hash, "now": now},
    )
    return await prolong_session(
        conn, session, company_id=session.company_id, secret=secret, lifetime_s=lifetime_s, now=now
    )


class _TokenState(msgspec.Struct):
    used_at: datetime | None
    expires_at: datetime


async def replace_tokens(
    conn: Connection, session: Session, *, company_id: int, secret: str, lifetime_s: int, now: datetime
) -> Tokens:
    """A pair that names another company, for the session's own holder.

    The refresh token before it is deleted, not spent: nobody stole it, so one who still has it is merely refused.
    """
    await conn.execute(
        "DELETE FROM refresh_token WHERE session_id = %(session)s AND used_at IS NULL", {"session": session.id}
    )
    return await prolong_session(conn, session, company_id=company_id, secret=secret, lifetime_s=lifetime_s, now=now)


async def prolong_session(
    conn: Connection, session: Session, *, company_id: int | None, secret: str, lifetime_s: int, now: datetime
) -> Tokens:
    await conn.execute(
        "UPDATE session SET company_id = %(company)s, expires_at = %(expires)s WHERE id = %(id)s",
        {"id": session.id, "company": company_id, "expires": now + timedelta(seconds=lifetime_s)},
    )
    return await issue_tokens(
        conn,
        session_id=session.id,
        person_id=session.person_id,
        company_id=company_id,
        secret=secret,
        lifetime_s=lifetime_s,
        now=now,
    )
