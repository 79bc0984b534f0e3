"""Operations 20-23: task groups."""

import httpx

from artel.tasks.machine import State
from tests.cast import Someone
from tests.tasks.cast import Desk

PATH = "/customer/task-groups"


async def made(client: httpx.AsyncClient, somebody: Someone, title: str) -> int:
    reply = await client.post(PATH, headers=somebody.headers, json={"title": title})
    assert reply.status_code == 200
    return int(reply.json()["groupId"])


async def test_a_group_is_made_listed_renamed_and_removed(client: httpx.AsyncClient, owner: Someone) -> None:
    reply = await client.post(PATH, headers=owner.headers, json={"title": " Spring campaign "})
    group_id = reply.json()["groupId"]
    answer = {"actorId": owner.id, "companyId": owner.company_id, "title": "Spring campaign", "groupId": group_id}
    assert reply.json() == answer

    listed = (await client.get(PATH, headers=owner.headers)).json()
    assert listed["pagination"] == {"count": 1, "total": 1, "perPage": 20, "page": 1, "pages": 1}
    assert listed["items"][0]["title"] == "Spring campaign"
    assert len(listed["items"][0]["color"]) == 6

    reply = await client.put(PATH, headers=owner.headers, json={"groupId": group_id, "title": "Summer"})
    assert reply.json() == {**answer, "title": "Summer"}

    reply = await client.request("DELETE", PATH, headers=owner.headers, json={"groupId": group_id})
    assert reply.json() == {"actorId": owner.id, "companyId": owner.company_id, "groupId": group_id}
    assert (await client.get(PATH, headers=owner.headers)).json()["items"] == []
    again = await client.request("DELETE", PATH, headers=owner.headers, json={"groupId": group_id})
    assert again.status_code == 404


async def test_pages_of_groups_come_newest_first(client: httpx.AsyncClient, owner: Someone) -> None:
    ids = [await made(client, owner, f"Group {n}") for n in range(3)]
    first = (await client.get(f"{PATH}?size=2", headers=owner.headers)).json()
    last = (await client.get(f"{PATH}?size=2&page=2", headers=owner.headers)).json()
    beyond = (await client.get(f"{PATH}?size=2&page=9", headers=owner.headers)).json()
    assert [item["id"] for item in first["items"] + last["items"]] == ids[::-1]
    assert beyond["items"] == []
    assert beyond["pagination"]["total"] == 3


async def test_removing_a_group_leaves_its_tasks(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    group_id = await made(client, owner, "Short-lived")
    task_id = (await desk.task(State.NEW)).id
    async with desk.database.connection() as conn:
        await conn.execute("UPDATE task SET group_id = %s WHERE id = %s", [group_id, task_id])
    await client.request("DELETE", PATH, headers=owner.headers, json={"groupId": group_id})
    task = (await client.get(f"/customer/tasks/{task_id}", headers=owner.headers)).json()
    assert task["group"] is None


async def test_an_outsider_reaches_no_group(client: httpx.AsyncClient, owner: Someone, outsider: Someone) -> None:
    group_id = await made(client, owner, "Ours")
    assert (await client.get(PATH, headers=outsider.headers)).json()["items"] == []
    for method, body in (("PUT", {"groupId": group_id, "title": "Theirs"}), ("DELETE", {"groupId": group_id})):
        assert (await client.request(method, PATH, headers=outsider.headers, json=body)).status_code == 404
    assert (await client.get(PATH, headers=owner.headers)).json()["items"][0]["title"] == "Ours"


async def test_a_viewer_looks_and_changes_nothing(client: httpx.AsyncClient, owner: Someone, viewer: Someone) -> None:
    group_id = await made(client, owner, "Ours")
    assert len((await client.get(PATH, headers=viewer.headers)).json()["items"]) == 1
    for method, body in (
        ("POST", {"title": "Mine"}),
        ("PUT", {"groupId": group_id, "title": "Mine"}),
        ("DELETE", {"groupId": group_id}),
    ):
        assert (await client.request(method, PATH, headers=viewer.headers, json=body)).status_code == 403


async def test_what_is_missing_or_wrong_is_named(client: httpx.AsyncClient, owner: Someone) -> None:
    cases = [
        ("POST", {}, "title"),
        ("POST", {"title": "  "}, "title"),
        ("POST", {"title": "x" * 201}, "title"),
        ("POST", {"title": 5}, "title"),
        ("PUT", {"title": "No group"}, "groupId"),
        ("DELETE", {"groupId": "first"}, "groupId"),
    ]
    for method, body, field in cases:
        reply = await client.request(method, PATH, headers=owner.headers, json=body)
        assert reply.status_code == 422, body
        assert list(reply.json()) == [field]
