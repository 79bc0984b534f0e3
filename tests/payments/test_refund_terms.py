"""How much of the price goes back."""

from datetime import UTC, datetime, timedelta

import pytest

from artel.payments.refunds import By, refund_percent
from artel.schedules.hours import Cancellation

START = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
STRICT = Cancellation(until_minutes=1440, refund_percent=30)
EASY = Cancellation()
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("terms", "by", "before", "percent"),
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
    ],
)
def test_share(terms: Cancellation, by: By, before: timedelta, percent: int) -> None:
    assert refund_percent(terms, START, by=by, now=START - before) == percent
