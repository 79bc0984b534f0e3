"""Operations 41 and 42: payouts of finished tasks."""

import asyncio
import uuid
from datetime import datetime
from decimal import Decimal

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.payouts.rules import report_outcome
from tests.api.conftest import Hire
from tests.cast import Someone
from tests.payouts.cast import (
    CARD,
    SEPA,
    World,
    add_paid_task,
    balance_of,
    credit,
    keep_endpoint,
    world_of,
)

PATH = "/customer/tasks/payout"


@pytest.fixture
async def world(conn: Connection, owner: Someone, now: datetime) -> World:
    assert owner.company_id is not None
    return await world_of(conn, owner.id, owner.company_id, now=now)


@pytest.fixture
async def task(conn: Connection, world: World) -> int:
    return await add_paid_task(conn, world, "150.00")


@pytest.fixture
async def account(conn: Connection, world: World) -> int:
    return await keep_endpoint(conn, world, SEPA)


def order(task: int, account: int, **more: object) -> dict[str, object]:
    return {"taskId": task, "payoutEndpointType": 6, "payoutEndpointId": account, **more}


async def test_a_payout_and_its_status(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World, task: int, account: int, now: datetime
) -> None:
    reply = await client.post(PATH, json=order(task, account), headers=owner.headers)
    assert (reply.status_code, reply.json()) == (200, [])
    assert await balance_of(conn, world) == 0
    name = await fetch_value(conn, "SELECT uuid FROM task WHERE id = %(id)s", {"id": task})
    for reference in (task, name):
        reply = await client.get(f"{PATH}/{reference}", headers=owner.headers)
        assert (reply.status_code, reply.json()) == (200, {"payoutStatus": 10})
    payout = await fetch_value(conn, "SELECT id FROM payout")
    async with conn.transaction():
        await report_outcome(conn, payout, "declined", now=now)
    assert (await client.get(f"{PATH}/{task}", headers=owner.headers)).json() == {"payoutStatus": 3}
    again = {"uuid": str(name), "payoutEndpointType": "6", "payoutEndpointId": str(account)}
    assert (await client.post(PATH, json=again, headers=owner.headers)).status_code == 200
    assert (await client.get(f"{PATH}/{task}", headers=owner.headers)).json() == {"payoutStatus": 10}


async def test_the_documents_own_body_as_plain_text(
    client: httpx.AsyncClient, owner: Someone, task: int, account: int
) -> None:
    """The documents' curl sends no content type of its own."""
    body = f'{{"taskId": {task}, "payoutEndpointType": 6, "payoutEndpointId": {account}}}'
    headers = {**owner.headers, "Content-Type": "application/x-www-form-urlencoded"}
    assert (await client.post(PATH, content=body, headers=headers)).status_code == 200


async def test_into_another_currency(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World, task: int
) -> None:
    card = await keep_endpoint(conn, world, CARD)
    body = {"taskId": task, "payoutEndpointType": 1, "payoutEndpointId": card, "currencyId": 2}
    assert (await client.post(PATH, json=body, headers=owner.headers)).status_code == 200
    arriving = await fetch_value(conn, "SELECT endpoint_amount FROM payout WHERE endpoint_currency = 'USD'")
    assert arriving == Decimal("160.38")  # 1.08 less 1 % of spread


async def test_one_effect_for_one_idempotency_key(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World, task: int, account: int
) -> None:
    await credit(conn, world, 1000)
    headers = {**owner.headers, "Idempotency-Key": "payout-of-today"}
    replies = await asyncio.gather(*(client.post(PATH, json=order(task, account), headers=headers) for _ in range(20)))
    assert {(reply.status_code, reply.text) for reply in replies} == {(200, "[]")}
    assert await balance_of(conn, world) == 1000
    reply = await client.post(PATH, json=order(task, account, currencyId=2), headers=headers)
    assert reply.status_code == 409
    reply = await client.post(PATH, json=order(task, account), headers=owner.headers)
    assert (reply.status_code, reply.json()) == (422, {"taskId": "This task already has a payout."})


