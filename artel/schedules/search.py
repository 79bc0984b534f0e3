"""Finding specialists who are free (time-api.md, POST /schedule/search).

What stands in a row (words, skills, price, …) PostgreSQL narrows down in the order wanted; who of them really has a
free slot that fits, `offered_starts` decides, as for the listing and the booking. Candidates are looked at in
batches, each with its busy time read at once, until the page is full: the cost follows the page, not the number of
specialists.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, LiteralString

import msgspec
import numpy as np
from psycopg.sql import SQL, Composable, Composed

from artel.db.pool import Connection
from artel.schedules.availability import REACH, busy_of, free_of, hosts_of_many, taken_events
from artel.schedules.hours import SlotRules
from artel.schedules.week import ALL, both, hours_of_window, week_of
from artel.schedules.zones import Minutes, instant_of, minute_after, minute_of, offsets_between

FIRST_BATCH = 40
LARGEST_BATCH = 640
SLOTS_SHOWN = 5

Sort = Literal["updated_at", "created_at", "price", "rank"]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for; None is "whatever". Slots start in [start, end)."""

    start: datetime
    end: datetime
    type_id: int | None = None
    calendar_id: int | None = None
    words: str | None = None
    skill_ids: tuple[int, ...] = ()  # all of them
    languages: tuple[str, ...] = ()  # any of them
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    currency: str | None = None
    duration: int | None = None  # minutes; None: each schedule's own
    notice_minutes: int | None = None  # bookable on no longer notice than this
    timezone: str = "UTC"  # of days and hours
    days: tuple[int, ...] = ()  # 0 = Sunday to 6 = Saturday
    hours: tuple[int, int] | None = None  # slots lie between these minutes of a day
    sort: Sort = "updated_at"
    descending: bool = True


class Hit(msgspec.Struct, frozen=True):
    schedule_id: int
    duration: int
    starts: tuple[datetime, ...]  # the first that fit


class Page(msgspec.Struct, frozen=True):
    hits: list[Hit]
    has_more: bool
    total: int | None  # of all who fit, where all were looked at


class _Candidate(msgspec.Struct, frozen=True):
    id: int
    key: Any
    benefitable_id: int
    slot_rules: SlotRules


CONDITIONS: dict[str, LiteralString] = {
    "type_id": "ss.type_id = %(type_id)s",
    "calendar_id": "ss.calendar_id = %(calendar_id)s",
    "words": "ss.document @@ "
    "(websearch_to_tsquery('russian', %(words)s) || websearch_to_tsquery('english', %(words)s))",
    "skill_ids": "ss.skill_ids @> %(skill_ids)s::bigint[]",
    "languages": "ss.languages && %(languages)s::text[]",
    "price_from": "ss.price >= %(price_from)s",
    "price_to": "ss.price <= %(price_to)s",
    "currency": "(ss.currency = %(currency)s OR ss.price = 0)",
    "duration": "%(duration)s = ANY(ss.durations)",
    "notice_minutes": "ss.notice_minutes <= %(notice_minutes)s",
}
# What a list is ordered by, and of which type it is: a page begins after the last key of the page before.
KEYS: dict[Sort, tuple[LiteralString, LiteralString]] = {
    "updated_at": ("ss.updated_at", "timestamptz"),
    "created_at": ("ss.created_at", "timestamptz"),
    "price": ("ss.price", "numeric"),
    "rank": (
        """ts_rank(
            ss.document, websearch_to_tsquery('russian', %(words)s) || websearch_to_tsquery('english', %(words)s)
        )""",
        "real",
    ),
}


async def search_schedules(conn: Connection, wanted: Wanted, *, page: int, per_page: int, now: datetime) -> Page:
    """One page of the schedules that have a free slot which fits, in the order wanted."""
    skip, need = (page - 1) * per_page, per_page + 1  # one more tells whether there are more
    hits: list[Hit] = []
    count = 0
    async for batch in candidates(conn, wanted):
        for hit in await hits_among(conn, batch, wanted, now=now):
            count += 1
            if count > skip:
                hits.append(hit)
            if len(hits) == need:
                return Page(hits[:per_page], has_more=True, total=None)
    return Page(hits, has_more=False, total=count)


async def candidates(conn: Connection, wanted: Wanted) -> AsyncIterator[list[_Candidate]]:
    """Everybody whose row fits, in the order wanted, in batches that grow."""
    after: tuple[Any, int] | None = None
    size = FIRST_BATCH
    while True:
        statement, values = batch_statement(wanted, after, size)
        cursor = await conn.execute(statement, values)
        batch = [
            _Candidate(row[0], row[1], row[2], msgspec.json.decode(row[3], type=SlotRules))
            for row in await cursor.fetchall()
        ]
        if batch:
            yield batch
        if len(batch) < size:
            return
        after = (batch[-1].key, batch[-1].id)
        size = min(2 * size, LARGEST_BATCH)


