"""Events as they are kept."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.errors import NotFound


class EventRow(msgspec.Struct, frozen=True):
    id: int
    type_id: int
    status_id: int
    payment_status_id: int
    creator_id: int | None
    schedule_id: int | None
    calendar_id: int | None
    parent_id: int | None
    billable_id: int | None
    benefitable_id: int | None
    label: str
    description: str | None
    timezone: str
    starts_at: datetime
    ends_at: datetime
    amount: Decimal | None
    currency: str | None
    exponent: int | None  # of the currency
    is_credit: bool
    is_private: bool
    file_ids: list[int]
    data: Any
    external_id: str | None
    sequence: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


COLUMNS = """
    e.id, e.type_id, e.status_id, e.payment_status_id, e.creator_id, e.schedule_id, e.calendar_id, e.parent_id,
    e.billable_id, e.benefitable_id, e.label, e.description, e.timezone, e.starts_at, e.ends_at, e.amount, e.currency,
    (SELECT cu.exponent FROM currency AS cu WHERE cu.code = e.currency) AS exponent,
    e.is_credit, e.is_private, e.file_ids, e.data, e.external_id, e.sequence, e.created_at, e.updated_at, e.deleted_at
"""


async def event_by_id(conn: Connection, event_id: int) -> EventRow:
    """An event that is there, whoever asks. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        EventRow,
        f"SELECT {COLUMNS} FROM calendar_event AS e WHERE e.id = %(id)s AND e.deleted_at IS NULL",  # noqa: S608 - of constants
        {"id": event_id},
    )
    if row is None:
        raise NotFound("event")
    return row


async def events_by_ids(conn: Connection, event_ids: Sequence[int]) -> list[EventRow]:
    """Those that are there, by id, whoever asks."""
    return await fetch_all(
        conn,
        EventRow,
        f"""
        SELECT {COLUMNS}
        FROM calendar_event AS e
        WHERE e.id = ANY(%(ids)s) AND e.deleted_at IS NULL
        ORDER BY e.id
        """,  # noqa: S608 - of constants
        {"ids": list(event_ids)},
    )


Event = TypeVar("Event", bound=EventRow)


def as_seen_by(event: Event, *, is_host: bool) -> Event:
    """What a group pays together is its hosts' to know."""
    if is_host or event.billable_id is not None or event.schedule_id is None:
        return event
    return msgspec.structs.replace(event, amount=None)


def as_listed(event: Event, person_id: int) -> Event:
    """As it stands in a list of somebody who sees it: there only whoever is paid is known to be a host."""
    return as_seen_by(event, is_host=person_id == event.benefitable_id)
