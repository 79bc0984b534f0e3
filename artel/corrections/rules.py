"""Changes proposed by somebody who may not make them alone (time-api.md "Corrections").

Each changed field is a row of its own. Everybody asked votes: one "no" rejects it; when all have said "yes" it
applies. What applying means the subject's own domain knows: `vote` answers what has been decided.
"""

from collections.abc import Iterable, Mapping, Sequence
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
    """Write the proposal. `voters` are those whose "yes" is needed beside the proposer's; with none, apply instead.

    The caller holds the subject's row, so that what is proposed is a change of what is there.
    """
    asked = sorted(set(voters) - {proposer_id})
    assert asked, "nobody to ask but the proposer: the change is made, not proposed"
    assert changes, "a proposal changes something"
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
            "voters": asked,
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
    made.sort(key=lambda row: row.id)
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

    A vote may be changed while its proposal is open. `subject_id`, where given, must be that of all of them; without
    it the caller makes sure that the voter may know of each.
    Refuses: NotFound, also for no proposals at all; CorrectionSettled; NotAsked.
    """
    # Locked one by one in the order of their ids: of two voters the second waits here, and then counts the first's
    # vote, since each statement below sees what has been committed until it begins.
    rows = await lock_corrections(conn, subject, ids)
    if not rows or len(rows) != len(set(ids)) or any(subject_id not in {None, row.subject_id} for row in rows):
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
        subject_id=only_one(row.subject_id for row in rows),
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
    """Take back one's own open proposals, and answer them as they are then; others', and settled ones, are not found.

    All or none. Refuses: NotFound, also for no proposals at all.
    """
    rows = await lock_corrections(conn, subject, ids)
    mine = all(row.proposer_id == proposer_id and row.status == "open" for row in rows)
    if not rows or len(rows) != len(set(ids)) or not mine:
        raise NotFound("correction", "ids")
    return await settle_withdrawn(conn, subject, rows, proposer_id=proposer_id, now=now)


async def settle_withdrawn(
    conn: Connection, subject: Subject, rows: Sequence[Correction], *, proposer_id: int, now: datetime
) -> list[Correction]:
    """Write that locked, open proposals are withdrawn."""
    await conn.execute(
        "UPDATE correction SET status = 'withdrawn', settled_at = %(now)s WHERE id = ANY(%(ids)s)",
        {"ids": [row.id for row in rows], "now": now},
    )
    await audit.record(
        conn,
        "correction.withdrawn",
        subject=subject,
        subject_id=only_one(row.subject_id for row in rows),
        actor_id=proposer_id,
        company_id=None,
        now=now,
        corrections=[row.id for row in rows],
    )
    return [msgspec.structs.replace(row, status="withdrawn", settled_at=now) for row in rows]


def only_one(ids: Iterable[int]) -> int | None:
    """The id that all of them are; None where they differ."""
    different = set(ids)
    return different.pop() if len(different) == 1 else None


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