async def test_fifty_at_once_make_one_payout(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World, task: int, account: int
) -> None:
    await credit(conn, world, 10_000)
    replies = await asyncio.gather(
        *(client.post(PATH, json=order(task, account), headers=owner.headers) for _ in range(50))
    )
    assert sorted(reply.status_code for reply in replies) == [200] + [422] * 49
    assert await balance_of(conn, world) == 10_000


async def test_refusals(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, world: World, account: int, now: datetime
) -> None:
    poor = await add_paid_task(conn, world, "150.00", credited=False)
    unpaid = await add_paid_task(conn, world, "150.00", state=4, credited=False)
    not_an_integer = "A whole number is expected."
    cases: list[tuple[dict[str, object], dict[str, str]]] = [
        (order(poor, account), {"error": "The freelancer's balance does not cover this payout."}),
        (
            order(unpaid, account),
            {"taskId": "The task is not paid yet: only a finished task can be paid out."},
        ),
        (
            order(poor, account + 1),
            {"payoutEndpointId": "The freelancer has no payout method of this type and ID."},
        ),
        (
            order(poor, account, payoutEndpointType=1),
            {"payoutEndpointId": "The freelancer has no payout method of this type and ID."},
        ),
        (
            order(poor, account, currencyId=1),
            {"currencyId": "RUB cannot be paid out this way: choose another currency or payout method."},
        ),
        (order(poor, account, currencyId=99), {"currencyId": "The value is not valid."}),
        (order(poor, account, payoutEndpointType=3), {"payoutEndpointType": "The value is not valid."}),
        (order(poor, account, payoutEndpointId="x"), {"payoutEndpointId": not_an_integer}),
        ({"payoutEndpointType": 6, "payoutEndpointId": account}, {"taskId": "This field is required."}),
        ({"taskId": poor, "payoutEndpointId": account}, {"payoutEndpointType": "This field is required."}),
    ]
    for body, said in cases:
        reply = await client.post(PATH, json=body, headers=owner.headers)
        assert (reply.status_code, reply.json()) == (422, said)
    await conn.execute("UPDATE person SET language = 'RU' WHERE id = %s", [owner.id])
    reply = await client.post(PATH, json=order(poor, account), headers=owner.headers)
    assert reply.json() == {"error": "На балансе исполнителя недостаточно средств для выплаты."}
    assert await fetch_value(conn, "SELECT count(*) FROM payout") == 0


async def test_no_payout_no_status(client: httpx.AsyncClient, owner: Someone, task: int) -> None:
    for reference in (task, task + 1, uuid.uuid4(), "none", "9" * 30):
        reply = await client.get(f"{PATH}/{reference}", headers=owner.headers)
        assert reply.status_code == 404
        assert reply.json()["code"] == 404


async def test_outsiders(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, task: int, account: int
) -> None:
    assert (await client.post(PATH, json=order(task, account), headers=outsider.headers)).status_code == 404
    assert (await client.post(PATH, json=order(task, account), headers=owner.headers)).status_code == 200
    assert (await client.get(f"{PATH}/{task}", headers=outsider.headers)).status_code == 404
    assert (await client.post(PATH, json=order(task, account))).status_code == 401


async def test_who_may_pay(client: httpx.AsyncClient, hire: Hire, world: World, task: int, account: int) -> None:
    accountant, manager, viewer = await hire("accountant"), await hire("manager"), await hire("viewer")
    for member in (manager, viewer):
        assert (await client.post(PATH, json=order(task, account), headers=member.headers)).status_code == 403
    assert (await client.post(PATH, json=order(task, account), headers=accountant.headers)).status_code == 200
    for member in (manager, viewer):
        assert (await client.get(f"{PATH}/{task}", headers=member.headers)).status_code == 200


async def test_extra_fields_change_nothing(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, task: int, account: int
) -> None:
    body = order(task, account, balance=1, state=5, amount="1000", fee=0)
    assert (await client.post(PATH, json=body, headers=owner.headers)).status_code == 200
    assert await fetch_value(conn, "SELECT amount FROM payout") == Decimal("150.00")
