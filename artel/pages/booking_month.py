"""A month of free slots as its page shows it: which days, which times, where one can go on to."""

from calendar import Calendar
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from artel.db.pool import Connection
from artel.schedules.availability import Slot, free_slots, next_free_slot
from artel.schedules.queries import ScheduleRow

MONDAY = 0


class Asked(msgspec.Struct, frozen=True):
    """What an address asks for, as far as it can be read. `duration` is None for the schedule's own."""

    month: date | None
    day: date | None
    duration: int | None

    @classmethod
    def read(cls, query: Mapping[str, str], schedule: ScheduleRow) -> "Asked":
        day = read_date(query.get("day", ""))
        month = read_date(f"{query.get('month', '')}-01") or day
        return cls(month.replace(day=1) if month else None, day, read_duration(query.get("duration", ""), schedule))


def read_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_duration(text: str, schedule: ScheduleRow) -> int | None:
    rules = schedule.slot_rules
    found = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else None
    return found if found in rules.all_durations and found != rules.duration else None


class Month(msgspec.Struct, frozen=True):
    """`weeks` hold the days, None outside the month. `following` is the next free day where `day` has nothing."""

    first: date
    weeks: list[list[date | None]]
    free: dict[date, list[Slot]]
    today: date
    day: date | None
    times: list[Slot]
    following: date | None
    previous_month: date | None
    next_month: date | None


async def read_month(conn: Connection, schedule: ScheduleRow, asked: Asked, zone: ZoneInfo, *, now: datetime) -> Month:
    """What is free in the month asked for, in days of `zone`. Without one: in this month, or in the next if nothing is
    left of this.

    One look at the hosts' busy time; where a month has nothing, more to find the next free slot.
    """
    today = now.astimezone(zone).date()
    earliest, latest = month_of(today), month_of(last_day(schedule, zone, now=now))
    month = min(max(asked.month or earliest, earliest), latest)
    end = after(month)
    if asked.month is None and month < latest:
        end = after(end)
    slots = await free_slots(
        conn, schedule, start=midnight(month, zone), end=midnight(end, zone), now=now, duration=asked.duration
    )
    free = by_day(slots, zone)
    if asked.month is None and free:
        month = month_of(min(free))
    free = {day: times for day, times in free.items() if month_of(day) == month}
    day = asked.day if asked.day is not None and month_of(asked.day) == month else min(free, default=None)
    following = None
    if day not in free:
        following = min((each for each in free if day is None or each > day), default=None)
        for since in (midnight(after(month), zone), now):  # later, else anything at all
            if following is None:
                found = await next_free_slot(conn, schedule, after=since, now=now, duration=asked.duration)
                following = found.start.astimezone(zone).date() if found else None
    return Month(
        month,
        weeks_of(month),
        free,
        today,
        day,
        free.get(day, []) if day else [],
        following,
        before(month) if month > earliest else None,
        after(month) if month < latest else None,
    )


def last_day(schedule: ScheduleRow, zone: ZoneInfo, *, now: datetime) -> date:
    """The last one on which anything can be offered."""
    last = now + timedelta(days=schedule.slot_rules.horizon_days)
    if schedule.ends_at is not None:
        last = max(now, min(last, schedule.ends_at))
    return last.astimezone(zone).date()


def by_day(slots: Sequence[Slot], zone: ZoneInfo) -> dict[date, list[Slot]]:
    days: dict[date, list[Slot]] = {}
    for slot in slots:
        days.setdefault(slot.start.astimezone(zone).date(), []).append(slot)
    return days


def weeks_of(month: date) -> list[list[date | None]]:
    weeks = Calendar(MONDAY).monthdatescalendar(month.year, month.month)
    return [[day if day.month == month.month else None for day in week] for week in weeks]


def month_of(day: date) -> date:
    return day.replace(day=1)


def after(month: date) -> date:
    return month_of(month + timedelta(days=31))


def before(month: date) -> date:
    return month_of(month - timedelta(days=1))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
