"""Small shapes that many replies share, and the way a handler answers a call that changes something."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response
from msgspec import Meta

from artel.api.once import answer_once_within
from artel.companies.access import Person
from artel.db.pool import Connection

# What the API takes for an id in a path or a body.
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class Message(msgspec.Struct):
    """What a call answers that has nothing to show."""

    message: str


def instant(at: datetime, timezone: str = "UTC") -> str:
    """ISO 8601 with its offset in the zone, to the second: 2026-03-29T09:00:00+02:00."""
    return at.astimezone(ZoneInfo(timezone)).isoformat(timespec="seconds")


def instant_or_none(at: datetime | None, timezone: str = "UTC") -> str | None:
    return None if at is None else instant(at, timezone)


def money(amount: Decimal, exponent: int) -> str:
    """A decimal string with the currency's digits: "12.50"."""
    return f"{amount:.{exponent}f}"


async def answer_once(
    request: Request[Any, Any, Any], person: Person, work: Callable[[Connection], Awaitable[Any]]
) -> Response[Any]:
    """Do `work` in one transaction, at most once under the caller's Idempotency-Key, and answer what it returns."""
    return await answer_once_within(request, f"{person.person_id}:time", work)
