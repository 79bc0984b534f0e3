"""What a task costs: pure functions over Decimal (customer-api.md "Pricing", "Exchange").

Rounding is half up to the currency's digits, at the points named here and nowhere else: the converted price, the
commission, the shared commission, the sales tax, the VAT. Everything else, the insurance premium too, is addition, so
nothing can get lost.
"""

from decimal import ROUND_HALF_UP, Decimal

import msgspec

from artel.errors import Refused
from artel.exchange.rules import convert

# What moves from the client's commission to the freelancer (M, "Create a task", shareCommission).
SHARED_PERCENT = Decimal(1)
# Far above any real task, far below what a JSON number or the books could not hold exactly.
LARGEST_PRICE = Decimal(1_000_000_000)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a company's prices are made of. Percents are of a hundred."""

    currency: str
    exponent: int
    commission_percent: Decimal
    sales_tax_percent: Decimal = Decimal(0)  # companies in the US
    vat_percent: Decimal = Decimal(0)


class TaskPrice(msgspec.Struct, frozen=True, kw_only=True):
    """All of a task's money, named as the task's columns. Company currency, unless the name says worker."""

    currency: str
    worker_currency: str
    exchange_rate: Decimal | None  # the quote used; None where the two currencies are one
    price: Decimal
    worker_price: Decimal
    commission_percent: Decimal
    commission: Decimal  # what the client pays on top of the price: the share is already taken off
    share_commission: bool
    shared_commission: Decimal
    worker_shared_commission: Decimal
    sales_tax_percent: Decimal
    sales_tax: Decimal
    insurance: Decimal  # the premium; 0 where the task is not insured
    total: Decimal
    amount_for_worker: Decimal  # worker currency
    vat_percent: Decimal
    vat: Decimal

    @property
    def commission_booked(self) -> Decimal:
        """What the platform earns: the client's part and the freelancer's."""
        return self.commission + self.shared_commission

    @property
    def converted(self) -> Decimal:
        """The part of the total, in the company's currency, that the freelancer's amount costs."""
        return self.price - self.shared_commission


def price_task(
    worker_price: Decimal,
    *,
    worker_currency: str,
    worker_exponent: int,
    terms: Terms,
    exchange_rate: Decimal | None,
    share_commission: bool = False,
    insurance: Decimal = Decimal(0),
) -> TaskPrice:
    """Price a task whose freelancer is to get `worker_price` in `worker_currency`.

    `exchange_rate` is the quote at which the company's currency buys the worker's; None where they are one.
    The company's price is the converted one, and its commission, taxes and total follow from that.
    `total = price + commission + sales tax + insurance`; VAT is shown beside it and is no part of it. `insurance` is a
    premium in the company's currency, as its product says it: no tax of the sale is on it, and nothing is rounded.
    A share is 1 % of the price, and never more than a commission below 1 %: it leaves the client's commission
    and the freelancer's amount by the same part.
    Refuses: price_not_positive; price_too_large; price_too_fine for more digits than the worker's currency has;
    price_too_small where nothing is left of it in the company's currency.
    """
    check_price(worker_price, exponent=worker_exponent)
    price = worker_price
    if exchange_rate is not None:
        price = convert(
            worker_price, base=worker_currency, target=terms.currency, rate=exchange_rate, exponent=terms.exponent
        )
        if price <= 0:
            raise Refused("price_too_small", "price", currency=terms.currency)
    shared_percent = min(SHARED_PERCENT, terms.commission_percent) if share_commission else Decimal(0)
    shared = percent_of(price, shared_percent, exponent=terms.exponent)
    worker_shared = percent_of(worker_price, shared_percent, exponent=worker_exponent)
    commission = percent_of(price, terms.commission_percent, exponent=terms.exponent) - shared
    sales_tax = percent_of(price + commission, terms.sales_tax_percent, exponent=terms.exponent)
    total = price + commission + sales_tax + insurance
    return TaskPrice(
        currency=terms.currency,
        worker_currency=worker_currency,
        exchange_rate=exchange_rate,
        price=price,
        worker_price=worker_price,
        commission_percent=terms.commission_percent,
        commission=commission,
        share_commission=share_commission,
        shared_commission=shared,
        worker_shared_commission=worker_shared,
        sales_tax_percent=terms.sales_tax_percent,
        sales_tax=sales_tax,
        insurance=insurance,
        total=total,
        amount_for_worker=worker_price - worker_shared,
        vat_percent=terms.vat_percent,
        vat=percent_of(total, terms.vat_percent, exponent=terms.exponent),
    )


def check_price(price: Decimal, *, exponent: int) -> None:
    """Refuses: price_not_positive (what is no number at all too); price_too_large; price_too_fine."""
    if not price.is_finite() or price <= 0:
        raise Refused("price_not_positive", "price")
    if price > LARGEST_PRICE:
        raise Refused("price_too_large", "price", largest=LARGEST_PRICE)
    if price != price.quantize(Decimal(1).scaleb(-exponent)):
        raise Refused("price_too_fine", "price", digits=exponent)


def percent_of(amount: Decimal, percent: Decimal, *, exponent: int) -> Decimal:
    """`percent` of `amount`, rounded half up to the currency's digits."""
    return (amount * percent / 100).quantize(Decimal(1).scaleb(-exponent), ROUND_HALF_UP)
