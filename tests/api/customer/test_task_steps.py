"""Operations 6, 9, 10 and 13-17: every step in every state, who may take it, and how a task is named."""

import asyncio
import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.tasks.machine import State
from artel.tasks.queries import TaskRow
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.tasks.cast import Desk

# What a legal step leads to. Everything that is not here is refused.
LEGAL: dict[tuple[str, int], int] = {
    ("publish-draft", 17): 1,
    ("PUT 2", 1): 2,
    ("PUT 3", 2): 3,
    ("PUT 6", 1): 6,
    ("PUT 8", 11): 8,
    ("prolong-deadline", 14): 2,
    ("accept", 3): 4,
    ("accept", 14): 4,
    ("pay", 4): 12,
    ("quick-pay", 1): 12,
    ("decline", 1): 8,
    ("decline", 2): 8,
    ("decline", 14): 8,
    ("decline", 3): 11,
    ("decline", 4): 11,
    ("decline", 11): 8,
    ("return-to-work", 3): 2,
}
OPERATIONS = sorted({operation for operation, _ in LEGAL})


async def call(
    client: httpx.AsyncClient, someone: Someone, operation: str, task: TaskRow, **more: Any
) -> httpx.Response:
    if operation.startswith("PUT"):
        body: dict[str, Any] = {"state": int(operation.split()[1]), **more}
        return await client.put(f"/customer/tasks/{task.uuid}", headers=someone.headers, json=body)
    body = {"taskId": task.id, **more}
    if operation == "prolong-deadline":
        body.setdefault("deadline", "2099-07-25T15:00:58.295Z")
    return await client.post(f"/customer/tasks/{operation}", headers=someone.headers, json=body)


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_every_state(client: httpx.AsyncClient, owner: Someone, desk: Desk, operation: str) -> None:
    # The closed one first: on its way it closes others whose deadline has passed.
    tasks = [await desk.task(state) for state in sorted(State, key=lambda state: state is not State.CLOSED_BY_DEADLINE)]
    for task in tasks:
        steps, money = await desk.steps(task), await desk.balances()
        end = LEGAL.get((operation, task.state))
        reply = await call(client, owner, operation, task)
        now = await desk.look(task)
        if end is None:
            assert reply.status_code == 422, f"{operation} in {task.state}"
            assert list(reply.json()) == ["taskId"]
            assert now == task
            assert (await desk.steps(task), await desk.balances()) == (steps, money)
        else:
            assert reply.status_code == 200, reply.text
            assert reply.json() == ({"uuid": str(task.uuid)} if operation == "publish-draft" else [])
            assert now.state == end
            assert await desk.steps(task) == [*steps, (task.state, end)]
    await desk.verify()


READY = {operation: State(state) for operation, state in reversed(LEGAL)}


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_who_may(
    client: httpx.AsyncClient,
    owner: Someone,
    viewer: Someone,
    outsider: Someone,
    hire: Hire,
    desk: Desk,
    operation: str,
) -> None:
    """A viewer has no right, a stranger no such task; money is the accountant's, the rest the manager's."""
    task = await desk.task(READY[operation])
    reply = await call(client, viewer, operation, task)
    assert reply.status_code == 403
    reply = await call(client, outsider, operation, task)
    assert (reply.status_code, reply.json()["code"]) == (404, 404)
    accountant, manager = await hire("accountant"), await hire("manager")
    allowed, not_allowed = (accountant, manager) if "pay" in operation else (manager, accountant)
    assert (await call(client, not_allowed, operation, task)).status_code == 403
    assert await desk.look(task) == task
    assert (await call(client, allowed, operation, task)).status_code == 200


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if not operation.startswith("PUT")])
async def test_naming_a_task(
    client: httpx.AsyncClient, owner: Someone, outsider: Someone, desk: Desk, operation: str
) -> None:
    url, deadline = f"/customer/tasks/{operation}", {"deadline": "2099-07-25T15:00:58.295Z"}
    first, second = await desk.task(READY[operation]), await desk.task(READY[operation])

    async def send(**body: Any) -> httpx.Response:
        return await client.post(url, headers=owner.headers, json={**deadline, **body})

    assert (await send()).json() == {"taskId": "This field is required."}
    assert (await send(taskId=987_654_321)).status_code == 404
    assert (await send(uuid="8e947213-c114-41ec-a9ae-0242ac130002")).status_code == 404
    assert list((await send(uuid="not a uuid")).json()) == ["uuid"]
    assert list((await send(taskId="many")).json()) == ["taskId"]
    assert list((await send(taskId=2**70)).json()) == ["taskId"]
    assert (await send(taskId=first.id, companyId=outsider.company_id)).status_code == 403
    assert await desk.look(first) == first
    # Both given: the id counts.
    assert (await send(taskId=str(first.id), uuid=str(second.uuid), companyId=owner.company_id)).status_code == 200
    assert (await desk.look(second)).state == second.state
    assert (await send(uuid=str(second.uuid))).status_code == 200
    assert (await desk.look(second)).state != second.state


