"""Operations 7 and 8: the currencies a company can pay in, and what a task costs."""

from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.exchange.rules import set_rate
from artel.tasks.machine import State
from tests import cast
from tests.cast import Someone
from tests.tasks.cast import Desk

QUESTION: dict[str, Any] = {
    "uuid": "cbe8003e-e9e0-46a9-b15b-7c0227273b2e",
    "price": 1,
    "workerCurrency": "USD",
    "shareCommission": False,
    "categoryId": 18,
}
EUR, USD = {"id": 3, "currency": "EUR"}, {"id": 2, "currency": "USD"}
FIGURES = {
    "price": 0.95,
    "commission": 0.1,
    "commissionPercent": 10,
    "shareCommission": False,
    "sharedCommission": 0,
    "salesTax": 0,
    "insuranceCost": 0,
    "total": 1.05,
    "amountForWorker": 1,
    "VAT": 0.21,
    "VATPercent": 20,
    "currency": EUR,
    "workerCurrency": USD,
}


async def ask(client: httpx.AsyncClient, someone: Someone, desk: Desk, **changes: Any) -> httpx.Response:
    question = {**QUESTION, "workerId": desk.freelancer_id, "companyId": desk.member.company_id, **changes}
    return await client.post("/customer/tasks/total-cost", headers=someone.headers, json=question)


async def set_dollar(conn: Connection, desk: Desk, rate: str) -> None:
    """How many dollars a euro buys."""
    async with conn.transaction():
        await set_rate(
            conn,
            stronger="EUR",
            weaker="USD",
            market_rate=Decimal(rate),
            spread_percent=Decimal(0),
            source="operator",
            now=desk.now,
        )


async def test_the_documents_own_example(client: httpx.AsyncClient, viewer: Someone, desk: Desk) -> None:
    reply = await ask(client, viewer, desk)
    assert reply.status_code == 200
    assert reply.json() == {
        **FIGURES,
        "priceWithActualCurrencyExchangeRate": {"isChanged": False, **FIGURES},
        "exchangeRate": {"base": USD, "target": EUR, "rate": 1.0576},
    }


