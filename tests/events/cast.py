"""Hosts with schedules and clients, as bookings need them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from artel.calendars.rules import default_calendar
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.schedules.hours import SlotRules
from artel.schedules.queries import ScheduleRow, schedule_by_id

ALL_DAY = ((0, 1440),)
EVERY_DAY = {str(day): ALL_DAY for day in range(1, 8)}
NINE_TO_SIX = {str(day): ((540, 1080),) for day in range(1, 8)}


async def add_schedule(
    conn: Connection,
    host_id: int,
    *,
    now: datetime,
    hosts: tuple[int, ...] = (),
    price: Decimal | None = None,
    currency: str | None = None,
    is_private: bool = False,
    type_id: int = 1,
    settings: dict[str, Any] | None = None,
    **rules: Any,
) -> ScheduleRow:
    """A schedule open around the clock in UTC, half-hour slots, unless `rules` say otherwise."""
    read = SlotRules(**({"timezone": "UTC", "duration": 30, "days": EVERY_DAY} | rules))
    schedule_id: int = await fetch_value(
        conn,
        """
        INSERT INTO schedule
            (type_id, calendar_id, owner_id, benefitable_id, label, slug, is_private, timezone, price, currency,
             settings, rules, created_at, updated_at)
        VALUES
            (%(type)s, %(calendar)s, %(host)s, %(host)s, 'Consultation', gen_random_uuid()::text, %(private)s,
             %(timezone)s, %(price)s, %(currency)s, %(settings)s, %(rules)s, %(now)s, %(now)s)
        RETURNING id
        """,
        {
            "type": type_id,
            "calendar": await default_calendar(conn, host_id, now=now),
            "host": host_id,
            "private": is_private,
            "timezone": read.timezone,
            "price": price,
            "currency": currency,
            "settings": Jsonb({"duration": read.duration} | (settings or {})),
            "rules": Jsonb(msgspec.to_builtins(read)),
            "now": now,
        },
    )
    await add_members(conn, schedule_id, {host_id: (1, 2, 3)} | dict.fromkeys(hosts, (3, 2, 2)), now=now)
    return await schedule_by_id(conn, schedule_id)


async def add_members(
    conn: Connection, schedule_id: int, members: dict[int, tuple[int, int, int]], *, now: datetime
) -> None:
    """Person -> role, read and write level."""
    for person, (role, read, write) in members.items():
        await conn.execute(
            """
            INSERT INTO schedule_member
                (schedule_id, person_id, role_id, read_level, write_level, created_at, accepted_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
            """,
            [schedule_id, person, role, read, write, now, now],
        )


def day_after(now: datetime, *, days: int = 1, hour: int = 10, minute: int = 0) -> datetime:
    """A time of a day to come, in UTC."""
    return (now.astimezone(UTC) + timedelta(days=days)).replace(hour=hour, minute=minute, second=0, microsecond=0)
