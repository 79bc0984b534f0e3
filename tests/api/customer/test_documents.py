"""Operations 56 and 57, and asking for an invoice."""

import asyncio
import io
import re
import zipfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import msgspec
import pytest

from artel.api.customer.documents import NO_DATE
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.documents.archives import MOST_AN_HOUR, pack_archive
from artel.documents.invoices import lock_invoice, pay_invoice
from artel.files.store import FileStore
from artel.settings import Settings
from artel.tasks.machine import State
from tests import cast
from tests.cast import Someone
from tests.documents.cast import text_of, work_documents
from tests.tasks.cast import Desk, verify_books
from tests.times import Travel

INVOICES = "/customer/documents/invoices"
DOCUMENTS = "/customer/documents"
DOWNLOAD = "/customer/documents/download"
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


class Mailbox:
    """What asking leads to: the job is run, the letter read."""

    def __init__(self, client: httpx.AsyncClient, database: Database, settings: Settings) -> None:
        self.client = client
        self.database = database
        self.settings = settings

    async def pack(self) -> None:
        """Every archive that is asked for and not finished."""
        async with self.database.connection() as conn:
            cursor = await conn.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'pack_documents'")
            jobs = [row[0]["archive_id"] for row in await cursor.fetchall()]
        files = FileStore(self.settings.files_url, self.settings.home)
        for archive_id in jobs:
            await pack_archive(self.database, files, self.settings, archive_id)

    async def letters(self, to: str) -> list[dict[str, str]]:
        reply = await self.client.get("http://artel.test/sandbox/messages", params={"to": to})
        return [one for one in reply.json() if "ocument" in one["subject"] or "окумент" in one["subject"]]

    async def link(self, to: str) -> str:
        return "http://artel.test" + httpx.URL((await self.letters(to))[0]["link"]).raw_path.decode()


@pytest.fixture
def mailbox(client: httpx.AsyncClient, database: Database, settings: Settings) -> Mailbox:
    return Mailbox(client, database, settings)


