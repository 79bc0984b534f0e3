"""One try: a request, and what came of it."""

import asyncio

import httpcore
import msgspec

from artel.logs import log
from artel.outbound.answers import is_about_tls, seconds_of
from artel.outbound.connections import Connections
from artel.outbound.dialling import NotDialled, Target, read_target

TIMEOUT_S = 10.0
CLOSING_S = 1.0  # to put an answered connection away
DELIVERED = 200  # the one status that says so (M "WebHooks")
GONE = 410
# Of an answer this much is kept, to be shown; and this much is read before the connection is cut.
KEPT_BODY = 2_000
MOST_READ = 64 * 1024
KEPT_HEADERS = 40
KEPT_HEADER = 300


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a try. `error` is None for a delivery, else a word for what went wrong: `status`, `redirect`,
    `timeout`, `tls`, `connection`, `protocol`, `failed` (a mistake of ours), or NotDialled's reasons."""

    error: str | None
    status: int | None = None
    headers: dict[str, str] = {}
    body: str = ""
    took_ms: int = 0
    wish_s: float | None = None  # Retry-After


async def post(
    connections: Connections, url: str, headers: dict[str, str], body: bytes, *, allow_private: bool
) -> Answer:
    """Send a message once, within 10 s. Whatever goes wrong is the answer."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    answer = await _post(connections, url, headers, body, allow_private=allow_private)
    return msgspec.structs.replace(answer, took_ms=round((loop.time() - started) * 1000))


async def _post(
    connections: Connections, url: str, headers: dict[str, str], body: bytes, *, allow_private: bool
) -> Answer:
    try:
        target = read_target(url, allow_private=allow_private)
        return await exchange(connections, target, {"Accept-Encoding": "identity", **headers}, body)
    except NotDialled as error:
        return Answer(error=error.reason)
    except (TimeoutError, httpcore.TimeoutException):
        return Answer(error="timeout")
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol):
        return Answer(error="protocol")
    except (httpcore.NetworkError, OSError) as error:
        return Answer(error="tls" if is_about_tls(error) else "connection")
    except Exception as error:
        # One message that cannot be sent must not take the others of its lane with it.
        log.exception("web hook call failed", reason=type(error).__name__)
        return Answer(error="failed")


async def exchange(connections: Connections, target: Target, headers: dict[str, str], body: bytes) -> Answer:
    """The request and its answer. Once the status is there it counts, however the rest of the answer comes."""
    until = asyncio.get_running_loop().time() + TIMEOUT_S
    async with (
        asyncio.timeout_at(until) as limit,
        connections.post(target, headers, body, limit_s=TIMEOUT_S) as response,
    ):
        limit.reschedule(until + CLOSING_S)
        given = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers]
        answer = Answer(
            error=error_of(response.status),
            status=response.status,
            headers={name: shown(value)[:KEPT_HEADER] for name, value in given[:KEPT_HEADERS]},
            wish_s=seconds_of(dict(given).get("retry-after")),
        )
        return msgspec.structs.replace(answer, body=await read_some(response, until))


async def read_some(response: httpcore.Response, until: float) -> str:
    """The beginning of the answer's text. What is not read to its end is cut off with its connection."""
    kept, read = b"", 0
    try:
        async with asyncio.timeout_at(until):
            async for part in response.aiter_stream():
                kept, read = (kept + part)[:KEPT_BODY], read + len(part)
                if read >= MOST_READ:
                    break
    except (TimeoutError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    return shown(kept.decode("utf-8", "replace"))


def shown(text: str) -> str:
    """PostgreSQL's text and JSON have no NUL."""
    return text.replace("\0", "�")


def error_of(status: int) -> str | None:
    if status == DELIVERED:
        return None
    return "redirect" if 300 <= status < 400 else "status"