async def test_a_known_task_keeps_its_rate(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    task = await desk.task(State.NEW, price=Decimal(100), worker_currency="USD")
    assert (task.price, task.worker_price, task.exchange_rate) == (Decimal("94.55"), Decimal(100), Decimal("1.0576"))
    await set_dollar(conn, desk, "1.25")
    reply = (await ask(client, owner, desk, uuid=str(task.uuid), price=100)).json()
    actual = reply["priceWithActualCurrencyExchangeRate"]
    assert (reply["price"], reply["total"], reply["exchangeRate"]["rate"]) == (94.55, 104.01, 1.0576)
    assert (actual["price"], actual["total"], actual["isChanged"]) == (80, 88, True)
    assert (await desk.look(task)).total == Decimal("104.01")
    # In another currency, or under an unknown uuid, today's rate is both.
    for changes in ({"uuid": str(task.uuid), "workerCurrency": "EUR"}, {}):
        reply = (await ask(client, owner, desk, **changes)).json()
        assert reply["priceWithActualCurrencyExchangeRate"]["isChanged"] is False


async def test_one_currency_with_a_shared_commission(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    reply = await client.post(
        "/customer/tasks/total-cost", headers=owner.headers, json={"price": "150", "shareCommission": 1}
    )
    cost = reply.json()
    assert (cost["price"], cost["commission"], cost["sharedCommission"], cost["total"]) == (150, 13.5, 1.5, 163.5)
    assert (cost["amountForWorker"], cost["VAT"]) == (148.5, 32.7)
    assert cost["exchangeRate"] == {"base": EUR, "target": EUR, "rate": 1}


async def test_sales_tax(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    await conn.execute("UPDATE company SET sales_tax_percent = 8.875, vat_percent = 0")
    cost = (await ask(client, owner, desk, price=100, workerCurrency="EUR")).json()
    assert (cost["salesTax"], cost["total"], cost["VAT"]) == (9.76, 119.76, 0)


@pytest.mark.parametrize("currency", ["EUR", "USD", "RUB"])
async def test_a_task_costs_what_was_said(client: httpx.AsyncClient, owner: Someone, desk: Desk, currency: str) -> None:
    cost = (await ask(client, owner, desk, price=1234.56, workerCurrency=currency, shareCommission=True)).json()
    task = await desk.task(State.NEW, price=Decimal("1234.56"), worker_currency=currency, share_commission=True)
    assert cost["total"] == float(task.total)
    assert cost["amountForWorker"] == float(task.amount_for_worker)
    assert cost["sharedCommission"] == float(task.shared_commission)


async def test_refused(client: httpx.AsyncClient, owner: Someone, outsider: Someone, desk: Desk) -> None:
    for field, value in (
        ("price", 0),
        ("price", "a lot"),
        ("price", None),
        ("price", 0.001),
        ("workerCurrency", "BTC"),
        ("workerCurrency", "dollars"),
        ("workerId", 987_654),
        ("categoryId", 987_654),
        ("uuid", "mine"),
    ):
        reply = await ask(client, owner, desk, **{field: value})
        assert (reply.status_code, list(reply.json())) == (422, [field]), (field, value)
    reply = await client.post("/customer/tasks/total-cost", headers=owner.headers, json={})
    assert reply.json() == {"price": "This field is required."}
    assert (await ask(client, owner, desk, companyId=outsider.company_id)).status_code == 403
    assert (await ask(client, outsider, desk)).status_code == 403
    # The freelancer of another company is not told about.
    reply = await ask(client, outsider, desk, companyId=outsider.company_id)
    assert (reply.status_code, list(reply.json())) == (422, ["workerId"])


async def test_a_strangers_task_brings_no_rate(
    client: httpx.AsyncClient, conn: Connection, outsider: Someone, desk: Desk
) -> None:
    task = await desk.task(State.NEW, worker_currency="USD")
    await set_dollar(conn, desk, "1.25")
    reply = await client.post(
        "/customer/tasks/total-cost",
        headers=outsider.headers,
        json={"uuid": str(task.uuid), "price": 100, "workerCurrency": "USD"},
    )
    assert reply.json()["exchangeRate"]["rate"] == 1.25


async def test_allowed_currencies(
    client: httpx.AsyncClient, conn: Connection, viewer: Someone, outsider: Someone, desk: Desk
) -> None:
    url = "/customer/tasks/allowed-currencies"
    reply = await client.get(f"{url}?companyId={viewer.company_id}", headers=viewer.headers)
    assert reply.json() == [{"id": 1, "currency": "RUB"}, USD, EUR]
    assert (await client.get(url, headers=viewer.headers)).json() == reply.json()
    # What nobody quotes cannot be bought.
    await conn.execute("DELETE FROM exchange_rate WHERE target = 'RUB'")
    assert (await client.get(url, headers=viewer.headers)).json() == [USD, EUR]
    reply = await client.get(f"{url}?companyId={outsider.company_id}", headers=viewer.headers)
    assert reply.status_code == 403
    reply = await client.get(f"{url}?companyId=mine", headers=viewer.headers)
    assert (reply.status_code, list(reply.json())) == (422, ["companyId"])
    assert (await client.get(url)).status_code == 401


async def test_a_pair_that_nobody_quotes(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    await conn.execute("DELETE FROM exchange_rate")
    reply = await ask(client, owner, desk)
    assert (reply.status_code, list(reply.json())) == (422, ["workerCurrency"])


async def test_a_company_in_roubles(client: httpx.AsyncClient, conn: Connection, settings: Any, desk: Desk) -> None:
    """A stronger currency is bought at what the company's own is sold for."""
    company = await cast.add_company(conn, "Taiga", "RUB", now=desk.now, commission=Decimal("3.5"))
    person = await cast.add_person(conn, "olga@taiga.example", now=desk.now)
    await cast.add_member(conn, company, person, "owner", now=desk.now)
    olga = await cast.sign_in(conn, settings, person, company, now=desk.now)
    reply = await client.post(
        "/customer/tasks/total-cost", headers=olga.headers, json={"price": 10, "workerCurrency": "USD"}
    )
    cost = reply.json()
    assert (cost["price"], cost["commission"], cost["total"]) == (765.93, 26.81, 792.74)
    assert cost["exchangeRate"]["rate"] == 76.5928
