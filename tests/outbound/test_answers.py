"""What the other side says when it does not simply answer."""

from datetime import UTC, datetime, timedelta

import pytest

from artel.outbound.answers import seconds_of


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e3", None),
        ("²", None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 50, 999_999_999),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 99 Nov 1994", None),
    ],
)
def test_retry_after_is_read(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header) == seconds


def test_retry_after_as_a_date() -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=10)
    wish_s = seconds_of(ahead.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    assert wish_s == pytest.approx(600, abs=3)
