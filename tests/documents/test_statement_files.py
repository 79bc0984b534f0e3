"""Reading bank statements: every version's entries; what is broken or hostile is refused whole."""

from datetime import date
from decimal import Decimal

import pytest

from artel.documents import statements
from artel.documents.errors import StatementBroken, StatementTooLarge, StatementUnreadable
from artel.documents.statement_entries import numbers_in
from artel.documents.statements import read_statement
from artel.errors import Refused
from tests.documents.statement_files import ACCOUNT, Booking, Order, batch, camt053, one_c

VERSIONS = ["02", "03", "04", "06", "08", "10", "13"]
PAYMENT = Booking(amount="1200.00", texts=["Invoice 101-261125-4"])


@pytest.mark.parametrize("version", VERSIONS)
def test_camt053_of_every_version(version: str) -> None:
    [entry] = read_statement(camt053(PAYMENT, version=version))
    assert entry.is_payment
    assert (entry.amount, entry.currency, entry.booked_on) == (Decimal("1200.00"), "EUR", date(2026, 11, 25))
    assert entry.numbers()[0] == ["101-261125-4"]
    assert entry.reference == f"{ACCOUNT}/REF-1/0"


@pytest.mark.parametrize("version", ["02", "08"])
def test_a_batch_is_taken_apart(version: str) -> None:
    first = Booking(amount="10.00", texts=["101-261125-1"], detail_reference="A")
    second = Booking(amount="20.00", texts=["101-261125-2"], detail_reference="B")
    entries = read_statement(camt053(batch(first, second, total="30.00", version=version), version=version))
    assert [(entry.amount, entry.numbers()[0]) for entry in entries] == [
        (Decimal("10.00"), ["101-261125-1"]),
        (Decimal("20.00"), ["101-261125-2"]),
    ]
    assert [entry.reference for entry in entries] == [f"{ACCOUNT}/A", f"{ACCOUNT}/B"]


def test_payments_of_a_batch_that_share_a_reference_are_told_apart() -> None:
    alike = [
        Booking(amount="10.00", texts=[text], detail_reference="SAME") for text in ("101-261125-1", "101-261125-2")
    ]
    entries = read_statement(camt053(batch(*alike, total="20.00")))
    assert len({entry.reference for entry in entries}) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"sign": "DBIT"},
        {"status": "PDNG"},
        {"status": "INFO"},
        {"more": "<RvslInd>true</RvslInd>"},
    ],
)
def test_what_is_no_payment(changes: dict[str, str]) -> None:
    booking = Booking(amount="1200.00", texts=["Invoice 101-261125-4"], **changes)  # type: ignore[arg-type]
    [entry] = read_statement(camt053(booking))
    assert not entry.is_payment


def test_entries_without_a_reference_are_known_by_what_they_say() -> None:
    nameless = Booking(amount="5.00", texts=["x"], reference=None)
    other = Booking(amount="5.00", texts=["y"], reference="NONREF")
    first = [entry.reference for entry in read_statement(camt053(nameless, nameless, other))]
    assert len(set(first)) == 3
    assert [
        entry.reference for entry in read_statement(camt053(nameless, nameless, other, statement_id="NEXT"))
    ] == first


@pytest.mark.parametrize("encoding", ["windows-1251", "utf-8", "utf-8-sig"])
def test_one_c_in_its_encodings(encoding: str) -> None:
    [entry] = read_statement(
        one_c(Order(amount="1200.00", purpose="Оплата по счёту № 101-261125-4"), encoding=encoding)
    )
    assert entry.is_payment
    assert (entry.amount, entry.currency, entry.booked_on) == (Decimal("1200.00"), "RUB", date(2026, 11, 25))
    assert entry.numbers()[0] == ["101-261125-4"]


def test_one_c_tells_in_from_out_and_currencies_apart() -> None:
    ours, theirs = "40702840900000000001", "40702810100000000002"
    out = Order(amount="5", purpose="", payer=theirs, receiver=theirs)
    not_received = Order(amount="5", purpose="", received="")
    dollars = Order(amount="5", purpose="", receiver=ours)
    entries = read_statement(one_c(out, not_received, dollars))
    assert [entry.is_payment for entry in entries] == [False, False, False]
    assert entries[2].currency == "USD"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Invoice 101-261125-4", ["101-261125-4"]),
        ("INV-101-261125-4.", ["101-261125-4"]),
        ("№101-261125-4от 25.11.26", ["101-261125-4"]),
        ("101 – 261125 – 4", ["101-261125-4"]),
        ("101-261125-4, 101-261125-5, 101-261125-4", ["101-261125-4", "101-261125-5"]),
        ("1101-2611255-4", []),
        ("2026-11-25", []),
        ("", []),
    ],
)
def test_numbers_in_texts(text: str, numbers: list[str]) -> None:
    assert numbers_in(text) == numbers


def test_a_number_parted_by_the_banks_lines_is_put_together() -> None:
    [entry] = read_statement(camt053(Booking(amount="1", texts=["Invoice 101-2611", "25-4"])))
    assert entry.numbers() == [[], ["101-261125-4"]]


GOOD = camt053(PAYMENT)
BOMB = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&b;</Document>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&x;</Document>"""


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", StatementUnreadable),
        (b"Date,Amount\n1,2\n", StatementUnreadable),
        (b"%PDF-1.7", StatementUnreadable),
        (bytes(range(256)) * 10, StatementUnreadable),
        (GOOD[:-20], StatementBroken),
        (GOOD.replace(b"</Ntry>", b""), StatementBroken),
        (GOOD.replace(b'encoding="UTF-8"', b'encoding="no such"'), StatementBroken),
        (GOOD.replace(b"Invoice", b"\xff\xfe"), StatementBroken),
        (BOMB, StatementBroken),
        (OUTSIDE, StatementBroken),
        (b"<!DOCTYPE Document>" + GOOD, StatementBroken),
        (GOOD.replace(b"camt.053", b"camt.054"), StatementUnreadable),
        (b"<html></html>", StatementUnreadable),
        (one_c(Order(amount="1", purpose="x"))[:-14], StatementBroken),
        (one_c(Order(amount="1", purpose="x")).replace("КонецДокумента".encode("windows-1251"), b""), StatementBroken),
        (b"1CClientBankExchange", StatementBroken),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes, refusal: type[Refused]) -> None:
    with pytest.raises(refusal):
        read_statement(content)


def test_too_much_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MOST_BYTES", len(GOOD) - 1)
    with pytest.raises(StatementTooLarge):
        read_statement(GOOD)


def test_nesting_without_end_is_no_crash() -> None:
    depth = 200_000
    deep = GOOD.replace(b"<GrpHdr>", b"<a>" * depth + b"</a>" * depth + b"<GrpHdr>")
    assert len(read_statement(deep)) == 1
