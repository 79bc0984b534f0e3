"""Replies are kept for those who repeat a request, and not for ever."""

from datetime import timedelta

from artel import clock
from artel.db.pool import Connection
from artel.operations.idempotency import claim_key, keep_reply
from artel.operations.jobs import BATCH, KEEP_REPLIES, forget_replies


async def test_old_replies_go_in_batches_and_the_others_stay(conn: Connection) -> None:
    now = clock.now()
    await conn.execute(
        """
        INSERT INTO idempotency_key (scope, key, fingerprint, created_at)
        SELECT 'someone', n::text, '', %(old)s
        FROM generate_series(1, %(count)s::int) AS n
        """,
        {"old": now - KEEP_REPLIES - timedelta(seconds=1), "count": BATCH + 5},
    )
    await claim_key(conn, scope="someone", key="young", fingerprint=b"f", now=now - KEEP_REPLIES + timedelta(hours=1))
    await keep_reply(conn, scope="someone", key="young", status=200, reply=b"{}")
    assert [await forget_replies(conn, now=now) for _ in range(3)] == [BATCH, 5, 0]
    kept = await claim_key(conn, scope="someone", key="young", fingerprint=b"f", now=now)
    assert kept is not None
    assert (kept.status, kept.reply) == (200, b"{}")
    assert await claim_key(conn, scope="someone", key="1", fingerprint=b"g", now=now) is None
