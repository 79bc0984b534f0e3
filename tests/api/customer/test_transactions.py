"""Operation 43: what came onto the company's balance and left it."""

import httpx

from artel.tasks.machine import State
from tests.cast import Someone
from tests.tasks.cast import Desk


async def test_top_ups_and_payments_show_holds_do_not(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    task = await desk.task(State.FINISHED)
    for reply in (
        await client.get("/customer/transactions", headers=owner.headers),
        await client.post("/customer/transactions", headers=owner.headers),
    ):
        rows = reply.json()["items"]
        assert [row["type"] for row in rows] == [2, 1]
        payment, top_up = rows
        assert payment["amount"] == float(task.total)
        assert payment["taskId"] == task.id
        assert payment["taxRate"] == 20
        assert payment["worker"]["id"] == task.freelancer_id
        assert payment["currency"] == {"currency": "EUR", "id": 3}
        assert top_up["amount"] == 10_000
        assert top_up["taskId"] is None
        assert payment["balanceId"] == top_up["balanceId"]


async def test_days_limit_the_list_and_pages_cut_it(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    for _ in range(2):
        await desk.give_money("5")
    today = desk.now.strftime("%Y-%m-%d")
    for query, total in ((f"dateFrom={today}&dateTo={today}", 3), ("dateTo=2020-01-01", 0), ("dateFrom=2099-01-01", 0)):
        reply = await client.get(f"/customer/transactions?{query}", headers=owner.headers)
        assert reply.json()["pagination"]["total"] == total
    page = (await client.get("/customer/transactions?size=2&page=2", headers=owner.headers)).json()
    assert [row["amount"] for row in page["items"]] == [10_000]


async def test_an_outsider_sees_none(client: httpx.AsyncClient, outsider: Someone, desk: Desk) -> None:
    reply = await client.get("/customer/transactions", headers=outsider.headers)
    assert reply.json()["items"] == []
    asked = {**outsider.headers, "x-company-id": str(desk.member.company_id)}
    assert (await client.get("/customer/transactions", headers=asked)).status_code == 403
    assert (await client.get("/customer/transactions")).status_code == 401


async def test_a_day_that_is_none_is_named(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    reply = await client.get("/customer/transactions?dateFrom=yesterday", headers=owner.headers)
    assert (reply.status_code, list(reply.json())) == (422, ["dateFrom"])
