"""What people show to those who may see them (profiles.sight)."""

from datetime import datetime, timedelta

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.errors import NotFound
from artel.people.new_contacts import mask_email
from artel.people.two_factor import mask_number
from artel.profiles.queries import SKILL_ROWS, NamedRow
from artel.profiles.sight import require_sight
from artel.schedules.availability import Slot, free_slots_of_many
from artel.schedules.queries import COLUMNS, ScheduleRow

# One reply looks at so many schedules, so far ahead, and shows so many slots of each.
MOST_SCHEDULES = 20
MOST_CALENDARS = 50
LOOK_AHEAD = timedelta(days=7)
MOST_SLOTS = 10


class PublicRow(NamedRow, frozen=True, kw_only=True):
    id: int
    photo_file_id: int | None
    city: str | None
    timezone: str
    about: str | None
    education: str | None
    languages: list[str]
    email: str
    phone: str | None

    @property
    def masked_email(self) -> str:
        return mask_email(self.email)

    @property
    def masked_phone(self) -> str | None:
        return None if self.phone is None else mask_number(self.phone)


async def access_person(conn: Connection, viewer_id: int, person_id: int, *, now: datetime) -> PublicRow:
    """Somebody as the viewer may see them. The address and the number are for their masks alone: `reveals.reveal` tells
    them. Refuses: NotFound."""
    await require_sight(conn, viewer_id, person_id, now=now)
    return await public_row(conn, person_id)


async def public_row(conn: Connection, person_id: int) -> PublicRow:
    """Whoever asks. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        PublicRow,
        f"""
        SELECT
            p.id, p.first_name, p.middle_name, p.last_name, p.photo_file_id, p.city, p.timezone, p.about, p.education,
            p.languages, p.email, p.phone,
            {SKILL_ROWS}
        FROM person AS p
        WHERE p.id = %(person)s
        """,  # noqa: S608 - of constants
        {"person": person_id},
    )
    if row is None:
        raise NotFound("person")
    return row


class Offer(msgspec.Struct, frozen=True):
    """A schedule anybody may book, and its next free slots."""

    schedule: ScheduleRow
    slots: list[Slot]


async def offers_of(conn: Connection, person_id: int, *, now: datetime) -> list[Offer]:
    """The schedules that somebody owns and shows, the oldest first, at most MOST_SCHEDULES."""
    schedules = await fetch_all(
        conn,
        ScheduleRow,
        f"""
        SELECT {COLUMNS}
        FROM schedule AS s
        WHERE s.owner_id = %(person)s AND NOT s.is_private AND s.deleted_at IS NULL
            AND (s.ends_at IS NULL OR s.ends_at > %(now)s)
        ORDER BY s.id
        LIMIT %(most)s
        """,  # noqa: S608 - of constants
        {"person": person_id, "now": now, "most": MOST_SCHEDULES},
    )
    slots = await free_slots_of_many(conn, schedules, start=now, end=now + LOOK_AHEAD, now=now)
    return [Offer(schedule, slots[schedule.id][:MOST_SLOTS]) for schedule in schedules]


class PublicCalendarRow(msgspec.Struct, frozen=True):
    """Of a calendar that is shown: nothing of where it is synchronised with."""

    id: int
    label: str
    description: str | None
    slug: str
    icon: str | None
    timezone: str


async def calendars_shown_by(conn: Connection, person_id: int) -> list[PublicCalendarRow]:
    return await fetch_all(
        conn,
        PublicCalendarRow,
        """
        SELECT id, label, description, slug, icon, timezone
        FROM calendar
        WHERE person_id = %(person)s AND NOT is_private AND deleted_at IS NULL
        ORDER BY id
        LIMIT %(most)s
        """,
        {"person": person_id, "most": MOST_CALENDARS},
    )
