"""Statements in the 1C exchange format ("1CClientBankExchange"), in any of its three encodings.

The format has no word for a declined order: the bank's own programs show it, and the operator reports it.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from artel.bank_files.errors import ReportUnreadable
from artel.bank_files.reports.entries import OUR_REFERENCE, Entry

FIRST_LINE = "1CClientBankExchange"
AMOUNT = re.compile(r"[0-9]{1,15}(?:[.,][0-9]{1,2})?")
PARTIAL_ORDER = "платежный ордер"  # what a bank pays a part of an order with


def is_1c(content: bytes) -> bool:
    return content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(FIRST_LINE.encode())


def read_statement(content: bytes) -> list[Entry]:
    """Refuses: ReportUnreadable for a file that is cut short: a statement is taken whole."""
    accounts: set[str] = set()
    documents: list[tuple[int, str, dict[str, str]]] = []
    current: dict[str, str] | None = None
    is_whole = False
    for number, row in enumerate(decode(content).splitlines(), 1):
        name, _, value = (part.strip() for part in row.partition("="))
        if name == "СекцияДокумент":
            if current is not None:
                raise ReportUnreadable(f"line {number}: a document begins inside another one")
            current = {}
            documents.append((number, value, current))
        elif name == "КонецДокумента":
            current = None
        elif name == "КонецФайла":
            is_whole = current is None
        elif current is not None:
            current[name] = value
        elif name == "РасчСчет":
            accounts.add(value)
    if not is_whole:
        raise ReportUnreadable("the file is cut short: КонецФайла is missing")
    return list(read_documents(documents, accounts))


def decode(content: bytes) -> str:
    if content.startswith(b"\xef\xbb\xbf"):
        return content.decode("utf-8-sig", "replace")
    if "Кодировка=DOS".encode("cp866") in content[:2000]:
        return content.decode("cp866", "replace")
    if "Кодировка=UTF-8".encode() in content[:2000]:
        return content.decode("utf-8", "replace")
    return content.decode("cp1251", "replace")


def read_documents(documents: list[tuple[int, str, dict[str, str]]], accounts: set[str]) -> Iterator[Entry]:
    for number, kind, document in documents:
        yield read_document(f"line {number}", kind, document, accounts)


def read_document(place: str, kind: str, document: Mapping[str, str], accounts: set[str]) -> Entry:
    """One document: money that left an account of the statement's, or came to one."""
    purpose = " ".join(value for name, value in document.items() if name.startswith("НазначениеПлатежа"))
    found = OUR_REFERENCE.search(purpose)
    payer, payee = account_of(document, "Плательщик"), account_of(document, "Получатель")
    came = payee in accounts and payer not in accounts
    booked = document.get("ДатаПоступило" if came else "ДатаСписано", "")
    written = document.get("Сумма", "").replace(" ", "").replace("\xa0", "")
    amount = Decimal(written.replace(",", ".")) if AMOUNT.fullmatch(written) else None
    outcome = "returned" if came else "completed"
    return Entry(
        place=place,
        source="1c",
        kind="return" if came else "debit",
        outcome=outcome if booked else "pending",  # type: ignore[arg-type]
        reference=found.group() if found else None,
        amount=amount,
        currency="RUB",
        is_part=kind.lower().replace("ё", "е") == PARTIAL_ORDER,
        account=payee if came else payer,
        bank_reference=f"{document.get('Номер', '')} {booked or document.get('Дата', '')}".strip(),
        reason=purpose[:300] if came else None,
        problem=None if amount is not None else f"{written!r} is no amount"[:100],
    )


def account_of(document: Mapping[str, str], side: str) -> str:
    return document.get(f"{side}Счет") or document.get(f"{side}РасчСчет", "")