def names_in(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert packed.testzip() is None
        return packed.namelist()


class TestDownload:
    async def test_a_zip_by_mail(self, client: httpx.AsyncClient, owner: Someone, mailbox: Mailbox) -> None:
        """What is not rendered yet is rendered for it; a job that runs twice sends one letter."""
        made = [await bill(client, owner, 10 + turn) for turn in range(3)]
        reply = await client.get(DOWNLOAD, headers=owner.headers)
        assert (reply.status_code, reply.json()) == (200, [])
        assert await mailbox.letters("owner@aurora.example") == []
        for _ in range(2):
            await mailbox.pack()
        [letter] = await mailbox.letters("owner@aurora.example")
        assert letter["subject"] == "Documents of Aurora Studio"
        assert letter["link"] in letter["text"]
        reply = await client.get(await mailbox.link("owner@aurora.example"))
        assert reply.status_code == 200
        assert reply.headers["content-type"] == "application/zip"
        assert reply.headers["content-disposition"].startswith("attachment")
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert names_in(reply.content) == [f"{one['number']}.pdf" for one in made]
        # The bytes are those of each document by itself, and the link is good for more than one try.
        with zipfile.ZipFile(io.BytesIO(reply.content)) as packed:
            first = packed.read(f"{made[0]['number']}.pdf")
        file_id = (await items(client, owner, "?sort=id&direction=asc"))[0]["fileId"]
        assert (await client.get(f"/customer/files/{file_id}", headers=owner.headers)).content == first
        assert (await client.get(await mailbox.link("owner@aurora.example"))).content == reply.content

    async def test_in_the_readers_language_and_as_filtered(
        self,
        client: httpx.AsyncClient,
        owner: Someone,
        russian: Someone,
        desk: Desk,
        mailbox: Mailbox,
        settings: Settings,
    ) -> None:
        await desk.task(State.FINISHED)
        await work_documents(desk.database, settings, desk.now)
        made = await bill(client, owner)
        await client.get(f"{DOWNLOAD}?filter[type]=6&filter[dateFrom]=2026-01-01", headers=russian.headers)
        await mailbox.pack()
        [letter] = await mailbox.letters("nina@aurora.example")
        assert letter["subject"] == "Документы компании Aurora Studio"
        content = (await client.get(await mailbox.link("nina@aurora.example"))).content
        assert names_in(content) == [f"{made['number']}.pdf"]
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            assert "Счёт на оплату" in text_of(packed.read(f"{made['number']}.pdf"))

    async def test_nothing_to_pack_is_told(self, client: httpx.AsyncClient, owner: Someone, mailbox: Mailbox) -> None:
        await client.get(f"{DOWNLOAD}?filter[type]=7", headers=owner.headers)
        await mailbox.pack()
        [letter] = await mailbox.letters("owner@aurora.example")
        assert letter["link"] is None
        assert "there are none" in letter["text"]

    async def test_links_that_are_none(
        self,
        client: httpx.AsyncClient,
        conn: Connection,
        owner: Someone,
        outsider: Someone,
        mailbox: Mailbox,
        travel: Travel,
        company_id: int,
    ) -> None:
        for someone in (owner, outsider):
            await bill(client, someone)
            await client.get(DOWNLOAD, headers=someone.headers)
        await mailbox.pack()
        link, foreign = await mailbox.link("owner@aurora.example"), await mailbox.link("outsider@far.example")
        head, _, token = link.rpartition("/")
        start, middle, signature = token.split(".")
        _, other_middle, other_signature = foreign.rpartition("/")[2].split(".")
        # A link is for its own archive: no part of one makes another's.
        assert len(names_in((await client.get(link)).content)) == 1
        forged = [
            f"{start}.{other_middle}.{signature}",
            f"{start}.{middle}.{other_signature}",
            f"{start}.{middle}.{'A' * len(signature)}",
            f"eyJhbGciOiJub25lIn0.{middle}.",
            owner.token,
            "x",
            "%00",
            "a" * 3000,
        ]
        for one in forged:
            reply = await client.get(f"{head}/{one}")
            assert reply.status_code == 410, one
            assert b"PK" not in reply.content
        # An access token is no link, and a link is no access token.
        assert (await client.get(DOCUMENTS, headers={"Authorization": f"Bearer {token}"})).status_code == 401
        # Who has left the company gets nothing of it any more.
        await conn.execute("UPDATE company_member SET ended_at = created_at WHERE company_id = %s", [company_id])
        assert (await client.get(link)).status_code == 410
        assert (await client.get(foreign)).status_code == 200
        travel(days=3, seconds=1)
        assert (await client.get(foreign)).status_code == 410

    async def test_another_secret_signs_no_links(
        self, client: httpx.AsyncClient, owner: Someone, mailbox: Mailbox, settings: Settings
    ) -> None:
        await bill(client, owner)
        await client.get(DOWNLOAD, headers=owner.headers)
        mailbox.settings = msgspec.structs.replace(settings, secret="the secret of another installation")
        await mailbox.pack()
        assert (await client.get(await mailbox.link("owner@aurora.example"))).status_code == 410

    async def test_so_often_an_hour(self, client: httpx.AsyncClient, owner: Someone, viewer: Someone) -> None:
        for _ in range(MOST_AN_HOUR):
            assert (await client.get(DOWNLOAD, headers=owner.headers)).status_code == 200
        reply = await client.get(DOWNLOAD, headers=owner.headers)
        assert reply.status_code == 429
        assert 0 < int(reply.headers["retry-after"]) <= 3600
        assert (await client.get(DOWNLOAD, headers=viewer.headers)).status_code == 200

    async def test_invalid_and_outside(
        self, client: httpx.AsyncClient, conn: Connection, owner: Someone, outsider: Someone, company_id: int
    ) -> None:
        reply = await client.get(f"{DOWNLOAD}?filter[dateTo]=soon", headers=owner.headers)
        assert (reply.status_code, list(reply.json())) == (422, ["dateTo"])
        asked = {**outsider.headers, "x-company-id": str(company_id)}
        assert (await client.get(DOWNLOAD, headers=asked)).status_code == 403
        assert (await client.get(DOWNLOAD)).status_code == 401
        assert await fetch_value(conn, "SELECT count(*) FROM document_archive") == 0


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
