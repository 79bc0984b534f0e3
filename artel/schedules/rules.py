"""Making and changing schedules. Deleting: artel/schedules/deletion.py; members: artel/schedules/members.py."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from artel.calendars.queries import hold_own_calendar
from artel.calendars.rules import default_calendar
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotAllowed
from artel.operations import audit
from artel.schedules.errors import CannotBeBilled, CannotWork, SlugTaken
from artel.schedules.queries import ScheduleAccess, ScheduleRow, Write, access_schedule
from artel.schedules.search_index import index_schedules
from artel.schedules.skills import GivenSkill, find_or_add_skills, set_skills
from artel.schedules.terms import NewSchedule, Terms, clean_slug, read_terms, require_own_files, slug_of

WORKER = 3


async def create_schedule(conn: Connection, new: NewSchedule, *, owner_id: int, now: datetime) -> int:
    """Make a schedule; answers its id. The owner becomes its first member, and works under it.

    Refuses: what `read_terms` refuses; NotFound for a calendar or a parent of others; NotAllowed for a parent whose
    settings the owner may not change; CannotWork and CannotBeBilled for anybody else, whom nobody has asked yet;
    FileUnknown; SlugInvalid, SlugReserved, SlugTaken; what `find_or_add_skills` refuses.
    """
    calendar_id = new.calendar_id if new.calendar_id is not None else await default_calendar(conn, owner_id, now=now)
    calendar = await hold_own_calendar(conn, owner_id, calendar_id)
    terms = await read_terms(conn, new, timezone=calendar.timezone, now=now)
    if new.parent_id is not None:
        await access_schedule(conn, owner_id, new.parent_id, write=Write.SETTINGS)
    await require_agreed(conn, None, owner_id, benefitable_id=new.benefitable_id, billable_id=new.billable_id)
    values = {
        **columns_of(terms, new),
        "type": new.type_id,
        "calendar": calendar.id,
        "owner": owner_id,
        "benefitable": new.benefitable_id or owner_id,
        "billable": new.billable_id,
        "parent": new.parent_id,
        "files": await require_own_files(conn, new.file_ids, actor_id=owner_id),
        "now": now,
    }
    if new.slug and new.slug.strip():
        schedule_id = await insert_schedule(conn, values, clean_slug(new.slug))
        if schedule_id is None:
            raise SlugTaken
    else:
        schedule_id = await insert_schedule(conn, values, slug_of(terms.label, with_ending=False))
        while schedule_id is None:  # another has the plain one; the ending is too long to meet twice
            schedule_id = await insert_schedule(conn, values, slug_of(terms.label, with_ending=True))
    await set_skills(conn, schedule_id, await find_or_add_skills(conn, new.skills, now=now))
    await conn.execute(
        """
        INSERT INTO schedule_member (
            schedule_id, person_id, role_id, read_level, write_level, added_by, created_at, accepted_at
        )
        VALUES (%(schedule)s, %(owner)s, 1, 2, 3, %(owner)s, %(now)s, %(now)s)
        """,
        {"schedule": schedule_id, "owner": owner_id, "now": now},
    )
    await index_schedules(conn, [schedule_id])
    await note(conn, "schedule.created", schedule_id, actor_id=owner_id, now=now, type_id=new.type_id)
    return schedule_id


async def insert_schedule(conn: Connection, values: dict[str, Any], slug: str) -> int | None:
    """None: another schedule has the slug. Of two at once the second waits at the index for the first."""
    found: int | None = await fetch_value(
        conn,
        """
        INSERT INTO schedule (
            type_id, calendar_id, owner_id, benefitable_id, billable_id, parent_id, label, slug, description,
            is_private, timezone, starts_at, ends_at, notice_minutes, price, currency, settings, rules, file_ids,
            created_at, updated_at
        )
        VALUES (
            %(type)s, %(calendar)s, %(owner)s, %(benefitable)s, %(billable)s, %(parent)s, %(label)s, %(slug)s,
            %(description)s, %(private)s, %(timezone)s, %(starts_at)s, %(ends_at)s, %(notice)s, %(price)s,
            %(currency)s, %(settings)s, %(rules)s, %(files)s, %(now)s, %(now)s
        )
        ON CONFLICT (lower(slug)) WHERE deleted_at IS NULL DO NOTHING
        RETURNING id
        """,
        {**values, "slug": slug},
    )
    return found


class ScheduleChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What of a schedule is to be other. What is not set stays; None takes the default, as in NewSchedule."""

    label: str | UnsetType = UNSET
    is_private: bool | UnsetType = UNSET
    settings: Any = UNSET
    calendar_id: int | UnsetType | None = UNSET
    benefitable_id: int | UnsetType | None = UNSET
    billable_id: int | UnsetType | None = UNSET
    starts_at: datetime | UnsetType | None = UNSET
    ends_at: datetime | UnsetType | None = UNSET
    slug: str | UnsetType | None = UNSET
    notice_minutes: int | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    timezone: str | UnsetType | None = UNSET
    price: Decimal | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET
    file_ids: Sequence[int] | UnsetType = UNSET
    skills: Sequence[GivenSkill] | UnsetType = UNSET


