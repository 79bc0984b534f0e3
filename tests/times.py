"""Moving time, as the sandbox does."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from artel import clock

Travel = Callable[..., None]


@pytest.fixture
def travel() -> Iterator[Travel]:
    """`travel(days=64)`: the business's time goes on by as much; it is back to normal after the test."""
    offset = timedelta()

    def go(**how_far: float) -> None:
        nonlocal offset
        offset += timedelta(**how_far)
        clock.move_to_offset(offset)

    yield go
    clock.move_to_offset(timedelta())