def batch_statement(wanted: Wanted, after: tuple[Any, int] | None, size: int) -> tuple[Composed, dict[str, Any]]:
    values: dict[str, Any] = {
        name: value for name in CONDITIONS if (value := getattr(wanted, name)) is not None and value != ()
    }
    clauses: list[Composable] = [SQL(CONDITIONS[name]) for name in values]
    for name in ("skill_ids", "languages"):
        if name in values:
            values[name] = list(values[name])
    hours = hours_wanted(wanted)
    if hours != ALL:
        clauses.append(SQL("(ss.hours & %(hours)s::bit(168)) <> repeat('0', 168)::bit(168)"))
        values["hours"] = hours
    key, key_type = map(SQL, KEYS[wanted.sort])
    direction = SQL("DESC" if wanted.descending else "ASC")
    if after is not None:
        comparison = SQL("<" if wanted.descending else ">")
        beyond = SQL("({}, ss.schedule_id) {} (%(after_key)s::{}, %(after_id)s)")
        clauses.append(beyond.format(key, comparison, key_type))
        values["after_key"], values["after_id"] = after
    statement = SQL(
        """
        SELECT s.id, chosen.key, s.benefitable_id, s.rules::text
        FROM (
            SELECT ss.schedule_id, {key} AS key
            FROM schedule_search AS ss
            JOIN schedule AS own ON own.id = ss.schedule_id
            JOIN person AS owner ON owner.id = own.owner_id AND owner.email_confirmed_at IS NOT NULL
            WHERE {clauses}
            ORDER BY key {direction}, ss.schedule_id {direction}
            LIMIT %(size)s
        ) AS chosen
        JOIN schedule AS s ON s.id = chosen.schedule_id
        ORDER BY chosen.key {direction}, s.id {direction}
        """
    ).format(key=key, clauses=SQL(" AND ").join(clauses or [SQL("true")]), direction=direction)
    return statement, values | {"size": size}


def hours_wanted(wanted: Wanted) -> str:
    """The hours of the week in which a slot that fits may begin, in UTC."""
    window = hours_of_window(minute_of(wanted.start), minute_after(wanted.end))
    if not wanted.days and wanted.hours is None:
        return window
    opens, closes = wanted.hours or (0, 1440)
    days = wanted.days or range(7)
    # Sunday is the week's last day here.
    spans = [((day - 1) % 7 * 1440 + opens, (day - 1) % 7 * 1440 + closes) for day in days]
    return both(window, week_of(spans, wanted.timezone))


async def hits_among(conn: Connection, batch: Sequence[_Candidate], wanted: Wanted, *, now: datetime) -> list[Hit]:
    """Those of a batch that have a slot which fits, in its order."""
    hosts = await hosts_of_many(conn, batch)
    start, end = wanted.start - REACH, wanted.end + REACH
    everybody = sorted({host for each in hosts.values() for host in each})
    busy = await busy_of(conn, everybody, start=start, end=end, now=now, but=[])
    counting = [one.id for one in batch if one.slot_rules.max_per_day is not None or one.slot_rules.seats > 1]
    taken = await taken_events(conn, counting, start=start, end=end, now=now) if counting else {}
    window = {"start": minute_after(wanted.start), "end": minute_after(wanted.end), "now": minute_after(now)}
    hits = []
    for one in batch:
        rules = one.slot_rules
        duration = wanted.duration or rules.duration
        free = free_of(rules, [busy[host] for host in hosts[one.id]], taken.get(one.id, []), duration, **window)
        starts = fitting(free.all_starts, duration, wanted)
        if starts.size:
            hits.append(Hit(one.id, duration, tuple(map(instant_of, starts[:SLOTS_SHOWN].tolist()))))
    return hits


def fitting(starts: Minutes, duration: int, wanted: Wanted) -> Minutes:
    """Without the slots outside the days and hours wanted, which are civil time in the searcher's zone."""
    if not starts.size or (not wanted.days and wanted.hours is None):
        return starts
    local = offsets_between(wanted.timezone, int(starts[0]), int(starts[-1])).civil(starts)
    kept = np.ones(starts.size, dtype=bool)
    if wanted.days:
        kept &= np.isin((local // 1440 + 4) % 7, wanted.days)  # 1970-01-01 was a Thursday, which is 4
    if wanted.hours is not None:
        opens, closes = wanted.hours
        minute = local % 1440
        kept &= (minute >= opens) & (minute + duration <= closes)
    return starts[kept]
