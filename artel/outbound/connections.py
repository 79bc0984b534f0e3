"""Connections kept open between calls to one receiver.

httpcore has a pool for that; it looks through all its connections at every request, each with calls to the system,
which took a third of a call's time here. One receiver's few connections need no more than a stack.
"""

import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from functools import cache

import httpcore

from artel.outbound.dialling import CheckedBackend, Target


@cache
def trusted() -> ssl.SSLContext:
    """One for the process: reading the authorities takes longer than many a call."""
    return httpcore.default_ssl_context()


class Connections:
    """Opened over a backend as they are needed, each for one call at a time, the last used first."""

    def __init__(self, backend: CheckedBackend, *, keep_s: float) -> None:
        self._backend = backend
        self._keep_s = keep_s
        self._idle: list[httpcore.AsyncHTTPConnection] = []

    @contextlib.asynccontextmanager
    async def post(
        self, target: Target, headers: Mapping[str, str], body: bytes, *, limit_s: float
    ) -> AsyncIterator[httpcore.Response]:
        """The answer's head; its body is read inside the block, and what is left of it then is cut off with its
        connection. `limit_s` is for each step; raises NotDialled and httpcore's errors."""
        connection = await self._take(target.url.origin)
        sent = [(name.encode(), value.encode()) for name, value in {"Host": target.host_header, **headers}.items()]
        limits = dict.fromkeys(("connect", "read", "write", "pool"), limit_s)
        try:
            async with connection.stream(
                "POST", target.url, headers=sent, content=body, extensions={"timeout": limits}
            ) as response:
                yield response
        finally:
            if connection.is_idle() and not connection.is_closed():
                self._idle.append(connection)
            else:
                await connection.aclose()

    async def _take(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        while self._idle:
            connection = self._idle.pop()
            if connection.can_handle_request(origin) and not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin, ssl_context=trusted(), keepalive_expiry=self._keep_s, network_backend=self._backend
        )

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop().aclose()
