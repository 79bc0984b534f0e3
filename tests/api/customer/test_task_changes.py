"""Changes of a task's terms: proposed, shown, taken back, answered; and a task changed before anybody started it."""

import asyncio
from collections import Counter
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

# Call -> method, the end of its path, a body that works.
CALLS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "propose": ("POST", "/changes", {"price": 120, "comment": "More tables"}),
    "show": ("GET", "/changes", None),
    "withdraw": ("DELETE", "/changes", None),
    "agree": ("POST", "/changes/agree", None),
    "refuse": ("POST", "/changes/refuse", {"comment": "Too much work"}),
    "edit": ("PATCH", "", {"price": 120, "title": "Wider analysis"}),
}
READY = dict.fromkeys(CALLS, State.CHANGES_PROPOSED) | {"propose": State.IN_WORK, "edit": State.NEW}
# What a legal call leads to.
LEGAL: dict[tuple[str, int], int] = {
    ("propose", 1): 16,
    ("propose", 2): 16,
    ("propose", 3): 16,
    ("withdraw", 16): 2,
    ("agree", 16): 2,
    ("refuse", 16): 2,
    ("edit", 17): 17,
    ("edit", 1): 1,
}


async def call(
    client: httpx.AsyncClient, someone: Someone, name: str, task: TaskRow | str, **more: Any
) -> httpx.Response:
    method, end, body = CALLS[name]
    where = task if isinstance(task, str) else str(task.uuid)
    if body is not None or more:
        more = {"json": {**(body or {}), **more}}
    return await client.request(method, f"/customer/tasks/{where}{end}", headers=someone.headers, **more)


@pytest.mark.parametrize("name", [name for name in CALLS if name != "show"])
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
            assert reply.status_code == 200, reply.text
            assert now.state == end
            taken = [] if name == "edit" else [(state, end)]
            assert await desk.steps(task) == [*steps, *taken]
    await desk.verify()


@pytest.mark.parametrize("name", CALLS)
async def test_who_may(
    client: httpx.AsyncClient, viewer: Someone, outsider: Someone, hire: Hire, desk: Desk, name: str
) -> None:
    task = await desk.task(READY[name])
    assert (await call(client, outsider, name, task)).status_code == 404
    assert (await call(client, outsider, name, str(task.id))).status_code == 404
    for role in (viewer, await hire("accountant")):
        assert (await call(client, role, name, task)).status_code == (200 if name == "show" else 403)
    assert await desk.look(task) == task
    assert (await call(client, await hire("manager"), name, task)).status_code == 200


@pytest.mark.parametrize("name", CALLS)
async def test_naming_a_task(client: httpx.AsyncClient, owner: Someone, desk: Desk, name: str) -> None:
    for unknown in ("987654321", "8e947213-c114-41ec-a9ae-0242ac130002", "mine", str(2**70), "-1", "%00"):
        reply = await call(client, owner, name, unknown)
        assert (reply.status_code, reply.json()["code"]) == (404, 404), unknown
    by_id, by_uuid = await desk.task(READY[name]), await desk.task(READY[name])
    assert (await call(client, owner, name, str(by_id.id))).status_code == 200
    assert (await call(client, owner, name, str(by_uuid.uuid))).status_code == 200


async def test_from_proposal_to_agreement(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.IN_WORK)
    attributes = [{"id": 42, "value": 7}, {"id": 43, "value": "August 2022"}, {"id": 44, "value": "Germany"}]
    deadline = (desk.now + timedelta(days=200)).replace(microsecond=0)
    terms = {
        "price": "250.50",
        "title": "Wider analysis",
        "description": task.description,  # as it is: no change
        "deadline": f"{deadline:%Y-%m-%d %H:%M:%S}",
        "deadlineType": 2,
        "attributes": attributes,
        "needReport": True,
        "copyright": None,
    }
    reply = await client.post(
        f"/customer/tasks/{task.uuid}/changes", headers=owner.headers, json={**terms, "comment": "Let us do more"}
    )
    assert reply.status_code == 200, reply.text
    proposed = reply.json()
    assert (proposed["taskId"], proposed["state"], proposed["author"]["id"]) == (task.id, 2, owner.id)
    assert {one["field"]: (one["was"], one["becomes"]) for one in proposed["changes"]} == {
        "price": (100, 250.5),
        "title": ("Market analysis", "Wider analysis"),
        "deadline": (f"{task.deadline:%Y-%m-%d %H:%M:%S}", f"{deadline:%Y-%m-%d %H:%M:%S}"),
        "deadlineType": (1, 2),
        "attributes": (
            [{"id": 42, "value": "5"}, {"id": 43, "value": "July 2022"}, {"id": 44, "value": "Germany"}],
            [{"id": 42, "value": "7"}, {"id": 43, "value": "August 2022"}, {"id": 44, "value": "Germany"}],
        ),
        "needReport": (False, True),
    }
    assert (await call(client, owner, "show", task)).json() == proposed
    shown = (await client.get(f"/customer/tasks/{task.id}", headers=owner.headers)).json()
    assert (shown["state"], shown["price"], shown["activeChangesetId"]) == (16, 100, proposed["id"])
    assert [message["message"] for message in shown["messages"]] == ["Let us do more"]
    [listed] = (await client.get("/customer/tasks?filter[state]=16", headers=owner.headers)).json()["items"]
    assert listed["activeChangesetId"] == proposed["id"]
    reply = await client.post(
        f"/customer/tasks/{task.id}/changes/agree", headers=owner.headers, json={"changesetId": proposed["id"]}
    )
    assert (reply.status_code, reply.json()) == (200, [])
    shown = (await client.get(f"/customer/tasks/{task.id}", headers=owner.headers)).json()
    assert (shown["state"], shown["price"], shown["activeChangesetId"]) == (2, 250.5, None)
    assert (shown["title"], shown["deadline"]["type"], shown["needReport"]) == ("Wider analysis", 2, True)
    assert (shown["commissionAmount"], shown["vat"], shown["fullPriceWithVAT"]) == (25.05, 55.11, 330.66)
    assert (await call(client, owner, "show", task)).status_code == 404


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["error"]),
        ({"price": 100}, ["error"]),
        ({"comment": "Nothing but words"}, ["error"]),
        ({"price": 0}, ["price"]),
        ({"price": -5}, ["price"]),
        ({"price": "much"}, ["price"]),
        ({"price": "0.001"}, ["price"]),
        ({"price": 10**12}, ["price"]),
        ({"title": "x"}, ["title"]),
        ({"title": "<b>"}, ["title"]),
        ({"title": 5}, ["title"]),
        ({"description": ""}, ["description"]),
        ({"deadline": "soon"}, ["deadline"]),
        ({"deadline": "2001-01-01"}, ["deadline"]),
        ({"deadlineType": 3}, ["deadlineType"]),
        ({"attributes": []}, ["attributes"]),
        ({"needReport": "perhaps"}, ["needReport"]),
        ({"title": "Wider", "comment": "  "}, ["comment"]),
        ({"title": "Wider", "comment": 5}, ["comment"]),
        ({"price": 20_000}, ["error"]),  # more than there is
    ],
)
async def test_terms_that_are_none(
    client: httpx.AsyncClient, owner: Someone, desk: Desk, body: dict[str, Any], fields: list[str]
) -> None:
    task = await desk.task(State.NEW)
    for method, path in (("POST", "/changes"), ("PATCH", "")):
        if method == "PATCH" and "comment" in body:
            continue
        reply = await client.request(method, f"/customer/tasks/{task.id}{path}", headers=owner.headers, json=body)
        assert (reply.status_code, list(reply.json())) == (422, fields), reply.text
    assert await desk.look(task) == task
    assert await desk.steps(task) == [(None, 1)]


