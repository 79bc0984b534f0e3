"""How long photos are kept: 30 days after the decision, so that it can be looked into, and no longer."""

from datetime import datetime, timedelta

from artel.db.pool import Database
from artel.db.rows import fetch_value
from artel.files.store import FileStore
from artel.operations import audit
from artel.verifications.rules import LINK_LIFETIME_S

KEEP_DECIDED = timedelta(days=30)
# A draft's link is gone by then.
KEEP_DRAFTS = timedelta(seconds=LINK_LIFETIME_S)
# Whoever was putting bytes into the store has put them there, or died.
KEEP_UNSTORED = timedelta(hours=1)
BATCH = 100


async def forget_photos(database: Database, files: FileStore, *, now: datetime) -> int:
    """Delete what is due: the bytes first, then the row, so that a crash in between is made good by the next run.

    Answers how many photos went. Drafts that nobody can send any more go with their photos.
    """
    gone = 0
    while keys := await due_photos(database, now=now):
        for key in keys:
            await files.remove_if_there(key)
        async with database.transaction() as conn:
            await conn.execute("DELETE FROM verification_photo WHERE storage_key = ANY(%(keys)s)", {"keys": keys})
            await audit.record(
                conn,
                "verification.photos_deleted",
                subject="verification",
                subject_id=None,
                actor_id=None,
                company_id=None,
                now=now,
                count=len(keys),
            )
        gone += len(keys)
    async with database.transaction() as conn:
        await conn.execute(
            """
            DELETE FROM verification AS v
            WHERE v.status = 'draft' AND v.created_at < %(before)s
                AND NOT EXISTS (SELECT FROM verification_photo WHERE verification_id = v.id)
            """,
            {"before": now - KEEP_DRAFTS},
        )
    return gone


async def due_photos(database: Database, *, now: datetime) -> list[str]:
    async with database.connection() as conn:
        keys: list[str] | None = await fetch_value(
            conn,
            """
            SELECT array_agg(storage_key)
            FROM (
                SELECT o.storage_key
                FROM verification_photo AS o
                JOIN verification AS v ON v.id = o.verification_id
                WHERE v.decided_at < %(decided)s
                    OR (v.status = 'draft' AND v.created_at < %(draft)s)
                    OR (o.stored_at IS NULL AND o.created_at < %(unstored)s)
                    OR o.replaced_at < %(unstored)s
                LIMIT %(batch)s
            ) AS due
            """,
            {
                "decided": now - KEEP_DECIDED,
                "draft": now - KEEP_DRAFTS,
                "unstored": now - KEEP_UNSTORED,
                "batch": BATCH,
            },
        )
    return keys or []
