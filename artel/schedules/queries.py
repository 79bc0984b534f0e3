"""Schedules as they are kept, and who may see what of them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound
from artel.schedules.hours import SlotRules


class ScheduleRow(msgspec.Struct, frozen=True):
    id: int
    type_id: int
    calendar_id: int
    owner_id: int
    benefitable_id: int
    billable_id: int | None
    parent_id: int | None
    label: str
    slug: str
    description: str | None
    is_private: bool
    timezone: str
    starts_at: datetime | None
    ends_at: datetime | None
    notice_minutes: int
    price: Decimal | None
    currency: str | None
    exponent: int | None  # of the currency
    settings: Any
    rules: Any
    file_ids: list[int]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None

    @property
    def slot_rules(self) -> SlotRules:
        return msgspec.convert(self.rules, SlotRules)


COLUMNS = """
    s.id, s.type_id, s.calendar_id, s.owner_id, s.benefitable_id, s.billable_id, s.parent_id, s.label, s.slug,
    s.description, s.is_private, s.timezone, s.starts_at, s.ends_at, s.notice_minutes, s.price, s.currency,
    (SELECT cu.exponent FROM currency AS cu WHERE cu.code = s.currency) AS exponent,
    s.settings, s.rules, s.file_ids, s.created_at, s.updated_at, s.deleted_at
"""


async def schedule_by_id(conn: Connection, schedule_id: int) -> ScheduleRow:
    """A schedule that is there, whoever asks. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        ScheduleRow,
        f"SELECT {COLUMNS} FROM schedule AS s WHERE s.id = %(id)s AND s.deleted_at IS NULL",  # noqa: S608 - of constants
        {"id": schedule_id},
    )
    if row is None:
        raise NotFound("schedule")
    return row
