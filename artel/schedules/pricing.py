"""What a slot costs."""

from decimal import Decimal, localcontext

from artel.schedules.hours import SlotRules

MINUTES_OF_HOUR = 60
# A large price of many hours in ether, with 18 digits behind the point, is longer than decimal's usual 28.
DIGITS = 60


def price_of_slot(rules: SlotRules, price: Decimal | None, exponent: int, duration: int) -> Decimal:
    """The price of a slot of `duration` minutes, with the currency's `exponent` digits; 0 where the schedule is free.

    `price` is the schedule's, of a slot or of an hour, as `rules.price_per` says. Rounded half up, once.
    """
    with localcontext(prec=DIGITS):
        minor = int((price or Decimal(0)).scaleb(exponent))
        if rules.price_per == "hour":
            minor = (2 * minor * duration + MINUTES_OF_HOUR) // (2 * MINUTES_OF_HOUR)
        return Decimal(minor).scaleb(-exponent)
