"""How a calendar looks on the wire."""

from typing import Any

import msgspec

from artel.api.time.event_replies import PERSON_TYPE
from artel.api.time.replies import instant, instant_or_none
from artel.calendars.queries import CalendarRow


class CalendarReply(msgspec.Struct):
    id: int
    label: str
    description: str | None
    timezone: str
    user_id: int
    created_at: str
    updated_at: str
    deleted_at: str | None
    icon: str | None
    slug: str
    private: bool
    settings: dict[str, Any]
    files: list[int]
    type_id: int
    status_id: int
    external_id: str | None
    owner_type: str


def render_calendar(row: CalendarRow) -> CalendarReply:
    return CalendarReply(
        id=row.id,
        label=row.label,
        description=row.description,
        timezone=row.timezone,
        user_id=row.person_id,
        created_at=instant(row.created_at),
        updated_at=instant(row.updated_at),
        deleted_at=instant_or_none(row.deleted_at),
        icon=row.icon,
        slug=row.slug,
        private=row.is_private,
        settings=row.settings,
        files=row.file_ids,
        type_id=row.type_id,
        status_id=row.status_id,
        external_id=row.external_id,
        owner_type=PERSON_TYPE,
    )
