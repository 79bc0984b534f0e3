"""The audit trail: who changed what, written in the transaction of the change."""

from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime

import msgspec
from psycopg.types.json import Jsonb

from artel.db.pool import Connection

trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)


async def record(
    conn: Connection,
    action: str,
    *,
    subject: str,
    subject_id: int | None,
    actor_id: int | None,
    company_id: int | None,
    now: datetime,
    **facts: object,
) -> None:
    """Write one audit row. `facts` are small JSON values, never secrets or personal data."""
    await conn.execute(
        """
        INSERT INTO audit (at, actor_id, company_id, action, subject, subject_id, facts, trace_id)
        VALUES (%(at)s, %(actor)s, %(company)s, %(action)s, %(subject)s, %(id)s, %(facts)s, %(trace)s)
        """,
        {
            "at": now,
            "actor": actor_id,
            "company": company_id,
            "action": action,
            "subject": subject,
            "id": subject_id,
            "facts": Jsonb(facts),
            "trace": trace_id.get(),
        },
    )


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a set: as `record` takes it."""

    action: str
    subject: str
    subject_id: int | None
    actor_id: int | None
    company_id: int | None
    facts: dict[str, object]


async def record_many(conn: Connection, entries: Sequence[Entry], *, now: datetime) -> None:
    """Write audit rows of a whole batch in one round trip."""
    await conn.execute(
        """
        INSERT INTO audit (at, actor_id, company_id, action, subject, subject_id, facts, trace_id)
        SELECT %(at)s, entry.actor, entry.company, entry.action, entry.subject, entry.id, entry.facts, %(trace)s
        FROM unnest(
            %(actors)s::bigint[], %(companies)s::bigint[], %(actions)s::text[], %(subjects)s::text[],
            %(ids)s::bigint[], %(facts)s::jsonb[]
        ) WITH ORDINALITY AS entry (actor, company, action, subject, id, facts, place)
        ORDER BY entry.place
        """,
        {
            "at": now,
            "actors": [entry.actor_id for entry in entries],
            "companies": [entry.company_id for entry in entries],
            "actions": [entry.action for entry in entries],
            "subjects": [entry.subject for entry in entries],
            "ids": [entry.subject_id for entry in entries],
            "facts": [Jsonb(entry.facts) for entry in entries],
            "trace": trace_id.get(),
        },
    )
