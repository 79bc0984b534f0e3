"""Small shapes that many replies share, and the way a handler answers a call that changes something."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request, Response

from artel.api.once import answer_once_within
from artel.companies.access import Person
from artel.db.pool import Connection

# "Nothing to return" is an empty JSON array: clients parse it (customer-api.md "Answers").
NOTHING: list[None] = []


class Currency(msgspec.Struct):
    currency: str
    id: int


CURRENCY_IDS = {"RUB": 1, "USD": 2, "EUR": 3, "KZT": 4, "USDT": 5, "USDC": 6, "BTC": 7, "ETH": 8}
CURRENCIES = {code: Currency(code, number) for code, number in CURRENCY_IDS.items()}


def number(amount: Decimal) -> float:
    """Money as a JSON number: 150, not 150.0."""
    whole = int(amount)
    return whole if whole == amount else float(amount)


def moment(at: datetime) -> str:
    """`YYYY-MM-DD HH:MM:SS`, UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def moment_or_none(at: datetime | None) -> str | None:
    return None if at is None else moment(at)


def iso_moment(at: datetime | None) -> str | None:
    """`YYYY-MM-DDTHH:MM:SS.mmmZ`, where the documents show that form."""
    if at is None:
        return None
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def fine_moment(at: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.mmmmmmZ`, where the documents show microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def answer_once(
    request: Request[Any, Any, Any], person: Person, work: Callable[[Connection], Awaitable[Any]]
) -> Response[Any]:
    """`answer_once_within` the keys of this person in this company."""
    return await answer_once_within(request, f"{person.person_id}:{person.company_id or 0}", work)
