"""The tax statuses of Russian freelancers, and when one may follow another."""

from datetime import date, datetime
from enum import IntEnum
from zoneinfo import ZoneInfo

# Days and months of Russian taxes begin and end by this clock.
TAX_ZONE = ZoneInfo("Europe/Moscow")


class Status(IntEnum):
    """As the customer API numbers them (M, "Налоговые статусы")."""

    NATURAL = 1
    SELF_EMPLOYED = 3
    SOLE_PROPRIETOR = 4


def tax_day(now: datetime) -> date:
    return now.astimezone(TAX_ZONE).date()


def blocked_till(now: datetime) -> date:
    """The day from which a status that changes at `now` may change again: the first of the next month.

    The tax on professional income is counted by calendar months, and so are closing documents: a month with two
    statuses could be closed under neither.
    """
    day = tax_day(now)
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
