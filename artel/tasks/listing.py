"""The company's list of tasks: which tasks, in what order, and in which version each is.

A list asks for versions first: one short word a task that changes whenever anything a list shows of it does. Whoever
has that version rendered already needs no more; `listed_tasks` has the rest.

A page costs the same wherever it is. The order by age is a range of numbers (see the table's `number`). Any other
list is walked along an index from its nearer end, numbers alone; the rows are looked up for the page only.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import LiteralString

import msgspec

from artel.db.conditions import Conditions, all_of
from artel.db.pool import Connection
from artel.db.reads import Read, Row
from artel.db.rows import fetch_value


class Sort(StrEnum):
    """What a list can be ordered by; equals are ordered by age."""

    AGE = "age"
    DEADLINE = "deadline"
    FINISHED = "finished"
    PRICE = "price"


SORT_COLUMNS: dict[Sort, LiteralString] = {
    Sort.AGE: "number",
    Sort.DEADLINE: "deadline",
    Sort.FINISHED: "finished_at",
    Sort.PRICE: "price",
}

# Filter -> condition on task AS t. Days and times are instants; "before" does not count itself.
CONDITIONS: Conditions = {
    "creator_id": "t.creator_id = %(creator_id)s::bigint",
    "worker_id": "t.freelancer_id = %(worker_id)s::bigint",
    "created_since": "t.created_at >= %(created_since)s",
    "created_before": "t.created_at < %(created_before)s",
    "deadline_since": "t.deadline >= %(deadline_since)s",
    "deadline_before": "t.deadline < %(deadline_before)s",
    "finished_since": "t.finished_at >= %(finished_since)s",
    "finished_before": "t.finished_at < %(finished_before)s",
    "reported_since": "t.reported_at >= %(reported_since)s",
    "reported_before": "t.reported_at < %(reported_before)s",
    "accepted_since": "t.accepted_at >= %(accepted_since)s",
    "accepted_before": "t.accepted_at < %(accepted_before)s",
    "paid_since": "t.paid_at >= %(paid_since)s",
    "paid_before": "t.paid_at < %(paid_before)s",
    "has_payout": "t.has_payout = %(has_payout)s",
    "price_from": "t.price >= %(price_from)s",
    "price_to": "t.price <= %(price_to)s",
    "state": "t.state = %(state)s::bigint",
    "states": "t.state = ANY(%(states)s::bigint[])",
    "currency": "t.currency = %(currency)s",
    "group_id": """
        t.group_id = (
            SELECT g.id
            FROM task_group AS g
            WHERE g.id = %(group_id)s::bigint AND g.company_id = %(company)s AND g.deleted_at IS NULL
        )
    """,
    "deadline_type": "t.deadline_type = %(deadline_type)s::bigint",
    "taxation_status": """
        t.freelancer_id IN (
            SELECT f.person_id
            FROM freelancer AS f
            WHERE f.taxation_status = %(taxation_status)s::bigint
        )
    """,
    "copyright": "t.copyright = %(copyright)s",
    "need_report": "t.need_report = %(need_report)s",
    "payer_id": "t.payer_id = %(payer_id)s::bigint",
    "external_id": "t.external_id = %(external_id)s",
    # The index finds those with all of the text's words, wherever they stand; of these the text itself decides.
    "search": """
        t.search @@ task_search(%(company)s, %(search)s)
        AND position(lower(%(search)s) IN lower(t.title || E'\\n' || t.description)) > 0
    """,
}

# A task is coming up when less than three days are left to its deadline (M, deadline.isComingUp).
COMING_UP: LiteralString = "(t.deadline > %(now)s AND t.deadline < %(now)s::timestamptz + interval '3 days')"

# A row's xmin changes with every change of the row. Here stand the rows whose columns a list shows of task AS t: the
# task's own (which its files touch, see artel.files.rules), the freelancer's membership of the team (which the
# freelancer's name, address, status and verification touch, see the triggers beside that table), the creator's, the
# payer's, the group's, the company's, and the version of the reference data for services and attributes. Which of
# them there are is said by the task's, so the missing need no place. A test changes each and looks at the list.
VERSION: LiteralString = f"""
    concat_ws(
        '.',
        t.id,
        t.xmin,
        {COMING_UP}::integer,
        (
            SELECT m.xmin
            FROM team_member AS m
            WHERE m.company_id = t.company_id AND m.freelancer_id = t.freelancer_id
        ),
        (SELECT p.xmin FROM person AS p WHERE p.id = t.creator_id),
        CASE WHEN t.payer_id <> t.creator_id THEN (SELECT p.xmin FROM person AS p WHERE p.id = t.payer_id) END,
        (SELECT g.xmin FROM task_group AS g WHERE g.id = t.group_id),
        (SELECT c.xmin FROM company AS c WHERE c.id = %(company)s),
        (SELECT v.xmin FROM reference_version AS v)
    )