async def test_no_body_or_a_broken_one(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.CHANGES_PROPOSED)
    path = f"/customer/tasks/{task.id}"
    for method, where in (("POST", "/changes"), ("PATCH", "")):
        reply = await client.request(method, path + where, headers=owner.headers, content=b"{")
        assert reply.status_code == 400
    for where in ("agree", "refuse"):
        assert (await client.post(f"{path}/changes/{where}", headers=owner.headers, content=b"{")).status_code == 400
        reply = await client.post(f"{path}/changes/{where}", headers=owner.headers, json={"changesetId": "this"})
        assert (reply.status_code, list(reply.json())) == (422, ["changesetId"])
    reply = await client.post(f"{path}/changes/refuse", headers=owner.headers, json={"comment": " "})
    assert (reply.status_code, list(reply.json())) == (422, ["comment"])
    assert await desk.look(task) == task
    assert (await client.post(f"{path}/changes/refuse", headers=owner.headers)).status_code == 200


async def test_only_a_company_that_acts_for_freelancers_answers(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    task = await desk.task(State.CHANGES_PROPOSED)
    await conn.execute("UPDATE company SET acts_for_freelancers = false")
    for name in ("agree", "refuse"):
        reply = await call(client, owner, name, task)
        assert (reply.status_code, reply.json()["code"]) == (403, 403)
    assert await desk.look(task) == task
    assert (await call(client, owner, "withdraw", task)).status_code == 200


async def test_another_proposal_than_the_one_that_was_read(
    client: httpx.AsyncClient, owner: Someone, desk: Desk
) -> None:
    task = await desk.task(State.IN_WORK)
    read = (await call(client, owner, "propose", task)).json()["id"]
    await call(client, owner, "withdraw", task)
    second = (await call(client, owner, "propose", task, price=1)).json()["id"]
    assert second != read
    for name in ("agree", "refuse"):
        reply = await call(client, owner, name, task, changesetId=read)
        assert (reply.status_code, reply.json()["code"]) == (409, 409)
    assert (await desk.look(task)).state == State.CHANGES_PROPOSED


async def test_a_key_proposes_once(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.IN_WORK)
    headers = {**owner.headers, "Idempotency-Key": "raise it"}
    path = f"/customer/tasks/{task.id}/changes"
    replies = [await client.post(path, headers=headers, json={"price": 120}) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].json() == replies[1].json()
    assert (await client.post(path, headers=headers, json={"price": 130})).status_code == 409
    assert len(await desk.steps(task)) == 3


async def test_fifty_agree_at_once(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    """One is first; to the others the task is not in that state any more. The price is the new one, once."""
    task = await desk.task(State.IN_WORK)
    await call(client, owner, "propose", task, price=200)
    replies = await asyncio.gather(*(call(client, owner, "agree", task) for _ in range(50)))
    assert Counter(reply.status_code for reply in replies) == {200: 1, 422: 49}
    after = await desk.look(task)
    assert (after.state, after.total) == (State.IN_WORK, 220)
    assert len(await desk.steps(task)) == 4
    await desk.verify()


async def test_texts_in_russian(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    await conn.execute("UPDATE person SET language = 'RU' WHERE id = %s", [owner.id])
    task = await desk.task(State.IN_WORK)
    reply = await client.post(f"/customer/tasks/{task.id}/changes", headers=owner.headers, json={})
    assert reply.json() == {"error": "Ничего не изменится."}
