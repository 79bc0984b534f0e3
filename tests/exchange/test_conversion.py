"""Conversion and spread, without a database: the documents' own figures, and what must hold for any."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artel.errors import Refused
from artel.exchange.rules import STRENGTH, convert, is_stronger, with_spread

CENT = Decimal("0.01")

amounts = st.decimals(min_value=CENT, max_value=Decimal(10**9), places=2)
market_rates = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(1000), places=4)
spreads = st.decimals(min_value=0, max_value=50, places=2)
pairs = st.sampled_from([(base, target) for base in STRENGTH for target in STRENGTH if base != target])


@pytest.mark.parametrize(
    ("amount", "base", "target", "rate", "expected"),
    [
        ("1000", "EUR", "RUB", "79.401", "79401.00"),
        ("1000", "USD", "RUB", "74.329", "74329.00"),
        ("1000", "EUR", "USD", "1.0576", "1057.60"),
        (
            "1000",
            "RUB",
            "EUR",
            "81.8194",
            "12.22",
        ),  # the documents print 12.23, which their rate does not give
        ("1000", "RUB", "USD", "76.5928", "13.06"),
        ("1000", "USD", "EUR", "1.0898", "917.60"),  # likewise: they print 917.43, the amount at 1.09
        ("1", "USD", "EUR", "1.0576", "0.95"),
        ("0.005", "EUR", "EUR", "1", "0.01"),  # half up
    ],
)
def test_documented_conversions(amount: str, base: str, target: str, rate: str, expected: str) -> None:
    converted = convert(Decimal(amount), base=base, target=target, rate=Decimal(rate), exponent=2)
    assert converted == Decimal(expected)
    assert str(converted) == expected


def test_the_target_exponent_decides_the_digits() -> None:
    amount = Decimal("1.23456789")
    assert str(convert(amount, base="BTC", target="BTC", rate=Decimal(1), exponent=8)) == "1.23456789"
    assert str(convert(amount, base="EUR", target="USD", rate=Decimal(1), exponent=0)) == "1"


@pytest.mark.parametrize(("base", "target"), [("EUR", "KZT"), ("BTC", "USD"), ("RUB", "rub")])
def test_a_currency_without_quotes_is_refused(base: str, target: str) -> None:
    with pytest.raises(Refused) as refusal:
        convert(Decimal(1), base=base, target=target, rate=Decimal(1), exponent=2)
    assert refusal.value.code == "pair_not_quoted"


@pytest.mark.parametrize("rate", ["0", "-1"])
def test_a_rate_that_is_not_positive_is_refused(rate: str) -> None:
    with pytest.raises(Refused) as refusal:
        convert(Decimal(1), base="EUR", target="USD", rate=Decimal(rate), exponent=2)
    assert refusal.value.code == "rate_not_positive"


@pytest.mark.parametrize(
    ("market_rate", "spread", "code"),
    [
        ("0", "1", "rate_not_positive"),
        ("-80", "1", "rate_not_positive"),
        ("NaN", "1", "rate_not_positive"),
        ("Infinity", "1", "rate_not_positive"),
        ("0.00001", "0", "rate_not_positive"),  # nothing is left of it after rounding
        ("80", "-0.01", "spread_out_of_range"),
        ("80", "50.01", "spread_out_of_range"),
        ("80", "NaN", "spread_out_of_range"),
    ],
)
def test_rates_and_spreads_that_make_no_sense_are_refused(market_rate: str, spread: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        with_spread(Decimal(market_rate), base="EUR", target="RUB", spread_percent=Decimal(spread))
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("base", "target", "market_rate", "expected"),
    [
        ("EUR", "USD", "1.0737", "1.0576"),
        ("USD", "EUR", "1.0737", "1.0898"),
        ("EUR", "RUB", "80.6102", "79.4010"),
        ("RUB", "EUR", "80.6102", "81.8194"),
    ],
)
def test_the_documented_quotes_are_a_market_rate_and_one_and_a_half_per_cent(
    base: str, target: str, market_rate: str, expected: str
) -> None:
    charged = with_spread(Decimal(market_rate), base=base, target=target, spread_percent=Decimal("1.5"))
    assert charged == Decimal(expected)


@given(pair=pairs)
def test_of_two_currencies_one_is_the_stronger(pair: tuple[str, str]) -> None:
    base, target = pair
    assert is_stronger(base, target) is not is_stronger(target, base)


@given(pair=pairs, amount=amounts, market_rate=market_rates, spread=spreads)
def test_going_there_and_back_never_makes_money(
    pair: tuple[str, str], amount: Decimal, market_rate: Decimal, spread: Decimal
) -> None:
    base, target = pair
    there = with_spread(market_rate, base=base, target=target, spread_percent=spread)
    back = with_spread(market_rate, base=target, target=base, spread_percent=spread)
    abroad = convert(amount, base=base, target=target, rate=there, exponent=2)
    home = convert(abroad, base=target, target=base, rate=back, exponent=2)
    # Rounding twice is all that may come on top: half a cent abroad, at the rate, and half a cent at home.
    worth_of_half_a_cent = CENT / 2 * (1 / back if is_stronger(base, target) else back)
    assert home <= amount + worth_of_half_a_cent + CENT / 2


@given(pair=pairs, amount=amounts, market_rate=market_rates)
def test_the_result_is_within_half_a_cent_of_the_exact_one(
    pair: tuple[str, str], amount: Decimal, market_rate: Decimal
) -> None:
    base, target = pair
    converted = convert(amount, base=base, target=target, rate=market_rate, exponent=2)
    # Checked without dividing: an exact statement in both directions.
    if is_stronger(base, target):
        assert abs(converted - amount * market_rate) <= CENT / 2
    else:
        assert abs(converted * market_rate - amount) <= CENT / 2 * market_rate


@given(pair=pairs, amounts=st.tuples(amounts, amounts), market_rate=market_rates)
def test_more_never_converts_to_less(
    pair: tuple[str, str], amounts: tuple[Decimal, Decimal], market_rate: Decimal
) -> None:
    base, target = pair
    less, more = (convert(amount, base=base, target=target, rate=market_rate, exponent=2) for amount in sorted(amounts))
    assert less <= more


@given(pair=pairs, market_rate=market_rates, spreads=st.tuples(spreads, spreads))
def test_a_greater_spread_is_never_better_for_the_one_who_converts(
    pair: tuple[str, str], market_rate: Decimal, spreads: tuple[Decimal, Decimal]
) -> None:
    base, target = pair
    brings = [
        convert(
            Decimal(10**6),
            base=base,
            target=target,
            rate=with_spread(market_rate, base=base, target=target, spread_percent=spread),
            exponent=2,
        )
        for spread in sorted(spreads)
    ]
    assert brings[0] >= brings[1]
