"""How an event looks on the wire."""

from typing import Any

import msgspec

from artel.api.time.replies import instant, instant_or_none, money
from artel.events.queries import EventRow

PERSON_TYPE = "User"


class EventReply(msgspec.Struct):
    """`start` and `end` are instants with the offset of `timezone`; `date` is `start`'s day there; `duration` counts
    minutes; `view` says when it is, for people to read; `amount` is in whole units of `currency`."""

    id: int
    user_id: int | None
    type_id: int
    status_id: int
    external_id: str | None
    kal_schedule_id: int | None
    kal_id: int | None
    parent_id: int | None
    billable_type: str | None
    billable_id: int | None
    benefitable_type: str | None
    benefitable_id: int | None
    label: str
    description: str | None
    timezone: str
    start: str
    end: str
    view: str
    duration: int
    amount: str | None
    currency: str | None
    date: str
    credit: bool
    private: bool
    files: list[int]
    data: dict[str, Any]
    created_at: str
    updated_at: str
    deleted_at: str | None
    payment_status_id: int
    owner_type: str


def render_event(row: EventRow) -> EventReply:
    start, end = instant(row.starts_at, row.timezone), instant(row.ends_at, row.timezone)
    ends = end[11:16] if start[:10] == end[:10] else f"{end[:10]} {end[11:16]}"
    return EventReply(
        id=row.id,
        user_id=row.creator_id,
        type_id=row.type_id,
        status_id=row.status_id,
        external_id=row.external_id,
        kal_schedule_id=row.schedule_id,
        kal_id=row.calendar_id,
        parent_id=row.parent_id,
        billable_type=PERSON_TYPE if row.billable_id else None,
        billable_id=row.billable_id,
        benefitable_type=PERSON_TYPE if row.benefitable_id else None,
        benefitable_id=row.benefitable_id,
        label=row.label,
        description=row.description,
        timezone=row.timezone,
        start=start,
        end=end,
        view=f"{start[:10]} {start[11:16]} – {ends}",
        duration=int((row.ends_at - row.starts_at).total_seconds()) // 60,
        amount=None if row.amount is None or row.exponent is None else money(row.amount, row.exponent),
        currency=row.currency,
        date=start[:10],
        credit=row.is_credit,
        private=row.is_private,
        files=row.file_ids,
        data=row.data,
        created_at=instant(row.created_at),
        updated_at=instant(row.updated_at),
        deleted_at=instant_or_none(row.deleted_at),
        payment_status_id=row.payment_status_id,
        owner_type=PERSON_TYPE,
    )
