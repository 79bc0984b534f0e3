"""The task list (operation 3) against a plain model of it: every filter, every order, every page."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from artel.api.customer.task_filters import SORTS, TASK_FILTERS
from artel.db.pool import Connection
from tests.cast import Someone
from tests.tasks.many import Circle, add_circle, random_task, write_tasks

Row = dict[str, Any]
COUNT = 90


class World:
    def __init__(self, circle: Circle, rows: list[Row]) -> None:
        self.circle = circle
        self.rows = rows


@pytest.fixture
async def world(conn: Connection, company_id: int, now: datetime) -> World:
    """Ninety tasks of the company, drawn with a fixed seed."""
    chance = random.Random(20260601)
    circle = await add_circle(conn, company_id, now=now)
    rows = [random_task(chance, circle, number, now=now) for number in range(1, COUNT + 1)]
    await write_tasks(conn, rows)
    return World(circle, rows)


@pytest.fixture
async def elsewhere(conn: Connection, outsider: Someone, now: datetime) -> World:
    """A few tasks of the outsider's company."""
    assert outsider.company_id is not None
    chance = random.Random(7)
    circle = await add_circle(conn, outsider.company_id, now=now)
    rows = [random_task(chance, circle, number, now=now) for number in range(1, 6)]
    await write_tasks(conn, rows)
    return World(circle, rows)


def since(column: str) -> Callable[[World, Row, str], bool]:
    def keeps(world: World, row: Row, value: str) -> bool:
        return row[column] is not None and row[column].astimezone(UTC).date() >= date.fromisoformat(value)

    return keeps


def until(column: str) -> Callable[[World, Row, str], bool]:
    def keeps(world: World, row: Row, value: str) -> bool:
        return row[column] is not None and row[column].astimezone(UTC).date() <= date.fromisoformat(value)

    return keeps


def same(column: str) -> Callable[[World, Row, str], bool]:
    return lambda world, row, value: str(row[column]) == value


def flag(column: str) -> Callable[[World, Row, str], bool]:
    return lambda world, row, value: row[column] is (value in {"1", "true"})


# What each filter keeps, in plain Python.
MODEL: dict[str, Callable[[World, Row, str], bool]] = {
    "creatorId": same("creator_id"),
    "workerId": same("freelancer_id"),
    "companyId": same("company_id"),
    "dateCreatedFrom": since("created_at"),
    "dateCreatedTo": until("created_at"),
    "dateEndFrom": since("deadline"),
    "dateEndTo": until("deadline"),
    "dateFinishedFrom": since("finished_at"),
    "dateFinishedTo": until("finished_at"),
    "dateReportFrom": since("reported_at"),
    "dateReportTo": until("reported_at"),
    "dateAcceptedFrom": since("accepted_at"),
    "dateAcceptedTo": until("accepted_at"),
    "datePaidFrom": since("paid_at"),
    "datePaidTo": until("paid_at"),
    "hasPayout": flag("has_payout"),
    "priceFrom": lambda world, row, value: row["price"] >= float(value),
    "priceTo": lambda world, row, value: row["price"] <= float(value),
    "search": lambda world, row, value: value.lower() in f"{row['title']}\n{row['description']}".lower(),
    "state": same("state"),
    "currencyId": lambda world, row, value: {"EUR": "3", "USD": "2"}[row["currency"]] == value,
    "groupId": lambda world, row, value: str(row["group_id"]) == value and value != str(world.circle.groups[2]),
    "deadlineType": same("deadline_type"),
    "workerTaxationStatus": lambda world, row, value: str(world.circle.freelancers[row["freelancer_id"]]) == value,
    "hasCopyright": flag("copyright"),
    "hasReport": flag("need_report"),
    "payedBy": same("payer_id"),
    "externalId": same("external_id"),
}


