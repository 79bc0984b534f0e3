"""One call to an address that somebody else chose, with its answer read whole: bounded in size, in time and in the
number of redirects, each of which is checked like the first address."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urljoin

import httpcore
import msgspec

from artel.outbound.answers import is_about_tls, seconds_of
from artel.outbound.connections import trusted
from artel.outbound.dialling import CheckedBackend, NotDialled, Resolve, Target, read_target, resolve_by_system

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 5
# What is repeated at another address: these only read.
REPEATABLE = frozenset({"GET", "PROPFIND", "REPORT", "OPTIONS"})
KEEP_S = 20.0
MOST_CONNECTIONS = 200


class CallFailed(Exception):
    """No answer, or none that can be used. `reason`: NotDialled's, or timeout, connection, tls, protocol, redirect,
    too_large."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Reply(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes
    url: str  # where it came from, after redirects

    @property
    def wish_s(self) -> float | None:
        """Seconds until the other side wants to be asked again (Retry-After)."""
        return seconds_of(self.headers.get("retry-after"))


class Caller:
    """Calls over connections that are kept for a while. One a process is enough."""

    def __init__(
        self,
        *,
        allow_private: bool,
        resolve: Resolve = resolve_by_system,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self.allow_private = allow_private
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=20,
            keepalive_expiry=KEEP_S,
            network_backend=CheckedBackend(allow_private=allow_private, resolve=resolve, network=network),
        )

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float,
        limit_bytes: int,
    ) -> Reply:
        """The answer, whatever its status. `timeout_s` is for all of it. Raises CallFailed."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(method, url, dict(headers or {}), body, timeout_s, limit_bytes)
        except NotDialled as error:
            raise CallFailed(error.reason) from None
        except (TimeoutError, httpcore.TimeoutException):
            raise CallFailed("timeout") from None
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol):
            raise CallFailed("protocol") from None
        except (httpcore.NetworkError, OSError) as error:
            raise CallFailed("tls" if is_about_tls(error) else "connection") from None

    async def _follow(
        self, method: str, url: str, headers: dict[str, str], body: bytes, timeout_s: float, limit_bytes: int
    ) -> Reply:
        for _ in range(MOST_REDIRECTS + 1):
            target = read_target(url, allow_private=self.allow_private)
            reply = await self._once(method, target, url, headers, body, timeout_s, limit_bytes)
            place = reply.headers.get("location")
            if reply.status not in REDIRECTS or not place or method not in REPEATABLE:
                return reply
            url = urljoin(url, place.split("#")[0])
            following = read_target(url, allow_private=self.allow_private)
            if following.scheme != target.scheme and target.scheme == "https":
                raise CallFailed("redirect")
            if (following.scheme, following.host, following.port) != (target.scheme, target.host, target.port):
                # Who we are is nobody else's to know, wherever the one who knows it sends us.
                headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
        raise CallFailed("redirect")

    async def _once(
        self,
        method: str,
        target: Target,
        url: str,
        headers: dict[str, str],
        body: bytes,
        timeout_s: float,
        limit_bytes: int,
    ) -> Reply:
        given = {"Host": target.host_header, "Accept-Encoding": "identity", "User-Agent": "Artel", **headers}
        if body or method in {"POST", "PUT"}:
            given["Content-Length"] = str(len(body))
        async with self._pool.stream(
            method,
            target.url,
            headers=[(name.encode(), value.encode()) for name, value in given.items()],
            content=body or None,
            extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), timeout_s)},
        ) as response:
            got = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            # A body that was packed although we asked for it plain could unpack to anything.
            if got.get("content-encoding", "identity").lower() not in {"identity", ""}:
                raise CallFailed("protocol")
            length = got.get("content-length", "")
            if length.isdecimal() and int(length[:18]) > limit_bytes:
                raise CallFailed("too_large")
            parts, read = [], 0
            async for part in response.aiter_stream():
                read += len(part)
                if read > limit_bytes:
                    raise CallFailed("too_large")
                parts.append(part)
            return Reply(response.status, got, b"".join(parts), url)

    async def aclose(self) -> None:
        await self._pool.aclose()
