"""The reference files checked against each other, before any database sees them."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

Row = dict[str, Any]

CYRILLIC = re.compile("[А-Яа-яЁё]")


def codes(text: str) -> set[str]:
    return set(text.split())


EU = codes("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK")
IN_DOCUMENTS = codes("RU BY AR BO BR CL CN CO CR DO EC PA PY PE TZ UY AU")
ALSO_SERVED = codes("US GB CA KZ UA GE AM IN TR")

# A number of each kind that is right, check digits included, and one that is not.
TAX_NUMBERS = [
    ("RU", "INN", "500100732259", "5001007322"),
    ("BY", "UNP", "200988541", "20098854"),
    ("KZ", "IIN", "800101300120", "80010130012"),
    ("UA", "RNOKPP", "1759013776", "175901377"),
    ("US", "SSN", "536-90-4399", "666-90-4399"),
    ("US", "ITIN", "912-90-3456", "912-93-3456"),
    ("GB", "UTR", "1955839661", "195583966"),
    ("GB", "NINO", "AB123456C", "GB123456C"),
    ("AU", "TFN", "123456782", "1234567"),
    ("CA", "SIN", "123-456-782", "823-456-782"),
    ("IN", "PAN", "ACUPA7085R", "ACUXA7085R"),
    ("TR", "TCKN", "17291716060", "07291716060"),
    ("AT", "TIN", "59-119/9013", "59-119/901"),
    ("BE", "NN", "85.07.30-033.28", "85.07.30-033"),
    ("DE", "IDNR", "36574261809", "06574261809"),
    ("ES", "NIE", "X2482300W", "A2482300W"),
    ("FI", "HETU", "131052-308T", "131052*308T"),
    ("FR", "NIF", "3023217600053", "4023217600053"),
    ("HU", "TIN", "8071592153", "7071592153"),
    ("IE", "PPSN", "6433435F", "6433435X"),
    ("IT", "CF", "RCCMNL83S18D969H", "RCCMNL83S18D969"),
    ("LV", "PK", "161175-19997", "991175-19997"),
    ("PT", "NIF", "501964843", "401964843"),
    ("SE", "PN", "880320-0016", "880320-001"),
    ("AR", "CUIT / CUIL", "20-05536168-2", "99-05536168-2"),
    ("BR", "CPF", "390.533.447-05", "390.533.447"),
    ("CL", "RUT", "12.531.909-2", "12.531.909-X"),
    ("CO", "NIT", "213.123.432-1", "213.123.432"),
    ("EC", "RUC", "1792060346001", "1792060346002"),
    ("PE", "RUC", "20512333797", "99512333797"),
    ("PY", "RUC", "80028061-0", "80028061-X"),
    ("UY", "RUT", "211003420017", "21100342001"),
]


def read(name: str) -> list[Row]:
    file = resources.files("artel.lookups") / "data" / f"{name}.json"
    rows: list[Row] = json.loads(file.read_text(encoding="utf-8"))
    return rows


def named(name: str) -> Iterator[tuple[Row, str, str]]:
    """Every (row, Russian text, English text) of a file, whatever the pair of fields is called."""
    for row in read(name):
        for russian, english in (
            ("title", "titleEn"),
            ("titleDoc", "titleDocEn"),
            ("description", "descriptionEn"),
            ("typeTitleRu", "typeTitle"),
        ):
            if russian in row or english in row:
                yield row, row[russian], row[english]


@pytest.mark.parametrize(
    ("name", "key", "least"),
    [
        ("categories", ("id",), 16),
        ("services", ("id",), 160),
        ("attributes", ("id",), 30),
        ("specializations", ("id",), 110),
        ("countries", ("code",), 249),
        ("countries", ("alpha3",), 249),
        ("countries", ("oksm",), 249),
        ("currencies", ("id",), 8),
        ("currencies", ("code",), 8),
        ("tax_document_types", ("country", "type"), 80),
        ("rates", ("base", "target"), 6),
    ],
)
def test_keys_are_unique_and_nothing_is_short(name: str, key: tuple[str, ...], least: int) -> None:
    rows = read(name)
    keys = Counter(tuple(row[part] for part in key) for row in rows)
    assert [value for value, count in keys.items() if count > 1] == []
    assert len(rows) >= least


@pytest.mark.parametrize("name", ["categories", "services", "attributes", "specializations"])
def test_ids_are_small_positive_numbers(name: str) -> None:
    assert all(type(row["id"]) is int and 0 < row["id"] < 1000 for row in read(name))


@pytest.mark.parametrize(
    "name",
    [
        "categories",
        "services",
        "attributes",
        "specializations",
        "countries",
        "currencies",
        "tax_document_types",
    ],
)
def test_both_languages_are_filled_in(name: str) -> None:
    seen = 0
    for row, russian, english in named(name):
        seen += 1
        assert CYRILLIC.search(russian), row
        assert english, row
        assert not CYRILLIC.search(english), row
        assert russian == russian.strip(), row
        assert english == english.strip(), row
    assert seen >= len(read(name))


@pytest.mark.parametrize("name", ["categories", "services", "attributes", "specializations", "countries"])
def test_no_two_entries_carry_one_title(name: str) -> None:
    for field in ("title", "titleEn"):
        titles = Counter(row[field] for row in read(name))
        assert [title for title, count in titles.items() if count > 1] == []


def test_every_service_stands_in_a_category_and_every_category_has_some() -> None:
    categories = {row["id"] for row in read("categories")}
    assert {row["categoryId"] for row in read("services")} == categories


def test_every_attribute_is_asked_for_by_a_service_and_exists() -> None:
    attributes = {row["id"] for row in read("attributes")}
    assert {link["id"] for row in read("services") for link in row["attributes"]} == attributes


def test_quantity_period_and_region_are_mandatory_everywhere_and_nothing_else_is() -> None:
    titles = {row["id"]: row["titleEn"] for row in read("attributes")}
    for row in read("services"):
        asked = [link["id"] for link in row["attributes"]]
        assert len(asked) == len(set(asked)), row["id"]
        mandatory = [titles[link["id"]] for link in row["attributes"] if link["isMandatory"]]
        assert mandatory == ["Quantity", "Period of service", "Region of service"], row["id"]


def test_options_belong_to_lists_alone_and_are_told_apart() -> None:
    options = [option for row in read("attributes") for option in row["options"]]
    assert len({option["id"] for option in options}) == len(options)
    for row in read("attributes"):
        assert bool(row["options"]) == (row["type"] in {"select", "multiselect"}), row["id"]
        for field in ("value", "valueEn"):
            values = [option[field] for option in row["options"]]
            assert all(values), row["id"]
            assert len(set(values)) == len(values), row["id"]
        assert not any(CYRILLIC.search(option["valueEn"]) for option in row["options"]), row["id"]


def test_one_field_type_has_one_number() -> None:
    pairs = {(row["type"], row["attrTypeId"]) for row in read("attributes")}
    assert pairs == {
        ("url", 1),
        ("text", 2),
        ("number", 3),
        ("date", 4),
        ("select", 11),
        ("multiselect", 18),
    }


def test_ids_used_by_the_public_documents_exist() -> None:
    assert {2, 3, 18, 20, 37, 42} <= {row["id"] for row in read("services")}
    assert {6, 9, 31, 37, 42, 78} <= {row["id"] for row in read("attributes")}
    specializations = {row["id"]: row["titleEn"] for row in read("specializations")}
    assert (specializations[1], specializations[158]) == ("Accountant", "Actor")
    assert 25 in specializations
    video = next(row for row in read("attributes") if row["id"] == 31)
    assert [option["id"] for option in video["options"]] == [26, 27, 29, 28, 30]


def test_wording_for_documents_reads_as_a_service() -> None:
    for row in read("services"):
        assert row["titleDoc"].startswith("Услуги по "), row["id"]
        assert row["titleDocEn"].startswith("Services of "), row["id"]
        assert not row["titleDoc"].endswith("."), row["id"]


def test_some_services_are_advertising_and_most_are_not() -> None:
    advertising = [row["id"] for row in read("services") if row["isAdvertising"]]
    assert 20 in advertising
    assert 5 <= len(advertising) <= 30


def test_country_codes_have_their_shape() -> None:
    countries = {row["code"]: row for row in read("countries")}
    assert all(re.fullmatch("[A-Z]{2}", code) for code in countries)
    assert all(re.fullmatch("[A-Z]{3}", row["alpha3"]) for row in countries.values())
    assert all(0 < row["oksm"] < 1000 for row in countries.values())
    assert countries["LV"] == {
        "code": "LV",
        "alpha3": "LVA",
        "oksm": 428,
        "title": "Латвия",
        "titleEn": "Latvia",
    }
    assert countries["RU"]["oksm"] == 643


def test_tax_document_types_cover_the_promised_countries() -> None:
    covered = {row["country"] for row in read("tax_document_types")}
    assert covered == IN_DOCUMENTS | EU | ALSO_SERVED
    assert covered <= {row["code"] for row in read("countries")}


def test_tax_patterns_compile_and_are_anchored_at_both_ends() -> None:
    for row in read("tax_document_types"):
        re.compile(row["regexp"])
        assert row["regexp"].startswith("^"), row
        assert row["regexp"].endswith("$"), row
        outside = row["regexp"]
        while (shorter := re.sub(r"\([^()]*\)", "", outside)) != outside:
            outside = shorter
        assert "|" not in outside, "an alternative outside brackets escapes the anchors"


@pytest.mark.parametrize(("country", "kind", "right", "wrong"), TAX_NUMBERS)
def test_tax_patterns_take_real_numbers(country: str, kind: str, right: str, wrong: str) -> None:
    (pattern,) = [
        row["regexp"] for row in read("tax_document_types") if (row["country"], row["type"]) == (country, kind)
    ]
    assert re.search(pattern, right)
    assert not re.search(pattern, wrong)


def test_the_documented_tax_document_type_stands_as_documented() -> None:
    (row,) = [row for row in read("tax_document_types") if (row["country"], row["type"]) == ("AU", "TFN")]
    assert (row["regexp"], row["typeTitle"], row["isMandatory"]) == ("^[0-9]{8,9}$", "Tax File Number", False)


def test_currencies_keep_the_documented_ids() -> None:
    currencies = {row["code"]: (row["id"], row["exponent"]) for row in read("currencies")}
    assert currencies == {
        "RUB": (1, 2),
        "USD": (2, 2),
        "EUR": (3, 2),
        "KZT": (4, 2),
        "USDT": (5, 6),
        "USDC": (6, 6),
        "BTC": (7, 8),
        "ETH": (8, 18),
    }


def test_rates_quote_both_ways_between_the_three_main_currencies() -> None:
    rates = {(row["base"], row["target"]): Decimal(row["rate"]) for row in read("rates")}
    main = ("EUR", "USD", "RUB")
    assert set(rates) == {(base, target) for base in main for target in main if base != target}
    assert all(rate > 1 for rate in rates.values()), "units of the weaker currency for one of the stronger"
    assert rates["RUB", "EUR"] > rates["EUR", "RUB"], "buying back costs more than selling brings"


def test_the_documentation_counts_right() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference-data.md").read_text(encoding="utf-8")
    for count, noun in (
        (len(read("categories")), "service categories"),
        (len(read("services")), "services"),
        (len(read("attributes")), "task attributes"),
        (len(read("specializations")), "specializations"),
        (len({row["country"] for row in read("tax_document_types")}), "countries"),
    ):
        assert f"{count} {noun}" in page
