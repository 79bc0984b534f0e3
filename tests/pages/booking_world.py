"""Schedules whose pages are looked at."""

import html
import re
from datetime import datetime
from typing import Any

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.schedules.queries import ScheduleRow, schedule_by_id
from artel.schedules.rules import create_schedule
from artel.schedules.terms import NewSchedule

EVERY_DAY = [["09:00", "12:00"]]
WEEK = {str(day): EVERY_DAY for day in range(1, 8)}


async def add_schedule(
    conn: Connection, host_id: int, *, now: datetime, settings: dict[str, Any] | None = None, **facts: Any
) -> ScheduleRow:
    """Three hours every morning in Berlin, one hour each, as `create_schedule` makes it."""
    given: dict[str, Any] = {
        "label": "Consulting",
        "is_private": False,
        "slug": "consulting",
        "timezone": "Europe/Berlin",
        "description": "An hour about your spring catalogue.",
        "settings": {"duration": 60, "days": WEEK, "location": "Online", **(settings or {})},
    }
    async with conn.transaction():
        schedule_id = await create_schedule(conn, NewSchedule(**given | facts), owner_id=host_id, now=now)
    return await schedule_by_id(conn, schedule_id)


def slot_path(schedule: ScheduleRow, start: datetime) -> str:
    return f"/book/{schedule.slug}/{start:%Y-%m-%dT%H:%M}Z"


async def mailed_link(conn: Connection, to: str) -> str:
    """The link in the newest letter to somebody, without the installation's address."""
    link = await fetch_value(
        conn,
        "SELECT link FROM message WHERE recipient = %(to)s AND link IS NOT NULL ORDER BY id DESC LIMIT 1",
        {"to": to},
    )
    assert link is not None, "no letter with a link"
    return "/bookings/confirm/" + str(link).rpartition("/")[2]


def text_of(source: str) -> str:
    """A page's text as somebody reads it: spaces of all kinds are spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", source)).split())
