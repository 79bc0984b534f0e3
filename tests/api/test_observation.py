"""What is seen of the process and of each request: health, figures, the trace id."""

import re

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.settings import Settings
from tests.api.conftest import client_of
from tests.cast import Someone

ROOT = "http://artel.test"


async def count(client: httpx.AsyncClient, **labels: str) -> float:
    """Requests counted under these labels."""
    reply = await client.get(f"{ROOT}/metrics")
    assert reply.headers["content-type"].startswith("text/plain; version=")
    named = ",".join(f'{name}="{value}"' for name, value in labels.items())
    found = re.search(rf"^artel_http_requests_total{{{re.escape(named)}}} (\S+)$", reply.text, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def test_health(client: httpx.AsyncClient) -> None:
    for path in ("live", "ready"):
        reply = await client.get(f"{ROOT}/health/{path}")
        assert (reply.status_code, reply.json()) == (200, {"status": "ok"})


async def test_health_without_a_database(settings: Settings) -> None:
    """The process lives; nothing should be sent to it."""
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none")
    async with client_of(settings, nowhere) as client:
        assert (await client.get(f"{ROOT}/health/live")).status_code == 200
        reply = await client.get(f"{ROOT}/health/ready")
    assert (reply.status_code, reply.json()) == (503, {"status": "database unavailable"})


async def test_requests_are_counted_by_route(client: httpx.AsyncClient) -> None:
    labels = {"method": "GET", "route": "/api/customer/tasks/{task}", "status": "401"}
    before = await count(client, **labels)
    await client.get("/customer/tasks/17")
    await client.get("/customer/tasks/18")
    assert await count(client, **labels) == before + 2


async def test_made_up_methods_are_one_figure(client: httpx.AsyncClient) -> None:
    labels = {"method": "other", "route": "unknown", "status": "404"}
    before = await count(client, **labels)
    for method in ("BREW", "WHEN"):
        await client.request(method, "/nowhere")
    assert await count(client, **labels) == before + 2
    assert "BREW" not in (await client.get(f"{ROOT}/metrics")).text


async def test_a_trace_id_goes_through(client: httpx.AsyncClient, conn: Connection, owner: Someone) -> None:
    """The caller's own is answered and stands in the audit trail."""
    headers = {**owner.headers, "X-Trace-Id": "order-7-of-today"}
    reply = await client.post("/customer/task-groups", json={"title": "Order 7"}, headers=headers)
    assert reply.status_code == 200
    assert reply.headers["x-trace-id"] == "order-7-of-today"
    cursor = await conn.execute("SELECT trace_id FROM audit ORDER BY id DESC LIMIT 1")
    assert await cursor.fetchone() == ("order-7-of-today",)


@pytest.mark.parametrize("given", [None, "short", "a b c d e f g h", "x" * 65])
async def test_a_trace_id_is_made_where_none_is_usable(client: httpx.AsyncClient, given: str | None) -> None:
    headers = {} if given is None else {"X-Trace-Id": given}
    for path in ("/customer/balance", "/nowhere", "/docs"):
        reply = await client.get(path, headers=headers)
        assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["x-trace-id"]), path
