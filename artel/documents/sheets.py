"""From a document's facts to what its PDF shows: every word, date and amount in the reader's language."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent

from artel.documents.kinds import DocumentType, Language
from artel.documents.texts import text

LETTER_BEFORE_DIGIT = re.compile(r"(?<=[A-Za-z])(?=\d)")
LOCALES: dict[Language, str] = {"EN": "en_GB", "RU": "ru"}
TEMPLATES = {DocumentType.INVOICE: "invoice", DocumentType.REPORT: "report", DocumentType.ACT: "act"}


class Document(msgspec.Struct):
    """A document to be shown."""

    id: int
    company_id: int
    type: int
    number: str
    dated: date
    month: date | None
    currency: str
    net: Decimal
    vat_percent: Decimal | None
    vat: Decimal
    amount: Decimal
    facts: dict[str, Any]
    created_at: datetime


class ReportLine(msgspec.Struct, frozen=True):
    """A task of a closing report; where there are too many, all of one service together, without day and worker."""

    day: date | None
    title: str
    worker: str
    count: int
    amount: Decimal


class Writer:
    """Words and figures of one language."""

    def __init__(self, language: Language, currency: str) -> None:
        self.language = language
        self.locale = LOCALES[language]
        self.currency = currency

    def say(self, key: str, **facts: object) -> str:
        return text(key, self.language, **facts)

    def money(self, amount: Decimal | str) -> str:
        written = format_currency(Decimal(amount), self.currency, locale=self.locale)
        return LETTER_BEFORE_DIGIT.sub("\u00a0", written)  # RUB 5, where the language has no sign for the currency

    def figure(self, amount: Decimal | str) -> str:
        """An amount in a column whose heading names the currency."""
        return format_decimal(Decimal(amount), format="#,##0.00", locale=self.locale)

    def percent(self, percent: Decimal) -> str:
        return format_percent(percent / 100, format="#,##0.### %" if self.language == "RU" else "#,##0.###%")

    def day(self, day: date) -> str:
        return format_date(day, "long", locale=self.locale)

    def short_day(self, day: date) -> str:
        return format_date(day, "dd.MM.yyyy" if self.language == "RU" else "dd/MM/yyyy", locale=self.locale)

    def month(self, month: date) -> str:
        return str(format_skeleton("yMMMM", datetime.combine(month, datetime.min.time(), UTC), locale=self.locale))

    def country(self, code: str) -> str:
        return str(Locale.parse(self.locale).territories.get(code, code))


def sheet_of(document: Document, language: Language, lines: Sequence[ReportLine]) -> tuple[str, dict[str, Any]]:
    """The template's name and its facts. `lines` are a closing report's."""
    writer = Writer(language, document.currency)
    kind = DocumentType(document.type)
    shown = {
        DocumentType.INVOICE: invoice_sheet,
        DocumentType.ACT: act_sheet,
        DocumentType.REPORT: report_sheet,
    }[kind](document, writer, lines)
    template = TEMPLATES[kind]
    return template, {
        "language": language.lower(),
        "title": writer.say(template),
        "number": document.number,
        "number_label": writer.say("number"),
        "parties": [issuer_block(document, writer), company_block(document, writer)],
        "columns": [writer.say("what"), f"{writer.say('amount')}, {document.currency}"],
        "totals": totals(document, writer),
        "grand": [writer.say("total"), writer.money(document.amount)],
        "electronic": writer.say("electronic"),
        "page": writer.say("page", page="{page}", pages="{pages}"),
        **shown,
    }


def issuer_block(document: Document, writer: Writer) -> dict[str, Any]:
    issuer = document.facts["issuer"]
    lines = written_lines(issuer["address"])
    if issuer["tax_id"]:
        lines.append(f"{writer.say('tax_id')} {issuer['tax_id']}")
    return {"label": writer.say("issuer"), "name": issuer["name"], "lines": lines}


def company_block(document: Document, writer: Writer) -> dict[str, Any]:
    company = document.facts["company"]
    place = " ".join(part for part in (company["postal_code"], company["city"]) if part)
    country = writer.country(company["country"])
    lines = [part for part in (company["address"], place, company["state"], country) if part]
    return {"label": writer.say("company"), "name": company["name"], "lines": lines}


def written_lines(setting: str) -> list[str]:
    """A setting of several lines has them parted by line breaks or by semicolons."""
    return [line.strip() for line in setting.replace(";", "\n").splitlines() if line.strip()]


def totals(document: Document, writer: Writer) -> list[list[str]]:
    if not document.vat:
        return [[writer.say("no_vat"), "—"]]
    vat = (
        writer.say("vat_mixed")
        if document.vat_percent is None
        else writer.say("vat", percent=writer.percent(document.vat_percent))
    )
    return [[writer.say("net"), writer.money(document.net)], [vat, writer.money(document.vat)]]


def invoice_sheet(document: Document, writer: Writer, _: Sequence[ReportLine]) -> dict[str, Any]:
    bank = document.facts["issuer"]["bank"]
    purpose = writer.say("purpose_text", number=document.number)
    return {
        "meta": [[writer.say("issued"), writer.day(document.dated)]],
        "rows": [
            {
                "what": writer.say("top_up"),
                "more": writer.say("balance_of", id=document.company_id),
                "amount": writer.figure(document.net),
            }
        ],
        "grand": [writer.say("to_pay"), writer.money(document.amount)],
        "payment": {
            "label": writer.say("where_to_pay"),
            "lines": written_lines(bank),
            "purpose_label": writer.say("purpose"),
            "purpose": purpose,
        },
        "note": writer.say("invoice_note", net=writer.money(document.net)),
    }


def act_sheet(document: Document, writer: Writer, _: Sequence[ReportLine]) -> dict[str, Any]:
    facts = document.facts
    work = {
        "what": facts["service"][writer.language],
        "more": "\n".join(
            [
                writer.say("task_title", id=facts["task"], title=facts["title"]),
                writer.say("specialist", name=facts["worker"]),
            ]
        ),
        "amount": writer.figure(facts["price"]),
    }
    return {
        "meta": [[writer.say("dated"), writer.day(document.dated)]],
        "rows": [work, *charges(facts, writer)],
        "note": " ".join([*vat_note(document, writer), writer.say("act_note", day=writer.day(document.dated))]),
    }


def vat_note(document: Document, writer: Writer) -> list[str]:
    return [writer.say("vat_note")] if document.vat else []


def charges(facts: dict[str, Any], writer: Writer) -> list[dict[str, str]]:
    """What is added to the specialists' prices."""
    return [
        {"what": writer.say(key), "more": "", "amount": writer.figure(facts[key])}
        for key in ("commission", "sales_tax", "insurance")
        if Decimal(facts[key])
    ]


def report_sheet(document: Document, writer: Writer, lines: Sequence[ReportLine]) -> dict[str, Any]:
    assert document.month is not None
    facts = document.facts
    month = writer.month(document.month)
    is_grouped = any(line.day is None for line in lines)
    return {
        "meta": [
            [writer.say("period"), month],
            [writer.say("tasks"), format_decimal(facts["count"], locale=writer.locale)],
        ],
        "line_columns": [
            writer.say("number"),
            writer.say("paid"),
            writer.say("task"),
            f"{writer.say('amount')}, {document.currency}",
        ],
        "lines": [
            {
                "day": writer.short_day(line.day) if line.day else "",
                "what": line.title,
                "more": line.worker if line.day else writer.say("times", count=line.count),
                "amount": writer.figure(line.amount),
            }
            for line in lines
        ],
        "rows": [
            {"what": writer.say("services"), "more": "", "amount": writer.figure(facts["price"])},
            *charges(facts, writer),
        ],
        "note": " ".join(
            [
                *vat_note(document, writer),
                writer.say("report_note", month=month),
                *([writer.say("grouped", count=facts["count"])] if is_grouped else []),
            ]
        ),
    }
