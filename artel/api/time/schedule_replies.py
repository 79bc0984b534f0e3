"""How a schedule looks on the wire."""

from collections.abc import Sequence
from typing import Any

import msgspec

from artel.api.time.event_replies import PERSON_TYPE, EventReply, render_event
from artel.api.time.replies import instant, instant_or_none, money
from artel.events.queries import EventRow
from artel.schedules.availability import Slot
from artel.schedules.members import MemberRow
from artel.schedules.pricing import price_of_slot
from artel.schedules.queries import ScheduleRow
from artel.schedules.skills import SkillRow


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


class SlotReply(msgspec.Struct):
    """A slot that can be booked. `duration` counts minutes; `price` is null where the slots are free; `seats_left`
    counts the seats of a group that nobody has."""

    start: str
    end: str
    duration: int
    price: str | None
    currency: str | None
    seats_left: int


def render_slots(row: ScheduleRow, slots: Sequence[Slot], timezone: str) -> list[SlotReply]:
    """Slots with their times in the zone."""
    prices: dict[int, str | None] = {}
    found = []
    for slot in slots:
        duration = int((slot.end - slot.start).total_seconds()) // 60
        if duration not in prices:
            prices[duration] = None
            if row.price and row.exponent is not None:
                prices[duration] = money(price_of_slot(row.slot_rules, row.price, row.exponent, duration), row.exponent)
        found.append(
            SlotReply(
                start=instant(slot.start, timezone),
                end=instant(slot.end, timezone),
                duration=duration,
                price=prices[duration],
                currency=row.currency if prices[duration] is not None else None,
                seats_left=slot.seats_left,
            )
        )
    return found


class SkillReply(msgspec.Struct):
    id: int
    name: str


class MemberPerson(msgspec.Struct):
    id: int
    name: str
    ava_id: int | None


class MemberReply(msgspec.Struct):
    """`accepted_at`: since when the person has agreed; a worker is booked only from then on."""

    user_id: int
    role_id: int
    read: int
    write: int
    created_at: str
    accepted_at: str | None
    user: MemberPerson


def render_member(row: MemberRow) -> MemberReply:
    return MemberReply(
        user_id=row.person_id,
        role_id=row.role_id,
        read=row.read_level,
        write=row.write_level,
        created_at=instant(row.created_at),
        accepted_at=instant_or_none(row.accepted_at),
        user=MemberPerson(
            id=row.person_id,
            name=" ".join(part for part in (row.first_name, row.middle_name, row.last_name) if part),
            ava_id=row.photo_file_id,
        ),
    )


class KeptSchedule(ScheduleReply):
    """A schedule with its skills, as it is answered to whoever makes or changes it."""

    skills: list[SkillReply]


class ShownSchedule(KeptSchedule):
    """A schedule with its free slots of the days asked about. `events` are those the caller may see: all, their own, or
    none; `users` are told to members who may see events, and are empty to others."""

    slots: list[SlotReply]
    events: list[EventReply]
    users: list[MemberReply]


def render_kept_schedule(row: ScheduleRow, skills: Sequence[SkillRow]) -> KeptSchedule:
    return KeptSchedule(
        **msgspec.structs.asdict(render_schedule(row)), skills=[SkillReply(skill.id, skill.name) for skill in skills]
    )


def render_shown_schedule(
    row: ScheduleRow,
    skills: Sequence[SkillRow],
    slots: Sequence[Slot],
    events: Sequence[EventRow],
    members: Sequence[MemberRow],
    timezone: str,
) -> ShownSchedule:
    return ShownSchedule(
        **msgspec.structs.asdict(render_kept_schedule(row, skills)),
        slots=render_slots(row, slots, timezone),
        events=[render_event(event) for event in events],
        users=[render_member(member) for member in members],
    )
