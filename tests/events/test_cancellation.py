"""How much of the price goes back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from artel.events.cancellation import By, refund_share
from artel.schedules.hours import Cancellation, SlotRules

START = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
STRICT = SlotRules(timezone="UTC", cancellation=Cancellation(until_minutes=1440, refund_percent=30))
EASY = SlotRules(timezone="UTC")
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("rules", "by", "before", "percent"),
    [
        (STRICT, "client", 2 * DAY, 100),
        (STRICT, "client", DAY, 100),  # to the second
        (STRICT, "client", DAY - SECOND, 30),
        (STRICT, "client", SECOND, 30),
        (STRICT, "client", timedelta(), 0),
        (STRICT, "client", -SECOND, 0),
        (STRICT, "host", DAY - SECOND, 100),
        (STRICT, "host", -SECOND, 100),
        (EASY, "client", SECOND, 100),
        (EASY, "client", timedelta(), 0),
        (None, "client", SECOND, 100),
        (None, "client", timedelta(), 0),
    ],
)
def test_share(rules: SlotRules | None, by: By, before: timedelta, percent: int) -> None:
    assert refund_share(rules, by, START, START - before) == Decimal(percent)
