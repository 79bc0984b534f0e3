"""The tag Login: a code by mail, signing in with it or a password, signing out; the paths shared with the customer
API."""

import asyncio
import time
from datetime import datetime
from typing import Any

import httpx
import pyotp
import pytest

from artel import clock
from artel.api.time.login import LEAST_S
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.people.codes import MOST_ATTEMPTS
from artel.people.mail_login import MOST_FROM_ADDRESS, MOST_TO_MAILBOX
from artel.people.proof import MOST_FOR_ACCOUNT
from tests import cast
from tests.times import Travel

EMAIL = "anna@example.test"
PASSWORD = "correct horse battery"
WRONG = "The code or password is wrong, or the code is no longer valid: request a new one."


@pytest.fixture
async def anna(conn: Connection, now: datetime) -> int:
    return await cast.add_person(conn, EMAIL, now=now, password=PASSWORD, phone="+49 170 1234567")


async def ask(client: httpx.AsyncClient, email: str = EMAIL, **more: Any) -> httpx.Response:
    return await client.post("/loginrequest", json={"email": email}, **more)


async def login(client: httpx.AsyncClient, password: str, email: str = EMAIL, **body: object) -> httpx.Response:
    return await client.post("/login", json={"email": email, "password": password, **body})


async def mailed_code(conn: Connection, to: str = EMAIL) -> str:
    code: str = await fetch_value(
        conn, "SELECT code FROM message WHERE recipient = %(to)s ORDER BY id DESC LIMIT 1", {"to": to}
    )
    return code


async def code_for(client: httpx.AsyncClient, conn: Connection) -> str:
    reply = await ask(client)
    assert reply.status_code == 200
    return await mailed_code(conn)


