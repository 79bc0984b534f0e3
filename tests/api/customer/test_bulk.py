"""Many tasks and payments in one call: all or each, as JSON and as a table."""

import asyncio
import csv
import io
import time
import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.tasks.machine import State
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.rows import changed, digests
from tests.tasks.cast import Desk

D = Decimal
CREATE, PAY = "/customer/tasks/bulk", "/customer/tasks/bulk-pay"
ATTRIBUTES = [{"id": 42, "value": 5}, {"id": 43, "value": "July"}, {"id": 44, "value": "Germany"}]


def line(desk: Desk, **changes: Any) -> dict[str, Any]:
    facts = {
        "title": "Market analysis",
        "description": "What sells where",
        "categoryId": 42,
        "workerId": desk.freelancer_id,
        "deadline": "2099-12-31",
        "price": 100,
        "attributes": ATTRIBUTES,
    }
    return {**facts, **changes}


async def tasks_count(conn: Connection) -> int:
    return int(await fetch_value(conn, "SELECT count(*) FROM task"))


async def test_all_works(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    named = str(uuid.uuid4())
    body = {"tasks": [line(desk, externalId=f"order {n}") for n in range(3)] + [line(desk, uuid=named)]}
    reply = await client.post(CREATE, headers=owner.headers, json=body)
    assert reply.status_code == 200, reply.text
    told = reply.json()
    assert (told["mode"], told["done"], told["count"], told["refused"]) == ("all", True, 4, 0)
    assert [
        (row["index"], row["done"], row["status"], row["state"], row["total"], row["errors"]) for row in told["results"]
    ] == [(n, True, 200, 1, 110, None) for n in range(4)]
    assert told["results"][3]["uuid"] == named
    for row in told["results"]:
        assert (await client.get(f"/customer/tasks/{row['uuid']}", headers=owner.headers)).json()["state"] == 1
    numbers = await fetch_value(conn, "SELECT array_agg(number ORDER BY id) FROM task")
    assert numbers == [1, 2, 3, 4]


async def test_all_or_nothing(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    before = await digests(conn)
    body = {"tasks": [line(desk), line(desk, title="A | B"), line(desk, price="a lot"), line(desk, workerId=1)]}
    reply = await client.post(CREATE, headers=owner.headers, json=body)
    assert reply.status_code == 422
    told = reply.json()
    assert (told["done"], told["refused"]) == (False, 3)
    assert [list(row["errors"] or {}) for row in told["results"]] == [[], ["title"], ["price"], ["workerId"]]
    assert [(row["done"], row["uuid"]) for row in told["results"]] == [(False, None)] * 4
    assert changed(before, await digests(conn)) == []


async def test_each_on_its_own(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    """A bad line spoils nothing, whatever is wrong with it; what a line has taken the next cannot have."""
    taken = str(uuid.uuid4())
    wrong: list[tuple[Any, str]] = [
        (line(desk, title="x"), "title"),
        (line(desk, deadline="2001-01-01"), "deadline"),
        (line(desk, categoryId=999_999), "categoryId"),
        (line(desk, attributes=[]), "attributes"),
        (line(desk, price=-1), "price"),
        (line(desk, workerCurrency="XYZ"), "workerCurrency"),
        (line(desk, editGroup=[999_999]), "editGroup"),
        (line(desk, uuid=taken), "uuid"),
        (line(desk, externalId="first"), "externalId"),
        (line(desk, companyId=1), "error"),
        (line(desk, validateOnly=True), "validateOnly"),
        ({"title": "Nothing else"}, "description"),
        ("no object", "error"),
        (None, "error"),
    ]
    tasks = [line(desk, uuid=taken, externalId="first"), *(one for one, _ in wrong), line(desk)]
    reply = await client.post(CREATE, headers=owner.headers, json={"tasks": tasks, "mode": "each"})
    assert reply.status_code == 200, reply.text
    told = reply.json()
    assert (told["done"], told["refused"]) == (True, len(wrong))
    results = told["results"]
    assert [row["done"] for row in results] == [True] + [False] * len(wrong) + [True]
    for row, (_, field) in zip(results[1:-1], wrong, strict=True):
        assert field in row["errors"], row
        assert row["status"] in {403, 422}
    assert await tasks_count(conn) == 2
    assert await fetch_value(conn, "SELECT array_agg(number ORDER BY id) FROM task") == [1, 2]


async def test_each_line_is_told_what_it_would_be_told_alone(
    client: httpx.AsyncClient, owner: Someone, desk: Desk
) -> None:
    for changes in ({"title": "x"}, {"price": 0}, {"attributes": []}, {"workerId": 5}, {"fileIds": [7]}):
        alone = await client.post("/customer/tasks", headers=owner.headers, json=line(desk, **changes))
        body = {"tasks": [line(desk, **changes)]}
        row = (await client.post(CREATE, headers=owner.headers, json=body)).json()["results"][0]
        assert (row["status"], row["errors"]) == (alone.status_code, alone.json())


async def test_only_validated(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    """10,000 are there: under on_task_create two of 4,400 are covered, the third would be a draft."""
    await conn.execute("UPDATE company SET escrow = 'on_task_create'")
    before = await digests(conn)
    body = {"tasks": [line(desk, price=4000)] * 3 + [line(desk, title="")], "validateOnly": True, "mode": "each"}
    reply = await client.post(CREATE, headers=owner.headers, json=body)
    assert reply.status_code == 200
    told = reply.json()
    assert (told["validateOnly"], told["done"], told["refused"]) == (True, False, 2)
    assert [row["status"] for row in told["results"]] == [200, 200, 422, 422]
    assert [row["total"] for row in told["results"]] == [4400, 4400, 4400, None]
    assert list(told["results"][2]["errors"]) == ["error"]
    assert changed(before, await digests(conn)) == []


async def test_published_as_far_as_the_money_goes(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    await conn.execute("UPDATE company SET escrow = 'on_task_create'")
    body = {"tasks": [line(desk, price=4000), line(desk, price=6000), line(desk, price=5000)]}
    told = (await client.post(CREATE, headers=owner.headers, json=body)).json()
    assert [row["state"] for row in told["results"]] == [1, 17, 1]
    assert await desk.balances() == (D(100), D(9900), D(0))
    await desk.verify()


async def test_parallel_bulks_and_one_balance(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """Eight bulks of five tasks of 1,100 at once, money for nine: nine published and held, the rest drafts."""
    await conn.execute("UPDATE company SET escrow = 'on_task_create'")
    body = {"tasks": [line(desk, price=1000)] * 5}
    replies = await asyncio.gather(*(client.post(CREATE, headers=owner.headers, json=body) for _ in range(8)))
    assert {reply.status_code for reply in replies} == {200}
    states = Counter(row["state"] for reply in replies for row in reply.json()["results"])
    assert states == {1: 9, 17: 31}
    assert await desk.balances() == (D(100), D(9900), D(0))
    assert await fetch_value(conn, "SELECT array_agg(number ORDER BY number) FROM task") == list(range(1, 41))
    await desk.verify()


async def test_sent_again_under_its_key(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    headers = {**owner.headers, "Idempotency-Key": "bulk of today"}
    body = {"tasks": [line(desk)] * 3}
    replies = await asyncio.gather(*(client.post(CREATE, headers=headers, json=body) for _ in range(10)))
    assert len({reply.text for reply in replies}) == 1
    assert await tasks_count(conn) == 3
    assert (await client.post(CREATE, headers=headers, json={"tasks": [line(desk)]})).status_code == 409
    headers["Idempotency-Key"] = "refused"
    body = {"tasks": [line(desk), line(desk, title="x")]}
    first, second = [await client.post(CREATE, headers=headers, json=body) for _ in range(2)]
    assert (first.status_code, first.text) == (422, second.text)
    assert second.status_code == 422


@pytest.mark.parametrize("path", [CREATE, PAY])
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "tasks"),
        ({"tasks": []}, "tasks"),
        ({"tasks": [{}] * 1001}, "tasks"),
        ({"tasks": "many"}, "tasks"),
        ({"tasks": [{}], "mode": "some"}, "mode"),
        ({"tasks": [{}], "validateOnly": "perhaps"}, "validateOnly"),
    ],
)
async def test_invalid(
    client: httpx.AsyncClient, owner: Someone, desk: Desk, path: str, body: dict[str, Any], field: str
) -> None:
    reply = await client.post(path, headers=owner.headers, json=body)
    assert reply.status_code == 422
    assert list(reply.json()) == [field], reply.text


@pytest.mark.parametrize("path", [CREATE, PAY])
async def test_not_json(client: httpx.AsyncClient, owner: Someone, desk: Desk, path: str) -> None:
    for content in (b"{", b"\xff\xfe"):
        assert (await client.post(path, headers=owner.headers, content=content)).status_code == 400


@pytest.mark.parametrize(
    ("path", "role"), [(CREATE, "accountant"), (CREATE, "viewer"), (PAY, "manager"), (PAY, "viewer")]
)
async def test_without_the_right(client: httpx.AsyncClient, hire: Hire, desk: Desk, path: str, role: str) -> None:
    someone = await hire(role)
    assert (await client.post(path, headers=someone.headers, json={"tasks": [line(desk)]})).status_code == 403


async def test_outsider(client: httpx.AsyncClient, conn: Connection, outsider: Someone, desk: Desk) -> None:
    """Another company's freelancer and tasks are unknown."""
    task = await desk.task(State.FOR_PAYMENT)
    reply = await client.post(CREATE, headers=outsider.headers, json={"tasks": [line(desk)]})
    assert (reply.status_code, list(reply.json()["results"][0]["errors"])) == (422, ["workerId"])
    reply = await client.post(PAY, headers=outsider.headers, json={"tasks": [{"taskId": task.id}], "mode": "each"})
    assert [row["status"] for row in reply.json()["results"]] == [404]
    assert (await desk.look(task)).state == State.FOR_PAYMENT


async def test_each_is_paid(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    """By id and by uuid; what is missing, in another state, named twice or named by nothing is told so."""
    first, second = [await desk.task(State.FOR_PAYMENT) for _ in range(2)]
    new = await desk.task(State.NEW)
    tasks = [
        {"taskId": first.id},
        {"uuid": str(second.uuid)},
        {"taskId": new.id},
        {"taskId": 5},
        {"uuid": str(first.uuid)},
    ]
    tasks += [{}, {"taskId": "x"}, {"uuid": str(uuid.uuid4())}]
    reply = await client.post(PAY, headers=owner.headers, json={"tasks": tasks, "mode": "each"})
    assert reply.status_code == 200, reply.text
    results = reply.json()["results"]
    assert [row["status"] for row in results] == [200, 200, 422, 404, 422, 422, 422, 404]
    assert [row["done"] for row in results] == [True, True] + [False] * 6
    assert results[0]["taskId"] == first.id
    assert results[1]["uuid"] == str(second.uuid)
    assert await desk.balances() == (D(9780), D(0), D(220))
    await desk.settle()
    assert [(await desk.look(task)).state for task in (first, second, new)] == [5, 5, 1]
    await desk.verify()


async def test_all_are_paid_or_none(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    tasks = [await desk.task(State.FOR_PAYMENT, price=D(3000)) for _ in range(3)]
    new = await desk.task(State.NEW)
    before = await digests(conn)
    named = [{"taskId": task.id} for task in tasks]
    for more in ([{"taskId": new.id}], [{"taskId": tasks[0].id}]):
        reply = await client.post(PAY, headers=owner.headers, json={"tasks": [*named, *more]})
        assert (reply.status_code, reply.json()["refused"]) == (422, 1)
    assert changed(before, await digests(conn)) == []
    assert (await client.post(PAY, headers=owner.headers, json={"tasks": named})).status_code == 200
    assert await desk.balances() == (D(100), D(0), D(9900))


async def test_the_money_does_not_cover_all(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    tasks = [await desk.task(State.FOR_PAYMENT, price=D(price)) for price in (4000, 5000, 6000, 50)]
    named = {"tasks": [{"taskId": task.id} for task in tasks]}
    before = await digests(conn)
    reply = await client.post(PAY, headers=owner.headers, json=named)
    assert reply.status_code == 422
    assert [row["status"] for row in reply.json()["results"]] == [200, 200, 422, 200]
    told = (await client.post(PAY, headers=owner.headers, json={**named, "validateOnly": True})).json()
    assert [row["status"] for row in told["results"]] == [200, 200, 422, 200]
    assert changed(before, await digests(conn)) == []
    reply = await client.post(PAY, headers=owner.headers, json={**named, "mode": "each"})
    assert [row["done"] for row in reply.json()["results"]] == [True, True, False, True]
    assert await desk.balances() == (D(45), D(0), D(9955))
    await desk.settle()
    await desk.verify()


async def test_parallel_payments_of_the_same_tasks(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """Sixteen calls at once, each naming the same thirty tasks in another order, money for ten: ten are paid, once."""
    tasks = [await desk.task(State.FOR_PAYMENT, price=D(900)) for _ in range(30)]
    orders = [tasks[n:] + tasks[:n] for n in range(16)]
    replies = await asyncio.gather(
        *(
            client.post(
                PAY, headers=owner.headers, json={"tasks": [{"taskId": task.id} for task in order], "mode": "each"}
            )
            for order in orders
        )
    )
    assert {reply.status_code for reply in replies} == {200}
    paid = Counter(row["taskId"] for reply in replies for row in reply.json()["results"] if row["done"])
    assert len(paid) == 10
    assert set(paid.values()) == {1}
    assert await desk.balances() == (D(100), D(0), D(9900))
    await desk.verify()
    await asyncio.gather(*(desk.settle() for _ in range(4)))
    states = Counter([(await desk.look(task)).state for task in tasks])
    assert states == {State.FINISHED: 10, State.FOR_PAYMENT: 20}
    kinds = dict(await (await conn.execute("SELECT kind, count(*) FROM transfer GROUP BY kind")).fetchall())
    assert kinds == {"top_up": 1, "task_payment": 10, "task_settlement": 10}
    await desk.verify()


async def test_a_thousand(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    """Made, and paid, in a few seconds each; the number of statements does not grow with the lines."""
    await desk.give_money(1_000_000)
    started = time.perf_counter()
    reply = await client.post(CREATE, headers=owner.headers, json={"tasks": [line(desk)] * 1000})
    made_s = time.perf_counter() - started
    assert reply.status_code == 200
    uuids = [row["uuid"] for row in reply.json()["results"]]
    await conn.execute("UPDATE task SET state = 4")
    started = time.perf_counter()
    reply = await client.post(PAY, headers=owner.headers, json={"tasks": [{"uuid": each} for each in uuids]})
    paid_s = time.perf_counter() - started
    assert (reply.status_code, reply.json()["done"]) == (200, True)
    assert (await desk.balances())[2] == D(110_000)
    await desk.verify()
    print(f"made in {made_s:.1f} s, paid in {paid_s:.1f} s")
    assert made_s < 30
    assert paid_s < 30


HEADINGS_EN = (
    "title;description;service;freelancer;deadline;price;external id;attribute 42;attribute 43;attribute 44\r\n"
)
HEADINGS_RU = "Название,Описание,Услуга,Фрилансер,Срок,Цена,Внешний ID,Атрибут 42,Атрибут 43,Атрибут 44\r\n"


def table(desk: Desk, headings: str, encoding: str) -> bytes:
    mark = ";" if ";" in headings else ","
    cells = [
        "Обзор рынка",
        '"Что, где; и почём"',
        "42",
        str(desk.freelancer_id),
        "31.12.2098",
        '"1 000,50"',
        "№1",
        "5",
        "Июль",
        "Россия",
    ]
    wrong = ["=1+1", "Описание", "42", str(desk.freelancer_id), "вчера", "10", "", "5", "Июль", "Россия"]
    return (headings + mark.join(cells) + "\r\n" + mark.join(wrong) + "\r\n").encode(encoding)


@pytest.mark.parametrize(
    ("headings", "encoding"),
    [(HEADINGS_EN, "utf-8"), (HEADINGS_EN, "utf-8-sig"), (HEADINGS_RU, "utf-8-sig"), (HEADINGS_RU, "cp1251")],
)
async def test_a_table(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk, headings: str, encoding: str
) -> None:
    headers = {**owner.headers, "Content-Type": "text/csv"}
    if encoding == "utf-8":
        headers["Content-Type"] = "text/csv; charset=utf-8"
    content = table(desk, headings, encoding)
    reply = await client.post(CREATE, params={"mode": "each"}, headers=headers, content=content)
    assert reply.status_code == 200, reply.text
    made, wrong = reply.json()["results"]
    assert (made["done"], made["total"]) == (True, 1100.55)
    assert list(wrong["errors"]) == ["deadline"]
    task = (await client.get(f"/customer/tasks/{made['uuid']}", headers=owner.headers)).json()
    assert (task["title"], task["description"], task["externalId"]) == ("Обзор рынка", "Что, где; и почём", "№1")
    assert "2098-12-31" in str(task["deadline"])


async def test_results_as_a_table(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.FOR_PAYMENT)
    headers = {**owner.headers, "Content-Type": "text/csv", "Accept": "text/csv"}
    content = f"uuid\n{task.uuid}\n{uuid.uuid4()}\n".encode()
    reply = await client.post(PAY, params={"mode": "each"}, headers=headers, content=content)
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert rows[0] == ["line", "done", "status", "uuid", "state", "total", "errors"]
    assert rows[1][:4] == ["1", "yes", "200", str(task.uuid)]
    assert rows[2][:3] == ["2", "no", "404"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "headings"),
        (b"title,price\n", "headings"),
        (b"title,price\nA task,5\n", "description"),
        (b"title,title\nA task,5\n", "twice"),
        (b"PK\x03\x04\0\0", "CSV"),
        (b"x" * (5 * 1024 * 1024 + 1), "MB"),
        (b"title\n" + b"a\n" * 1001, "1000"),
    ],
)
async def test_no_table(client: httpx.AsyncClient, owner: Someone, desk: Desk, content: bytes, word: str) -> None:
    headers = {**owner.headers, "Content-Type": "text/csv"}
    reply = await client.post(CREATE, headers=headers, content=content)
    assert reply.status_code == 422
    assert list(reply.json()) == ["file"]
    assert word in reply.json()["file"]
