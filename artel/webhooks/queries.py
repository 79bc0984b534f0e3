"""Reads about web hooks and what was sent to them."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from psycopg.sql import SQL

from artel.companies.access import Member
from artel.db.conditions import Conditions, all_of
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.errors import NotFound
from artel.webhooks.signatures import Event


class State(StrEnum):
    """Of a delivery: a try is to come; answered 200; not answered so by the last try; given up with its hook."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Hook(msgspec.Struct, frozen=True):
    url: str
    status: str
    disabled_reason: str | None
    secret: str
    last_triggered_at: datetime | None
    last_failed_at: datetime | None


async def access_hook(conn: Connection, member: Member) -> Hook:
    """The company's hook. Refuses: NotFound."""
    hook = await fetch_one(
        conn,
        Hook,
        """
        SELECT url, status, disabled_reason, secret, last_triggered_at, last_failed_at
        FROM web_hook
        WHERE company_id = %(company)s AND removed_at IS NULL
        """,
        {"company": member.company_id},
    )
    if hook is None:
        raise NotFound("web_hook")
    return hook


FILTERS: Conditions = {"state": "d.state = %(state)s", "name": "d.name = %(name)s"}


class DeliveryRow(msgspec.Struct, frozen=True):
    """A delivery with its event, and with what was said at its last try."""

    id: int
    event_uuid: uuid.UUID
    name: str
    payload: dict[str, Any]
    happened_at: datetime
    secret: str
    state: str
    attempts: int
    due_at: datetime | None
    tried_at: datetime | None
    signed_at: datetime | None
    tried_url: str | None
    took_ms: int | None
    answer_status: int | None
    answer_headers: dict[str, str] | None
    answer_body: str | None
    error: str | None
    created_at: datetime

    @property
    def event(self) -> Event:
        return Event(self.event_uuid, self.name, self.payload, self.happened_at)


async def deliveries_of(
    conn: Connection, member: Member, given: Mapping[str, object], *, limit: int, offset: int
) -> tuple[int, list[DeliveryRow]]:
    """A page of a company's deliveries, the newest first, and how many there are. `given`: filters by their names."""
    conditions = SQL(all_of(FILTERS, given))
    parameters = {**given, "company": member.company_id, "limit": limit, "offset": offset}
    total = await fetch_value(
        conn,
        SQL("SELECT count(*) FROM web_hook_delivery AS d WHERE d.company_id = %(company)s {}").format(conditions),
        parameters,
    )
    # The page's ids come from an index alone; only its rows are then joined.
    rows = await fetch_all(
        conn,
        DeliveryRow,
        SQL("""
        SELECT
            d.id, e.uuid AS event_uuid, d.name, e.payload, e.created_at AS happened_at, h.secret, d.state, d.attempts,
            d.due_at, d.tried_at, d.signed_at, d.tried_url, d.took_ms, d.answer_status, d.answer_headers,
            d.answer_body, d.error, d.created_at
        FROM (
            SELECT d.id
            FROM web_hook_delivery AS d
            WHERE d.company_id = %(company)s {}
            ORDER BY d.id DESC
            LIMIT %(limit)s OFFSET %(offset)s
        ) AS page
        JOIN web_hook_delivery AS d ON d.id = page.id
        JOIN event AS e ON e.id = d.event_id
        JOIN web_hook AS h ON h.id = d.hook_id
        ORDER BY d.id DESC
        """).format(conditions),
        parameters,
    )
    return int(total), rows
