"""Links to pages: secret, expiring, used once; and where a visitor may be sent on to."""

import asyncio
from datetime import datetime, timedelta

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.people.errors import LinkGone, RedirectUrlRefused
from artel.people.links import Link, check_redirect_url, make_link, open_link, use_link


async def make(conn: Connection, person: int, now: datetime) -> str:
    return await make_link(
        conn,
        purpose="new_card",
        person_id=person,
        now=now,
        lifetime_s=3600,
        facts={"currency": "EUR"},
        redirect_url="https://aurora.example/back",
    )


async def test_link_is_opened_often_and_used_once(conn: Connection, person: int, now: datetime) -> None:
    token = await make(conn, person, now)
    link = Link(person, None, {"currency": "EUR"}, "https://aurora.example/back", now + timedelta(hours=1))
    assert await open_link(conn, token, purpose="new_card", now=now) == link
    assert await open_link(conn, token, purpose="new_card", now=now) == link
    assert await use_link(conn, token, purpose="new_card", now=now) == link
    with pytest.raises(LinkGone):
        await use_link(conn, token, purpose="new_card", now=now)
    with pytest.raises(LinkGone):
        await open_link(conn, token, purpose="new_card", now=now)


async def test_link_of_another_purpose_unknown_or_late(conn: Connection, person: int, now: datetime) -> None:
    token = await make(conn, person, now)
    with pytest.raises(LinkGone):
        await open_link(conn, token, purpose="registration", now=now)
    with pytest.raises(LinkGone):
        await open_link(conn, "no such token", purpose="new_card", now=now)
    with pytest.raises(LinkGone):
        await use_link(conn, token, purpose="new_card", now=now + timedelta(hours=1))


async def test_token_is_kept_hashed(conn: Connection, person: int, now: datetime) -> None:
    token = await make(conn, person, now)
    kept = await fetch_value(conn, "SELECT token_hash FROM page_link")
    assert token.encode() not in kept
    assert len(token) >= 43


async def test_of_many_users_at_once_one_gets_the_link(
    database: Database, conn: Connection, person: int, now: datetime
) -> None:
    token = await make(conn, person, now)

    async def use() -> bool:
        try:
            async with database.transaction() as using:
                await use_link(using, token, purpose="new_card", now=now)
        except LinkGone:
            return False
        return True

    assert sum(await asyncio.gather(*(use() for _ in range(16)))) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://aurora.example/back?task=1#done",
        "http://aurora.example",
        "https://пример.рф/",
        "https://8.8.8.8:8443/",
        "https://[2606:4700::1111]/",
    ],
)
def test_public_addresses_are_taken(url: str) -> None:
    assert check_redirect_url(url, allow_private=False) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/back",
        "//aurora.example/back",
        "javascript:alert(1)",
        "data:text/html,hello",
        "ftp://aurora.example/",
        "https://",
        "https://user:secret@aurora.example/",
        "https://aurora.example@evil.example/",
        "https://aurora.example:99999/",
        "https://aurora.example:0/",
        "https://evil.example\\@aurora.example/",
        "https://aurora.example/\r\nSet-Cookie: a=b",
        "https://aurora.example/a b",
        "https://[::1/",
        "https://aurora.example/" + "a" * 2000,
    ],
)
def test_what_is_no_web_address_is_refused_even_in_the_sandbox(url: str) -> None:
    with pytest.raises(RedirectUrlRefused):
        check_redirect_url(url, allow_private=True)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "app.localhost",
        "router",
        "printer.local",
        "db.internal",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "10.0.0.8",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.8]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[ff02::1]",
    ],
)
def test_private_addresses_are_for_the_sandbox_alone(host: str) -> None:
    url = f"https://{host}/back"
    with pytest.raises(RedirectUrlRefused):
        check_redirect_url(url, allow_private=False)
    assert check_redirect_url(url, allow_private=True) == url
