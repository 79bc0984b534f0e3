"""What a slot costs."""

from decimal import Decimal

from artel.schedules.hours import SlotRules

MINUTES_OF_HOUR = 60


def price_of_slot(rules: SlotRules, price: Decimal | None, exponent: int, duration: int) -> Decimal:
    """The price of a slot of `duration` minutes, with the currency's digits; 0 where the schedule is free.

    `price` is the schedule's, of a slot or of an hour, as `rules.price_per` says. Rounded half up, once.
    """
    # In the currency's smallest units: a price of 18 digits behind the point times minutes outgrows decimal's context.
    minor = int((price or Decimal(0)).scaleb(exponent))
    if rules.price_per == "hour":
        minor = (2 * minor * duration + MINUTES_OF_HOUR) // (2 * MINUTES_OF_HOUR)
    return Decimal(minor).scaleb(-exponent)