def values(world: World, now: datetime) -> dict[str, list[str]]:
    """Values to try for each filter, some of which nothing has."""
    circle = world.circle
    days = [(now + timedelta(days=shift)).date().isoformat() for shift in (-7, -3, 0, 4)]
    return {
        "creatorId": [*map(str, circle.creators), "1"],
        "workerId": [*map(str, circle.freelancers), "1"],
        "companyId": [str(circle.company_id)],
        **{name: days for name in MODEL if name.startswith("date")},
        **{name: ["1", "0", "true", "false"] for name in ("hasPayout", "hasCopyright", "hasReport")},
        "priceFrom": ["0", "62.5", "100", "1000"],
        "priceTo": ["0", "62.5", "100", "1000"],
        "search": ["market", "ANALYS", "naly", "рынк", "обзор рынка", "v2.0", "oo-ba", "№", "o", "sis of", "zzz", "%"],
        "state": ["1", "5", "11", "99999"],
        "currencyId": ["2", "3", "1", "77"],
        "groupId": [*map(str, circle.groups), "1"],
        "deadlineType": ["1", "2", "99999"],
        "workerTaxationStatus": ["1", "3", "4", "2"],
        "payedBy": [*map(str, circle.creators), "1"],
        "externalId": ["ORDER-1", "ORDER-2", "ORDER-3", "order-1", "none"],
    }


def modelled(world: World, asked: list[tuple[str, str]]) -> list[Row]:
    """The rows that all filters keep, newest first. States add up, everything else narrows down."""
    states = [value for name, value in asked if name == "state"]
    others = [(name, value) for name, value in asked if name != "state"]
    return [
        row
        for row in reversed(world.rows)
        if all(MODEL[name](world, row, value) for name, value in others) and (not states or str(row["state"]) in states)
    ]


def query(asked: list[tuple[str, str]]) -> str:
    return "&".join(f"filter[{name}]{'[]' if name == 'state' else ''}={quote(value)}" for name, value in asked)


async def ids(client: httpx.AsyncClient, someone: Someone, asked: str) -> tuple[list[int], dict[str, int]]:
    reply = await client.get(f"/customer/tasks?{asked}", headers=someone.headers)
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["pagination"]["count"] == len(body["items"])
    return [item["id"] for item in body["items"]], body["pagination"]


def test_the_model_knows_every_filter() -> None:
    assert set(MODEL) == set(TASK_FILTERS)


async def test_every_filter_alone(client: httpx.AsyncClient, viewer: Someone, world: World, now: datetime) -> None:
    found_some = set()
    for name, tried in values(world, now).items():
        for value in tried:
            expected = [row["id"] for row in modelled(world, [(name, value)])]
            found, page = await ids(client, viewer, query([(name, value)]) + "&size=500")
            assert (found, page["total"]) == (expected, len(expected)), (name, value)
            if len(expected) > 0:
                found_some.add(name)
    assert found_some == set(MODEL), "a filter that finds nothing is not tested"


async def test_filters_together_in_every_order(
    client: httpx.AsyncClient, viewer: Someone, world: World, now: datetime
) -> None:
    chance = random.Random(3)
    tried = values(world, now)
    met = 0
    for _ in range(60):
        names = chance.sample(sorted(tried), k=chance.randint(2, 3))
        asked = [(name, chance.choice(tried[name])) for name in names]
        if chance.random() < 0.3:
            asked += [("state", str(state)) for state in chance.sample((1, 2, 3, 4, 5), k=3)]
        sort, direction = chance.choice(["", *SORTS]), chance.choice(["", "asc", "desc", "DESC"])
        expected = ordered(modelled(world, asked), sort, descending=direction != "asc")
        met += len(expected) > 1
        found, page = await ids(client, viewer, f"{query(asked)}&size=500&sort={sort}&direction={direction}")
        assert found == [row["id"] for row in expected], (asked, sort, direction)
        assert page["total"] == len(expected)
    assert met > 10


def ordered(rows: list[Row], sort: str, *, descending: bool) -> list[Row]:
    """By the column, a missing date before any date; equals by age."""
    column = {"date_end": "deadline", "dateEnd": "deadline", "price": "price"}.get(sort)
    column = "finished_at" if sort in {"date_finished", "dateFinished"} else column

    def key(row: Row) -> Any:
        value = row[column] if column else None
        return (value is not None, value, row["number"]) if value is not None else (False, 0, row["number"])

    return sorted(rows, key=key, reverse=descending)


