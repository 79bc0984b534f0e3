"""Reading the 1C exchange format (1CClientBankExchange): a text of `name=value` lines, sections within it.

Its currency is the account's: digits 6 to 8 of a Russian account number.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date

from artel.documents.errors import StatementBroken, StatementUnreadable
from artel.documents.statement_entries import Entry, digest, read_amount

FIRST_LINE = "1CClientBankExchange"
LAST_LINE = "КонецФайла"
DAY = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})")
# 810 is the rouble's code before 1998, which accounts have kept.
CURRENCIES = {"810": "RUB", "643": "RUB", "840": "USD", "978": "EUR", "398": "KZT"}
Section = dict[str, str]


def read_one_c(content: bytes) -> list[Entry]:
    """The documents of the file. Refuses: StatementUnreadable for another file; StatementBroken for one cut short."""
    lines = [line.strip() for line in decoded(content).splitlines() if line.strip()]
    if not lines or lines[0] != FIRST_LINE:
        raise StatementUnreadable
    if lines[-1] != LAST_LINE:
        raise StatementBroken
    accounts, documents = sections_of(lines[1:-1])
    seen: Counter[str] = Counter()
    return [entry_of(document, accounts, seen) for document in documents]


def decoded(content: bytes) -> str:
    """UTF-8 where it is that, else the Windows Cyrillic page, which takes nearly everything."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("windows-1251", "replace")


def sections_of(lines: list[str]) -> tuple[set[str], list[Section]]:
    """Our own accounts, and the documents. Refuses: StatementBroken for a section that never ends."""
    accounts: set[str] = set()
    documents: list[Section] = []
    current: Section | None = None
    for line in lines:
        name, _, value = (part.strip() for part in line.partition("="))
        if name == "СекцияДокумент":
            if current is not None:
                raise StatementBroken
            current = {}
        elif name == "КонецДокумента":
            if current is None:
                raise StatementBroken
            documents.append(current)
            current = None
        elif current is not None:
            current[name] = value
        elif name == "РасчСчет":
            accounts.add(value)
    if current is not None:
        raise StatementBroken
    return accounts, documents


def entry_of(document: Section, accounts: set[str], seen: Counter[str]) -> Entry:
    ours = document.get("ПолучательСчет") or document.get("ПолучательРасчСчет") or ""
    payer = document.get("ПлательщикСчет") or document.get("ПлательщикРасчСчет") or ""
    amount = read_amount(document.get("Сумма", "").replace(",", "."))
    received = read_day(document.get("ДатаПоступило"))
    # A payer numbers their orders; number, day and both accounts are one order, whatever file it comes in.
    parts: tuple[object, ...] = (
        ours,
        payer,
        document.get("ПлательщикБИК"),
        document.get("Номер"),
        document.get("Дата"),
        amount,
    )
    if not document.get("Номер"):
        parts = (*parts, *texts_of(document))
    order = digest(*parts)
    seen[order] += 1
    return Entry(
        reference=f"{ours}/{order}" if document.get("Номер") else f"{ours}/{order}/{seen[order]}",
        is_payment=received is not None and (ours in accounts if accounts else not document.get("ДатаСписано")),
        amount=amount,
        currency=CURRENCIES.get(ours[5:8], ours[5:8]),
        booked_on=received,
        texts=tuple(texts_of(document)),
    )


def texts_of(document: Section) -> Iterator[str]:
    """The purpose of the payment: whole, and else in its numbered lines."""
    if document.get("НазначениеПлатежа"):
        yield document["НазначениеПлатежа"]
        return
    for place in range(1, 7):
        if document.get(f"НазначениеПлатежа{place}"):
            yield document[f"НазначениеПлатежа{place}"]


def read_day(text: str | None) -> date | None:
    match = DAY.fullmatch(text or "")
    try:
        return date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        return None
