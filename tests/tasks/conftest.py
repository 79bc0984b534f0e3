"""What the task rules' tests share."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from artel import clock
from artel.db.pool import Database
from tests.tasks.cast import Desk, open_desk


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


OpenDesk = Callable[..., Awaitable[Desk]]


@pytest.fixture
def open_a_desk(database: Database, now: datetime) -> OpenDesk:
    """`await open_a_desk(money="1000", escrow="on_task_create")`."""

    async def opened(**facts: str) -> Desk:
        return await open_desk(database, now=now, **facts)

    return opened
