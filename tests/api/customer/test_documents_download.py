"""Operation 57: documents as a ZIP, by a mailed link."""

import io
import zipfile

import httpx
import msgspec
import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.documents.archives import MOST_AN_HOUR, pack_archive
from artel.files.store import FileStore
from artel.settings import Settings
from artel.tasks.machine import State
from tests.api.customer.test_documents import DOCUMENTS, bill, items
from tests.cast import Someone
from tests.documents.cast import text_of, work_documents
from tests.tasks.cast import Desk
from tests.times import Travel

DOWNLOAD = "/customer/documents/download"


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
