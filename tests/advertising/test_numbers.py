"""Numbers of organisations, by their check digits and forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artel.advertising.numbers import (
    is_foreign_number,
    is_foreign_tax_number,
    is_inn,
    is_kpp,
    is_ogrn,
    is_ogrnip,
    without_card_digits,
)


def changed_digit(number: str, place: int) -> str:
    return number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]


def test_inn() -> None:
    assert is_inn("9901000034", digits=10)
    assert is_inn("990100001553", digits=12)
    assert not is_inn("9901000034", digits=12)
    assert not is_inn("990100001553", digits=10)
    for place in range(10):
        assert not is_inn(changed_digit("9901000034", place), digits=10)
    for wrong in ("", "99010000341", "990100003x", "９901000034", "11111111"):
        assert not is_inn(wrong, digits=10)


def test_ogrn() -> None:
    assert is_ogrn("1229900000021")
    assert not is_ogrn("322990000000006")
    for wrong in ("1229900000022", "122990000002", "", "22222222", "123132"):
        assert not is_ogrn(wrong)


@given(st.integers(0, 10**13 - 1), st.sampled_from("34"))
def test_ogrnip_of_each_remainder(body: int, first: str) -> None:
    """Every number has one right last digit, whatever the remainder: told here with whole numbers alone."""
    head = f"{first}{body:013d}"
    right = (int(head) - int(head) // 13 * 13) % 10
    assert [digit for digit in range(10) if is_ogrnip(f"{head}{digit}")] == [right]


def test_ogrnip_wrong() -> None:
    for wrong in ("1229900000021", "122990000000006", "32299000000000", "3229900000000x6", ""):
        assert not is_ogrnip(wrong)


def test_kpp() -> None:
    assert is_kpp("990101001")
    assert is_kpp("9901AZ001")
    for wrong in ("99010100", "9901010011", "9901az001", "X90101001", ""):
        assert not is_kpp(wrong)


@pytest.mark.parametrize(
    ("country", "right", "wrong"),
    [
        ("DE", ["DE136695976", "36574261809"], ["DE136695978", "12345"]),
        ("AT", ["ATU13585627"], ["ATU13585628"]),
        ("US", ["12-3456789", "536-90-4399"], ["12-34567890"]),
        ("IN", ["ACUPA7085R"], ["ACUPA7085"]),  # whose package has a reserved word for its name
        ("AW", ["anything-1"], ["", "-1", "x" * 51, "a\nb", "a;b"]),  # of which nothing is known
    ],
)
def test_foreign_tax_numbers(country: str, right: list[str], wrong: list[str]) -> None:
    assert all(is_foreign_tax_number(country, number) for number in right)
    assert not any(is_foreign_tax_number(country, number) for number in wrong)


def test_foreign_numbers_by_form() -> None:
    for right in ("HRB 12345 B", "HE 329931", "01.234/5-6", "№5"[1:], "ЕГР 7"):
        assert is_foreign_number(right)


def test_a_card_number_is_not_kept() -> None:
    assert without_card_digits("5555 5555 5555 4444") == "555555******4444"
    assert without_card_digits("5555555555554444") == "555555******4444"
    for other in ("Z123456789012", "5555555555554445", "4100112345678"):
        assert without_card_digits(other) == other
