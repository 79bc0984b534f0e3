"""How a schedule looks on the wire."""

from typing import Any

import msgspec

from artel.api.time.event_replies import PERSON_TYPE
from artel.api.time.replies import instant, instant_or_none, money
from artel.schedules.queries import ScheduleRow


class ScheduleReply(msgspec.Struct):
    """`settings` as they were sent; `msp` is the shortest notice before a booking, in minutes; `price` is in whole
    units of `currency`, null where the slots are free."""

    id: int
    type_id: int
    kal_id: int
    user_id: int
    benefitable_type: str
    benefitable_id: int
    billable_type: str | None
    billable_id: int | None
    parent_id: int | None
    label: str
    slug: str
    description: str | None
    private: bool
    timezone: str
    start: str | None
    end: str | None
    msp: int
    duration: int
    price: str | None
    currency: str | None
    settings: dict[str, Any] | list[str]
    files: list[int]
    created_at: str
    updated_at: str
    deleted_at: str | None


def render_schedule(row: ScheduleRow) -> ScheduleReply:
    return ScheduleReply(
        id=row.id,
        type_id=row.type_id,
        kal_id=row.calendar_id,
        user_id=row.owner_id,
        benefitable_type=PERSON_TYPE,
        benefitable_id=row.benefitable_id,
        billable_type=PERSON_TYPE if row.billable_id else None,
        billable_id=row.billable_id,
        parent_id=row.parent_id,
        label=row.label,
        slug=row.slug,
        description=row.description,
        private=row.is_private,
        timezone=row.timezone,
        start=instant_or_none(row.starts_at, row.timezone),
        end=instant_or_none(row.ends_at, row.timezone),
        msp=row.notice_minutes,
        duration=row.slot_rules.duration,
        price=None if row.price is None or row.exponent is None else money(row.price, row.exponent),
        currency=row.currency,
        settings=row.settings,
        files=row.file_ids,
        created_at=instant(row.created_at),
        updated_at=instant(row.updated_at),
        deleted_at=instant_or_none(row.deleted_at),
    )
