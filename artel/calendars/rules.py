"""Making, changing and deleting calendars."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.errors import UniqueViolation

from artel.calendars.errors import (
    FilesNotOwn,
    SlugTaken,
    TimezoneUnknown,
    TooManyCalendars,
)
from artel.calendars.queries import CalendarRow, find_default_calendar, lock_own_calendar
from artel.calendars.slugs import checked_slug, slugs_from
from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import Refused
from artel.operations import audit
from artel.timezones import known_timezones

DEFAULT_LABELS = {"EN": "My calendar", "RU": "Мой календарь"}
MOST_CALENDARS = 100
# Of PostgreSQL's advisory locks: whoever changes a slug holds it.
SLUG_LOCK = 7_301_019
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")
CONTROL_CHARACTERS_OF_TEXTS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Names in the database's folder that are no places: what the machine itself is set to.


class CalendarDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says of a calendar. UNSET: nothing, so a new one gets the default and an old one stays as it is.

    `timezone` None is the person's own.
    """

    label: str
    is_private: bool
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    slug: str | msgspec.UnsetType = msgspec.UNSET
    timezone: str | msgspec.UnsetType | None = msgspec.UNSET
    file_ids: Sequence[int] | msgspec.UnsetType = msgspec.UNSET


async def default_calendar(conn: Connection, person_id: int, *, now: datetime) -> int:
    """The id of the calendar that a person's bookings go into; made at first use."""
    found = await find_default_calendar(conn, person_id)
    if found is None:
        made = await fetch_value(
            conn,
            """
            INSERT INTO calendar (person_id, label, slug, timezone, is_private, is_default, created_at, updated_at)
            SELECT p.id, CASE p.language WHEN 'RU' THEN %(label_ru)s ELSE %(label_en)s END, %(slug)s, p.timezone,
                true, true, %(now)s, %(now)s
            FROM person AS p
            WHERE p.id = %(person)s
            ON CONFLICT DO NOTHING
            RETURNING id
            """,
            {
                "person": person_id,
                "label_en": DEFAULT_LABELS["EN"],
                "label_ru": DEFAULT_LABELS["RU"],
                "slug": f"{person_id}-{secrets.token_hex(3)}",
                "now": now,
            },
        )
        if made is not None:
            await note(conn, "calendar.created", made, actor_id=person_id, now=now)
        found = await find_default_calendar(conn, person_id)
    assert found is not None, "made here, or by another at the same time"
    return found


class _Owner(msgspec.Struct):
    timezone: str
    calendars: int


async def create_calendar(conn: Connection, draft: CalendarDraft, *, person_id: int, now: datetime) -> int:
    """A new calendar of the person's; the first one is where their bookings go. Answers its id.

    Without a slug it gets one made from its label.
    Refuses: field_required and field_invalid for texts; SlugInvalid, SlugReserved, SlugTaken; TimezoneUnknown;
    FilesNotOwn; TooManyCalendars.
    """
    clean = await cleaned(conn, draft, person_id=person_id)
    # One at a time of a person's: the limit is a limit, and only one is the first.
    await conn.execute("SELECT FROM person WHERE id = %(person)s FOR NO KEY UPDATE", {"person": person_id})
    owner = await fetch_one(
        conn,
        _Owner,
        """
        SELECT p.timezone, (SELECT count(*) FROM calendar WHERE person_id = p.id AND deleted_at IS NULL) AS calendars
        FROM person AS p
        WHERE p.id = %(person)s
        """,
        {"person": person_id},
    )
    assert owner is not None, "whoever is signed in is there"
    if owner.calendars >= MOST_CALENDARS:
        raise TooManyCalendars(MOST_CALENDARS)
    given = clean.get("slug")
    # A given slug is tried twice: `default_calendar` may have made the default one in this moment, and then this one
    # is not the first, but its slug is free.
    for slug in (given, given) if given else slugs_from(clean["label"]):
        made = await fetch_value(
            conn,
            """
            INSERT INTO calendar (person_id, label, description, slug, timezone, is_private, is_default, file_ids,
                created_at, updated_at)
            VALUES (%(person)s, %(label)s, %(description)s, %(slug)s, %(timezone)s, %(is_private)s,
                NOT EXISTS (
                    SELECT FROM calendar WHERE person_id = %(person)s AND is_default AND deleted_at IS NULL
                ),
                %(file_ids)s, %(now)s, %(now)s)
            ON CONFLICT DO NOTHING
            RETURNING id
            """,
            {
                "description": None,
                "file_ids": [],
                **clean,
                "person": person_id,
                "slug": slug,
                "timezone": clean.get("timezone") or owner.timezone,
                "now": now,
            },
        )
        if made is not None:
            await note(conn, "calendar.created", made, actor_id=person_id, now=now)
            return int(made)
    raise SlugTaken


