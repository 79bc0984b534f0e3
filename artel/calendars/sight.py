"""What a reader sees of an event in a calendar (time-api.md "Numbers": schedule `read`).

Decided by PostgreSQL, with the event, so that what nobody may see is not read.
"""

from enum import IntEnum
from typing import LiteralString

import msgspec

from artel.events.queries import EventRow

BUSY_LABELS = {"EN": "Busy", "RU": "Занято"}
CONFIRMED = 200


class Sight(IntEnum):
    BUSY = 1  # that somebody has no time then, and nothing else
    LABEL = 2  # what it is called as well; nobody's name, no money
    WHOLE = 3


class SeenEvent(EventRow, frozen=True, kw_only=True):
    sight: int


# Whoever has a part in an event sees it whole; each line is one such part, of event `e` and %(viewer)s.
PARTS: tuple[LiteralString, ...] = (
    "e.creator_id = %(viewer)s",
    "e.billable_id = %(viewer)s",
    "e.benefitable_id = %(viewer)s",
    "EXISTS (SELECT FROM event_attendee AS a WHERE a.event_id = e.id AND a.person_id = %(viewer)s)",
    "EXISTS (SELECT FROM schedule AS s WHERE s.id = e.schedule_id AND s.owner_id = %(viewer)s)",
    """EXISTS (
        SELECT
        FROM schedule_member AS m
        WHERE m.schedule_id = e.schedule_id AND m.person_id = %(viewer)s AND m.read_level = 2
    )""",
)
# Others see of a public calendar when its owner is busy, and are told what an event is called that its owner put there
# and did not mark as private. What stands under a schedule is somebody's booking and never told.
SIGHT: LiteralString = (
    """
    CASE
        WHEN e.calendar_id = %(calendar)s AND %(is_owner)s THEN 3
        WHEN """
    + "\n            OR ".join(PARTS)
    + """ THEN 3
        WHEN e.status_id IN (400, 444, 555) THEN 0
        WHEN %(is_public)s AND e.calendar_id = %(calendar)s AND e.schedule_id IS NULL AND NOT e.is_private
            AND e.creator_id IS NOT NULL THEN 2
        WHEN %(is_public)s THEN 1
        WHEN EXISTS (
            SELECT FROM schedule_member AS m WHERE m.schedule_id = e.schedule_id AND m.person_id = %(viewer)s
        ) THEN 1
        ELSE 0
    END
    """
)


def as_seen(event: SeenEvent, *, calendar_id: int, language: str) -> SeenEvent:
    """The event without what is not for who reads this calendar.

    Nor is it told when it was put in, for which both times say its start, or in whose calendar else it stands.
    """
    if event.sight >= Sight.WHOLE:
        return event
    seen = without_people(event)
    if event.sight == Sight.LABEL:
        return seen
    return msgspec.structs.replace(
        seen,
        type_id=1,
        status_id=CONFIRMED,
        schedule_id=None,
        calendar_id=calendar_id,
        parent_id=None,
        label=BUSY_LABELS[language],
        description=None,
        is_private=True,
        sequence=0,
        created_at=event.starts_at,
        updated_at=event.starts_at,
    )


def without_people(event: SeenEvent) -> SeenEvent:
    """Without names, money and papers."""
    return msgspec.structs.replace(
        event,
        payment_status_id=100,
        creator_id=None,
        billable_id=None,
        benefitable_id=None,
        amount=None,
        currency=None,
        exponent=None,
        is_credit=False,
        file_ids=[],
        data={},
        external_id=None,
    )
