"""What the papers say, in both languages, and that they say it the same way whenever they are made."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pypdf
import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.documents.jobs import document_loops
from artel.documents.kinds import LANGUAGES, DocumentType, Language
from artel.documents.rendering import BATCH, document_to_render, pdf_of
from artel.documents.sheets import Document, ReportLine, sheet_of
from artel.documents.texts import TEXTS
from artel.documents.typesetting import typeset
from artel.settings import Settings
from artel.tasks.machine import State
from tests.documents.cast import bytes_of, company_of, documents_of, invoice, pages_of, text_of, work_documents
from tests.tasks.cast import Desk

AT = datetime(2026, 11, 25, 22, tzinfo=UTC)
LONG_NAME = "Общество с ограниченной ответственностью «Северо-Западная производственно-коммерческая компания „Аврора“»"


def a_document(type_: DocumentType, **changes: Any) -> Document:
    facts = {
        "issuer": {
            "name": "Artel Operations GmbH",
            "address": "Am Ufer 7",
            "tax_id": "DE123456789",
            "bank": "BIC X; Y",
        },
        "company": {
            "id": 101,
            "name": LONG_NAME,
            "address": "Малая Конюшенная улица, дом 14, литера А",
            "postal_code": "191186",
            "city": "Санкт-Петербург",
            "state": None,
            "country": "RU",
        },
        "task": 10045,
        "title": "Анализ рынка #[x] $y$ *z* \\ <a@b>",
        "service": {"EN": "Market research", "RU": "Исследования рынка"},
        "worker": "Нора Пример",
        "price": "1000.00",
        "commission": "100.00",
        "sales_tax": "0",
        "insurance": "0",
        "count": 2,
        **(changes.pop("facts", None) or {}),
    }
    given: dict[str, Any] = {
        "id": 9001,
        "company_id": 101,
        "type": type_,
        "number": "101-261125-7",
        "dated": AT.date(),
        "month": date(2026, 11, 1) if type_ is DocumentType.REPORT else None,
        "currency": "EUR",
        "net": Decimal("1100.00"),
        "vat_percent": Decimal("20.000"),
        "vat": Decimal("220.00"),
        "amount": Decimal("1320.00"),
        "facts": facts,
        "created_at": AT,
    }
    return Document(**{**given, **changes})


def made(document: Document, language: Language, lines: list[ReportLine] | None = None) -> bytes:
    return pdf_of(document, language, lines or [])


async def test_an_invoice_says_what_to_pay_and_how(
    database: Database, conn: Connection, settings: Settings, now: datetime
) -> None:
    member = await company_of(conn, "ООО «Аврора»", "RUB", now=now)
    bill = await invoice(conn, member, "1234567.89", now=AT)
    await work_documents(database, settings, now)
    [bill] = await documents_of(conn, member.company_id)
    english = text_of(await bytes_of(conn, settings, bill.file_en_id))
    russian = text_of(await bytes_of(conn, settings, bill.file_ru_id))
    for text in (english, russian):
        for part in (bill.number, "ООО «Аврора»", "Artel Operations GmbH", "DE123456789", "40702810900000000001"):
            assert part in text
    for part in ("Invoice", "25 November 2026", "VAT 20%", "Total due", "Germany", f"Invoice {bill.number}"):
        assert part in english
    for part in ("Счёт на оплату", "25 ноября 2026", "НДС 20 %", "К оплате", "Германия", "Оплата по счёту"):
        assert part in russian
    # VAT of 1,234,567.89 is 246,913.578: half up.
    assert "RUB1,481,481.47" in english.replace(" ", "")
    assert "1481481,47₽" in russian.replace(" ", "")
    assert "246913,58₽" in russian.replace(" ", "")


async def test_an_act_names_task_specialist_and_charges(
    database: Database, conn: Connection, settings: Settings, desk: Desk
) -> None:
    task = await desk.task(State.FINISHED, price=Decimal("1000"), title="Анализ рынка: весна")
    await work_documents(database, settings, desk.now)
    [act] = await documents_of(conn, desk.member.company_id)
    english = text_of(await bytes_of(conn, settings, act.file_en_id))
    russian = text_of(await bytes_of(conn, settings, act.file_ru_id))
    for part in ("Certificate of services", "1,000.00", "100.00", "€1,320.00", f"Task {task.id}: Анализ рынка: весна"):
        assert part in english
    for part in ("Акт об оказании услуг", "Комиссия платформы", "Nora Example", f"Задание {task.id}"):
        assert part in russian


@pytest.mark.parametrize("type_", [DocumentType.ACT, DocumentType.REPORT])
def test_an_insurance_premium_is_a_line_of_its_own(type_: DocumentType) -> None:
    insured = a_document(type_, facts={"insurance": "12.34"}, net=Decimal("1112.34"))
    assert "Insurance" in text_of(made(insured, "EN"))
    assert "12.34" in text_of(made(insured, "EN"))
    assert "Страхование" in text_of(made(insured, "RU"))
    assert "Insurance" not in text_of(made(a_document(type_), "EN"))


def test_markup_in_a_title_is_only_text() -> None:
    assert "Анализ рынка #[x] $y$ *z* \\ <a@b>" in text_of(made(a_document(DocumentType.ACT), "EN"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("type_", list(DocumentType))
def test_the_same_facts_are_the_same_bytes(type_: DocumentType, language: Language) -> None:
    line = ReportLine(date(2026, 11, 3), "Banner", "Нора Пример", 1, Decimal("1100"))
    first = made(a_document(type_), language, [line])
    assert first == made(a_document(type_), language, [line])
    assert first.startswith(b"%PDF-")
    assert first != made(a_document(type_, number="101-261125-8"), language, [line])


@pytest.mark.parametrize("language", LANGUAGES)
def test_fonts_are_in_the_file_and_have_every_letter(language: Language) -> None:
    """No box in place of a letter, and nothing left to the fonts of whoever opens it."""
    pdf = made(a_document(DocumentType.INVOICE, currency="RUB"), language)
    fonts = [
        font.get_object()
        for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index,union-attr]
    ]
    assert fonts
    for font in fonts:
        assert "SourceSansPro" in font["/BaseFont"]
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
    text = text_of(pdf)
    assert LONG_NAME.replace(" ", "") in text.replace(" ", "")  # lines break after dashes
    assert "\0" not in text
    assert "₽" in text or language == "EN"


def test_a_report_over_many_pages_repeats_its_heading_and_ends_with_the_sums() -> None:
    lines = [
        ReportLine(
            date(2026, 11, 1 + turn % 28), f"Задание {turn} " + "слово " * (turn % 60), "Нора", 1, Decimal("10.50")
        )
        for turn in range(200)
    ]
    report = a_document(DocumentType.REPORT, net=Decimal("999999999.99"), amount=Decimal("1000000219.99"))
    pages = pages_of(made(report, "RU", lines))
    assert len(pages) > 5
    assert all("ОПЛАЧЕНО" in page for page in pages[:-1])
    assert [f"Страница {place} из {len(pages)}" in page for place, page in enumerate(pages, 1)] == [True] * len(pages)
    assert "1 000 000 219,99 €" in pages[-1]
    assert all(f"Задание {turn} " in " ".join(pages) for turn in range(200))


@pytest.mark.parametrize("type_", list(DocumentType))
def test_no_sentence_ends_twice(type_: DocumentType) -> None:
    text = text_of(made(a_document(type_), "RU"))
    assert "ноябр" in text
    assert ".." not in text


def test_vat_as_it_is() -> None:
    none = a_document(DocumentType.INVOICE, vat_percent=Decimal(0), vat=Decimal(0), amount=Decimal(1100))
    assert "VAT is not charged" in text_of(made(none, "EN"))
    no_vat = a_document(DocumentType.ACT, vat_percent=Decimal(0), vat=Decimal(0), amount=Decimal(1100))
    assert "VAT was paid" not in text_of(made(no_vat, "EN"))
    assert "VAT was paid" in text_of(made(a_document(DocumentType.ACT), "EN"))
    assert "VAT 5.5%" in text_of(made(a_document(DocumentType.ACT, vat_percent=Decimal("5.500")), "EN"))
    mixed = a_document(DocumentType.REPORT, vat_percent=None)
    assert "НДС 220,00 €" in text_of(made(mixed, "RU"))


def test_every_text_is_there_in_both_languages() -> None:
    assert all(english and russian and english != russian for english, russian in TEXTS.values())


def test_a_template_names_only_facts_it_is_given() -> None:
    template, facts = sheet_of(a_document(DocumentType.ACT), "EN", [])
    del facts["note"]
    with pytest.raises(RuntimeError, match="note"):
        typeset(template, facts, at=AT)


async def test_what_is_rendered_stays_as_it_is(
    database: Database, conn: Connection, settings: Settings, desk: Desk
) -> None:
    """The company has a new name afterwards: the paper has the old one, byte for byte."""
    await invoice(conn, desk.member, "10", now=desk.now)
    await work_documents(database, settings, desk.now)
    [bill] = await documents_of(conn, desk.member.company_id)
    first = await bytes_of(conn, settings, bill.file_en_id)
    await conn.execute("UPDATE company SET name = 'Another name'")
    await conn.execute(
        "INSERT INTO document_rendering (document_id, due_at, is_awaited) VALUES (%(id)s, %(now)s, false)",
        {"id": bill.id, "now": desk.now},
    )
    await work_documents(database, settings, desk.now)
    assert await bytes_of(conn, settings, bill.file_en_id) == first
    assert await documents_of(conn, desk.member.company_id) == [bill]
    assert (await document_to_render(conn, bill.id)).facts["company"]["name"] == "Aurora Studio"


async def test_more_tasks_than_a_report_lists_are_shown_by_service(
    database: Database, conn: Connection, settings: Settings, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("artel.documents.rendering.MOST_LINES", 2)
    desk.now = datetime(2026, 3, 10, tzinfo=UTC)
    for _ in range(3):
        await desk.task(State.FINISHED, title="Not to be listed")
    await work_documents(database, settings, datetime(2026, 4, 2, tzinfo=UTC))
    [report] = await documents_of(conn, desk.member.company_id, 7)
    text = text_of(await bytes_of(conn, settings, report.file_en_id))
    title = await fetch_value(conn, "SELECT title_doc_en FROM service WHERE id = 42")
    assert "Not to be listed" not in text
    assert title in text
    assert "3 tasks" in text
    assert "330.00" in text


async def test_what_somebody_waits_for_is_made_before_a_thousand_acts(
    database: Database, conn: Connection, settings: Settings, desk: Desk
) -> None:
    acts, _, render = document_loops(settings)
    for _ in range(BATCH + 1):
        await desk.task(State.QUEUED)
    await desk.settle()
    await acts.claim_and_run(database, desk.now)
    bill = await invoice(conn, desk.member, "10", now=desk.now)
    # The acts are due first, by their age.
    assert (await render.claim_and_run(database, desk.now + timedelta(days=1))).count == BATCH
    unmade = [one.type for one in await documents_of(conn, desk.member.company_id) if one.file_en_id is None]
    assert bill.place == BATCH + 2
    assert unmade == [DocumentType.ACT] * 2
