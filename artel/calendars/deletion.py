"""Deleting a calendar with all that stands in it."""

from datetime import datetime

from artel.calendar_sync.parting import part_calendar
from artel.calendars.errors import CalendarHasMeetings, CalendarHasSchedules, OnlyCalendar
from artel.calendars.queries import lock_own_calendars
from artel.calendars.rules import note
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound

OWN_CALENDAR = 1  # its type; 2 is of an outside calendar, where no bookings can go


async def delete_calendar(conn: Connection, calendar_id: int, *, person_id: int, now: datetime) -> None:
    """Delete one of the person's calendars and its events; their time is free again, and no outside calendar is read
    into it or written from it any more.

    Of the default one the oldest other takes the place. Charges and payments that are approved or paid are records of
    money: they stay, and stand in no calendar any more.
    Refuses: NotFound; OnlyCalendar; CalendarHasSchedules; CalendarHasMeetings, for what others take part in, or have
    a seat held in, and is not over: their bookings are cancelled one by one, with what that means for their money;
    and for what money is still held for.
    """
    # All of the person's, in order: of two deletions at once the second sees what the first has left. FOR UPDATE also
    # waits for whoever is putting a schedule or an event in, whose foreign key holds the row.
    calendars = await lock_own_calendars(conn, person_id)
    row = next((calendar for calendar in calendars if calendar.id == calendar_id), None)
    if row is None:
        raise NotFound("calendar")
    others = [calendar.id for calendar in calendars if calendar.type_id == OWN_CALENDAR and calendar.id != calendar_id]
    if row.is_default and not others:
        raise OnlyCalendar
    if await fetch_value(
        conn,
        "SELECT EXISTS (SELECT FROM schedule WHERE calendar_id = %(calendar)s AND deleted_at IS NULL)",
        {"calendar": calendar_id},
    ):
        raise CalendarHasSchedules
    meetings = await fetch_value(conn, MEETINGS_WITH_OTHERS, {"calendar": calendar_id, "owner": person_id, "now": now})
    if meetings:
        raise CalendarHasMeetings(meetings)
    await part_calendar(conn, calendar_id, actor_id=person_id, now=now)
    events = await fetch_value(conn, DELETE_EVENTS, {"calendar": calendar_id, "now": now})
    await conn.execute(
        "UPDATE calendar SET deleted_at = %(now)s, updated_at = %(now)s, is_default = false WHERE id = %(id)s",
        {"id": calendar_id, "now": now},
    )
    if row.is_default:
        await conn.execute(
            "UPDATE calendar SET is_default = true, updated_at = %(now)s WHERE id = %(id)s",
            {"id": others[0], "now": now},
        )
    await note(conn, "calendar.deleted", calendar_id, actor_id=person_id, now=now, events=events)


MEETINGS_WITH_OTHERS = """
    SELECT count(*)
    FROM calendar_event AS e
    WHERE e.calendar_id = %(calendar)s
        AND e.deleted_at IS NULL
        AND (
            e.status_id IN (100, 200) AND e.ends_at > %(now)s AND EXISTS (
                SELECT
                FROM event_attendee AS a
                WHERE a.event_id = e.id
                    AND a.person_id <> %(owner)s
                    AND a.status_id IN (100, 200)
                    AND (a.hold_until IS NULL OR a.hold_until > %(now)s)
            )
            -- Also when its time is over: the money has still to come to somebody.
            OR EXISTS (
                SELECT FROM booking_payment AS p WHERE p.event_id = e.id AND p.status IN ('charging', 'paid')
            )
        )
"""
DELETE_EVENTS = """
    WITH detached AS (
        UPDATE calendar_event
        SET calendar_id = NULL, updated_at = %(now)s
        WHERE calendar_id = %(calendar)s AND deleted_at IS NULL AND type_id IN (2, 3) AND payment_status_id > 100
    ),
    deleted AS (
        UPDATE calendar_event
        SET deleted_at = %(now)s, updated_at = %(now)s, sequence = sequence + 1
        WHERE calendar_id = %(calendar)s
            AND deleted_at IS NULL
            AND NOT (type_id IN (2, 3) AND payment_status_id > 100)
        RETURNING id
    ),
    freed AS (
        DELETE FROM busy_span WHERE event_id IN (SELECT id FROM deleted)
    )
    SELECT count(*) FROM deleted
"""
