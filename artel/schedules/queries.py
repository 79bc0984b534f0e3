"""Schedules as they are kept, and who may see what of them."""

from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any, Literal, LiteralString

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotAllowed, NotFound
from artel.schedules.hours import SlotRules


class Read(IntEnum):
    """What of a schedule somebody may see (time-api.md "Numbers")."""

    FREE_TIME = 0  # when there are slots, and nothing of who has the others
    OWN_EVENTS = 1
    EVERYTHING = 2


class Write(IntEnum):
    """What somebody may do with a schedule. Each includes those before."""

    NOTHING = 0
    BOOK = 1
    EVENTS = 2
    SETTINGS = 3  # and members


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


class ScheduleAccess(msgspec.Struct, frozen=True):
    """A schedule, and what the one who asked may do with it. `role_id` is None for who is no member of it."""

    schedule: ScheduleRow
    role_id: int | None
    read: int
    write: int


COLUMNS = """
    s.id, s.type_id, s.calendar_id, s.owner_id, s.benefitable_id, s.billable_id, s.parent_id, s.label, s.slug,
    s.description, s.is_private, s.timezone, s.starts_at, s.ends_at, s.notice_minutes, s.price, s.currency,
    (SELECT cu.exponent FROM currency AS cu WHERE cu.code = s.currency) AS exponent,
    s.settings, s.rules, s.file_ids, s.created_at, s.updated_at, s.deleted_at
"""

# How a schedule is locked: "share" by whoever puts an event on it, "update" by whoever changes or deletes it. The two
# wait for each other, so that no booking is made on terms that are being changed.
Lock = Literal["share", "update"]
LOCKS: dict[Lock, LiteralString] = {
    "share": "SELECT FROM schedule WHERE id = %(id)s FOR SHARE",
    "update": "SELECT FROM schedule WHERE id = %(id)s FOR UPDATE",
}


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


async def public_schedule_by_slug(conn: Connection, slug: str) -> ScheduleRow:
    """A schedule that everybody may see, by the name in its address, in any case. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        ScheduleRow,
        f"""
        SELECT {COLUMNS}
        FROM schedule AS s
        JOIN person AS o ON o.id = s.owner_id AND o.email_confirmed_at IS NOT NULL
        WHERE lower(s.slug) = lower(%(slug)s) AND s.deleted_at IS NULL AND NOT s.is_private
        """,  # noqa: S608 - of constants
        {"slug": slug},
    )
    if row is None:
        raise NotFound("schedule")
    return row


class _Membership(msgspec.Struct):
    role_id: int
    read_level: int
    write_level: int


async def access_schedule(
    conn: Connection,
    person_id: int | None,
    schedule_id: int,
    *,
    read: int = 0,
    write: int = 0,
    lock: Lock | None = None,
) -> ScheduleAccess:
    """A schedule for somebody who needs these levels of it; None is a visitor who has not signed in.

    The owner may do everything, members what they were given; everybody else may see free time and book, unless the
    schedule is private.
    Refuses: NotFound, also for a private schedule of others; NotAllowed where it may be seen and a level is too low.
    """
    if lock is not None:
        # By itself and first, so that what is read below is of after the wait.
        await conn.execute(LOCKS[lock], {"id": schedule_id})
    schedule = await schedule_by_id(conn, schedule_id)
    access = await access_of(conn, person_id, schedule)
    if access.read < read or access.write < write:
        raise NotAllowed
    return access


async def access_of(conn: Connection, person_id: int | None, schedule: ScheduleRow) -> ScheduleAccess:
    """What somebody may do with a schedule that is there. Refuses: NotFound for a private schedule of others."""
    member = await fetch_one(
        conn,
        _Membership,
        """
        SELECT role_id, read_level, write_level
        FROM schedule_member
        WHERE schedule_id = %(schedule)s AND person_id = %(person)s
        """,
        {"schedule": schedule.id, "person": person_id},
    )
    role_id = member.role_id if member else None
    if person_id is not None and person_id == schedule.owner_id:
        return ScheduleAccess(schedule, role_id, Read.EVERYTHING, Write.SETTINGS)
    if member is not None:
        return ScheduleAccess(schedule, role_id, member.read_level, member.write_level)
    if schedule.is_private or not await is_owner_proven(conn, schedule.owner_id):
        raise NotFound("schedule")
    return ScheduleAccess(schedule, None, Read.FREE_TIME, Write.BOOK)


async def is_owner_proven(conn: Connection, owner_id: int) -> bool:
    """Whether the owner has shown the address to be theirs. Until then nothing of theirs is public: a registration
    may name anybody's."""
    return bool(
        await fetch_value(
            conn, "SELECT email_confirmed_at IS NOT NULL FROM person WHERE id = %(owner)s", {"owner": owner_id}
        )
    )
