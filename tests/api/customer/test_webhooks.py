"""Web hooks: operations 81-83, and what was sent to them."""

import asyncio
import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import Any

import httpx
import pytest

from artel import clock
from artel.app import create_app, wrap
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.operations.events import announce
from artel.settings import Settings
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.waiting import until
from tests.webhooks.cast import carrying, is_quiet, until_quiet
from tests.webhooks.receiver import Receiver, Reply
from tests.world import World

PATH = "/customer/web-hook"
DELIVERIES = f"{PATH}/deliveries"
URL = "https://hooks.aurora.example/artel"


async def set_hook(client: httpx.AsyncClient, who: Someone, url: str = URL, status: str = "enabled") -> None:
    reply = await client.post(PATH, json={"status": status, "url": url}, headers=who.headers)
    assert (reply.status_code, reply.json()) == (200, [])


async def get_hook(client: httpx.AsyncClient, who: Someone) -> dict[str, Any]:
    reply = await client.get(PATH, headers=who.headers)
    assert reply.status_code == 200
    hook: dict[str, Any] = reply.json()
    return hook


async def happen(database: Database, who: Someone, name: str = "cardAdded", **payload: object) -> None:
    assert who.company_id is not None
    async with database.transaction() as conn:
        await announce(conn, name, payload, company_ids=[who.company_id], now=clock.now())


async def list_deliveries(client: httpx.AsyncClient, who: Someone, query: str = "") -> dict[str, Any]:
    reply = await client.get(f"{DELIVERIES}?{query}", headers=who.headers)
    assert reply.status_code == 200, reply.text
    listed: dict[str, Any] = reply.json()
    return listed


async def test_none_is_404(client: httpx.AsyncClient, owner: Someone) -> None:
    for method in ("GET", "DELETE"):
        reply = await client.request(method, PATH, headers=owner.headers)
        assert reply.status_code == 404
        assert set(reply.json()) == {"error", "code"}


async def test_set_and_shown(client: httpx.AsyncClient, owner: Someone) -> None:
    await set_hook(client, owner)
    hook = await get_hook(client, owner)
    assert re.fullmatch("[0-9a-f]{32}", hook["secret"])
    assert base64.b64decode(hook["signingSecret"].removeprefix("whsec_")).decode() == hook["secret"]
    del hook["secret"], hook["signingSecret"]
    assert hook == {
        "url": URL,
        "status": "enabled",
        "lastTriggered": None,
        "lastError": None,
        "disabledReason": None,
    }


async def test_changed_keeps_its_secret_and_a_new_one_has_another(client: httpx.AsyncClient, owner: Someone) -> None:
    await set_hook(client, owner)
    first = await get_hook(client, owner)
    await set_hook(client, owner, "http://hooks.aurora.example:8080/", "disabled")
    changed = await get_hook(client, owner)
    assert changed == first | {"url": "http://hooks.aurora.example:8080/", "status": "disabled"}
    # As the documents call it, with a body.
    reply = await client.request("DELETE", PATH, json={"status": "enabled", "url": URL}, headers=owner.headers)
    assert (reply.status_code, reply.json()) == (200, [])
    assert (await client.get(PATH, headers=owner.headers)).status_code == 404
    await set_hook(client, owner)
    assert (await get_hook(client, owner))["secret"] != first["secret"]


async def test_every_edition_of_the_path(client: httpx.AsyncClient, owner: Someone) -> None:
    for version in ("v1", "v2"):
        reply = await client.post(
            f"http://artel.test/api/{version}{PATH}", json={"status": "enabled", "url": URL}, headers=owner.headers
        )
        assert reply.json() == []
        assert (await client.get(f"http://artel.test/api/{version}{PATH}", headers=owner.headers)).json()["url"] == URL


