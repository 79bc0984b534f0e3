"""What calendars know of a person: told to them, and erased with them."""

from datetime import datetime, timedelta
from typing import Any

from artel.calendars.queries import access_own_calendar
from artel.calendars.rules import CalendarDraft, create_calendar
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.personal_data.erasure import erase_person
from artel.personal_data.export import export_person
from tests import cast
from tests.calendars.cast import add_busy_span, add_event

WORDS: dict[str, Any] = {"label": "Doctor Who", "description": "Lindenweg 5", "data": {"location": "Lindenweg 5"}}


async def test_told(conn: Connection, now: datetime) -> None:
    anna = await cast.add_person(conn, "anna@example.test", now=now)
    boris = await cast.add_person(conn, "boris@example.test", now=now)
    kal = await create_calendar(conn, CalendarDraft(label="Anna's", is_private=True), person_id=anna, now=now)
    theirs = await create_calendar(conn, CalendarDraft(label="Boris's", is_private=True), person_id=boris, now=now)
    await add_event(conn, kal, anna, now, now=now, label="Doctor Who")
    await add_event(conn, theirs, boris, now, now=now)
    async with conn.transaction():
        told = await export_person(conn, anna, actor_id=None, now=now)
    assert [row["label"] for row in told["calendars"]] == ["Anna's"]
    assert [(row["calendar"], row["label"]) for row in told["events_of_calendars"]] == [("Anna's", "Doctor Who")]


async def test_erased(conn: Connection, now: datetime) -> None:
    anna = await cast.add_person(conn, "anna@example.test", now=now)
    boris = await cast.add_person(conn, "boris@example.test", now=now)
    draft = CalendarDraft(label="Anna's", is_private=False, slug="anna", description="Lindenweg 5")
    kal = await create_calendar(conn, draft, person_id=anna, now=now)
    theirs = await create_calendar(conn, CalendarDraft(label="Boris's", is_private=True), person_id=boris, now=now)
    version = (await access_own_calendar(conn, anna, kal)).feed_version
    alone = [
        await add_event(conn, kal, anna, now + timedelta(days=1), now=now, attendees={anna: 3}, **WORDS),
        await add_event(conn, kal, None, now, now=now, **WORDS),
        await add_event(conn, None, anna, now, now=now, attendees={anna: 3}, **WORDS),
    ]
    await add_busy_span(conn, alone[0], anna)
    kept = [
        await add_event(conn, kal, anna, now, now=now, attendees={anna: 3, boris: 6}, **WORDS),
        await add_event(conn, kal, anna, now, now=now, type_id=2, payment_status_id=300, **WORDS),
        await add_event(conn, theirs, boris, now, now=now, attendees={anna: 6}, **WORDS),
        await add_event(conn, theirs, boris, now, now=now, **WORDS),
    ]
    async with conn.transaction():
        await erase_person(conn, anna, actor_id=None, now=now)
    cursor = await conn.execute("SELECT id FROM calendar_event AS e WHERE e::text ~ 'Lindenweg|Doctor' ORDER BY id")
    assert [row[0] for row in await cursor.fetchall()] == kept
    cursor = await conn.execute("SELECT id FROM calendar_event WHERE deleted_at IS NOT NULL ORDER BY id")
    assert [row[0] for row in await cursor.fetchall()] == alone
    assert await fetch_value(conn, "SELECT count(*) FROM busy_span") == 0
    row = "SELECT c::text || (c.deleted_at IS NOT NULL) FROM calendar AS c WHERE id = %(id)s"
    left = await fetch_value(conn, row, {"id": kal})
    assert "nna" not in left
    assert "Lindenweg" not in left
    assert left.endswith("true")
    assert await fetch_value(conn, "SELECT feed_version FROM calendar WHERE id = %(id)s", {"id": kal}) > version
    assert await fetch_value(conn, "SELECT label FROM calendar WHERE id = %(id)s", {"id": theirs}) == "Boris's"
