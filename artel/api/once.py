"""At most once: a call that changes something, sent again under its Idempotency-Key (ARCHITECTURE "Security")."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request, Response

from artel import clock
from artel.api.answers import spoken_wire
from artel.api.context import context_of
from artel.db.pool import Connection
from artel.errors import NotAllowed, NotFound, NotSignedIn, Refused, TooMany
from artel.operations import idempotency

LONGEST_KEY = 255


class Answer(msgspec.Struct, frozen=True):
    """What work answers that chooses its status: the reply of a call with many lines says more than a refusal."""

    status: int
    content: Any


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
            answer = as_answer(await work(conn))
        return Response(answer.content, status_code=answer.status)
    if len(key) > LONGEST_KEY:
        raise Refused("idempotency_key_too_long", longest=LONGEST_KEY)
    asked = f"{request.url.path}?{request.url.query}"
    fingerprint = await asyncio.to_thread(fingerprint_of, request.method.encode(), asked.encode(), await request.body())
    async with database.transaction() as conn:
        kept = await idempotency.claim_key(conn, scope=scope, key=key, fingerprint=fingerprint, now=clock.now())
        if kept is None:
            kept = await _perform(request, conn, work)
            await idempotency.keep_reply(conn, scope=scope, key=key, status=kept.status, reply=kept.reply)
    return Response(kept.reply, status_code=kept.status, media_type="application/json")


def fingerprint_of(*parts: bytes) -> bytes:
    """Of a body of a hundred million bytes too: not copied, and in a thread."""
    digest = hashlib.sha256()
    for place, part in enumerate(parts):
        digest.update(b"\0" if place else b"")
        digest.update(part)
    return digest.digest()


async def _perform(
    request: Request[Any, Any, Any], conn: Connection, work: Callable[[Connection], Awaitable[Any]]
) -> idempotency.KeptReply:
    try:
        async with conn.transaction():  # a savepoint: a refusal undoes the work and leaves the key
            answer = as_answer(await work(conn))
    except (NotAllowed, NotFound, NotSignedIn, TooMany):
        raise
    except Refused as refusal:
        status, content = spoken_wire(request).refusal_reply(request, refusal)
        return idempotency.KeptReply(status, msgspec.json.encode(content))
    return idempotency.KeptReply(answer.status, msgspec.json.encode(answer.content))


def as_answer(content: Any) -> Answer:
    return content if isinstance(content, Answer) else Answer(200, content)