async def change_calendar(
    conn: Connection, calendar_id: int, draft: CalendarDraft, *, person_id: int, now: datetime
) -> None:
    """Give one of the person's calendars what the draft says; what it does not say stays.

    Another timezone shows the same instants at other civil times; no event moves.
    Refuses: NotFound; field_required and field_invalid for texts; SlugInvalid, SlugReserved, SlugTaken;
    TimezoneUnknown; FilesNotOwn.
    """
    if draft.slug is not msgspec.UNSET:
        # Before the row: two who exchange their slugs would wait for each other in the index, for ever.
        await conn.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": SLUG_LOCK})
    row = await lock_own_calendar(conn, person_id, calendar_id)
    clean = await cleaned(conn, draft, person_id=person_id, kept_files=row.file_ids)
    if "timezone" in clean and clean["timezone"] is None:
        clean["timezone"] = await fetch_value(
            conn, "SELECT timezone FROM person WHERE id = %(person)s", {"person": person_id}
        )
    changed = sorted(name for name, value in clean.items() if getattr(row, name) != value)
    if not changed:
        return
    values = {name: clean.get(name, getattr(row, name)) for name in CHANGEABLE}
    try:
        async with conn.transaction():  # a savepoint: the refusal has to be told from a whole transaction
            await conn.execute(
                """
                UPDATE calendar
                SET label = %(label)s, description = %(description)s, slug = %(slug)s, timezone = %(timezone)s,
                    is_private = %(is_private)s, file_ids = %(file_ids)s, updated_at = %(now)s
                WHERE id = %(id)s
                """,
                {**values, "id": calendar_id, "now": now},
            )
    except UniqueViolation:
        raise SlugTaken from None
    await note(conn, "calendar.changed", calendar_id, actor_id=person_id, now=now, fields=changed)


CHANGEABLE = ("label", "description", "slug", "timezone", "is_private", "file_ids")


async def revoke_feed(conn: Connection, calendar_id: int, *, person_id: int, now: datetime) -> CalendarRow:
    """From now on the feed has another address; the one before leads nowhere. Refuses: NotFound."""
    row = await lock_own_calendar(conn, person_id, calendar_id)
    await conn.execute(
        "UPDATE calendar SET feed_version = feed_version + 1 WHERE id = %(id)s",
        {"id": calendar_id},
    )
    await note(conn, "calendar.feed_revoked", calendar_id, actor_id=person_id, now=now)
    return msgspec.structs.replace(row, feed_version=row.feed_version + 1)


async def cleaned(
    conn: Connection, draft: CalendarDraft, *, person_id: int, kept_files: Sequence[int] = ()
) -> dict[str, Any]:
    """What the draft says, by columns, as it is stored. Files that stand there already may stay.

    Refuses: field_required, field_invalid; SlugInvalid, SlugReserved; TimezoneUnknown; FilesNotOwn.
    """
    clean: dict[str, Any] = {"is_private": draft.is_private, "label": " ".join(draft.label.split())}
    if not clean["label"]:
        raise Refused("field_required", "label")
    if CONTROL_CHARACTERS.search(clean["label"]):
        raise Refused("field_invalid", "label")
    if draft.description is not msgspec.UNSET:
        clean["description"] = (draft.description or "").strip() or None
        if CONTROL_CHARACTERS_OF_TEXTS.search(draft.description or ""):
            raise Refused("field_invalid", "description")
    if draft.slug is not msgspec.UNSET:
        clean["slug"] = checked_slug(draft.slug)
    if draft.timezone is not msgspec.UNSET:
        if draft.timezone is not None and draft.timezone not in known_timezones():
            raise TimezoneUnknown
        clean["timezone"] = draft.timezone
    if draft.file_ids is not msgspec.UNSET:
        clean["file_ids"] = list(dict.fromkeys(draft.file_ids))
        await require_own_files(conn, set(draft.file_ids) - set(kept_files), person_id=person_id)
    return clean


async def require_own_files(conn: Connection, file_ids: set[int], *, person_id: int) -> None:
    """Refuses: FilesNotOwn."""
    if not file_ids:
        return
    found = await fetch_value(
        conn,
        "SELECT count(*) FROM file WHERE id = ANY(%(files)s) AND owner_id = %(person)s",
        {"files": sorted(file_ids), "person": person_id},
    )
    if found != len(file_ids):
        raise FilesNotOwn


async def note(conn: Connection, action: str, calendar_id: int, *, actor_id: int, now: datetime, **facts: Any) -> None:
    await audit.record(
        conn,
        action,
        subject="calendar",
        subject_id=calendar_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
        **facts,
    )
