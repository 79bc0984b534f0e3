"""Operations 18 and 19: what client and freelancer write to each other about a task."""

import httpx
import pytest

from artel.tasks.machine import State
from tests.cast import Someone
from tests.tasks.cast import Desk


async def write(client: httpx.AsyncClient, somebody: Someone, task_id: int, text: str) -> httpx.Response:
    return await client.post(
        "/customer/tasks/messages", headers=somebody.headers, json={"taskId": task_id, "message": text}
    )


async def test_messages_come_newest_first_a_page_at_a_time(
    client: httpx.AsyncClient, owner: Someone, desk: Desk
) -> None:
    task = await desk.task(State.NEW)
    for n in range(3):
        reply = await write(client, owner, task.id, f"Message {n}")
        assert (reply.status_code, reply.json()) == (200, [])
    page = (await client.get(f"/customer/tasks/{task.id}/messages?size=2", headers=owner.headers)).json()
    assert [item["message"] for item in page["items"]] == ["Message 2", "Message 1"]
    assert page["pagination"] == {"count": 2, "total": 3, "perPage": 2, "page": 1, "pages": 2}
    assert page["items"][0]["author"]["id"] == owner.id
    shown = (await client.get(f"/customer/tasks/{task.id}", headers=owner.headers)).json()
    assert shown["messageCount"] == 3


@pytest.mark.parametrize("base", ["/customer/tasks", "/tasks"])
async def test_both_addresses_and_both_orders(client: httpx.AsyncClient, owner: Someone, desk: Desk, base: str) -> None:
    task = await desk.task(State.NEW)
    for text in ("first", "second"):
        reply = await client.post(f"{base}/messages", headers=owner.headers, json={"taskId": task.id, "message": text})
        assert reply.status_code == 200
    query = "sort=id&direction=asc&page=1&size=20"
    for reference in (str(task.id), str(task.uuid)):
        page = (await client.get(f"{base}/{reference}/messages?{query}", headers=owner.headers)).json()
        assert [item["message"] for item in page["items"]] == ["first", "second"]


async def test_an_outsider_neither_reads_nor_writes(
    client: httpx.AsyncClient, owner: Someone, outsider: Someone, desk: Desk
) -> None:
    task = await desk.task(State.NEW)
    await write(client, owner, task.id, "Between us")
    assert (await client.get(f"/customer/tasks/{task.id}/messages", headers=outsider.headers)).status_code == 404
    assert (await write(client, outsider, task.id, "Hello")).status_code == 404
    page = (await client.get(f"/customer/tasks/{task.id}/messages", headers=owner.headers)).json()
    assert page["pagination"]["total"] == 1


async def test_a_viewer_reads_and_does_not_write(
    client: httpx.AsyncClient, viewer: Someone, owner: Someone, desk: Desk
) -> None:
    task = await desk.task(State.NEW)
    assert (await client.get(f"/customer/tasks/{task.id}/messages", headers=viewer.headers)).status_code == 200
    assert (await write(client, viewer, task.id, "Hello")).status_code == 403


async def test_what_is_missing_or_wrong_is_named(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.NEW)
    for body, field in [
        ({"message": "No task"}, "taskId"),
        ({"taskId": task.id}, "message"),
        ({"taskId": task.id, "message": " "}, "message"),
        ({"taskId": task.id, "message": "x" * 10_001}, "message"),
    ]:
        reply = await client.post("/customer/tasks/messages", headers=owner.headers, json=body)
        assert reply.status_code == 422
        assert list(reply.json()) == [field]
    for query, field in (("sort=text", "sort"), ("direction=up", "direction"), ("page=0", "page")):
        reply = await client.get(f"/customer/tasks/{task.id}/messages?{query}", headers=owner.headers)
        assert (reply.status_code, list(reply.json())) == (422, [field])
    assert (await client.get("/customer/tasks/none/messages", headers=owner.headers)).status_code == 404