@pytest.mark.parametrize("sort", ["", "date_end", "date_finished", "price", "id"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("asked", ["", "filter[hasReport]=1"])
async def test_pages_put_together_are_the_list(
    client: httpx.AsyncClient, viewer: Someone, world: World, sort: str, direction: str, asked: str
) -> None:
    rows = [row for row in world.rows if not asked or row["need_report"]]
    expected = [row["id"] for row in ordered(rows, sort, descending=direction == "desc")]
    size = 8
    pages = -(-len(expected) // size)
    together = []
    for number in range(1, pages + 1):
        found, page = await ids(client, viewer, f"{asked}&sort={sort}&direction={direction}&page={number}&size={size}")
        assert page == {"count": len(found), "total": len(expected), "perPage": size, "page": number, "pages": pages}
        together += found
    assert together == expected
    for beyond in (pages + 1, pages + 50, 1_000_000_000):
        found, page = await ids(client, viewer, f"{asked}&sort={sort}&page={beyond}&size={size}")
        assert (found, page["total"], page["pages"]) == ([], len(expected), pages)


async def test_size_above_the_largest_is_the_default(client: httpx.AsyncClient, viewer: Someone, world: World) -> None:
    for size, count in (("501", 20), ("500", COUNT), ("", 20), ("7", 7)):
        found, page = await ids(client, viewer, f"size={size}")
        assert (len(found), page["perPage"]) == (count, 20 if count == 20 else int(size))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        *((f"filter[{name}]=x", name) for name in TASK_FILTERS if name not in {"search", "externalId"}),
        ("filter[state][]=1&filter[state][]=new", "state"),
        ("page=0", "page"),
        ("page=first", "page"),
        ("size=0", "size"),
        ("sort=title", "sort"),
        ("direction=up", "direction"),
    ],
)
async def test_what_is_of_the_wrong_type_is_named(
    client: httpx.AsyncClient, viewer: Someone, asked: str, field: str
) -> None:
    reply = await client.get(f"/customer/tasks?{asked}", headers=viewer.headers)
    assert reply.status_code == 422
    assert list(reply.json()) == [field]


async def test_mistakes_are_told_to_those_who_may_ask(
    client: httpx.AsyncClient, russian: Someone, outsider: Someone
) -> None:
    reply = await client.get("/customer/tasks?page=first", headers=russian.headers)
    assert reply.json() == {"page": "Ожидается целое число."}
    assert (await client.get("/customer/tasks?page=first")).status_code == 401
    asked = {**outsider.headers, "x-company-id": str(russian.company_id)}
    assert (await client.get("/customer/tasks?page=first", headers=asked)).status_code == 403


async def test_nobody_sees_anothers_tasks(
    client: httpx.AsyncClient, viewer: Someone, outsider: Someone, world: World, elsewhere: World
) -> None:
    theirs = [row["id"] for row in reversed(elsewhere.rows)]
    assert (await ids(client, outsider, ""))[0] == theirs
    found, page = await ids(client, outsider, f"filter[companyId]={viewer.company_id}")
    assert (found, page["total"]) == ([], 0)
    for name in ("search=market", "filter[workerId]=" + str(next(iter(world.circle.freelancers)))):
        assert not set((await ids(client, outsider, name + "&size=500"))[0]) - set(theirs)
    reply = await client.get("/customer/tasks", headers={**outsider.headers, "x-company-id": str(viewer.company_id)})
    assert reply.status_code == 403


async def test_a_member_of_two_companies_chooses(
    client: httpx.AsyncClient, viewer: Someone, conn: Connection, elsewhere: World, world: World, now: datetime
) -> None:
    await conn.execute(
        "INSERT INTO company_member (company_id, person_id, role, created_at) VALUES (%s, %s, 'viewer', %s)",
        [elsewhere.circle.company_id, viewer.id, now],
    )
    expected = [row["id"] for row in reversed(elsewhere.rows)]
    assert (await ids(client, viewer, f"filter[companyId]={elsewhere.circle.company_id}"))[0] == expected
    headers = {**viewer.headers, "x-company-id": str(elsewhere.circle.company_id)}
    reply = await client.get("/customer/tasks", headers=headers)
    assert [item["id"] for item in reply.json()["items"]] == expected


async def test_who_is_no_member_of_any_company_is_refused(
    client: httpx.AsyncClient, conn: Connection, settings: Any, world: World, now: datetime
) -> None:
    from tests import cast

    freelancer = await cast.sign_in(conn, settings, next(iter(world.circle.freelancers)), None, now=now)
    assert (await client.get("/customer/tasks", headers=freelancer.headers)).status_code == 403
    task = world.rows[0]["id"]
    assert (await client.get(f"/customer/tasks/{task}", headers=freelancer.headers)).status_code == 403
