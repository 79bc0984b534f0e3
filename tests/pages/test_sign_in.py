"""Signing in and out on the pages."""

from datetime import datetime, timedelta

import pyotp
import pytest

from artel import clock
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.people.passwords import hash_password
from tests import cast
from tests.pages.conftest import Browser

EMAIL = "anna@freelance.example"
PASSWORD = "correct horse battery"


@pytest.fixture
async def anna(conn: Connection, now: datetime) -> int:
    person = await cast.add_person(conn, EMAIL, now=now)
    await conn.execute(
        "UPDATE person SET password_hash = %s, phone = '79161234567' WHERE id = %s",
        [await hash_password(PASSWORD), person],
    )
    return person


async def enter(browser: Browser, next_path: str = "", **fields: str) -> str:
    await browser.open(f"/sign-in?next={next_path}")
    return (await browser.send({"username": EMAIL, "password": PASSWORD, **fields})).url.path


async def test_in_and_out(browser: Browser, anna: int, conn: Connection) -> None:
    assert await enter(browser) == "/my"
    assert "artel_session" in browser.http.cookies
    assert (await browser.open("/sign-in")).url.path == "/my"
    kept = browser.http.cookies["artel_session"]
    page = await browser.send()
    assert page.url.path == "/sign-in"
    assert "artel_session" not in browser.http.cookies
    browser.http.cookies.set("artel_session", kept)
    assert (await browser.open("/my")).url.path == "/sign-in", "the session itself has ended"


@pytest.mark.parametrize("fields", [{"password": "wrong"}, {"username": "nobody@freelance.example"}, {"password": ""}])
async def test_wrong_and_unknown_look_alike(browser: Browser, anna: int, fields: dict[str, str]) -> None:
    assert await enter(browser, **fields) == "/sign-in"
    assert browser.page.status_code == 422
    assert "The user name or password is wrong." in browser.page.text
    assert PASSWORD not in browser.page.text
    assert browser.form()[1]["username"] == fields.get("username", EMAIL)
    assert "artel_session" not in browser.http.cookies


@pytest.mark.parametrize(
    ("asked", "reached"),
    [
        ("/agreements/x", "/agreements/x"),
        ("//evil.example/", "/my"),
        ("/%5Cevil.example", "/my"),
        ("https://evil.example", "/my"),
        ("", "/my"),
    ],
)
async def test_where_it_goes_on(browser: Browser, anna: int, asked: str, reached: str) -> None:
    assert await enter(browser, asked) == reached
    assert browser.page.url.host == "artel.test"


async def test_a_code_by_sms(browser: Browser, anna: int, conn: Connection) -> None:
    await conn.execute("UPDATE person SET two_factor = 'sms'")
    assert await enter(browser, "/registration/done") == "/sign-in"
    assert "+*******4567" in browser.page.text
    assert "artel_session" not in browser.http.cookies
    code = await fetch_value(conn, "SELECT code FROM message WHERE channel = 'sms'")
    page = await browser.send({"code": "000000"})
    assert page.status_code == 422
    assert "The code is wrong." in page.text
    page = await browser.send({"code": code})
    assert page.url.path == "/registration/done"
    assert "artel_session" in browser.http.cookies


async def test_a_code_of_an_app(browser: Browser, anna: int, conn: Connection) -> None:
    secret = pyotp.random_base32()
    await conn.execute("UPDATE person SET two_factor = 'google', totp_secret = %s", [secret])
    await enter(browser)
    assert "authenticator app" in browser.page.text
    page = await browser.send({"code": pyotp.TOTP(secret).at(clock.now())})
    assert page.url.path == "/my"


@pytest.mark.parametrize("spoil", ["person", "signature", "time", "password changed", "nonsense"])
async def test_the_second_step_needs_the_first(
    browser: Browser, anna: int, conn: Connection, now: datetime, spoil: str
) -> None:
    secret = pyotp.random_base32()
    await conn.execute("UPDATE person SET two_factor = 'google', totp_secret = %s", [secret])
    other = await cast.add_person(conn, "boris@freelance.example", now=now)
    await conn.execute(
        "UPDATE person SET password_hash = (SELECT password_hash FROM person WHERE id = %s) WHERE id = %s",
        [anna, other],
    )
    await enter(browser)
    person, until, signature = browser.form()[1]["proven"].split(".")
    proven = {
        "person": f"{other}.{until}.{signature}",
        "signature": f"{person}.{until}.{'0' * 64}",
        "time": f"{person}.{int(until) + 3600}.{signature}",
        "password changed": f"{person}.{until}.{signature}",
        "nonsense": "9" * 30,
    }[spoil]
    if spoil == "password changed":
        await conn.execute("UPDATE person SET password_hash = %s", [await hash_password("another password")])
    page = await browser.send({"code": pyotp.TOTP(secret).at(clock.now()), "proven": proven})
    assert page.status_code == 422
    assert "artel_session" not in browser.http.cookies


async def test_the_first_step_is_good_for_ten_minutes(browser: Browser, anna: int, conn: Connection) -> None:
    secret = pyotp.random_base32()
    await conn.execute("UPDATE person SET two_factor = 'google', totp_secret = %s", [secret])
    await enter(browser)
    clock.move_to_offset(timedelta(minutes=11))
    try:
        page = await browser.send({"code": pyotp.TOTP(secret).at(clock.now())})
    finally:
        clock.move_to_offset(timedelta())
    assert page.status_code == 422
    assert "artel_session" not in browser.http.cookies


async def test_guessing_is_slowed_down(browser: Browser, anna: int) -> None:
    statuses = set()
    for _ in range(21):
        await enter(browser, password="guess")
        statuses.add(browser.page.status_code)
    assert browser.page.status_code == 429
    assert "A little slower" in browser.page.text
    assert browser.page.headers["retry-after"]
    assert statuses == {422, 429}
