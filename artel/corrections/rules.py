"""Changes proposed by somebody who may not make them alone (time-api.md "Corrections").

Each changed field is a row of its own. Everybody asked votes: one "no" rejects it; when all have said "yes" it
applies. What applying means the subject's own domain knows: `vote` answers what has been decided.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from psycopg.types.json import Jsonb

from artel.corrections.errors import CorrectionSettled, NotAsked
from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.errors import NotFound
from artel.operations import audit

Subject = Literal["event", "person"]


class Correction(msgspec.Struct, frozen=True):
    id: int
    subject: str
    subject_id: int
    field: str
    old_value: Any
    new_value: Any
    proposer_id: int
    status: str  # open, applied, rejected, withdrawn
    voters: list[int]
    created_at: datetime
    settled_at: datetime | None


COLUMNS = "id, subject, subject_id, field, old_value, new_value, proposer_id, status, voters, created_at, settled_at"


class Verdict(msgspec.Struct, frozen=True):
    """What a vote has decided; what still waits for others is in neither list."""

    applied: list[Correction]
    rejected: list[Correction]


async def propose(
    conn: Connection,
    subject: Subject,
    subject_id: int,
    changes: Mapping[str, tuple[Any, Any]],  # field -> (old value, new value), as JSON has them
    *,
    proposer_id: int,
    voters: Sequence[int],
    now: datetime,
) -> list[Correction]:
    """Write the proposal. `voters` are those whose "yes" is needed beside the proposer's; with none, apply instead."""
    assert voters, "nobody to ask: the change is made, not proposed"
    made = await fetch_all(
        conn,
        Correction,
        f"""
        INSERT INTO correction (subject, subject_id, field, old_value, new_value, proposer_id, voters, created_at)
        SELECT %(subject)s, %(id)s, field, old_value, new_value, %(proposer)s, %(voters)s, %(now)s
        FROM unnest(%(fields)s::text[], %(old)s::jsonb[], %(new)s::jsonb[]) AS given (field, old_value, new_value)
        RETURNING {COLUMNS}
        """,  # noqa: S608 - of constants
        {
            "subject": subject,
            "id": subject_id,
            "proposer": proposer_id,
            "voters": sorted(set(voters) - {proposer_id}),
            "now": now,
            "fields": list(changes),
            "old": [Jsonb(old) for old, _ in changes.values()],
            "new": [Jsonb(new) for _, new in changes.values()],
        },
    )
    await audit.record(
        conn,
        "correction.proposed",
        subject=subject,
        subject_id=subject_id,
        actor_id=proposer_id,
        company_id=None,
        now=now,
        fields=list(changes),
    )
    return made


async def vote(
    conn: Connection,
    subject: Subject,
    ids: Sequence[int],
    *,
    subject_id: int | None = None,
    voter_id: int,
    is_yes: bool,
    now: datetime,
) -> Verdict:
    """Say yes or no to proposals. The caller holds the subject's row, and writes what `applied` names.

    A vote may be changed while its proposal is open. `subject_id`, where given, must be that of all of them.
    Refuses: NotFound; CorrectionSettled; NotAsked.
    """
    rows = await lock_corrections(conn, subject, ids)
    if len(rows) != len(set(ids)) or any(subject_id not in {None, row.subject_id} for row in rows):
        raise NotFound("correction", "ids")
    if any(voter_id not in row.voters for row in rows):
        raise NotAsked
    if any(row.status != "open" for row in rows):
        raise CorrectionSettled
    await conn.execute(
        """
        INSERT INTO correction_vote (correction_id, person_id, is_yes, at)
        SELECT id, %(voter)s, %(yes)s, %(now)s
        FROM unnest(%(ids)s::bigint[]) AS asked (id)
        ON CONFLICT (correction_id, person_id) DO UPDATE SET is_yes = excluded.is_yes, at = excluded.at
        """,
        {"ids": [row.id for row in rows], "voter": voter_id, "yes": is_yes, "now": now},
    )
    decided = await fetch_all(
        conn,
        Correction,
        f"""
        UPDATE correction AS c
        SET status = CASE WHEN %(yes)s THEN 'applied' ELSE 'rejected' END, settled_at = %(now)s
        WHERE c.id = ANY(%(ids)s) AND (
            NOT %(yes)s
            OR c.voters <@ ARRAY(SELECT v.person_id FROM correction_vote AS v WHERE v.correction_id = c.id AND v.is_yes)
        )
        RETURNING {COLUMNS}
        """,  # noqa: S608 - of constants
        {"ids": [row.id for row in rows], "yes": is_yes, "now": now},
    )
    await audit.record(
        conn,
        "correction.voted",
        subject=subject,
        subject_id=subject_id,
        actor_id=voter_id,
        company_id=None,
        now=now,
        corrections=[row.id for row in rows],
        is_yes=is_yes,
    )
    decided.sort(key=lambda row: row.id)
    return Verdict(decided if is_yes else [], [] if is_yes else decided)


async def withdraw(
    conn: Connection, subject: Subject, ids: Sequence[int], *, proposer_id: int, now: datetime
) -> list[Correction]:
    """Take back one's own open proposals; others', and settled ones, are not found. Refuses: NotFound."""
    rows = await lock_corrections(conn, subject, ids)
    if len(rows) != len(set(ids)) or any(row.proposer_id != proposer_id or row.status != "open" for row in rows):
        raise NotFound("correction", "ids")
    await conn.execute(
        "UPDATE correction SET status = 'withdrawn', settled_at = %(now)s WHERE id = ANY(%(ids)s)",
        {"ids": list(ids), "now": now},
    )
    return rows


async def lock_corrections(conn: Connection, subject: Subject, ids: Sequence[int]) -> list[Correction]:
    return await fetch_all(
        conn,
        Correction,
        f"""
        SELECT {COLUMNS}
        FROM correction
        WHERE subject = %(subject)s AND id = ANY(%(ids)s)
        ORDER BY id
        FOR UPDATE
        """,  # noqa: S608 - of constants
        {"subject": subject, "ids": list(ids)},
    )


async def corrections_of(conn: Connection, subject: Subject, subject_id: int) -> list[Correction]:
    """All that was ever proposed, oldest first: the subject's history."""
    return await fetch_all(
        conn,
        Correction,
        f"SELECT {COLUMNS} FROM correction WHERE subject = %(subject)s AND subject_id = %(id)s ORDER BY id",  # noqa: S608 - of constants
        {"subject": subject, "id": subject_id},
    )