async def test_set_by_many_at_once_is_one_hook(client: httpx.AsyncClient, conn: Connection, owner: Someone) -> None:
    await asyncio.gather(*(set_hook(client, owner, f"{URL}/{number}") for number in range(12)))
    assert await fetch_value(conn, "SELECT count(*) FROM web_hook") == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"status"}),
        ({"url": URL}, {"status"}),
        ({"status": "enabled"}, {"url"}),
        ({"status": "on", "url": URL}, {"status"}),
        ({"status": None, "url": URL}, {"status"}),
        ({"status": "enabled", "url": 5}, {"url"}),
        ({"status": "enabled", "url": ""}, {"url"}),
        ({"status": "enabled", "url": "hooks.aurora.example"}, {"url"}),
        ({"status": "enabled", "url": "ftp://hooks.aurora.example/"}, {"url"}),
        ({"status": "enabled", "url": "javascript:alert(1)"}, {"url"}),
        ({"status": "enabled", "url": "https://me:secret@hooks.aurora.example/"}, {"url"}),
        ({"status": "enabled", "url": "https://hooks.aurora.example:25/"}, {"url"}),
        ({"status": "enabled", "url": "https://hooks.aurora.example/" + "a" * 2000}, {"url"}),
        ({"status": "enabled", "url": "https://hooks.aurora.example/\0"}, {"url"}),
    ],
)
async def test_invalid(client: httpx.AsyncClient, owner: Someone, body: dict[str, Any], fields: set[str]) -> None:
    reply = await client.post(PATH, json=body, headers=owner.headers)
    assert reply.status_code == 422
    assert set(reply.json()) == fields
    assert (await client.get(PATH, headers=owner.headers)).status_code == 404


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "2130706433", "0x7f.1", "10.0.0.1", "169.254.169.254", "[::ffff:a00:1]"]
)
async def test_addresses_inside_are_for_the_sandbox_alone(
    client: httpx.AsyncClient, settings: Settings, database: Database, owner: Someone, host: str
) -> None:
    await set_hook(client, owner, f"http://{host}/")
    production = create_app(Settings(database_url=settings.database_url, secret=settings.secret), database)
    transport = httpx.ASGITransport(app=wrap(production))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://artel.test/api") as http:
        reply = await http.post(PATH, json={"status": "enabled", "url": f"https://{host}/"}, headers=owner.headers)
        assert reply.status_code == 422
        assert set(reply.json()) == {"url"}
        reply = await http.post(PATH, json={"status": "enabled", "url": URL}, headers=owner.headers)
        assert reply.status_code == 200


async def test_outsider(
    client: httpx.AsyncClient, conn: Connection, database: Database, owner: Someone, outsider: Someone
) -> None:
    """Another company sees no hook and no delivery of this one, and cannot send one again."""
    await set_hook(client, owner)
    await happen(database, owner)
    ours = await list_deliveries(client, owner)
    delivery_id = ours["items"][0]["id"]
    assert (await client.get(PATH, headers=outsider.headers)).status_code == 404
    assert (await client.delete(PATH, headers=outsider.headers)).status_code == 404
    assert (await list_deliveries(client, outsider))["items"] == []
    for _ in range(2):  # without a hook of their own, and with one
        reply = await client.post(f"{DELIVERIES}/{delivery_id}/replay", headers=outsider.headers)
        assert reply.status_code == 404
        await set_hook(client, outsider, "https://far.example/")
    assert await list_deliveries(client, owner) == ours
    assert (await get_hook(client, owner))["url"] == URL


@pytest.mark.parametrize("role", ["viewer", "manager", "accountant"])
async def test_only_who_runs_the_company(client: httpx.AsyncClient, hire: Hire, role: str) -> None:
    """The secret is not everybody's."""
    member = await hire(role)
    for method, path in (("GET", PATH), ("POST", PATH), ("DELETE", PATH), ("GET", DELIVERIES)):
        reply = await client.request(method, path, headers=member.headers)
        assert reply.status_code == 403
    assert (await client.post(f"{DELIVERIES}/1/replay", headers=member.headers)).status_code == 403