async def change_schedule(
    conn: Connection, access: ScheduleAccess, changes: ScheduleChanges, *, actor_id: int, now: datetime
) -> None:
    """Change a schedule that the caller holds locked for update. Bookings that are there stay as they are, at their
    time and price.

    A calendar is one of the owner's. Somebody else may be named as who works, or as who pays, once they agreed.
    Refuses: NotAllowed below the level of settings; what `create_schedule` refuses.
    """
    require_settings_level(access)
    schedule = access.schedule
    wanted = merge(schedule, changes)
    calendar_id = wanted.calendar_id
    if calendar_id is None:
        calendar_id = await default_calendar(conn, schedule.owner_id, now=now)
    calendar = await hold_own_calendar(conn, schedule.owner_id, calendar_id)
    before = schedule.slot_rules if wanted.settings == schedule.settings else None
    terms = await read_terms(conn, wanted, timezone=calendar.timezone, now=now, before=before)
    await require_agreed(
        conn,
        schedule.id,
        schedule.owner_id,
        benefitable_id=wanted.benefitable_id if wanted.benefitable_id != schedule.benefitable_id else None,
        billable_id=wanted.billable_id if wanted.billable_id != schedule.billable_id else None,
    )
    values = {
        **columns_of(terms, wanted),
        "id": schedule.id,
        "calendar": calendar.id,
        "benefitable": wanted.benefitable_id or schedule.owner_id,
        "billable": wanted.billable_id,
        "files": await require_own_files(conn, wanted.file_ids, actor_id=actor_id, kept=schedule.file_ids),
        "slug": clean_slug(wanted.slug) if wanted.slug and wanted.slug.strip() else schedule.slug,
        "now": now,
    }
    try:
        async with conn.transaction():
            await conn.execute(UPDATE, values)
    except UniqueViolation:
        raise SlugTaken from None
    if changes.skills is not UNSET:
        await set_skills(conn, schedule.id, await find_or_add_skills(conn, changes.skills, now=now))
    await index_schedules(conn, [schedule.id])
    await note(
        conn,
        "schedule.changed",
        schedule.id,
        actor_id=actor_id,
        now=now,
        fields=changed_fields(schedule, wanted, changes),
        price_before=str_or_none(schedule.price),
        price_after=str_or_none(terms.price),
    )


UPDATE = """
    UPDATE schedule
    SET calendar_id = %(calendar)s, benefitable_id = %(benefitable)s, billable_id = %(billable)s, label = %(label)s,
        slug = %(slug)s, description = %(description)s, is_private = %(private)s, timezone = %(timezone)s,
        starts_at = %(starts_at)s, ends_at = %(ends_at)s, notice_minutes = %(notice)s, price = %(price)s,
        currency = %(currency)s, settings = %(settings)s, rules = %(rules)s, file_ids = %(files)s,
        updated_at = %(now)s
    WHERE id = %(id)s
"""
# What a schedule's row and a wish for one both have, under one name.
SAME_NAMES = tuple(name for name in ScheduleChanges.__struct_fields__ if name != "skills")


def merge(schedule: ScheduleRow, changes: ScheduleChanges) -> NewSchedule:
    """The schedule as it would be."""
    given = {name: getattr(changes, name) for name in SAME_NAMES}
    values = {name: getattr(schedule, name) if value is UNSET else value for name, value in given.items()}
    return NewSchedule(type_id=schedule.type_id, **values)


def changed_fields(schedule: ScheduleRow, wanted: NewSchedule, changes: ScheduleChanges) -> list[str]:
    fields = [name for name in SAME_NAMES if getattr(schedule, name) != getattr(wanted, name)]
    return fields if changes.skills is UNSET else [*fields, "skills"]


def columns_of(terms: Terms, given: NewSchedule) -> dict[str, Any]:
    return {
        "label": terms.label,
        "description": terms.description,
        "private": given.is_private,
        "timezone": terms.timezone,
        "starts_at": terms.starts_at,
        "ends_at": terms.ends_at,
        "notice": given.notice_minutes,
        "price": terms.price,
        "currency": terms.currency,
        "settings": Jsonb(given.settings),
        "rules": Jsonb(msgspec.to_builtins(terms.rules)),
    }


def require_settings_level(access: ScheduleAccess) -> None:
    if access.write < Write.SETTINGS:
        raise NotAllowed


async def require_agreed(
    conn: Connection, schedule_id: int | None, owner_id: int, *, benefitable_id: int | None, billable_id: int | None
) -> None:
    """Nobody works or pays under a schedule of others without having agreed: to work, by accepting to be a worker of
    it; to pay, by accepting to be a member of it. A new schedule (None) has nobody who could have.

    Refuses: CannotWork; CannotBeBilled.
    """
    cursor = await conn.execute(
        """
        SELECT person_id, role_id
        FROM schedule_member
        WHERE schedule_id = %(schedule)s AND person_id = ANY(%(people)s) AND accepted_at IS NOT NULL
        """,
        {"schedule": schedule_id, "people": [benefitable_id, billable_id]},
    )
    roles: dict[int, int] = dict(await cursor.fetchall())
    if benefitable_id not in (None, owner_id) and roles.get(benefitable_id) != WORKER:
        raise CannotWork
    if billable_id not in (None, owner_id) and billable_id not in roles:
        raise CannotBeBilled


def str_or_none(price: Decimal | None) -> str | None:
    return None if price is None else f"{price:f}"


async def note(
    conn: Connection, action: str, schedule_id: int, *, actor_id: int | None, now: datetime, **facts: object
) -> None:
    await audit.record(
        conn,
        action,
        subject="schedule",
        subject_id=schedule_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        **facts,
    )
