"""What is sent of a schedule."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from artel.api.time.replies import Id
from artel.schedules.rules import ScheduleChanges
from artel.schedules.skills import LONGEST_NAME, MOST_SKILLS, GivenSkill
from artel.schedules.terms import (
    LONGEST_DESCRIPTION,
    LONGEST_LABEL,
    LONGEST_NOTICE_MINUTES,
    LONGEST_SLUG,
    MOST_FILES,
    NewSchedule,
)

Label = Annotated[str, Meta(min_length=1, max_length=LONGEST_LABEL)]
Description = Annotated[str, Meta(max_length=LONGEST_DESCRIPTION)]
Slug = Annotated[str, Meta(max_length=LONGEST_SLUG)]
Notice = Annotated[int, Meta(ge=0, le=LONGEST_NOTICE_MINUTES, description="The shortest notice, in minutes.")]
Timezone = Annotated[str, Meta(max_length=100, description="IANA; by default the calendar's.")]
Currency = Annotated[str, Meta(max_length=10)]
# Hours of a person, as an object; or as an array of strings: schema.org's opening hours, or RRULE lines.
Settings = dict[str, Any] | list[str]
Files = Annotated[list[Id], Meta(max_length=MOST_FILES)]
PersonType = Annotated[str, Meta(pattern=r"^(.*\\)?User$", max_length=50, description="User")]
PersonId = Id | Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,17}$")]


class SkillWish(msgspec.Struct):
    """A skill by its id, or by its name: a new one is added for everybody."""

    id: Id | None = None
    name: Annotated[str, Meta(max_length=LONGEST_NAME)] | None = None


Skills = Annotated[list[SkillWish], Meta(max_length=MOST_SKILLS)]


class ScheduleWish(msgspec.Struct):
    """`price` in whole units of `currency`, which it needs; of a slot, or of an hour where the settings say so."""

    label: Label
    private: bool
    settings: Settings
    type_id: Literal[1, 2, 3] | None = None
    kal_id: Id | None = None
    benefitable_id: Id | None = None
    benefitable_type: PersonType | None = None
    billable_id: Id | None = None
    billable_type: PersonType | None = None
    parent_id: Id | None = None
    start: datetime | None = None
    end: datetime | None = None
    slug: Slug | None = None
    msp: Notice = 0
    description: Description | None = None
    timezone: Timezone | None = None
    price: Decimal | None = None
    currency: Currency | None = None
    files: Files | None = None
    skills: Skills | None = None


def new_schedule(wish: ScheduleWish) -> NewSchedule:
    return NewSchedule(
        label=wish.label,
        is_private=wish.private,
        settings=wish.settings,
        type_id=wish.type_id or 1,
        calendar_id=wish.kal_id,
        benefitable_id=wish.benefitable_id,
        billable_id=wish.billable_id,
        parent_id=wish.parent_id,
        starts_at=wish.start,
        ends_at=wish.end,
        slug=wish.slug,
        notice_minutes=wish.msp,
        description=wish.description,
        timezone=wish.timezone,
        price=wish.price,
        currency=wish.currency,
        file_ids=wish.files or [],
        skills=given_skills(wish.skills or []),
    )


class ScheduleChange(msgspec.Struct):
    """What is left out stays as it is; null takes the default, as in a new schedule."""

    label: Label
    private: bool
    currency: Currency | None
    settings: Settings
    kal_id: Id | UnsetType | None = UNSET
    benefitable_id: Id | UnsetType | None = UNSET
    benefitable_type: PersonType | UnsetType | None = UNSET
    billable_id: Id | UnsetType | None = UNSET
    billable_type: PersonType | UnsetType | None = UNSET
    start: datetime | UnsetType | None = UNSET
    end: datetime | UnsetType | None = UNSET
    slug: Slug | UnsetType | None = UNSET
    msp: Notice | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    timezone: Timezone | UnsetType | None = UNSET
    price: Decimal | UnsetType | None = UNSET
    files: Files | UnsetType | None = UNSET
    skills: Skills | UnsetType | None = UNSET


def schedule_changes(change: ScheduleChange) -> ScheduleChanges:
    return ScheduleChanges(
        label=change.label,
        is_private=change.private,
        settings=change.settings,
        calendar_id=change.kal_id,
        benefitable_id=change.benefitable_id,
        billable_id=change.billable_id,
        starts_at=change.start,
        ends_at=change.end,
        slug=change.slug,
        notice_minutes=change.msp,
        description=change.description,
        timezone=change.timezone,
        price=change.price,
        currency=change.currency,
        file_ids=UNSET if change.files is UNSET else change.files or [],
        skills=UNSET if change.skills is UNSET else given_skills(change.skills or []),
    )


def given_skills(wishes: list[SkillWish]) -> list[GivenSkill]:
    return [GivenSkill(wish.id, wish.name) for wish in wishes]


class PreviewWish(msgspec.Struct):
    """A schedule as it might be. `id` is the one it would be a change of; `duration` the length of its slots, where
    the settings have none of their own. Whoever works is the caller, or a worker of that schedule."""

    kal_id: Id
    type_id: Literal[1, 2, 3]
    label: Label
    private: bool
    duration: Annotated[int, Meta(ge=5, le=1440)]
    currency: Currency | None
    settings: Settings
    id: Id | None = None
    benefitable_id: PersonId | None = None
    benefitable_type: PersonType | None = None
    billable_id: PersonId | None = None
    billable_type: PersonType | None = None
    start: datetime | None = None
    end: datetime | None = None
    slug: Slug | None = None
    msp: Notice = 0
    description: Description | None = None
    timezone: Timezone | None = None
    price: Decimal | None = None
    files: Files | None = None


def previewed_schedule(wish: PreviewWish) -> NewSchedule:
    return NewSchedule(
        label=wish.label,
        is_private=wish.private,
        settings=wish.settings,
        type_id=wish.type_id,
        calendar_id=wish.kal_id,
        benefitable_id=person_id_of(wish.benefitable_id),
        billable_id=person_id_of(wish.billable_id),
        starts_at=wish.start,
        ends_at=wish.end,
        slug=wish.slug,
        notice_minutes=wish.msp,
        description=wish.description,
        timezone=wish.timezone,
        price=wish.price,
        currency=wish.currency,
        file_ids=wish.files or [],
    )


def person_id_of(given: int | str | None) -> int | None:
    return None if given is None else int(given)