def bearer(reply: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {reply.json()['token']}"}


def another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def test_signing_in_with_the_mailed_code(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    code = await code_for(client, conn)
    reply = await login(client, code)
    assert reply.status_code == 200
    profile = reply.json()
    assert profile.pop("token")
    assert (profile["id"], profile["email"], profile["name"]) == (anna, EMAIL, "Anna Example")
    assert (await client.get("/user", headers=bearer(reply))).json() == profile


async def test_the_address_may_be_capitalised_and_the_code_parted(
    client: httpx.AsyncClient, conn: Connection, anna: int
) -> None:
    await ask(client, "ANNA@Example.test")
    code = await mailed_code(conn)
    assert (await login(client, f"{code[:3]} {code[3:]}", "Anna@example.test")).status_code == 200


async def test_the_code_confirms_the_address(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    await conn.execute("UPDATE person SET email_confirmed_at = NULL")
    assert (await login(client, PASSWORD)).json()["email_confirmed"] is False
    assert (await login(client, await code_for(client, conn))).json()["email_confirmed"] is True


async def test_a_code_is_taken_once_and_only_the_newest(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    first = await code_for(client, conn)
    second = await code_for(client, conn)
    assert (await login(client, first)).status_code == (200 if first == second else 401)
    assert (await login(client, second)).status_code == 200
    assert (await login(client, second)).status_code == 401


async def test_a_code_works_for_ten_minutes(
    client: httpx.AsyncClient, conn: Connection, anna: int, travel: Travel
) -> None:
    code = await code_for(client, conn)
    travel(minutes=10)
    reply = await login(client, code)
    assert reply.status_code == 401
    assert reply.json() == {"message": WRONG}


async def test_a_hundred_guesses_at_once_are_five(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    """Those above the limit of tries are not even compared; and the right code is worth nothing afterwards."""
    code = await code_for(client, conn)
    guesses = [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, 101)]
    replies = await asyncio.gather(*(login(client, guess) for guess in guesses))
    assert sorted(reply.status_code for reply in replies) == [401] * MOST_FOR_ACCOUNT + [429] * 80
    assert await fetch_value(conn, "SELECT attempts FROM one_time_code") == MOST_ATTEMPTS
    await conn.execute("DELETE FROM rate_limit")
    assert (await login(client, code)).status_code == 401
    assert await fetch_value(conn, "SELECT count(*) FROM session") == 0


async def test_of_many_with_the_right_code_one_gets_in(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    code = await code_for(client, conn)
    replies = await asyncio.gather(*(login(client, code) for _ in range(10)))
    assert sorted(reply.status_code for reply in replies) == [200] + [401] * 9


async def test_signing_in_with_a_password(client: httpx.AsyncClient, anna: int) -> None:
    reply = await login(client, PASSWORD)
    assert reply.status_code == 200
    assert reply.json()["id"] == anna


async def test_whoever_made_the_account_either_format_opens_it(
    client: httpx.AsyncClient, conn: Connection, anna: int, company_id: int, now: datetime
) -> None:
    """One person, one account: a company's owner signs in by mail, and the token opens the customer API."""
    await cast.add_member(conn, company_id, anna, "owner", now=now)
    by_mail = await login(client, await code_for(client, conn))
    assert (await client.get("/customer/balance", headers=bearer(by_mail))).status_code == 200
    by_name = await client.post("/login", json={"username": EMAIL, "password": PASSWORD})
    assert set(by_name.json()) == {"token", "refreshToken"}
    assert (await client.get("/user", headers=bearer(by_name))).json()["id"] == anna


@pytest.mark.parametrize("asked_before", [True, False])
async def test_unknown_addresses_look_like_known_ones(
    client: httpx.AsyncClient, conn: Connection, anna: int, asked_before: bool
) -> None:
    for password in ("000000", "no such password"):
        answers = []
        for email in (EMAIL, "nobody@example.test"):
            asked = await ask(client, email) if asked_before else None
            reply = await login(client, password, email)
            answers.append(
                (asked and (asked.status_code, asked.content), reply.status_code, reply.content, reply.headers.keys())
            )
        assert answers[0] == answers[1]
        assert answers[0][1:3] == (401, reply.content)
    assert await fetch_value(conn, "SELECT count(*) FROM person") == 1
    assert await fetch_value(conn, "SELECT count(*) FROM message WHERE recipient = 'nobody@example.test'") == 0


async def test_an_unknown_address_takes_as_long(client: httpx.AsyncClient, anna: int) -> None:
    for email in (EMAIL, "nobody@example.test"):
        began = time.monotonic()
        await ask(client, email)
        asked = time.monotonic()
        await login(client, "000000", email)
        assert asked - began >= LEAST_S
        assert time.monotonic() - asked >= LEAST_S


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.test"])
async def test_requests_for_one_mailbox_are_limited(client: httpx.AsyncClient, anna: int, email: str) -> None:
    replies = [await ask(client, email) for _ in range(MOST_TO_MAILBOX + 1)]
    assert [reply.status_code for reply in replies] == [200] * MOST_TO_MAILBOX + [429]
    assert replies[0].json() == {"countdown": 60}
    assert 0 < int(replies[-1].headers["retry-after"]) <= 600
    assert "message" in replies[-1].json()
    assert (await ask(client, "somebody@example.test")).status_code == 200


async def test_requests_from_one_address_are_limited(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    await ask(client)
    await conn.execute("UPDATE rate_limit SET hits = %s WHERE key LIKE 'mail-login-from:%%'", [MOST_FROM_ADDRESS])
    assert (await ask(client)).status_code == 429


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.test"])
async def test_guesses_are_limited_for_known_and_unknown(client: httpx.AsyncClient, anna: int, email: str) -> None:
    """Codes and passwords, in either format, are counted together."""
    for n in range(MOST_FOR_ACCOUNT):
        assert (await login(client, "123456" if n % 2 else "no such password", email)).status_code == 401
    reply = await login(client, "123456", email)
    assert reply.status_code == 429
    assert int(reply.headers["retry-after"]) > 0
    other_format = await client.post("/login", json={"username": email, "password": "guess"})
    assert other_format.status_code == 429


async def test_what_signed_in_is_not_counted(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    await login(client, await code_for(client, conn))
    await login(client, PASSWORD)
    assert await fetch_value(conn, "SELECT max(hits) FROM rate_limit WHERE key LIKE 'login:%'") == 0


# The second factor


@pytest.fixture
async def totp(conn: Connection, anna: int) -> pyotp.TOTP:
    secret = pyotp.random_base32()
    await conn.execute("UPDATE person SET two_factor = 'google', totp_secret = %s WHERE id = %s", [secret, anna])
    return pyotp.TOTP(secret)


async def test_the_mailbox_does_not_stand_in_for_the_authenticator(
    client: httpx.AsyncClient, conn: Connection, totp: pyotp.TOTP
) -> None:
    """The mailed code is the first factor, as a password is; it stays good until the second has come."""
    code = await code_for(client, conn)
    reply = await login(client, code)
    assert reply.status_code == 401
    assert reply.json()["message"].startswith("Two-factor sign-in is on")
    assert await fetch_value(conn, "SELECT count(*) FROM session") == 0
    wrong = await login(client, code, code=another(totp.at(clock.outside_now())))
    assert wrong.status_code == 401
    assert (await login(client, another(code), code=totp.at(clock.outside_now()))).json() == {"message": WRONG}
    assert (await login(client, code, code=totp.at(clock.outside_now()))).status_code == 200
    assert (await login(client, code, code=totp.at(clock.outside_now()))).json() == {"message": WRONG}


async def test_nor_does_the_password(client: httpx.AsyncClient, conn: Connection, totp: pyotp.TOTP) -> None:
    assert (await login(client, PASSWORD)).status_code == 401
    assert (await login(client, PASSWORD, code=totp.at(clock.outside_now()))).status_code == 200


async def test_guesses_of_the_second_factor_stay_counted(
    client: httpx.AsyncClient, conn: Connection, totp: pyotp.TOTP
) -> None:
    code = await code_for(client, conn)
    wrong = another(totp.at(clock.outside_now()))
    replies = [await login(client, code, code=wrong) for _ in range(6)]
    assert [reply.status_code for reply in replies] == [401] * 5 + [429]
    assert (await login(client, code, code=totp.at(clock.outside_now()))).status_code == 429


async def test_a_second_factor_by_sms(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    await conn.execute("UPDATE person SET two_factor = 'sms'")
    code = await code_for(client, conn)
    assert (await login(client, code)).status_code == 401
    by_sms = await mailed_code(conn, "491701234567")
    # The SMS alone is nothing: its code is for another purpose.
    assert (await login(client, by_sms)).status_code == (200 if by_sms == code else 401)
    assert (await login(client, code, code=by_sms)).status_code == 200


# Bodies


async def test_the_error_of_a_body_is_in_the_format_that_came(client: httpx.AsyncClient) -> None:
    time_api = await client.post("/login", json={"email": EMAIL})
    assert time_api.status_code == 422
    assert time_api.json() == {
        "message": "This field is required.",
        "errors": {"password": ["This field is required."]},
    }
    customer_api = await client.post("/login", json={"username": EMAIL})
    assert customer_api.json() == {"password": "This field is required."}
    both = await client.post("/login", json={"username": EMAIL, "email": EMAIL, "password": "x"})
    assert both.json() == {"error": "The user name or password is wrong.", "code": 401}
    neither = await client.post("/login", json={})
    assert neither.status_code == 422
    assert neither.json() == {"username": "This field is required."}


@pytest.mark.parametrize("body", [[], [1], "text", 1, None, True])
async def test_a_body_that_is_no_object(client: httpx.AsyncClient, body: object) -> None:
    reply = await client.post("/login", json=body) if body is not None else await client.post("/login", content="null")
    assert reply.status_code == 422
    assert set(reply.json()) == {"error"}


@pytest.mark.parametrize("content", [b"", b"{", b"email=a", b'{"email": "\xff"}', b"[" * 100_000, b"\0"])
async def test_a_body_that_is_no_json(client: httpx.AsyncClient, content: bytes) -> None:
    reply = await client.post("/login", content=content)
    assert reply.status_code == 400
    assert set(reply.json()) == {"error", "code"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "anna", "password": "123456"}, "email"),
        ({"email": "an\0na@example.test", "password": "123456"}, "email"),
        ({"email": f"{'a' * 90}@example.test", "password": "123456"}, "email"),
        ({"email": 7, "password": "123456"}, "email"),
        ({"email": None, "password": "123456"}, "email"),
        ({"email": EMAIL, "password": "12345"}, "password"),
        ({"email": EMAIL, "password": "x" * 256}, "password"),
        ({"email": EMAIL, "password": 123456}, "password"),
        ({"email": EMAIL, "password": "123456", "code": []}, "code"),
    ],
)
async def test_an_invalid_body(client: httpx.AsyncClient, body: dict[str, object], field: str) -> None:
    reply = await client.post("/login", json=body)
    assert reply.status_code == 422
    assert list(reply.json()["errors"]) == [field]


@pytest.mark.parametrize("body", [{}, {"email": "anna"}, {"email": 1}, {"email": "a" * 101}, {"email": ""}])
async def test_an_invalid_request_for_a_code(client: httpx.AsyncClient, body: dict[str, object]) -> None:
    reply = await client.post("/loginrequest", json=body)
    assert reply.status_code == 422
    assert list(reply.json()["errors"]) == ["email"]


async def test_refusals_in_russian(client: httpx.AsyncClient, anna: int) -> None:
    reply = await client.post("/login", json={"email": EMAIL, "password": "000000"}, headers={"Accept-Language": "ru"})
    assert reply.json()["message"].startswith("Неверный код или пароль")


# Signing out


async def test_signing_out_answers_in_the_format_that_signed_in(client: httpx.AsyncClient, anna: int) -> None:
    by_mail = bearer(await login(client, PASSWORD))
    by_name = bearer(await client.post("/login", json={"username": EMAIL, "password": PASSWORD}))
    reply = await client.post("/logout", headers=by_mail)
    assert reply.status_code == 200
    assert reply.json() == {"message": "Logged out successfully"}
    assert (await client.get("/user", headers=by_mail)).status_code == 401
    again = await client.post("/logout", headers=by_mail)
    assert again.status_code == 401
    assert set(again.json()) == {"message"}
    assert (await client.post("/logout", headers=by_name)).json() == []
    assert set((await client.post("/logout", headers=by_name)).json()) == {"error", "code"}


async def test_signing_out_in_russian(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    await conn.execute("UPDATE person SET language = 'RU'")
    reply = await client.post("/logout", headers=bearer(await login(client, PASSWORD)))
    assert reply.json() == {"message": "Вы вышли из системы"}


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer nonsense", "Basic YTpi"])
async def test_signing_out_without_a_token(client: httpx.AsyncClient, token: str) -> None:
    assert (await client.post("/logout", headers={"Authorization": token})).status_code == 401


async def test_the_profile_wants_a_token(client: httpx.AsyncClient) -> None:
    reply = await client.get("/user")
    assert reply.status_code == 401
    assert set(reply.json()) == {"message"}


async def test_codes_and_tokens_are_kept_and_logged_nowhere(
    client: httpx.AsyncClient, conn: Connection, anna: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    code = await code_for(client, conn)
    token = (await login(client, code)).json()["token"]
    assert code not in caplog.text
    assert token not in caplog.text
    assert EMAIL not in caplog.text
    kept = await fetch_value(conn, "SELECT string_agg(o::text, '') FROM one_time_code AS o")
    assert code not in kept
