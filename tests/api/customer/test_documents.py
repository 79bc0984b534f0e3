"""Operation 56, and asking for an invoice."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from artel.api.customer.documents import NO_DATE
from artel.db.pool import Connection, Database
from artel.documents.invoices import lock_invoice, pay_invoice
from artel.settings import Settings
from artel.tasks.machine import State
from tests import cast
from tests.cast import Someone
from tests.documents.cast import text_of, work_documents
from tests.tasks.cast import Desk, verify_books

INVOICES = "/customer/documents/invoices"
DOCUMENTS = "/customer/documents"
FIELDS = {
    "fileId",
    "type",
    "documentId",
    "invoiceStatusId",
    "reportStatusId",
    "amount",
    "number",
    "currency",
    "createdAt",
    "topUpBalanceDate",
    "sfFileId",
    "taskId",
}
Hire = Callable[[str], Awaitable[Someone]]


async def bill(client: httpx.AsyncClient, someone: Someone, amount: object = 1000) -> dict[str, object]:
    reply = await client.post(INVOICES, json={"amount": amount}, headers=someone.headers)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


async def pay(conn: Connection, number: object, *, now: datetime) -> None:
    async with conn.transaction():
        await pay_invoice(conn, await lock_invoice(conn, str(number)), actor_id=None, now=now)


async def items(client: httpx.AsyncClient, someone: Someone, query: str = "") -> list[dict[str, object]]:
    reply = await client.get(f"{DOCUMENTS}{query}", headers=someone.headers)
    assert reply.status_code == 200, reply.text
    return list(reply.json()["items"])


class TestInvoices:
    async def test_asked_for_listed_and_paid(
        self, client: httpx.AsyncClient, owner: Someone, conn: Connection, company_id: int, now: datetime
    ) -> None:
        made = await bill(client, owner, "1000.50")
        assert set(made) == FIELDS
        assert made == {
            "fileId": None,
            "type": 6,
            "documentId": made["documentId"],
            "invoiceStatusId": 1,
            "reportStatusId": None,
            "amount": 1200.6,
            "number": f"{company_id}-{now:%y%m%d}-1",
            "currency": {"currency": "EUR", "id": 3},
            "createdAt": made["createdAt"],
            "topUpBalanceDate": NO_DATE,
            "sfFileId": None,
            "taskId": None,
        }
        assert await items(client, owner) == [made]
        await pay(conn, made["number"], now=now)
        [paid] = await items(client, owner)
        assert paid["invoiceStatusId"] == 2
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", str(paid["topUpBalanceDate"]))
        assert (await client.get("/customer/balance", headers=owner.headers)).json()["balanceAmount"] == 1000.5
        [line] = (await client.get("/customer/transactions", headers=owner.headers)).json()["items"]
        assert (line["type"], line["amount"], line["invoiceId"]) == (1, 1000.5, made["documentId"])
        await verify_books(conn)

    async def test_a_key_makes_one(self, client: httpx.AsyncClient, owner: Someone) -> None:
        headers = {**owner.headers, "Idempotency-Key": "invoice of may"}
        replies = await asyncio.gather(*(client.post(INVOICES, json={"amount": 5}, headers=headers) for _ in range(20)))
        assert {reply.status_code for reply in replies} == {200}
        assert len({reply.text for reply in replies}) == 1
        assert len(await items(client, owner)) == 1
        reply = await client.post(INVOICES, json={"amount": 6}, headers=headers)
        assert reply.status_code == 409

    @pytest.mark.parametrize("amount", [0, -5, "0.001", 1_000_000_001, "NaN", "much", None, [], True])
    async def test_invalid(self, client: httpx.AsyncClient, owner: Someone, amount: object) -> None:
        reply = await client.post(INVOICES, json={"amount": amount}, headers=owner.headers)
        assert (reply.status_code, list(reply.json())) == (422, ["amount"])
        assert await items(client, owner) == []

    async def test_missing(self, client: httpx.AsyncClient, owner: Someone) -> None:
        reply = await client.post(INVOICES, json={}, headers=owner.headers)
        assert (reply.status_code, list(reply.json())) == (422, ["amount"])
        assert (await client.post(INVOICES, content=b"{", headers=owner.headers)).status_code == 400
        assert (await client.post(INVOICES, json={"amount": 1})).status_code == 401

    async def test_the_right(self, client: httpx.AsyncClient, hire: Hire) -> None:
        for role, status in (("accountant", 200), ("manager", 403), ("viewer", 403)):
            someone = await hire(role)
            reply = await client.post(INVOICES, json={"amount": 1}, headers=someone.headers)
            assert reply.status_code == status, role

    async def test_an_outsider(
        self, client: httpx.AsyncClient, owner: Someone, outsider: Someone, company_id: int
    ) -> None:
        asked = {**outsider.headers, "x-company-id": str(company_id)}
        assert (await client.post(INVOICES, json={"amount": 1}, headers=asked)).status_code == 403
        await bill(client, outsider)
        assert await items(client, owner) == []


class TestList:
    @pytest.fixture
    async def filled(self, client: httpx.AsyncClient, database: Database, desk: Desk, settings: Settings) -> Desk:
        """Two acts and the report of their month: places 1 to 3."""
        desk.now = datetime(2026, 2, 10, 12, tzinfo=UTC)
        for _ in range(2):
            await desk.task(State.FINISHED)
        await work_documents(database, settings, datetime(2026, 3, 2, tzinfo=UTC))
        return desk

    async def test_types_statuses_and_files(
        self, client: httpx.AsyncClient, owner: Someone, russian: Someone, filled: Desk
    ) -> None:
        await bill(client, owner)
        found = await items(client, owner)
        assert [one["type"] for one in found] == [6, 7, 8, 8]
        assert [one["invoiceStatusId"] for one in found] == [1, None, None, None]
        assert [one["reportStatusId"] for one in found] == [None, 1, 1, 1]
        assert found[1]["amount"] == 264
        assert found[0]["fileId"] is None
        assert [one["taskId"] is not None for one in found] == [False, False, True, True]
        for someone, title in ((owner, "Monthly closing report"), (russian, "Отчёт за месяц")):
            report = (await items(client, someone))[1]
            reply = await client.get(f"/customer/files/{report['fileId']}", headers=someone.headers)
            assert reply.status_code == 200
            assert reply.headers["content-type"] == "application/pdf"
            assert reply.headers["content-disposition"].startswith("attachment")
            assert title in text_of(reply.content)
            again = await client.get(f"/customer/files/{report['fileId']}", headers=someone.headers)
            assert again.content == reply.content

    async def test_filters_order_and_pages(self, client: httpx.AsyncClient, owner: Someone, filled: Desk) -> None:
        await bill(client, owner)
        ids = [one["documentId"] for one in await items(client, owner)]
        assert ids == sorted(ids, reverse=True)  # type: ignore[type-var]

        async def found(query: str) -> list[object]:
            return [one["documentId"] for one in await items(client, owner, query)]

        assert await found("?filter[type]=6") == ids[:1]
        assert await found("?filter[type]=7") == ids[1:2]
        assert await found("?filter%5Btype%5D=8") == ids[2:]
        assert await found("?filter[type]=99") == []
        assert await found("?sort=id&direction=asc") == ids[::-1]
        assert await found("?sort=createdAt&direction=desc") == ids
        assert sorted(await found("?sort=fileId&direction=asc")) == sorted(ids)  # type: ignore[type-var]
        # Acts are dated when the tasks were paid, a report on the last day of its month.
        assert await found("?filter[dateFrom]=2026-02-10&filter[dateTo]=2026-02-10") == ids[2:]
        assert await found("?filter[dateFrom]=2026-02-28&filter[dateTo]=2026-02-28") == ids[1:2]
        assert await found("?filter[dateFrom]=2026-02-11") == ids[:2]
        assert await found("?filter[dateTo]=2026-02-27") == ids[2:]
        assert await found("?filter[dateFrom]=2026-02-10T12:00:00") == ids[:2]
        assert await found("?filter[dateFrom]=9999-12-31T23:00:00") == []
        for query in ("size=3", "size=3&filter[dateFrom]=2026-01-01", "size=3&sort=createdAt"):
            pages = [await found(f"?{query}&page={page}") for page in (1, 2, 3)]
            assert pages == [ids[:3], ids[3:], []], query
        assert await found("?size=3&direction=asc") == ids[::-1][:3]
        assert await found("?size=3&page=2&direction=asc") == ids[::-1][3:]
        pagination = (await client.get(f"{DOCUMENTS}?size=3&page=2", headers=owner.headers)).json()["pagination"]
        assert pagination == {"count": 1, "total": 4, "perPage": 3, "page": 2, "pages": 2}

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("filter[type]=invoice", "type"),
            ("filter[dateFrom]=yesterday", "dateFrom"),
            ("filter[dateTo]=2026-02-30", "dateTo"),
            ("sort=amount", "sort"),
            ("direction=up", "direction"),
            ("page=0", "page"),
        ],
    )
    async def test_invalid(self, client: httpx.AsyncClient, owner: Someone, query: str, field: str) -> None:
        reply = await client.get(f"{DOCUMENTS}?{query}", headers=owner.headers)
        assert (reply.status_code, list(reply.json())) == (422, [field])

    async def test_nothing_yet(self, client: httpx.AsyncClient, owner: Someone) -> None:
        assert await items(client, owner) == []

    async def test_an_outsider(
        self, client: httpx.AsyncClient, owner: Someone, outsider: Someone, filled: Desk
    ) -> None:
        assert await items(client, outsider) == []
        asked = {**outsider.headers, "x-company-id": str(filled.member.company_id)}
        assert (await client.get(DOCUMENTS, headers=asked)).status_code == 403
        assert (await client.get(DOCUMENTS)).status_code == 401
        file_id = (await items(client, owner))[0]["fileId"]
        assert (await client.get(f"/customer/files/{file_id}", headers=outsider.headers)).status_code == 404


async def test_a_company_without_vat(
    client: httpx.AsyncClient, conn: Connection, outsider: Someone, now: datetime
) -> None:
    made = await bill(client, outsider, 1000)
    assert made["amount"] == 1000
    await pay(conn, made["number"], now=now)
    assert (await client.get("/customer/balance", headers=outsider.headers)).json()["balanceAmount"] == 1000


async def test_a_rouble_company(client: httpx.AsyncClient, conn: Connection, settings: Settings, now: datetime) -> None:
    company = await cast.add_company(conn, "Аврора", "RUB", now=now, vat=Decimal(20))
    person = await cast.add_person(conn, "olga@avrora.example", now=now)
    await cast.add_member(conn, company, person, "owner", now=now)
    olga = await cast.sign_in(conn, settings, person, company, now=now)
    made = await bill(client, olga, 99.99)
    assert (made["amount"], made["currency"]) == (119.99, {"currency": "RUB", "id": 1})
