"""Disputes: opened on a freelancer's behalf, ended by the client."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.tasks.machine import State
from artel.tasks.queries import TaskRow
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.tasks.cast import Desk

BODIES: dict[str, dict[str, Any]] = {
    "dispute": {"reason": "All three tables are there"},
    "resolve-dispute": {"state": 4, "comment": "They are indeed"},
}
READY = {"dispute": State.RESULT, "resolve-dispute": State.DISPUTE}
LEGAL = {("dispute", 3): 13, ("dispute", 11): 13, ("resolve-dispute", 13): 4}


async def call(
    client: httpx.AsyncClient, someone: Someone, name: str, task: TaskRow | str, **more: Any
) -> httpx.Response:
    where = task if isinstance(task, str) else str(task.uuid)
    return await client.post(f"/customer/tasks/{where}/{name}", headers=someone.headers, json={**BODIES[name], **more})


@pytest.mark.parametrize("name", BODIES)
async def test_every_state(client: httpx.AsyncClient, owner: Someone, desk: Desk, name: str) -> None:
    # The closed one first: on its way it closes others whose deadline has passed.
    for state in sorted(State, key=lambda state: state is not State.CLOSED_BY_DEADLINE):
        task = await desk.task(state)
        steps, money = await desk.steps(task), await desk.balances()
        end = LEGAL.get((name, state))
        reply = await call(client, owner, name, task)
        now = await desk.look(task)
        if end is None:
            assert (reply.status_code, list(reply.json())) == (422, ["taskId"]), f"{name} in {state}"
            assert now == task
            assert (await desk.steps(task), await desk.balances()) == (steps, money)
        else:
            assert (reply.status_code, reply.json()) == (200, [])
            assert await desk.steps(task) == [*steps, (state, end)]
    await desk.verify()


@pytest.mark.parametrize("name", BODIES)
async def test_who_may(
    client: httpx.AsyncClient, viewer: Someone, outsider: Someone, hire: Hire, desk: Desk, name: str
) -> None:
    task = await desk.task(READY[name])
    assert (await call(client, outsider, name, task)).status_code == 404
    assert (await call(client, outsider, name, str(task.id))).status_code == 404
    for role in (viewer, await hire("accountant")):
        assert (await call(client, role, name, task)).status_code == 403
    assert await desk.look(task) == task
    assert (await call(client, await hire("manager"), name, task)).status_code == 200


@pytest.mark.parametrize("name", BODIES)
async def test_naming_a_task(client: httpx.AsyncClient, owner: Someone, desk: Desk, name: str) -> None:
    for unknown in ("987654321", "8e947213-c114-41ec-a9ae-0242ac130002", "mine", str(2**70), "-1", "%00"):
        reply = await call(client, owner, name, unknown)
        assert (reply.status_code, reply.json()["code"]) == (404, 404), unknown
    by_id, by_uuid = await desk.task(READY[name]), await desk.task(READY[name])
    assert (await call(client, owner, name, str(by_id.id))).status_code == 200
    assert (await call(client, owner, name, str(by_uuid.uuid))).status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "fields"),
    [
        ("dispute", {}, ["reason"]),
        ("dispute", {"reason": " "}, ["reason"]),
        ("dispute", {"reason": 5}, ["reason"]),
        ("dispute", {"reason": None}, ["reason"]),
        ("dispute", {"reason": "x" * 10_001}, ["reason"]),
        ("resolve-dispute", {"comment": "No state"}, ["state"]),
        ("resolve-dispute", {"state": 4}, ["comment"]),
        ("resolve-dispute", {"state": 4, "comment": ""}, ["comment"]),
        ("resolve-dispute", {"state": "paid", "comment": "Yes"}, ["state"]),
        *(("resolve-dispute", {"state": state, "comment": "Yes"}, ["state"]) for state in (0, 1, 3, 5, 12, 13, 2**70)),
        ("resolve-dispute", {"state": 8, "price": 50, "comment": "Half"}, ["price"]),
        ("resolve-dispute", {"state": 4, "price": 0, "comment": "Nothing"}, ["price"]),
        ("resolve-dispute", {"state": 4, "price": "0.001", "comment": "Less"}, ["price"]),
        ("resolve-dispute", {"state": 4, "price": "all", "comment": "All"}, ["price"]),
        ("resolve-dispute", {"state": 4, "price": 20_000, "comment": "More than there is"}, ["error"]),
    ],
)
async def test_bodies_that_are_none(
    client: httpx.AsyncClient, owner: Someone, desk: Desk, name: str, body: dict[str, Any], fields: list[str]
) -> None:
    task = await desk.task(READY[name])
    money = await desk.balances()
    reply = await client.post(f"/customer/tasks/{task.id}/{name}", headers=owner.headers, json=body)
    assert (reply.status_code, list(reply.json())) == (422, fields), reply.text
    reply = await client.post(f"/customer/tasks/{task.id}/{name}", headers=owner.headers, content=b"{")
    assert reply.status_code == 400
    assert await desk.look(task) == task
    assert await desk.balances() == money


async def test_only_a_company_that_acts_for_freelancers_opens_one(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    task = await desk.task(State.RESULT)
    await conn.execute("UPDATE company SET acts_for_freelancers = false")
    reply = await call(client, owner, "dispute", task)
    assert (reply.status_code, reply.json()["code"]) == (403, 403)
    assert await desk.look(task) == task


async def test_what_a_task_shows_of_its_dispute(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.RESULT)
    path = f"/customer/tasks/{task.id}"
    assert (await client.get(path, headers=owner.headers)).json()["activeDispute"] is None
    await call(client, owner, "dispute", task)
    shown = (await client.get(path, headers=owner.headers)).json()
    assert (shown["state"], shown["activeDispute"]) == (13, True)
    assert [message["message"] for message in shown["messages"]] == ["All three tables are there"]
    [listed] = (await client.get("/customer/tasks?filter[state]=13", headers=owner.headers)).json()["items"]
    assert (listed["activeDispute"], listed["messageCount"]) == (True, 1)
    await call(client, owner, "resolve-dispute", task, state=2, price="80.40", comment="Two are there")
    shown = (await client.get(path, headers=owner.headers)).json()
    assert (shown["state"], shown["activeDispute"], shown["price"], shown["dateFinished"]) == (2, None, 80.4, None)
    assert [message["message"] for message in shown["messages"]] == ["All three tables are there", "Two are there"]


async def test_declined_and_disputed_at_once(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    """A cancellation that the client ends while the freelancer disputes it: one of the two, never both."""
    for _ in range(5):
        task = await desk.task(State.CANCELLATION)
        declined, disputed = await asyncio.gather(
            client.post("/customer/tasks/decline", headers=owner.headers, json={"taskId": task.id}),
            call(client, owner, "dispute", task),
        )
        assert sorted([declined.status_code, disputed.status_code]) == [200, 422]
        after = await desk.look(task)
        assert after.state == (State.DECLINED_BY_CLIENT if declined.status_code == 200 else State.DISPUTE)
    await desk.verify()


async def test_fifty_resolve_at_once(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.DISPUTE)
    replies = await asyncio.gather(*(call(client, owner, "resolve-dispute", task, price=50 + n) for n in range(50)))
    assert Counter(reply.status_code for reply in replies) == {200: 1, 422: 49}
    assert len(await desk.steps(task)) == 5
    await desk.verify()


async def test_texts_in_russian(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    await conn.execute("UPDATE person SET language = 'RU' WHERE id = %s", [owner.id])
    task = await desk.task(State.DISPUTE)
    reply = await call(client, owner, "resolve-dispute", task, state=3)
    assert reply.json()["state"].startswith("Спор завершается статусом 2, 4 или 8")
