"""No connection is opened to an address inside, however it is named and whatever a resolver says and when."""

import ipaddress
import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore
import pytest

from artel.outbound.dialling import CheckedBackend, NotDialled, SocketOption, Target, read_target

PUBLIC = "93.184.216.34"


class Network(httpcore.AsyncNetworkBackend):
    """The way to the network, watched: whatever is dialled is noted; nothing answers."""

    def __init__(self, answering: str | None = None) -> None:
        self.dialled: list[str] = []
        self.answering = answering

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 httpcore's name
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append(host)
        if host != self.answering:
            raise httpcore.ConnectError("nobody there")
        return httpcore.AsyncMockStream([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])


class Resolver:
    """Answers what it is told to, one answer a look-up, the last one again and again."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def call(url: str, resolver: Resolver, network: Network) -> httpcore.Response:
    target = read_target(url, allow_private=False)
    backend = CheckedBackend(allow_private=False, resolve=resolver, network=network)
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        return await pool.request("POST", target.url, headers={"Host": target.host_header}, content=b"{}")


class Listener:
    """A server on this machine's loopback that counts who comes."""

    def __init__(self) -> None:
        self.visits = 0
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def get_request(self) -> Any:
                listener.visits += 1
                return super().get_request()

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


LOOPBACK_FORMS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "localhost",
    "LocalHost.",
    "hooks.localhost",
    "localhost.localdomain",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fd00::1]",
    "metadata.internal",
    "router",
    "①②⑦.⓪.⓪.①",
]


@pytest.mark.parametrize("host", LOOPBACK_FORMS)
async def test_a_forbidden_form_is_refused_before_anything_is_asked(host: str, listener: Listener) -> None:
    network, resolver = Network(), Resolver(["127.0.0.1"])
    with pytest.raises(NotDialled):
        await call(f"http://{host}:{listener.port}/", resolver, network)
    assert (network.dialled, resolver.asked, listener.visits) == ([], [], 0)


@pytest.mark.parametrize("host", LOOPBACK_FORMS)
async def test_a_forbidden_form_is_not_dialled_even_if_the_url_was_let_through(host: str, listener: Listener) -> None:
    """The real resolver and the real network, without the first check."""
    backend = CheckedBackend(allow_private=False)
    with pytest.raises(NotDialled):
        await backend.connect_tcp(host.strip("[]").replace("%25", "%"), listener.port, timeout=5)
    assert listener.visits == 0


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["100.64.1.1"],
        ["::1"],
        ["fe80::1%2"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        [PUBLIC, "127.0.0.1"],
        ["192.168.0.1", PUBLIC],
    ],
)
async def test_a_name_that_points_inside_is_not_dialled(answer: list[str]) -> None:
    network = Network()
    with pytest.raises(NotDialled, match="address_not_allowed"):
        await call("https://hooks.example/", Resolver(answer), network)
    assert network.dialled == []


async def test_a_rebinding_name_gains_nothing() -> None:
    """The look-up is made once a connection, and the very address that was checked is dialled."""
    network = Network(answering=PUBLIC)
    resolver = Resolver([PUBLIC], ["127.0.0.1"])
    assert (await call("http://hooks.example/", resolver, network)).status == 200
    assert resolver.asked == ["hooks.example"]
    with pytest.raises(NotDialled):
        await call("http://hooks.example/", resolver, network)
    assert network.dialled == [PUBLIC]
    assert all(ipaddress.ip_address(address) for address in network.dialled)


async def test_every_address_of_a_name_is_tried() -> None:
    network = Network(answering="1.1.1.1")
    assert (await call("http://hooks.example/", Resolver(["8.8.8.8", "1.1.1.1"]), network)).status == 200
    assert network.dialled == ["8.8.8.8", "1.1.1.1"]
    with pytest.raises(httpcore.ConnectError):
        await call("http://hooks.example/", Resolver(["8.8.8.8", "8.8.4.4"]), network)


async def test_a_name_without_an_address() -> None:
    with pytest.raises(NotDialled, match="name_unknown"):
        await call("http://hooks.example/", Resolver([]), Network())
    with pytest.raises(NotDialled, match="name_unknown"):
        await CheckedBackend(allow_private=False).connect_tcp("no-such-name.invalid", 80, timeout=5)


async def test_the_sandbox_may_call_this_machine(listener: Listener) -> None:
    target = read_target(f"http://localhost:{listener.port}/", allow_private=True)
    async with httpcore.AsyncConnectionPool(network_backend=CheckedBackend(allow_private=True)) as pool:
        assert (await pool.request("POST", target.url, headers={"Host": target.host_header})).status == 200
    assert listener.visits == 1


async def test_sockets_of_this_machine_are_never_opened() -> None:
    with pytest.raises(NotDialled):
        await CheckedBackend(allow_private=True).connect_unix_socket("/tmp/socket")


@pytest.mark.parametrize(
    ("url", "expected", "host_header"),
    [
        ("https://hooks.example", Target("https", "hooks.example", 443, "/"), "hooks.example"),
        ("http://Hooks.Example:8080/a?b=c#d", Target("http", "hooks.example", 8080, "/a?b=c"), "hooks.example:8080"),
        ("https://пример.рф/хук?имя=1", None, "xn--e1afmkfd.xn--p1ai"),
        ("http://[2606:4700::1111]/", Target("http", "2606:4700::1111", 80, "/"), "[2606:4700::1111]"),
        ("https://hooks.example/a%20b?c=%D1%85", Target("https", "hooks.example", 443, "/a%20b?c=%D1%85"), None),
    ],
)
def test_urls_are_taken_apart(url: str, expected: Target | None, host_header: str | None) -> None:
    target = read_target(url, allow_private=False)
    assert target.path.isascii()
    assert expected in (None, target)
    assert host_header in (None, target.host_header)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "/hook",
        "//hooks.example/",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "gopher://hooks.example/",
        "javascript:alert(1)",
        "https://",
        "https://user:secret@hooks.example/",
        "https://user@hooks.example/",
        "https://hooks.example@10.0.0.1/",
        "https://hooks.example\\@10.0.0.1/",
        "https://hooks.example:0/",
        "https://hooks.example:22/",
        "https://hooks.example:25/",
        "https://hooks.example:99999/",
        "https://hooks.example:x/",
        "https://hooks..example/",
        "https://hooks.example/ a",
        "https://hooks.example/\r\nX: y",
        "https://hooks.example/\0",
        "https://[::1",
        "https://" + "a" * 64 + ".example/",
        "https://hooks.example/" + "a" * 2000,
    ],
)
def test_what_is_no_address_to_call_is_refused_even_in_the_sandbox(url: str) -> None:
    with pytest.raises(NotDialled, match="url_invalid"):
        read_target(url, allow_private=True)
