"""Writing documents down: the one place that adds a row of `document`, with what has to come with it."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.documents.kinds import CHANNEL, DocumentType
from artel.documents.numbers import number_of, take_places
from artel.operations import audit


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A document without its number. Amounts are in `currency`, `net` without VAT."""

    type: DocumentType
    dated: date
    currency: str
    net: Decimal
    vat_percent: Decimal | None
    vat: Decimal
    facts: dict[str, Any]
    task_id: int | None = None
    month: date | None = None


async def issue(
    conn: Connection, company_id: int, drafts: Sequence[Draft], *, actor_id: int | None, now: datetime
) -> list[int]:
    """Number documents of one company and write them down, to be rendered soon; answers their ids, in order.

    The company's counter stays locked until the transaction ends.
    """
    places = await take_places(conn, company_id, len(drafts))
    cursor = await conn.execute(
        """
        WITH issued AS (
            INSERT INTO document
                (company_id, type, place, number, dated, currency, net, vat_percent, vat, amount, facts, task_id, month,
                 created_at, created_by)
            SELECT
                %(company)s, d.type, d.place, d.number, d.dated, d.currency, d.net, d.vat_percent, d.vat, d.net + d.vat,
                d.facts, d.task_id, d.month, %(now)s, %(actor)s
            FROM unnest(
                %(types)s::smallint[], %(places)s::bigint[], %(numbers)s::text[], %(dated)s::date[],
                %(currencies)s::text[], %(nets)s::numeric[], %(percents)s::numeric[], %(vats)s::numeric[],
                %(facts)s::jsonb[], %(tasks)s::bigint[], %(months)s::date[]
            ) AS d (type, place, number, dated, currency, net, vat_percent, vat, facts, task_id, month)
            ORDER BY d.place
            RETURNING id, place
        ),
        queued AS (
            INSERT INTO document_rendering (document_id, due_at, is_awaited)
            SELECT id, %(now)s, %(actor)s::bigint IS NOT NULL
            FROM issued
        )
        SELECT id, pg_notify(%(channel)s, '')
        FROM issued
        ORDER BY place
        """,
        {
            "company": company_id,
            "now": now,
            "actor": actor_id,
            "types": [int(draft.type) for draft in drafts],
            "places": list(places),
            "numbers": [number_of(company_id, place, now=now) for place in places],
            "dated": [draft.dated for draft in drafts],
            "currencies": [draft.currency for draft in drafts],
            "nets": [draft.net for draft in drafts],
            "percents": [draft.vat_percent for draft in drafts],
            "vats": [draft.vat for draft in drafts],
            "facts": [Jsonb(draft.facts) for draft in drafts],
            "tasks": [draft.task_id for draft in drafts],
            "months": [draft.month for draft in drafts],
            "channel": CHANNEL,
        },
    )
    ids = [row[0] for row in await cursor.fetchall()]
    await audit.record_many(
        conn,
        [
            audit.Entry(
                action="document.issued",
                subject="document",
                subject_id=document_id,
                actor_id=actor_id,
                company_id=company_id,
                facts={"type": int(draft.type), "amount": str(draft.net + draft.vat), "currency": draft.currency},
            )
            for document_id, draft in zip(ids, drafts, strict=True)
        ],
        now=now,
    )
    return ids
