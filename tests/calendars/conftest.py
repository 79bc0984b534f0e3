"""What the tests of calendars share."""

from datetime import UTC, datetime

import pytest

from artel import clock


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)