"""  # noqa: S608 - of constants

Filters = Mapping[str, object]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a company's tasks."""

    company_id: int
    filters: Filters
    sort: Sort
    descending: bool
    offset: int
    limit: int
    now: datetime

    @property
    def params(self) -> dict[str, object]:
        return {**self.filters, "company": self.company_id, "now": self.now}


class Page(msgspec.Struct, frozen=True):
    """How many tasks the list has, and the versions of the page's, in order."""

    total: int
    versions: list[bytes]


def task_id_of(version: bytes) -> int:
    return int(version.partition(b".")[0])


def plain_page(wanted: Wanted) -> Read:
    """Total and page of all tasks by age. The newest number is the total; a page is a range of numbers."""
    return Read(
        NEWEST_FIRST if wanted.descending else OLDEST_FIRST,
        {"company": wanted.company_id, "now": wanted.now, "offset": wanted.offset, "limit": wanted.limit},
    )


_PLAIN: tuple[LiteralString, LiteralString, LiteralString] = (
    f"""
    SELECT total.count, ARRAY(
        SELECT {VERSION}
        FROM task AS t
        WHERE t.company_id = %(company)s::bigint
    """,  # noqa: S608 - of constants
    """
    )
    FROM (
        SELECT coalesce(
            (SELECT last_task_number FROM company_counter WHERE company_id = %(company)s), 0
        ) AS count
        OFFSET 0
    ) AS total
    """,
    "",
)
NEWEST_FIRST: LiteralString = (
    _PLAIN[0]
    + """
            AND t.number > total.count - %(offset)s::bigint - %(limit)s::bigint
            AND t.number <= total.count - %(offset)s::bigint
        ORDER BY t.number DESC
    """
    + _PLAIN[1]
)
OLDEST_FIRST: LiteralString = (
    _PLAIN[0]
    + """
            AND t.number > %(offset)s::bigint
            AND t.number <= %(offset)s::bigint + %(limit)s::bigint
        ORDER BY t.number
    """
    + _PLAIN[1]
)


def read_page(rows: list[Row]) -> Page:
    """What came of `plain_page`. An array of versions, which are digits and points, is these between braces."""
    count, versions = rows[0]
    assert count is not None
    assert versions is not None
    return Page(int(count), versions[1:-1].split(b",") if len(versions) > 2 else [])


async def page_of(conn: Connection, wanted: Wanted) -> Page:
    """Any page of any list."""
    total = await count_of(conn, wanted)
    limit = max(0, min(wanted.limit, total - wanted.offset))
    from_the_end = wanted.offset > total // 2
    offset = total - wanted.offset - limit if from_the_end else wanted.offset
    key = SORT_COLUMNS[wanted.sort]
    asked: LiteralString = "DESC" if wanted.descending else "ASC"
    opposite: LiteralString = "ASC" if wanted.descending else "DESC"
    # Never prepared: which index is best depends on the filters' values, and where to begin on limit and offset.
    cursor = await conn.execute(
        f"""
        SELECT {VERSION}
        FROM (
            SELECT t.number
            FROM task AS t
            WHERE t.company_id = %(company)s {all_of(CONDITIONS, wanted.filters)}
            ORDER BY {order_by(key, opposite if from_the_end else asked)}
            LIMIT %(limit)s OFFSET %(offset)s
        ) AS found
        JOIN task AS t ON t.company_id = %(company)s AND t.number = found.number
        ORDER BY {order_by(key, asked)}
        """,  # noqa: S608 - of constants
        {**wanted.params, "limit": limit, "offset": max(0, offset)},
        prepare=False,
    )
    return Page(total, [version.encode() for (version,) in await cursor.fetchall()])


async def count_of(conn: Connection, wanted: Wanted) -> int:
    if not wanted.filters:
        newest: int | None = await fetch_value(
            conn, "SELECT last_task_number FROM company_counter WHERE company_id = %(company)s", wanted.params
        )
        return newest or 0
    cursor = await conn.execute(
        f"SELECT count(*) FROM task AS t WHERE t.company_id = %(company)s {all_of(CONDITIONS, wanted.filters)}",  # noqa: S608 - of constants
        wanted.params,
        prepare=False,
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


def order_by(key: LiteralString, direction: LiteralString) -> LiteralString:
    if key == "number":
        return f"t.number {direction}"
    if key != SORT_COLUMNS[Sort.FINISHED]:
        # Never NULL. To say where NULLs stand would be another order than the index has, and sort every row.
        return f"t.{key} {direction}, t.number {direction}"
    nulls: LiteralString = "NULLS FIRST" if direction == "ASC" else "NULLS LAST"
    return f"t.{key} {direction} {nulls}, t.number {direction}"
