"""Days on which banks move a currency."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays

WEEKEND = (5, 6)
# Where the day of a currency's payment system begins and ends.
ZONES = {"EUR": "Europe/Berlin", "USD": "America/New_York", "RUB": "Europe/Moscow", "KZT": "Asia/Almaty"}


def payment_day(currency: str, now: datetime) -> date:
    """Which day it is for the banks that move a currency."""
    return now.astimezone(ZoneInfo(ZONES[currency])).date()


def next_banking_day(currency: str, day: date) -> date:
    """The day itself where money in the currency moves on it, else the next one where it does.

    The euro by the calendar of TARGET, the others by their country's public holidays.
    """
    closed = holidays.financial_holidays("ECB") if currency == "EUR" else holidays.country_holidays(currency[:2])
    while day.weekday() in WEEKEND or day in closed:
        day += timedelta(days=1)
    return day
