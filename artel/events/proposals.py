"""Open proposals of an event: whom they ask as people come and go, and rejecting those that cannot be done."""

from collections.abc import Collection, Sequence
from datetime import datetime

from artel.corrections.rules import COLUMNS, Correction
from artel.db.pool import Connection
from artel.db.rows import fetch_all


async def close_proposals(
    conn: Connection, event_id: int, *, reason: str, now: datetime, fields: Sequence[str] | None = None
) -> list[Correction]:
    """Reject what is open, of these fields or at all, without a vote. The caller holds the event's row."""
    return await fetch_all(
        conn,
        Correction,
        f"""
        UPDATE correction
        SET status = 'rejected', settled_at = %(now)s, settled_reason = %(reason)s
        WHERE subject = 'event' AND subject_id = %(event)s AND status = 'open'
            AND (%(fields)s::text[] IS NULL OR field = ANY(%(fields)s))
        RETURNING {COLUMNS}
        """,  # noqa: S608 - of constants
        {"event": event_id, "reason": reason, "now": now, "fields": None if fields is None else list(fields)},
    )


async def reject_proposal(conn: Connection, correction_id: int, *, reason: str, now: datetime) -> None:
    """What was agreed cannot be done any more."""
    await conn.execute(
        """
        UPDATE correction
        SET status = 'rejected', settled_at = %(now)s, settled_reason = %(reason)s
        WHERE id = %(id)s
        """,
        {"id": correction_id, "reason": reason, "now": now},
    )


async def ask_concerned(conn: Connection, event_id: int, people: Collection[int]) -> None:
    """Have the open proposals ask whoever is concerned now: who has come since is asked, who has left is not."""
    await conn.execute(
        """
        UPDATE correction AS c
        SET voters = asked.voters
        FROM (
            SELECT o.id,
                coalesce(array_agg(person ORDER BY person) FILTER (WHERE person <> o.proposer_id), '{}') AS voters
            FROM correction AS o
            LEFT JOIN unnest(%(people)s::bigint[]) AS concerned (person) ON true
            WHERE o.subject = 'event' AND o.subject_id = %(event)s AND o.status = 'open'
            GROUP BY o.id
        ) AS asked
        WHERE c.id = asked.id AND c.voters <> asked.voters
        """,
        {"event": event_id, "people": sorted(people)},
    )


async def take_agreed(conn: Connection, event_id: int, *, now: datetime) -> list[Correction]:
    """The open proposals that nobody is missing from: applied from here on, oldest first."""
    agreed = await fetch_all(
        conn,
        Correction,
        f"""
        UPDATE correction AS c
        SET status = 'applied', settled_at = %(now)s
        WHERE c.subject = 'event' AND c.subject_id = %(event)s AND c.status = 'open'
            AND c.voters <@ ARRAY(
                SELECT v.person_id FROM correction_vote AS v WHERE v.correction_id = c.id AND v.is_yes
            )
        RETURNING {COLUMNS}
        """,  # noqa: S608 - of constants
        {"event": event_id, "now": now},
    )
    return sorted(agreed, key=lambda one: one.id)
