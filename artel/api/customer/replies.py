"""Small shapes that many replies share, and the way a handler answers a call that changes something."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request, Response

from artel import clock
from artel.api.context import context_of
from artel.api.customer.errors import refusal_reply
from artel.companies.access import Person
from artel.db.pool import Connection
from artel.errors import NotAllowed, NotFound, NotSignedIn, Refused, TooMany
from artel.operations import idempotency

# "Nothing to return" is an empty JSON array: clients parse it (customer-api.md "Answers").
NOTHING: list[None] = []
LONGEST_KEY = 255


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


async def answer_once(
    request: Request[Any, Any, Any], person: Person, work: Callable[[Connection], Awaitable[Any]]
) -> Response[Any]:
    """`answer_once_within` the keys of this person in this company."""
    return await answer_once_within(request, f"{person.person_id}:{person.company_id or 0}", work)


async def answer_once_within(
    request: Request[Any, Any, Any], scope: str, work: Callable[[Connection], Awaitable[Any]]
) -> Response[Any]:
    """Do `work` in one transaction and answer with what it returns; with an Idempotency-Key, at most once.

    Keys are told apart by `scope`: whose they are. The reply is kept with the work, in one transaction, so a key
    whose work is there has its reply and a key whose work is not there is free. A business refusal is a reply too and
    is kept; its work is undone.
    """
    database = context_of(request).database
    key = request.headers.get("idempotency-key", "")
    if not key:
        async with database.transaction() as conn:
            content = await work(conn)
        return Response(content, status_code=200)
    if len(key) > LONGEST_KEY:
        raise Refused("idempotency_key_too_long", longest=LONGEST_KEY)
    asked = f"{request.url.path}?{request.url.query}"
    fingerprint = hashlib.sha256(b"\0".join([request.method.encode(), asked.encode(), await request.body()]))
    async with database.transaction() as conn:
        kept = await idempotency.claim_key(
            conn, scope=scope, key=key, fingerprint=fingerprint.digest(), now=clock.now()
        )
        if kept is None:
            kept = await _perform(request, conn, work)
            await idempotency.keep_reply(conn, scope=scope, key=key, status=kept.status, reply=kept.reply)
    return Response(kept.reply, status_code=kept.status, media_type="application/json")


async def _perform(
    request: Request[Any, Any, Any], conn: Connection, work: Callable[[Connection], Awaitable[Any]]
) -> idempotency.KeptReply:
    try:
        async with conn.transaction():  # a savepoint: a refusal undoes the work and leaves the key
            content = await work(conn)
    except (NotAllowed, NotFound, NotSignedIn, TooMany):
        raise
    except Refused as refusal:
        status, content = refusal_reply(request, refusal)
        return idempotency.KeptReply(status, msgspec.json.encode(content))
    return idempotency.KeptReply(200, msgspec.json.encode(content))
