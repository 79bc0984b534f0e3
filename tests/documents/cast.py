"""What tests of documents share: the worker's loops, run until nothing is due; invoices; PDFs as text."""

import io
import re
from datetime import datetime
from decimal import Decimal

import msgspec
import pypdf

from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_one
from artel.documents.invoices import create_invoice
from artel.documents.jobs import document_loops
from artel.documents.parties import Issuer
from artel.files.store import FileStore
from artel.ledger.rules import top_up
from artel.settings import Settings
from tests.tasks.cast import add_company

ISSUER = Issuer(
    "Artel Operations GmbH",
    "Am Ufer 7; 20457 Hamburg",
    "DE123456789",
    {"EUR": "IBAN DE89 3704 0044 0532 0130 00; BIC COBADEFFXXX", "USD": "", "RUB": "р/с 40702810900000000001"},
)


def office_settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(
        settings,
        issuer_name=ISSUER.name,
        issuer_address=ISSUER.address,
        issuer_tax_id=ISSUER.tax_id,
        issuer_bank_eur=ISSUER.bank["EUR"],
        issuer_bank_rub=ISSUER.bank["RUB"],
    )


async def work_documents(database: Database, settings: Settings, now: datetime) -> None:
    """What the worker does at that moment: acts, closing reports, PDFs."""
    for loop in document_loops(office_settings(settings)):
        while (await loop.claim_and_run(database, now)).count:
            pass


class Shown(msgspec.Struct):
    id: int
    company_id: int
    type: int
    place: int
    number: str
    status: int
    net: Decimal
    vat: Decimal
    amount: Decimal
    task_id: int | None
    file_en_id: int | None
    file_ru_id: int | None


async def documents_of(conn: Connection, company_id: int, type_: int | None = None) -> list[Shown]:
    return await fetch_all(
        conn,
        Shown,
        """
        SELECT
            id, company_id, type, place, number, status, net, vat, amount, task_id, file_en_id, file_ru_id
        FROM document
        WHERE company_id = %(company)s AND (%(type)s::integer IS NULL OR type = %(type)s)
        ORDER BY place
        """,
        {"company": company_id, "type": type_},
    )


class _File(msgspec.Struct):
    storage_key: str


async def bytes_of(conn: Connection, settings: Settings, file_id: int | None) -> bytes:
    file = await fetch_one(conn, _File, "SELECT storage_key FROM file WHERE id = %(id)s", {"id": file_id})
    assert file is not None
    return await FileStore(settings.files_url, settings.home).get(file.storage_key)


def pages_of(pdf: bytes) -> list[str]:
    """What each page says, white space as single blanks."""
    return [re.sub(r"\s+", " ", page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    return " ".join(pages_of(pdf))


async def invoice(conn: Connection, member: Member, amount: str, *, now: datetime) -> Shown:
    """A new open invoice."""
    async with conn.transaction():
        document_id = await create_invoice(
            conn, member, amount=Decimal(amount), issuer=ISSUER, actor_id=member.person_id, now=now
        )
    [found] = [shown for shown in await documents_of(conn, member.company_id) if shown.id == document_id]
    return found


async def company_of(
    conn: Connection, name: str, currency: str, *, now: datetime, vat: Decimal = Decimal(20)
) -> Member:
    return await add_company(conn, now=now, name=name, currency=currency, vat=vat)


async def numbers_without_gap(conn: Connection) -> None:
    """Every company's documents are 1, 2, 3, … and their numbers are all different."""
    cursor = await conn.execute(
        """
        SELECT company_id, array_agg(place ORDER BY place), count(DISTINCT number)
        FROM document
        GROUP BY company_id
        """
    )
    for _, places, numbers in await cursor.fetchall():
        assert places == list(range(1, len(places) + 1))
        assert numbers == len(places)


async def take_key(conn: Connection, member: Member, key: str, *, now: datetime) -> None:
    """Post a transfer under a key that somebody else will want."""
    async with conn.transaction():
        await top_up(
            conn,
            company_id=member.company_id,
            currency=member.currency,
            amount=Decimal(1),
            vat_percent=Decimal(0),
            source="card",
            key=key,
            actor_id=None,
            now=now,
        )
