"""Operation 72 and needInsurance: what insuring a task costs, and where the premium goes."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound, Refused
from artel.insurance.rules import Product, set_product
from artel.tasks import changes, payment, rules
from artel.tasks.machine import State
from tests.api.customer.test_task_creation import create
from tests.cast import Someone
from tests.tasks.cast import FREELANCER, Desk, proposing
from tests.tasks.conftest import OpenDesk, open_a_desk

__all__ = ["open_a_desk"]

INFO = "/customer/insurance/info"
D = Decimal


async def offer(conn: Connection, company_id: int, premium: str, *, by_default: bool = False) -> None:
    async with conn.transaction():
        await set_product(
            conn,
            company_id,
            Product(D(premium), by_default),
            actor_id=None,
            now=await fetch_value(conn, "SELECT now()"),
        )


async def insured(conn: Connection) -> Decimal:
    """What the platform owes the insurer."""
    return await fetch_value(
        conn,
        """
        SELECT coalesce(sum(p.amount), 0)
        FROM posting AS p
        JOIN account AS a ON a.id = p.account_id
        WHERE a.owner_kind = 'platform' AND a.purpose = 'insurance'
        """,
    )


async def test_info(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, viewer: Someone, outsider: Someone, desk: Desk
) -> None:
    """With and without the documents' two parameters; another company has its own terms."""
    asked = {"workerId": desk.freelancer_id, "categoryId": 42}

    async def ask(someone: Someone, **params: Any) -> httpx.Response:
        return await client.get(INFO, headers=someone.headers, params=params)

    nothing = {"canBeInsured": False, "acceptanceRequired": False, "cost": 0, "insureByDefault": False}
    assert (await ask(owner, **asked)).json() == nothing
    await offer(conn, desk.member.company_id, "12.34")
    something = {"canBeInsured": True, "acceptanceRequired": False, "cost": 12.34, "insureByDefault": False}
    for params in (asked, {}):
        assert (await ask(viewer, **params)).json() == something
    await offer(conn, desk.member.company_id, "10", by_default=True)
    assert (await ask(owner)).json() == {**something, "cost": 10, "insureByDefault": True}
    assert (await ask(outsider)).json() == nothing
    reply = await ask(outsider, **asked)
    assert (reply.status_code, list(reply.json())) == (422, ["workerId"])
    for name, wrong in (("workerId", "x"), ("workerId", 0), ("categoryId", 987_654), ("categoryId", 2**80)):
        reply = await ask(owner, **{**asked, name: wrong})
        assert (reply.status_code, list(reply.json())) == (422, [name])
    assert (await client.get(INFO)).status_code == 401