async def test_put_by_id_by_uuid_and_by_neither(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.NEW)
    reply = await client.put(f"/v2/customer/tasks/{task.id}", headers=owner.headers, json={"state": "2"})
    assert (reply.status_code, reply.json()) == (200, [])
    for name in ("mine", str(2**70), "-1", "1" * 400, "%00"):
        reply = await client.put(f"/customer/tasks/{name}", headers=owner.headers, json={"state": 3})
        assert reply.status_code == 404, name
    for state in (1, 4, 5, 0, -3, 12, 13, 16):
        reply = await client.put(f"/customer/tasks/{task.id}", headers=owner.headers, json={"state": state})
        assert (reply.status_code, list(reply.json())) == (422, ["state"])
    reply = await client.put(f"/customer/tasks/{task.id}", headers=owner.headers, json={})
    assert (reply.status_code, list(reply.json())) == (422, ["state"])
    assert (await desk.look(task)).state == State.IN_WORK


async def test_put_needs_a_company_that_acts_for_freelancers(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    task = await desk.task(State.NEW)
    await conn.execute("UPDATE company SET acts_for_freelancers = false")
    reply = await client.put(f"/customer/tasks/{task.id}", headers=owner.headers, json={"state": 2})
    assert (reply.status_code, reply.json()["code"]) == (403, 403)


async def test_start_refused_for_what_the_freelancer_lacks(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """M, "Change a task's state": an unsigned agreement is 409 with code 11; each other thing has its own."""
    task = await desk.task(State.NEW)
    await conn.execute("UPDATE freelancer SET verified_at = NULL")
    reply = await call(client, owner, "PUT 2", task)
    assert (reply.status_code, reply.json()["code"]) == (409, 12)
    await conn.execute(
        """
        INSERT INTO agreement_template (version, title_ru, title_en, text_ru, text_en, published_at)
        VALUES (1, 'Оферта', 'Offer', 'Текст', 'Text', %s)
        """,
        [desk.now],
    )
    reply = await call(client, owner, "PUT 2", task)
    assert (reply.status_code, reply.json()["code"]) == (409, 11)
    # A quick payment looks at papers to sign alone.
    reply = await call(client, owner, "quick-pay", task)
    assert (reply.status_code, reply.json()["code"]) == (409, 11)
    assert await desk.look(task) == task


async def test_finish_needs_the_report(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    """A file that comes while the task is in work is its report."""
    task = await desk.task(State.NEW, need_report=True)

    async def attach() -> httpx.Response:
        file = {"taskId": task.id, "type": 5, "name": "report.txt", "file": base64.b64encode(b"Done.").decode()}
        return await client.post("/customer/tasks/files", headers=owner.headers, json=file)

    assert (await attach()).status_code == 200
    assert (await call(client, owner, "PUT 2", task)).status_code == 200
    reply = await call(client, owner, "PUT 3", task)
    assert (reply.status_code, list(reply.json())) == (422, ["taskId"])
    assert (await attach()).status_code == 200
    assert (await call(client, owner, "PUT 3", task)).status_code == 200
    assert (await desk.look(task)).reported_at is not None


async def test_prolong_goes_back_to_where_the_deadline_found_the_task(
    client: httpx.AsyncClient, owner: Someone, desk: Desk
) -> None:
    in_work = await desk.task(State.DEADLINE_PASSED)
    reply = await call(client, owner, "prolong-deadline", in_work, deadline="2099-07-25 15:00:58")
    assert reply.json() == []
    found = await desk.look(in_work)
    assert (found.state, found.deadline.isoformat()) == (State.IN_WORK, "2099-07-25T15:00:58+00:00")


@pytest.mark.parametrize(
    "deadline", ["2020-01-01 00:00:00", "soon", "", "2099-13-01", "9999-12-31T23:59:59-14:00", None, 5]
)
async def test_prolong_to_no_future_time(client: httpx.AsyncClient, owner: Someone, desk: Desk, deadline: Any) -> None:
    task = await desk.task(State.DEADLINE_PASSED)
    reply = await call(client, owner, "prolong-deadline", task, deadline=deadline)
    assert (reply.status_code, list(reply.json())) == (422, ["deadline"])
    assert await desk.look(task) == task


async def test_what_a_step_leaves_behind(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """Its row, the audit trail, the event for web hooks, the task's dates."""
    task = await desk.task(State.NEW)
    for operation in ("PUT 2", "PUT 3", "accept", "pay"):
        assert (await call(client, owner, operation, task)).status_code == 200
    await desk.settle()
    found = await desk.look(task)
    assert found.state == State.FINISHED
    moments = [found.finished_at, found.accepted_at, found.pay_requested_at, found.paid_at]
    assert moments == sorted(moment for moment in moments if moment is not None)
    assert found.payer_id == owner.id
    cursor = await conn.execute("SELECT from_state, to_state, actor_id FROM task_step ORDER BY id")
    who = owner.id
    steps = [(None, 1, who), (1, 2, who), (2, 3, who), (3, 4, who), (4, 12, who), (12, 5, None)]
    assert await cursor.fetchall() == steps
    cursor = await conn.execute("SELECT action, actor_id FROM audit WHERE subject = 'task' ORDER BY id")
    verbs = ["created", "started", "finished", "accepted", "payment_ordered", "paid"]
    assert await cursor.fetchall() == [(f"task.{verb}", step[2]) for verb, step in zip(verbs, steps, strict=True)]
    cursor = await conn.execute("SELECT payload FROM event WHERE name = 'taskStateChanged' ORDER BY id")
    payloads = [row[0] for row in await cursor.fetchall()]
    assert [(payload["previousState"], payload["state"]) for payload in payloads] == [step[:2] for step in steps]
    assert {payload["uuid"] for payload in payloads} == {str(task.uuid)}


async def test_two_steps_at_once(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    """Opposite steps from many callers: one wins, the others find the task moved on."""
    for _ in range(5):
        task = await desk.task(State.NEW)
        operations = ["PUT 2", "PUT 6", "decline", "quick-pay"] * 4
        replies = await asyncio.gather(*(call(client, owner, operation, task) for operation in operations))
        won = [name for name, reply in zip(operations, replies, strict=True) if reply.status_code == 200]
        # A start can be followed by a decline; nothing else has a second step among these.
        assert won in (["PUT 6"], ["decline"], ["quick-pay"], ["PUT 2"]) or sorted(won) == ["PUT 2", "decline"]
        assert all(reply.status_code in {200, 422} for reply in replies)
    await desk.verify()


async def test_texts_in_russian(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    await conn.execute("UPDATE person SET language = 'RU' WHERE id = %s", [owner.id])
    task = await desk.task(State.NEW, deadline=desk.now + timedelta(days=1))
    reply = await call(client, owner, "accept", task)
    assert reply.json() == {"taskId": "Задание в статусе 1: это действие сейчас невозможно."}
