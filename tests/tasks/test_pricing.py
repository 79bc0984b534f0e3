"""What a task costs: the documents' examples, and properties that hold for any figures."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from artel.errors import Refused
from artel.exchange.rules import convert
from artel.tasks.pricing import LARGEST_PRICE, TaskPrice, Terms, percent_of, price_task

EURO_COMPANY = Terms(currency="EUR", exponent=2, commission_percent=Decimal(10), vat_percent=Decimal(20))
D = Decimal


def priced(price: str, *, terms: Terms, worker_currency: str, rate: str | None, share: bool = False) -> TaskPrice:
    return price_task(
        D(price),
        worker_currency=worker_currency,
        worker_exponent=2,
        terms=terms,
        exchange_rate=None if rate is None else D(rate),
        share_commission=share,
    )


def test_the_documents_own_example() -> None:
    """M, "Calculate a task's total cost": 1 USD for a company that pays in EUR, at 1.0576."""
    price = priced("1", terms=EURO_COMPANY, worker_currency="USD", rate="1.0576")
    assert (price.price, price.commission, price.total, price.vat) == (D("0.95"), D("0.10"), D("1.05"), D("0.21"))
    assert (price.amount_for_worker, price.sales_tax, price.shared_commission) == (D(1), D(0), D(0))


def test_one_currency() -> None:
    """150 EUR at 9 %; M's list shows a 3.5 % company too."""
    price = priced(
        "150", terms=Terms(currency="EUR", exponent=2, commission_percent=D(9)), worker_currency="EUR", rate=None
    )
    assert (price.price, price.commission, price.total, price.amount_for_worker) == (D(150), D("13.5"), D("163.5"), 150)
    assert price.exchange_rate is None
    price = priced(
        "99.99", terms=Terms(currency="RUB", exponent=2, commission_percent=D("3.5")), worker_currency="RUB", rate=None
    )
    assert (price.commission, price.total) == (D("3.50"), D("103.49"))  # 3.49965 rounded


def test_shared_commission_leaves_both_sides() -> None:
    price = priced("150", terms=EURO_COMPANY, worker_currency="EUR", rate=None, share=True)
    assert (price.shared_commission, price.commission, price.amount_for_worker) == (D("1.50"), D("13.50"), D("148.50"))
    assert (price.total, price.commission_booked) == (D("163.50"), D("15.00"))


def test_shared_commission_in_two_currencies() -> None:
    price = priced("1000", terms=EURO_COMPANY, worker_currency="RUB", rate="79.401", share=True)
    assert (price.price, price.shared_commission, price.worker_shared_commission) == (D("12.59"), D("0.13"), D(10))
    assert (price.commission, price.total, price.amount_for_worker) == (D("1.13"), D("13.72"), D(990))


def test_a_commission_below_one_percent_is_shared_whole() -> None:
    terms = Terms(currency="EUR", exponent=2, commission_percent=D("0.4"))
    price = priced("100", terms=terms, worker_currency="EUR", rate=None, share=True)
    assert (price.commission, price.shared_commission, price.amount_for_worker) == (D(0), D("0.40"), D("99.60"))


def test_sales_tax_is_on_the_bill() -> None:
    terms = Terms(currency="USD", exponent=2, commission_percent=D(10), sales_tax_percent=D("8.875"))
    price = priced("100", terms=terms, worker_currency="USD", rate=None)
    assert (price.sales_tax, price.total) == (D("9.76"), D("119.76"))


@pytest.mark.parametrize(
    ("price", "code"),
    [
        ("0", "price_not_positive"),
        ("-1", "price_not_positive"),
        ("NaN", "price_not_positive"),
        ("sNaN", "price_not_positive"),
        ("Infinity", "price_not_positive"),
        ("1000000000.01", "price_too_large"),
        ("1e300", "price_too_large"),
        ("1.001", "price_too_fine"),
        ("1e-30", "price_too_fine"),
    ],
)
def test_prices_refused(price: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        priced(price, terms=EURO_COMPANY, worker_currency="EUR", rate=None)
    assert (refused.value.code, refused.value.field) == (code, "price")


def test_a_price_that_vanishes_in_the_companys_currency_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        priced("0.01", terms=EURO_COMPANY, worker_currency="RUB", rate="79.401")
    assert refused.value.code == "price_too_small"


def half_up(exact: Fraction) -> Decimal:
    """The rounding told another way: in whole cents, by integers alone."""
    cents = exact * 100
    return D((2 * cents.numerator + cents.denominator) // (2 * cents.denominator)).scaleb(-2)


percents = st.decimals(min_value=0, max_value=100, places=3)
prices = st.decimals(min_value=D("0.01"), max_value=LARGEST_PRICE, places=2)
rates = st.decimals(min_value=D("0.0001"), max_value=D(10_000), places=4)
pairs = st.sampled_from(
    [("EUR", "USD"), ("EUR", "RUB"), ("USD", "RUB"), ("USD", "EUR"), ("RUB", "EUR"), ("RUB", "USD")]
)


@given(amount=prices, percent=percents)
def test_percents_round_half_up(amount: Decimal, percent: Decimal) -> None:
    assert percent_of(amount, percent, exponent=2) == half_up(Fraction(amount) * Fraction(percent) / 100)


@given(
    worker_price=prices,
    rate=rates,
    pair=st.one_of(st.none(), pairs),
    commission=percents,
    sales_tax=percents,
    vat=percents,
    share=st.booleans(),
    premium=st.one_of(st.just(D(0)), prices),
)
def test_the_parts_add_up(
    worker_price: Decimal,
    rate: Decimal,
    pair: tuple[str, str] | None,
    commission: Decimal,
    sales_tax: Decimal,
    vat: Decimal,
    share: bool,
    premium: Decimal,
) -> None:
    currency, worker_currency = pair or ("EUR", "EUR")
    terms = Terms(
        currency=currency, exponent=2, commission_percent=commission, sales_tax_percent=sales_tax, vat_percent=vat
    )
    exchange_rate = rate if pair else None
    if pair:
        assume(convert(worker_price, base=worker_currency, target=currency, rate=rate, exponent=2) > 0)
    price = price_task(
        worker_price,
        worker_currency=worker_currency,
        worker_exponent=2,
        terms=terms,
        exchange_rate=exchange_rate,
        share_commission=share,
        insurance=premium,
    )
    assert price.insurance == premium
    assert price.total == price.price + price.commission + price.sales_tax + premium
    assert price.total == price.converted + price.commission_booked + price.sales_tax + premium
    assert price.amount_for_worker + price.worker_shared_commission == price.worker_price == worker_price
    assert price.commission_booked == half_up(Fraction(price.price) * Fraction(commission) / 100)
    assert price.sales_tax == half_up(Fraction(price.price + price.commission) * Fraction(sales_tax) / 100)
    assert price.vat == half_up(Fraction(price.total) * Fraction(vat) / 100)
    assert price.shared_commission <= half_up(Fraction(price.price) / 100)
    if not pair:
        assert price.price == worker_price
        assert price.shared_commission == price.worker_shared_commission
    assert min(price.commission, price.sales_tax, price.vat, price.shared_commission, price.converted) >= 0
    assert min(price.price, price.amount_for_worker, price.total) > 0
    cent = D("0.01")
    for amount in (price.price, price.commission, price.sales_tax, price.total, price.vat, price.amount_for_worker):
        assert amount == amount.quantize(cent, ROUND_HALF_UP)