async def test_who_wants_none_gets_none(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """A wish that cannot be met is refused; with a product it is met, and without a word the product decides."""
    for more in ({}, {"validateOnly": True}):
        reply = await create(client, owner, desk, needInsurance=True, **more)
        assert (reply.status_code, list(reply.json())) == (422, ["needInsurance"])
    reply = await create(client, owner, desk, needInsurance="perhaps")
    assert (reply.status_code, list(reply.json())) == (422, ["needInsurance"])
    for by_default in (False, True):
        await offer(conn, desk.member.company_id, "9.99", by_default=by_default)
        for wish, cost in (
            (True, 9.99),
            (False, 0),
            (None, 9.99 if by_default else 0),
            (..., 9.99 if by_default else 0),
        ):
            reply = await create(client, owner, desk, needInsurance=wish)
            task = (await client.get(f"/customer/tasks/{reply.json()['uuid']}", headers=owner.headers)).json()
            assert (task["insurance"], task["insuranceCost"]) == ({"status": int(cost > 0), "cost": cost}, cost)


async def test_what_it_costs(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    """The premium is part of the total, and its VAT's; the commission and the freelancer have none of it."""
    await offer(conn, desk.member.company_id, "12.34")
    cost = (
        await client.post(
            "/customer/tasks/total-cost", headers=owner.headers, json={"price": 150, "needInsurance": True}
        )
    ).json()
    figures = {"price": 150, "commission": 15, "insuranceCost": 12.34, "total": 177.34, "VAT": 35.47}
    assert {name: cost[name] for name in figures} == figures
    assert cost["amountForWorker"] == 150
    checked = (await create(client, owner, desk, needInsurance=True, validateOnly=True)).json()
    assert {name: checked[name] for name in figures} == figures
    made = (await create(client, owner, desk, needInsurance=True)).json()["uuid"]
    [task] = (await client.get("/customer/tasks", headers=owner.headers)).json()["items"]
    assert (task["uuid"], task["insuranceCost"], task["fullPriceWithVAT"]) == (made, 12.34, 212.81)
    assert (task["priceWithCommission"], task["commissionAmount"]) == (165, 15)
    plain = (await client.post("/customer/tasks/total-cost", headers=owner.headers, json={"price": 150})).json()
    assert (plain["insuranceCost"], plain["total"]) == (0, 165)


async def test_in_two_currencies(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    """The premium is in the company's currency, whatever the freelancer's."""
    await offer(conn, desk.member.company_id, "2.50")
    question = {"price": 1, "workerCurrency": "USD", "needInsurance": True}
    cost = (await client.post("/customer/tasks/total-cost", headers=owner.headers, json=question)).json()
    assert (cost["price"], cost["commission"], cost["insuranceCost"], cost["total"]) == (0.95, 0.1, 2.5, 3.55)


async def test_short_of_the_premium_it_is_a_draft(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    await offer(conn, desk.member.company_id, "0.01")
    [price] = [D("9090.91")]  # with its commission exactly the company's 10,000
    assert (await create(client, owner, desk, price=float(price), validateOnly=True)).status_code == 200
    reply = await create(client, owner, desk, price=float(price), needInsurance=True, validateOnly=True)
    assert (reply.status_code, list(reply.json())) == (422, ["error"])
    made = (await create(client, owner, desk, price=float(price), needInsurance=True)).json()["uuid"]
    task = (await client.get(f"/customer/tasks/{made}", headers=owner.headers)).json()
    assert (task["state"], task["insuranceCost"]) == (State.DRAFT, 0.01)
    reply = await client.post("/customer/tasks/publish-draft", headers=owner.headers, json={"uuid": made})
    assert reply.status_code == 409


@pytest.mark.parametrize("escrow", ["without_hold", "on_task_create", "on_task_accept", "after_task_accept"])
async def test_held_and_paid_with_the_task(open_a_desk: OpenDesk, conn: Connection, escrow: str) -> None:
    """Whatever the policy, the premium goes the task's way: to the insurer once paid, back where it is declined."""
    desk = await open_a_desk(money="1000", escrow=escrow)
    await offer(conn, desk.member.company_id, "5.55")
    paid = await desk.task(State.FOR_PAYMENT, insured=True)
    declined = await desk.task(State.IN_WORK, insured=True)
    assert (paid.total, paid.insurance) == (D("115.55"), D("5.55"))
    held = {"without_hold": 0, "on_task_create": 2, "on_task_accept": 2, "after_task_accept": 1}[escrow]
    assert await desk.balances() == (1000 - held * D("115.55"), held * D("115.55"), 0)
    await desk.verify()
    await desk.take(declined, rules.decline_task)
    await desk.take(paid, payment.pay_task)
    assert await desk.balances() == (D("884.45"), 0, D("115.55"))
    assert await insured(conn) == 0
    await desk.settle()
    assert await desk.balances() == (D("884.45"), 0, 0)
    assert await insured(conn) == D("5.55")
    assert (await desk.look(paid)).state == State.FINISHED
    await desk.verify()


async def test_terms_that_change_leave_tasks_as_they_are(open_a_desk: OpenDesk, conn: Connection) -> None:
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    await offer(conn, desk.member.company_id, "5.55", by_default=True)
    task = await desk.task(State.NEW)
    async with conn.transaction():
        await set_product(conn, desk.member.company_id, None, actor_id=None, now=desk.now)
    assert (await desk.task(State.NEW)).insurance == 0
    await desk.take(task, payment.quick_pay_task)
    await desk.settle()
    assert await insured(conn) == D("5.55")
    await desk.verify()


@pytest.mark.parametrize("state", [State.NEW, State.IN_WORK])
async def test_a_new_price_keeps_its_premium(open_a_desk: OpenDesk, conn: Connection, state: State) -> None:
    """The premium that the task was made with, whatever the product costs by now; what is held follows the total."""
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    await offer(conn, desk.member.company_id, "5.55")
    task = await desk.task(state, insured=True)
    await offer(conn, desk.member.company_id, "7")
    await desk.take(task, proposing("200"))
    await desk.take(task, changes.agree_to_changes, side=FREELANCER)
    agreed = await desk.look(task)
    assert (agreed.insurance, agreed.total, agreed.held) == (D("5.55"), D("225.55"), D("225.55"))
    assert await desk.balances() == (D("774.45"), D("225.55"), 0)
    await desk.verify()


@pytest.mark.parametrize("premium", ["0", "-1", "1.001", "NaN", "Infinity", "1e30"])
async def test_premiums_refused(open_a_desk: OpenDesk, conn: Connection, premium: str) -> None:
    desk = await open_a_desk()
    with pytest.raises(Refused) as refused:
        await offer(conn, desk.member.company_id, premium)
    assert (refused.value.code, refused.value.field) == ("premium_invalid", "premium")
    with pytest.raises(NotFound):
        await offer(conn, 987_654, "1")
    assert await fetch_value(conn, "SELECT count(*) FROM insurance_product") == 0
