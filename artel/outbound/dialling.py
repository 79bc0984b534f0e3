"""Calling an address that a customer gave: read strictly, resolved once, and only the checked address is connected to.

What a name resolves to may change between any two look-ups, so nothing that was checked earlier counts when a
connection is opened. `CheckedBackend` is httpcore's way to the network: it asks the resolver once, checks every
answer, and connects to an answer by its number. The name stays in the Host header and in TLS. A pool over it follows
no redirect, keeps no cookie and knows no proxy.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import httpcore
import msgspec

from artel.outbound.addresses import is_private_host, is_public

LONGEST_URL = 2000
PORTS = {"http": 80, "https": 443}
# Below it live other protocols, which an HTTP request must not be smuggled into.
FIRST_FREE_PORT = 1024
# What stands in a path or query as it is; anything else is percent-encoded.
PLAIN = "/?:@!$&'()*+,;=-._~%[]|"
# One address that does not answer leaves time for the next one.
ONE_ADDRESS_S = 4.0
# Look-ups block a thread each. More threads than asyncio's own pool has, so that a slow name holds nobody else up.
LOOKUPS = ThreadPoolExecutor(max_workers=64, thread_name_prefix="lookup")

Resolve = Callable[[str, int], Awaitable[list[str]]]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class NotDialled(Exception):
    """No connection was opened. `reason`: url_invalid, name_unknown, or address_not_allowed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Target(msgspec.Struct, frozen=True):
    """A URL taken apart, in the form that goes over the wire."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> httpcore.URL:
        return httpcore.URL(
            scheme=self.scheme.encode(), host=self.host.encode(), port=self.port, target=self.path.encode()
        )

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(url: str, *, allow_private: bool) -> Target:
    """Take a URL apart when it may be called, as far as the URL alone tells.

    Raises NotDialled: url_invalid for what is no absolute http(s) address, carries a user name, is longer than 2,000
    characters or names a port below 1024 that is not 80 or 443; address_not_allowed, unless `allow_private` (the
    sandbox), for this machine or a private network, however it is spelt.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        name = host if ":" in host else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise NotDialled("url_invalid") from None
    readable = len(url) <= LONGEST_URL and "\\" not in url and url.isprintable() and " " not in url
    if parts.scheme not in PORTS or not name or "@" in parts.netloc or "%" in host or not readable:
        raise NotDialled("url_invalid")
    port = PORTS[parts.scheme] if port is None else port
    if port < FIRST_FREE_PORT and port not in PORTS.values():
        raise NotDialled("url_invalid")
    if not allow_private and is_private_host(name):
        raise NotDialled("address_not_allowed")
    query = f"?{quote(parts.query, safe=PLAIN)}" if parts.query else ""
    return Target(parts.scheme, name, port, (quote(parts.path, safe=PLAIN) or "/") + query)


async def resolve_by_system(host: str, port: int) -> list[str]:
    """Every address of a name, as the machine's resolver orders them. Raises NotDialled."""
    try:
        found = await asyncio.get_running_loop().run_in_executor(
            LOOKUPS, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
    except (OSError, UnicodeError):
        raise NotDialled("name_unknown") from None
    return list(dict.fromkeys(str(answer[4][0]) for answer in found))


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to public addresses alone; to any with `allow_private` (the sandbox)."""

    def __init__(
        self,
        *,
        allow_private: bool,
        resolve: Resolve = resolve_by_system,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._network = network or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's name
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises NotDialled where the name has no address, or one of its addresses is not public: a name that points
        both ways is nobody's honest receiver. Else httpcore's own errors."""
        addresses = await self._resolve(host, port)
        if not addresses:
            raise NotDialled("name_unknown")
        if not self._allow_private and not all(is_public(ipaddress.ip_address(address)) for address in addresses):
            raise NotDialled("address_not_allowed")
        patience_s = timeout if len(addresses) == 1 else min(ONE_ADDRESS_S, timeout or ONE_ADDRESS_S)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(address, port, patience_s, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(addresses[-1], port, patience_s, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's name
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise NotDialled("address_not_allowed")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)
