"""What a slot costs."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artel.schedules.hours import SlotRules
from artel.schedules.pricing import price_of_slot

D = Decimal
PER_SLOT = SlotRules(timezone="UTC")
PER_HOUR = SlotRules(timezone="UTC", price_per="hour")


@pytest.mark.parametrize(
    ("rules", "price", "exponent", "duration", "expected"),
    [
        (PER_SLOT, D("12.50"), 2, 30, "12.50"),
        (PER_SLOT, D("12.50"), 2, 90, "12.50"),
        (PER_SLOT, D("7"), 2, 45, "7.00"),
        (PER_SLOT, None, 2, 45, "0.00"),
        (PER_HOUR, None, 2, 45, "0.00"),
        (PER_HOUR, D("0.00"), 2, 45, "0.00"),
        (PER_HOUR, D("60"), 2, 45, "45.00"),
        (PER_HOUR, D("10"), 2, 90, "15.00"),
        (PER_HOUR, D("0.01"), 2, 30, "0.01"),  # exactly half a cent: up
        (PER_HOUR, D("0.01"), 2, 29, "0.00"),
        (PER_HOUR, D("0.03"), 2, 30, "0.02"),  # up, not to the even digit
        (PER_HOUR, D("100"), 2, 20, "33.33"),
        (PER_HOUR, D("100"), 2, 40, "66.67"),
        (PER_HOUR, D("0.000000000000000001"), 18, 30, "0.000000000000000001"),
        (PER_HOUR, D("999999999.999999999999999999"), 18, 1440, "23999999999.999999999999999976"),
    ],
)
def test_prices(rules: SlotRules, price: Decimal | None, exponent: int, duration: int, expected: str) -> None:
    assert f"{price_of_slot(rules, price, exponent, duration):f}" == expected


@given(minor=st.integers(0, 10**27), exponent=st.sampled_from([2, 6, 8, 18]), duration=st.integers(5, 1440))
def test_an_hours_price_is_rounded_half_up_once(minor: int, exponent: int, duration: int) -> None:
    price = Decimal(minor).scaleb(-exponent)
    found = Fraction(price_of_slot(PER_HOUR, price, exponent, duration))
    exact = Fraction(minor, 10**exponent) * duration / 60
    unit = Fraction(1, 10**exponent)
    assert exact - unit / 2 < found <= exact + unit / 2
    assert found % unit == 0