async def test_a_delivery_with_request_and_answer(
    client: httpx.AsyncClient, database: Database, conn: Connection, owner: Someone
) -> None:
    receiver = Receiver()
    receiver.answer = lambda _: Reply(500, body=b"no disk", headers={"X-Node": "3"})
    await set_hook(client, owner, receiver.url)
    await happen(database, owner, "walletAdded", ownerId=6, id="кошелёк")
    (waiting,) = (await list_deliveries(client, owner))["items"]
    assert waiting["state"] == "waiting"
    assert waiting["attempts"] == 0
    assert waiting["request"] is None
    assert waiting["answer"] is None
    assert waiting["nextTryAt"] == waiting["createdAt"]
    async with carrying(database):
        await until(lambda: receiver.received)
        await until(lambda: is_quiet(conn))
        (failed,) = (await list_deliveries(client, owner))["items"]
        assert (failed["state"], failed["attempts"], failed["error"]) == ("waiting", 1, "status")
        assert failed["answer"]["status"] == 500
        assert failed["answer"]["body"] == "no disk"
        assert failed["answer"]["headers"]["x-node"] == "3"
        assert 0 <= failed["answer"]["tookMs"] < 10_000
        receiver.answer = lambda _: Reply()
        reply = await client.post(f"{DELIVERIES}/{failed['id']}/replay", headers=owner.headers)
        assert (reply.status_code, reply.json()) == (200, [])
        await until(lambda: len(receiver.received) == 2)
        await until_quiet(conn)
    receiver.stop()
    listed = await list_deliveries(client, owner)
    (item,) = listed["items"]
    assert listed["pagination"] == {"count": 1, "total": 1, "perPage": 20, "page": 1, "pages": 1}
    got = receiver.received[1]
    assert item["webhookId"] == got.id
    assert item["request"]["body"].encode() == got.body
    assert {name.lower(): value for name, value in item["request"]["headers"].items()}.items() <= got.headers.items()
    assert item["request"]["url"] == receiver.url
    assert item["name"] == "walletAdded"
    assert (item["state"], item["attempts"], item["nextTryAt"], item["error"]) == ("delivered", 2, None, None)
    # What the receiver does with what GET shows.
    hook = await get_hook(client, owner)
    assert got.headers["x-sign"] == hashlib.sha256(got.body + hook["secret"].encode()).hexdigest()
    key = base64.b64decode(hook["signingSecret"].removeprefix("whsec_"))
    signed = f"{got.id}.{got.headers['webhook-timestamp']}.".encode() + got.body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{signature}"
    for moment in (hook["lastTriggered"], hook["lastError"]):
        assert datetime.strptime(moment, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 the form is looked at, not the time


async def test_deliveries_are_paged_and_filtered(
    client: httpx.AsyncClient, database: Database, conn: Connection, owner: Someone
) -> None:
    await set_hook(client, owner)
    for number in range(7):
        await happen(database, owner, "cardAdded" if number % 2 else "cardRemoved", number=number)
    await conn.execute("UPDATE web_hook_delivery SET state = 'delivered', due_at = NULL WHERE id % 3 = 0")
    everything = (await list_deliveries(client, owner))["items"]
    assert [item["id"] for item in everything] == sorted((item["id"] for item in everything), reverse=True)
    page = await list_deliveries(client, owner, "page=2&size=3")
    assert page["items"] == everything[3:6]
    assert page["pagination"] == {"count": 3, "total": 7, "perPage": 3, "page": 2, "pages": 3}
    for query, wanted in (
        ("filter[state]=delivered", [item for item in everything if item["state"] == "delivered"]),
        ("filter[name]=cardAdded", [item for item in everything if item["name"] == "cardAdded"]),
        (
            "filter[name]=cardAdded&filter[state]=waiting",
            [item for item in everything if item["name"] == "cardAdded" and item["state"] == "waiting"],
        ),
        ("filter[name]=nothing", []),
    ):
        listed = await list_deliveries(client, owner, query)
        assert listed["items"] == wanted
        assert listed["pagination"]["total"] == len(wanted)
    for query, field in (("filter[state]=lost", "state"), ("page=0", "page"), ("size=x", "size")):
        reply = await client.get(f"{DELIVERIES}?{query}", headers=owner.headers)
        assert reply.status_code == 422
        assert set(reply.json()) == {field}


async def test_lists_are_served_by_indexes(
    client: httpx.AsyncClient, database: Database, conn: Connection, owner: Someone
) -> None:
    await set_hook(client, owner)
    await happen(database, owner)
    await conn.execute(
        """
        INSERT INTO web_hook_delivery (hook_id, company_id, event_id, name, state, queued_at, created_at)
        SELECT hook_id, company_id, event_id, name, 'delivered', queued_at, created_at
        FROM web_hook_delivery
        CROSS JOIN generate_series(1, 20000)
        """
    )
    await conn.execute("ANALYZE web_hook_delivery")
    for condition, index in (
        ("", "web_hook_delivery_company_idx"),
        ("AND state = 'waiting'", "web_hook_delivery_state_idx"),
        ("AND name = 'cardRemoved'", "web_hook_delivery_name_idx"),
    ):
        cursor = await conn.execute(
            f"EXPLAIN SELECT id FROM web_hook_delivery WHERE company_id = {owner.company_id} {condition} "  # type: ignore[arg-type]
            "ORDER BY id DESC LIMIT 20"
        )
        plan = "\n".join(row[0] for row in await cursor.fetchall())
        assert "Sort" not in plan, plan
        assert index in plan or "web_hook_delivery_pkey" in plan, plan


async def test_what_people_do_is_told(world_client: httpx.AsyncClient, world: World) -> None:
    """The main job from invitation to payout, and payout methods added and removed: each under its documented name."""
    headers = world.owner.headers
    for kind, name in (("cards", "card"), ("bank-accounts", "account"), ("wallets", "wallet")):
        reply = await world_client.delete(
            f"/customer/freelancers/{kind}/{world.endpoints[name].uuid}?freelancerId={world.team['busy'].id}",
            headers=headers,
        )
        assert reply.status_code == 200
    listed = (await world_client.get(f"{DELIVERIES}?size=500", headers=headers)).json()
    told: dict[str, Any] = {}
    for item in reversed(listed["items"]):
        assert item["state"] == "waiting"
        told.setdefault(item["name"], item["webhookId"])
    assert set(told) == {
        "bankAccountAdded",
        "bankAccountRemoved",
        "cardAdded",
        "cardRemoved",
        "walletAdded",
        "walletRemoved",
        "freelancerRegistered",
        "freelancerVerified",
        "taskStateChanged",
        "payoutStatusChanged",
    }


@pytest.mark.parametrize("delivery", ["0", "-1", "999999999", "9" * 30, "x", "1.0", "%00"])
async def test_replay_of_what_is_not_there(client: httpx.AsyncClient, owner: Someone, delivery: str) -> None:
    await set_hook(client, owner)
    reply = await client.post(f"{DELIVERIES}/{delivery}/replay", headers=owner.headers)
    assert reply.status_code == 404


async def test_replay_needs_a_hook_that_is_on(
    client: httpx.AsyncClient, database: Database, conn: Connection, owner: Someone
) -> None:
    await set_hook(client, owner)
    await happen(database, owner)
    (item,) = (await list_deliveries(client, owner))["items"]
    replay = f"{DELIVERIES}/{item['id']}/replay"
    await set_hook(client, owner, status="disabled")
    assert (await list_deliveries(client, owner))["items"][0]["state"] == "cancelled"
    reply = await client.post(replay, headers=owner.headers)
    assert (reply.status_code, set(reply.json())) == (422, {"error"})
    await client.delete(PATH, headers=owner.headers)
    assert (await client.post(replay, headers=owner.headers)).status_code == 404
    # What was sent to the one that was removed is still listed, and goes to the new one.
    await set_hook(client, owner, "https://new.aurora.example/")
    assert (await client.post(replay, headers=owner.headers)).status_code == 200
    (again,) = (await list_deliveries(client, owner))["items"]
    assert (again["state"], again["webhookId"]) == ("waiting", item["webhookId"])
    assert (
        await fetch_value(conn, "SELECT hook.url FROM web_hook_delivery JOIN web_hook AS hook ON hook.id = hook_id")
        == "https://new.aurora.example/"
    )


async def test_one_effect_per_idempotency_key(client: httpx.AsyncClient, conn: Connection, owner: Someone) -> None:
    headers = owner.headers | {"Idempotency-Key": "hook-1"}
    for _ in range(3):
        reply = await client.post(PATH, json={"status": "enabled", "url": URL}, headers=headers)
        assert (reply.status_code, reply.json()) == (200, [])
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'web_hook.set'") == 1
    reply = await client.post(PATH, json={"status": "disabled", "url": URL}, headers=headers)
    assert reply.status_code == 409


async def test_texts_in_russian(client: httpx.AsyncClient, conn: Connection, owner: Someone) -> None:
    await conn.execute("UPDATE person SET language = 'RU' WHERE id = %s", [owner.id])
    reply = await client.post(PATH, json={"status": "enabled", "url": "ftp://x.example"}, headers=owner.headers)
    assert "Ожидается адрес" in reply.json()["url"]


async def test_the_secret_is_in_no_audit_row(client: httpx.AsyncClient, conn: Connection, owner: Someone) -> None:
    await set_hook(client, owner, URL + "?key=hidden")
    secret = (await get_hook(client, owner))["secret"]
    facts = await fetch_value(conn, "SELECT string_agg(a::text, ' ') FROM audit AS a")
    assert secret not in facts
    assert "hidden" not in facts
