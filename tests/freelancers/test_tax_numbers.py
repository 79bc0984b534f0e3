"""Tax numbers: by check digits where they are known."""

import re
from importlib import import_module

import msgspec
import pytest

from artel.freelancers.tax_numbers import CHECKED_BY, is_eu_vat_number, is_registration_number, is_tax_number
from artel.lookups.files import read_file
from tests.freelancers.tax_number_samples import NUMBERS

PATTERNS = {
    (row["country"], row["type"]): row["regexp"]
    for row in msgspec.json.decode(read_file("tax_document_types"), type=list[dict[str, object]])
}


def test_every_checked_document_is_offered_and_has_its_check() -> None:
    assert set(CHECKED_BY) <= set(PATTERNS)
    assert all(
        callable(import_module(f"stdnum.{name}").is_valid) for names in CHECKED_BY.values() for name in names.split()
    )


def test_every_document_has_its_samples() -> None:
    assert sorted((country, document) for country, document, _, _ in NUMBERS) == sorted(PATTERNS)


@pytest.mark.parametrize(("country", "document", "right", "wrong"), NUMBERS)
def test_every_document(country: str, document: str, right: str, wrong: str) -> None:
    pattern = str(PATTERNS[country, document])
    assert is_tax_number(country, document, pattern, right)
    assert not is_tax_number(country, document, pattern, wrong)
    if (country, document) in CHECKED_BY and re.fullmatch(pattern, wrong):
        assert not any(import_module(f"stdnum.{n}").is_valid(wrong) for n in CHECKED_BY[country, document].split())


@pytest.mark.parametrize(
    ("country", "document", "right", "wrong"),
    [
        ("RU", "INN", "709849850606", "709849850607"),
        ("BY", "UNP", "200988541", "200988542"),
        ("UA", "RNOKPP", "1759013776", "1759013777"),
        ("US", "SSN", "536-90-4399", "666-90-4399"),
        ("AU", "TFN", "123456782", "123456781"),
        ("CA", "SIN", "123-456-782", "123-456-781"),
        ("TR", "TCKN", "17291716060", "17291716061"),
        ("DE", "IDNR", "36574261809", "36574261808"),
        ("ES", "NIE", "X2482300W", "X2482300A"),
        ("FI", "HETU", "131052-308T", "131052-308U"),
        ("IT", "CF", "RCCMNL83S18D969H", "RCCMNL83S18D969A"),
        ("PL", "PESEL", "44051401359", "44051401358"),
        ("BR", "CPF", "390.533.447-05", "390.533.447-06"),
        ("IN", "PAN", "ACUPA7085R", "ACUPA7085RR"),
        # No check digits are known for these: their form decides.
        ("KZ", "IIN", "800101300120", "80010130012"),
        ("GB", "NINO", "AB123456C", "GB123456C"),
        ("AM", "PSN", "1234567890", "123456789"),
    ],
)
def test_one_wrong_digit_is_seen(country: str, document: str, right: str, wrong: str) -> None:
    pattern = str(PATTERNS[country, document])
    assert is_tax_number(country, document, pattern, right)
    assert not is_tax_number(country, document, pattern, wrong)
    assert not is_tax_number(country, document, pattern, right + "\n")
    assert not is_tax_number(country, document, pattern, "1" * 10_000)


def test_vat_numbers_of_the_european_union() -> None:
    assert is_eu_vat_number("DE136695976")
    for wrong in ("DE136695977", "136695976", "GB980780684", "XX1", "", "DE" * 200):
        assert not is_eu_vat_number(wrong)


def test_registration_numbers() -> None:
    assert is_registration_number("RU", "315774600024875"), "the documents' own sample"
    assert is_registration_number("RU", "1027700132195")
    assert not is_registration_number("RU", "31577460002487")
    assert is_registration_number("DE", "HRB 12345")
    assert not is_registration_number("DE", "x" * 51)
