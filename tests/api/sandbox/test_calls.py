"""The sandbox's own calls: each does what it says, and refuses what it cannot do."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from artel import clock
from artel.app import create_app, wrap
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.lookups.rules import load_reference_data
from artel.notifications.rules import send_mail
from artel.settings import Settings
from tests.cast import Someone

SANDBOX = "http://artel.test/sandbox"
TOO_FAR = 'Time goes forward, and at most ten years from today: give seconds from 0, or {"reset": true}.'
BAD_AMOUNT = "The amount must be above zero and have no more digits than its currency."


@pytest.fixture(autouse=True)
async def clock_put_back() -> AsyncIterator[None]:
    yield
    clock.move_to_offset(timedelta())


def ahead_s(reply: httpx.Response) -> float:
    """How far the answered time is from the machine's."""
    return (datetime.fromisoformat(reply.json()["now"]) - datetime.now(UTC)).total_seconds()


async def test_the_clock_is_moved_and_put_back(client: httpx.AsyncClient) -> None:
    for seconds, expected in ((3600, 3600), (0.5, 3600.5), (0, 3600.5)):
        reply = await client.post(f"{SANDBOX}/clock", json={"advanceSeconds": seconds})
        assert reply.status_code == 200, reply.text
        assert ahead_s(reply) == pytest.approx(expected, abs=5)
    reply = await client.post(f"{SANDBOX}/clock", json={"reset": True})
    assert ahead_s(reply) == pytest.approx(0, abs=5)


@pytest.mark.parametrize("seconds", [-1, 11 * 366 * 24 * 3600])
async def test_the_clock_is_not_moved_there(client: httpx.AsyncClient, seconds: int) -> None:
    reply = await client.post(f"{SANDBOX}/clock", json={"advanceSeconds": seconds})
    assert (reply.status_code, reply.json()) == (422, {"advanceSeconds": TOO_FAR})
    assert clock.now() - datetime.now(UTC) < timedelta(seconds=5)


async def test_money_arrives(client: httpx.AsyncClient, owner: Someone) -> None:
    reply = await client.post(f"{SANDBOX}/top-up", json={"companyId": owner.company_id, "amount": "10.50"})
    assert (reply.status_code, reply.json()) == (
        200,
        {"companyId": owner.company_id, "amount": 10.5, "currency": "EUR"},
    )
    balance = (await client.get("/customer/balance", headers=owner.headers)).json()
    assert (balance["balanceAmount"], balance["balanceAmountVat"]) == (10.5, 2.1)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
async def test_money_that_is_none(client: httpx.AsyncClient, owner: Someone, amount: str) -> None:
    reply = await client.post(f"{SANDBOX}/top-up", json={"companyId": owner.company_id, "amount": amount})
    assert (reply.status_code, reply.json()) == (422, {"amount": BAD_AMOUNT})


async def test_money_for_nobody(client: httpx.AsyncClient) -> None:
    reply = await client.post(f"{SANDBOX}/top-up", json={"companyId": 1, "amount": 1})
    assert reply.status_code == 404


async def test_a_freelancer_is_played(client: httpx.AsyncClient, database: Database, owner: Someone) -> None:
    async with database.transaction() as conn:
        await load_reference_data(conn)
    invited = await client.post("/customer/freelancers", json={"email": "new@team.example"}, headers=owner.headers)
    path = f"{SANDBOX}/freelancers/{invited.json()['uuid']}"
    seen = []
    for steps in ({}, {"registered": True}, {"verified": True}, {"registered": True, "verified": True}):
        reply = await client.post(path, json=steps)
        assert reply.status_code == 200, reply.text
        seen.append((reply.json()["registered"], reply.json()["verified"]))
    assert seen == [(False, False), (True, False), (True, True), (True, True)]
    shown = await client.get(f"/customer/freelancers/{invited.json()['uuid']}", headers=owner.headers)
    assert shown.json()["isVerified"] is True
    reply = await client.post(f"{SANDBOX}/freelancers/{uuid.uuid4()}", json={"registered": True})
    assert reply.status_code == 404


async def test_hooks_are_received_and_shown(client: httpx.AsyncClient) -> None:
    for body in (b'{"event": "first"}', b"second \xff\0"):
        reply = await client.post(f"{SANDBOX}/webhooks/receive", content=body, headers={"X-Sign": "abc"})
        assert (reply.status_code, reply.json()) == (200, {"received": True})
    shown = (await client.get(f"{SANDBOX}/webhooks")).json()
    assert [hook["body"] for hook in shown] == ["second ��", '{"event": "first"}']
    assert {hook["headers"]["x-sign"] for hook in shown} == {"abc"}


async def test_messages_newest_first_and_by_recipient(
    client: httpx.AsyncClient, database: Database, now: datetime
) -> None:
    for to, subject in (("ann@example.org", "one"), ("bob@example.org", "two"), ("ann@example.org", "three")):
        async with database.transaction() as conn:
            await send_mail(conn, to=to, subject=subject, text="A text", now=now)
    shown = (await client.get(f"{SANDBOX}/messages")).json()
    assert [message["subject"] for message in shown] == ["three", "two", "one"]
    assert set(shown[0]) == {"channel", "to", "subject", "text", "code", "link", "sentAt", "attachments"}
    shown = (await client.get(f"{SANDBOX}/messages", params={"to": "ann@example.org"})).json()
    assert [message["subject"] for message in shown] == ["three", "one"]
    assert (await client.get(f"{SANDBOX}/messages", params={"to": "nobody@example.org"})).json() == []


async def test_production_has_none_of_it(settings: Settings, database: Database, conn: Connection) -> None:
    app = create_app(Settings(database_url=settings.database_url, secret=settings.secret), database)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=wrap(app))) as client:  # type: ignore[arg-type]
        for path in ("clock", "top-up", "payouts/1", f"freelancers/{uuid.uuid4()}", "webhooks/receive"):
            for base in (SANDBOX, "http://artel.test/api/sandbox"):
                assert (await client.post(f"{base}/{path}", json={})).status_code == 404, path
        for path in ("messages", "webhooks"):
            assert (await client.get(f"{SANDBOX}/{path}")).status_code == 404, path
    assert await fetch_value(conn, "SELECT count(*) FROM sandbox_clock") == 0
