"""The sandbox's own web hook receiver."""

import httpx
import pytest

from artel.api.sandbox.routes import ANSWERS

RECEIVER = "http://artel.test/sandbox/webhooks"


async def test_it_keeps_what_it_gets(client: httpx.AsyncClient) -> None:
    for number in range(2):
        reply = await client.post(f"{RECEIVER}/receive", content=f"hook {number}", headers={"webhook-id": str(number)})
        assert (reply.status_code, reply.json()) == (200, {"received": True})
    newest, oldest = (await client.get(RECEIVER)).json()
    assert (newest["body"], oldest["body"]) == ("hook 1", "hook 0")
    assert newest["headers"]["webhook-id"] == "1"
    assert newest["answered"] == 200


@pytest.mark.parametrize("status", ANSWERS)
async def test_it_answers_as_told(client: httpx.AsyncClient, status: int) -> None:
    reply = await client.post(f"{RECEIVER}/receive?status={status}&retryAfter=7&delaySeconds=0.01", content="hook")
    assert reply.status_code == status
    assert reply.headers["retry-after"] == "7"
    assert reply.json() == {"received": status == 200}
    assert (await client.get(RECEIVER)).json()[0]["answered"] == status


@pytest.mark.parametrize(
    "query", ["status=99", "status=299", "status=x", "retryAfter=-1", "delaySeconds=31", "delaySeconds=x"]
)
async def test_what_it_cannot_answer(client: httpx.AsyncClient, query: str) -> None:
    reply = await client.post(f"{RECEIVER}/receive?{query}", content="hook")
    assert reply.status_code == 422
    assert set(reply.json()) == {query.partition("=")[0]}
    assert (await client.get(RECEIVER)).json() == []
