"""Idempotency keys: one effect and one reply, however often a call is sent (ARCHITECTURE "Security")."""

from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import Refused


class KeyOfAnotherRequest(Refused):
    """The key was used with another body or path."""

    def __init__(self) -> None:
        super().__init__("idempotency_key_reused")


class KeptReply(msgspec.Struct, frozen=True):
    status: int
    reply: bytes


class _Row(msgspec.Struct):
    fingerprint: bytes
    status: int | None
    reply: bytes | None


async def claim_key(conn: Connection, *, scope: str, key: str, fingerprint: bytes, now: datetime) -> KeptReply | None:
    """Take the key for this transaction, or answer the reply kept under it.

    None: the key is ours and `keep_reply` must follow before the commit. A second caller waits here, on the
    unique index, until the first has committed (and then gets its reply) or rolled back (and then takes the key).
    Refuses: KeyOfAnotherRequest.
    """
    cursor = await conn.execute(
        """
        INSERT INTO idempotency_key (scope, key, fingerprint, created_at)
        VALUES (%(scope)s, %(key)s, %(fingerprint)s, %(now)s)
        ON CONFLICT (scope, key) DO NOTHING
        """,
        {"scope": scope, "key": key, "fingerprint": fingerprint, "now": now},
    )
    if cursor.rowcount == 1:
        return None
    row = await fetch_one(
        conn,
        _Row,
        "SELECT fingerprint, status, reply FROM idempotency_key WHERE scope = %(scope)s AND key = %(key)s",
        {"scope": scope, "key": key},
    )
    if row is None or row.fingerprint != fingerprint or row.status is None or row.reply is None:
        raise KeyOfAnotherRequest
    return KeptReply(row.status, row.reply)


async def keep_reply(conn: Connection, *, scope: str, key: str, status: int, reply: bytes) -> None:
    await conn.execute(
        "UPDATE idempotency_key SET status = %(status)s, reply = %(reply)s WHERE scope = %(scope)s AND key = %(key)s",
        {"scope": scope, "key": key, "status": status, "reply": reply},
    )


async def forget_replies(conn: Connection, *, scope: str) -> None:
    """Delete what was answered under the keys of a scope: replies say who somebody is."""
    await conn.execute("DELETE FROM idempotency_key WHERE scope = %(scope)s", {"scope": scope})
