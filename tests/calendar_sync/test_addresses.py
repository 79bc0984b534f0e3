"""What users give as addresses leads nowhere inside a production installation, whatever stands in the table or in the
DNS; what servers send leads nowhere either."""

from collections.abc import Iterator
from typing import Any

import httpcore
import httpx
import msgspec
import pytest

from artel.calendar_sync.syncing import calendar_loop
from artel.db.pool import Connection, Database
from artel.outbound.calling import Caller
from artel.settings import Settings
from tests.api.conftest import sandbox_application
from tests.calendar_sync.cast import FeedServer, Outside, Reply, ics, states, sync_now
from tests.cast import Someone

Owner = tuple[Someone, int]
INSIDE_HOSTS = [
    "127.0.0.1",
    "localhost",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "[::1]",
    "[fd00::1]",
    "[fe80::1]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "printer.local",
    "intranet",
]


class Inside:
    """A name server that says of every name that it is this machine."""

    async def __call__(self, host: str, port: int) -> list[str]:
        return ["127.0.0.1"]


class FirstIsPublic(Inside):
    """And of the one name that it is somewhere else."""

    async def __call__(self, host: str, port: int) -> list[str]:
        return ["93.184.216.34"] if host == "feeds.example.com" else await super().__call__(host, port)


class ToThisMachine(httpcore.AnyIOBackend):
    """A network whose every public address is this machine."""

    async def connect_tcp(self, host: str, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        return await super().connect_tcp("127.0.0.1", *args, **kwargs)


@pytest.fixture
def production(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, sandbox=False)


@pytest.mark.parametrize("host", INSIDE_HOSTS)
@pytest.mark.parametrize("kind", ["import", "caldav"])
async def test_an_address_inside_is_refused(
    client: httpx.AsyncClient, production: Settings, owner: Owner, host: str, kind: str
) -> None:
    app, _ = sandbox_application()
    app.state.context = msgspec.structs.replace(app.state.context, settings=production)
    someone, kal = owner
    for scheme in ("http", "https", "webcal"):
        given = {"url": f"{scheme}://{host}/cal.ics", "username": "anna", "password": "let me in"}
        body = {"url": given["url"]} if kind == "import" else given
        refused = await client.post(f"/kal/{kal}/{kind}", json=body, headers=someone.headers)
        assert refused.status_code == 422, refused.text
        assert "url" in refused.json()["errors"]


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f000001", "[::ffff:127.0.0.1]", "cal.example.com"])
@pytest.mark.parametrize("kind", ["import", "caldav"])
async def test_no_connection_is_opened(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    production: Settings,
    owner: Owner,
    feed: FeedServer,
    host: str,
    kind: str,
) -> None:
    """It was let through: by a sandbox, or before the name moved."""
    someone, kal = owner
    body = {"url": f"http://{host}:{feed.port}/cal.ics"}
    if kind == "caldav":
        body |= {"username": "anna", "password": "let me in"}
    assert (await client.post(f"/kal/{kal}/{kind}", json=body, headers=someone.headers)).status_code == 200
    await sync_now(
        database, production, loop=calendar_loop(production, caller=Caller(allow_private=False, resolve=Inside()))
    )
    assert [state.error for state in await states(conn)] == ["address_not_allowed"]
    assert feed.visits == 0


@pytest.mark.parametrize(
    "url", ["ftp://a.example.com/", "file:///etc/passwd", "http://u:p@a.example.com/", "x", "http://"]
)
async def test_what_is_no_web_address(client: httpx.AsyncClient, owner: Owner, url: str) -> None:
    someone, kal = owner
    refused = await client.post(f"/kal/{kal}/import", json={"url": url}, headers=someone.headers)
    assert refused.status_code == 422
    assert list(refused.json()["errors"]) == ["url"]


@pytest.fixture
def elsewhere() -> Iterator[Outside]:
    server = Outside(lambda _: Reply(200, ics()))
    yield server
    server.stop()


async def test_a_redirect_inside_is_not_followed(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    production: Settings,
    owner: Owner,
    elsewhere: Outside,
    feed: FeedServer,
) -> None:
    """The first address is public as far as it goes; where it leads to is not."""

    feed.answer = lambda _: Reply(302, headers={"Location": elsewhere.url + "/inner"})
    someone, kal = owner
    url = f"http://feeds.example.com:{feed.port}/a.ics"
    await client.post(f"/kal/{kal}/import", json={"url": url}, headers=someone.headers)
    caller = Caller(allow_private=False, resolve=FirstIsPublic(), network=ToThisMachine())
    await sync_now(database, production, loop=calendar_loop(production, caller=caller))
    assert feed.visits == 1
    assert elsewhere.visits == 0
    assert [state.error for state in await states(conn)] == ["address_not_allowed"]


async def test_redirects_come_to_an_end(
    client: httpx.AsyncClient, conn: Connection, database: Database, settings: Settings, owner: Owner, feed: FeedServer
) -> None:
    feed.answer = lambda _: Reply(302, headers={"Location": "/again"})
    someone, kal = owner
    await client.post(f"/kal/{kal}/import", json={"url": feed.url}, headers=someone.headers)
    await sync_now(database, settings)
    assert len(feed.asked) == 6
    assert [state.error for state in await states(conn)] == ["redirect"]


async def test_a_password_goes_nowhere_else(
    client: httpx.AsyncClient,
    conn: Connection,
    database: Database,
    settings: Settings,
    owner: Owner,
    elsewhere: Outside,
    feed: FeedServer,
) -> None:
    """A server that sends us to another one does not send our password there; nor does one that names a place there."""
    someone, kal = owner
    feed.answer = lambda _: Reply(307, headers={"Location": elsewhere.url + "/dav/"})
    given = {"url": feed.url, "username": "anna", "password": "let me in", "from": True}
    await client.post(f"/kal/{kal}/caldav", json=given, headers=someone.headers)
    await sync_now(database, settings)
    assert elsewhere.visits > 0
    principal = f"""<d:multistatus xmlns:d="DAV:"><d:response><d:href>/</d:href><d:propstat><d:prop>
        <d:current-user-principal><d:href>{elsewhere.url}/me/</d:href></d:current-user-principal>
        </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"""
    feed.answer = lambda _: Reply(207, principal.encode())
    await sync_now(database, settings)
    assert [state.error for state in await states(conn)] == ["redirect"]
    assert all("authorization" in asked.headers for asked in feed.asked)
    assert not any("authorization" in asked.headers for asked in elsewhere.asked)


async def test_xml_that_unfolds_is_refused(
    client: httpx.AsyncClient, conn: Connection, database: Database, settings: Settings, owner: Owner, feed: FeedServer
) -> None:
    bomb = b"""<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
        <d:multistatus xmlns:d="DAV:"><d:response><d:href>&b;</d:href></d:response></d:multistatus>"""
    feed.answer = lambda _: Reply(207, bomb)
    someone, kal = owner
    given = {"url": feed.url, "username": "anna", "password": "let me in", "from": True}
    await client.post(f"/kal/{kal}/caldav", json=given, headers=someone.headers)
    await sync_now(database, settings)
    assert [state.error for state in await states(conn)] == ["not_a_calendar"]
