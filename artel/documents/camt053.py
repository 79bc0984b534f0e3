"""Reading camt.053, the bank's end-of-day statement of ISO 20022, in any of its versions.

The parser takes no DTD, no entities and nothing from outside, so that a file can name nothing and burst nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError  # types alone: parsing is defusedxml's

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from artel.documents.errors import StatementBroken, StatementUnreadable
from artel.documents.statement_entries import Entry, digest, read_amount, read_iso_day

ROOT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d\}Document")
# What banks write where they have no reference.
NO_REFERENCE = {"", "NONREF", "NOTPROVIDED", "NOREF"}


def read_camt053(content: bytes) -> list[Entry]:
    """The entries of every statement in the file, batches taken apart.

    Refuses: StatementBroken for what is no well-formed XML; StatementUnreadable for another document.
    """
    try:
        root = fromstring(content, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise StatementBroken from None
    if not ROOT.fullmatch(root.tag):
        raise StatementUnreadable
    for element in root.iter():  # versions differ in their namespace and in little else
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    seen: Counter[str] = Counter()
    return [
        entry
        for statement in root.iterfind("BkToCstmrStmt/Stmt")
        for booking in statement.iterfind("Ntry")
        for entry in entries_of(statement, booking, seen)
    ]


def entries_of(statement: Element, booking: Element, seen: Counter[str]) -> Iterator[Entry]:
    """A booking, or each payment of one that sums up several."""
    account = text_of(statement, "Acct/Id/IBAN") or text_of(statement, "Acct/Id/Othr/Id")
    details = booking.findall("NtryDtls/TxDtls")
    for place, detail in enumerate(details or [None]):
        is_alone = len(details) < 2
        amount = None if detail is None else detail_amount(detail)
        if amount is None and is_alone:
            amount = booking.find("Amt")
        credit = text_of(detail, "CdtDbtInd") or text_of(booking, "CdtDbtInd")
        texts = remittance(detail) or remittance(booking)
        booked = text_of(booking, "BookgDt/Dt") or text_of(booking, "BookgDt/DtTm")
        currency = "" if amount is None else amount.get("Ccy", "")
        figure = read_amount(None if amount is None else amount.text)
        yield Entry(
            reference=reference_of(
                account,
                statement,
                booking,
                detail,
                place,
                seen,
                content=(booked, credit, figure, currency, *texts),
            ),
            is_payment=credit == "CRDT" and is_booked(booking) and not is_reversal(booking, detail),
            amount=figure,
            currency=currency,
            booked_on=read_iso_day(booked),
            texts=texts,
        )


def reference_of(
    account: str,
    statement: Element,
    booking: Element,
    detail: Element | None,
    place: int,
    seen: Counter[str],
    *,
    content: tuple[object, ...],
) -> str:
    """The bank's own reference with the account, the same in whatever file the entry comes again. Where the bank gives
    none, a digest of the entry; of several that are alike, of which one it is."""
    own = usable(text_of(detail, "Refs/AcctSvcrRef"))
    if own:
        # Some banks write one reference under every payment of a booking.
        others = booking.findall("NtryDtls/TxDtls/Refs/AcctSvcrRef")
        is_shared = sum((other.text or "").strip() == own for other in others) > 1
        return f"{account}/{own}/{place}" if is_shared else f"{account}/{own}"
    booked = usable(text_of(booking, "AcctSvcrRef"))
    if booked:
        return f"{account}/{booked}/{place}"
    entry = usable(text_of(booking, "NtryRef"))
    if entry:  # unique within its statement alone
        return f"{account}/{text_of(statement, 'Id')}/{entry}/{place}"
    alike = digest(account, *content)
    seen[alike] += 1
    return f"{account}/{alike}/{seen[alike]}"


def usable(reference: str) -> str:
    return "" if reference.upper() in NO_REFERENCE else reference


def detail_amount(detail: Element) -> Element | None:
    """Versions from 3 on have the amount itself; before, it is among the amount's details."""
    found = detail.find("Amt")
    return detail.find("AmtDtls/TxAmt/Amt") if found is None else found


def is_booked(booking: Element) -> bool:
    """Pending entries may never come. The status is a text, and a code below it from version 8 on."""
    return (text_of(booking, "Sts/Cd") or text_of(booking, "Sts")) == "BOOK"


def is_reversal(booking: Element, detail: Element | None) -> bool:
    return "true" in {text_of(booking, "RvslInd"), text_of(detail, "RvslInd")} or (
        detail is not None and detail.find("RtrInf") is not None
    )


def remittance(part: Element | None) -> tuple[str, ...]:
    """What the payer wrote."""
    if part is None:
        return ()
    paths = (
        "RmtInf/Ustrd",
        "RmtInf/Strd/CdtrRefInf/Ref",
        "RmtInf/Strd/RfrdDocInf/Nb",
        "RmtInf/Strd/AddtlRmtInf",
        "AddtlTxInf",
        "AddtlNtryInf",
    )
    return tuple(element.text for path in paths for element in part.iterfind(path) if element.text)


def text_of(element: Element | None, path: str) -> str:
    return "" if element is None else (element.findtext(path) or "").strip()
