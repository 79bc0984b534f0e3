"""Signing in with a second factor, turning it on and off."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyotp
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from tests import cast
from tests.times import Travel

PASSWORD = "correct horse battery"
PHONE = "491701234567"


class Anna:
    """Somebody with a phone, signed in, and what she can do about her second factor."""

    def __init__(self, client: httpx.AsyncClient, conn: Connection, person_id: int) -> None:
        self.client = client
        self.conn = conn
        self.id = person_id
        self.headers: dict[str, str] = {}

    async def login(self, **body: object) -> httpx.Response:
        return await self.client.post("/login", json={"username": "anna@aurora.example", "password": PASSWORD, **body})

    async def turn_on(self, kind: str, **body: object) -> httpx.Response:
        return await self.post("/profile/2fa", {"type": kind, "password": PASSWORD, **body})

    async def turn_off(self, **body: object) -> httpx.Response:
        return await self.post("/profile/2fa/disable", {"password": PASSWORD, **body})

    async def post(self, path: str, body: dict[str, object]) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self.headers)

    async def sms_code(self) -> str:
        return str(await fetch_value(self.conn, "SELECT code FROM message WHERE channel = 'sms' ORDER BY id DESC"))

    async def have_sms(self) -> None:
        assert (await self.turn_on("SMS")).status_code == 200
        reply = await self.turn_on("SMS", code=await self.sms_code())
        assert (reply.status_code, reply.json()) == (200, [])

    async def have_authenticator(self) -> pyotp.TOTP:
        """Turned on with the code of the half minute before this one."""
        asked = (await self.turn_on("Google")).json()["2FA"]
        totp = pyotp.TOTP(asked["secret"])
        reply = await self.turn_on("Google", code=code_of(totp, -1))
        assert (reply.status_code, reply.json()) == (200, [])
        return totp

    async def method(self) -> Any:
        return (await self.client.get("/profile", headers=self.headers)).json()["twoFaMethod"]


@pytest.fixture
async def anna(client: httpx.AsyncClient, conn: Connection, now: datetime) -> Anna:
    person = await cast.add_person(conn, "anna@aurora.example", now=now, password=PASSWORD, phone=PHONE)
    somebody = Anna(client, conn, person)
    tokens = (await somebody.login()).json()
    somebody.headers = {"Authorization": f"Bearer {tokens['token']}"}
    return somebody


def code_of(totp: pyotp.TOTP, half_minutes: int = 0) -> str:
    return totp.at(datetime.now(UTC) + timedelta(seconds=30 * half_minutes))


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


async def test_login_with_sms(anna: Anna) -> None:
    await anna.have_sms()
    assert await anna.method() == "sms"
    asked = await anna.login()
    assert asked.status_code == 200
    assert asked.json() == {"2FA": {"type": "SMS", "number": "+********4567"}}
    assert "token" in (await anna.login(code=await anna.sms_code())).json()


async def test_login_with_the_code_as_a_number(anna: Anna) -> None:
    await anna.have_sms()
    await anna.login(code=0)
    assert "token" in (await anna.login(code=int(await anna.sms_code()))).json()


async def test_login_with_a_wrong_or_spent_code(anna: Anna) -> None:
    await anna.have_sms()
    await anna.login()
    code = await anna.sms_code()
    wrong = await anna.login(code=other_than(code))
    assert wrong.status_code == 401
    assert wrong.json() == {"error": "The code is wrong.", "code": 401}
    assert (await anna.login(code=code)).status_code == 200
    assert (await anna.login(code=code)).status_code == 401


async def test_a_code_is_worth_nothing_without_the_password(anna: Anna) -> None:
    await anna.have_sms()
    await anna.login()
    code = await anna.sms_code()
    assert (await anna.login(password="a guess", code=code)).status_code == 401
    assert (await anna.login(code=code)).status_code == 200


async def test_no_sms_goes_out_for_a_wrong_password(anna: Anna) -> None:
    await anna.have_sms()
    sent = await fetch_value(anna.conn, "SELECT count(*) FROM message")
    assert (await anna.login(password="a guess")).status_code == 401
    assert await fetch_value(anna.conn, "SELECT count(*) FROM message") == sent


async def test_a_hundred_guesses_of_the_sms_code_at_once_count_five(anna: Anna) -> None:
    """Those beyond the account's own limit are turned away before; of the others five are looked at."""
    await anna.have_sms()
    await anna.login()
    code = await anna.sms_code()
    guesses = [f"{(int(code) + n) % 10**6:06d}" for n in range(1, 101)]
    replies = await asyncio.gather(*(anna.login(code=guess) for guess in guesses))
    assert {reply.status_code for reply in replies} == {401, 429}
    assert sum(reply.json()["error"] == "The code is wrong." for reply in replies) == 5
    assert await fetch_value(anna.conn, "SELECT attempts FROM one_time_code ORDER BY id DESC LIMIT 1") == 5


async def test_codes_by_sms_are_limited(anna: Anna, travel: Travel) -> None:
    await anna.have_sms()
    for _ in range(10):
        assert (await anna.login()).status_code == 200
    refused = await anna.login()
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 600
    travel(minutes=10)
    assert (await anna.login()).status_code == 200


async def test_login_with_an_authenticator(anna: Anna) -> None:
    totp = await anna.have_authenticator()
    assert await anna.method() == "google"
    assert (await anna.login()).json() == {"2FA": {"type": "Google", "number": None}}
    assert await fetch_value(anna.conn, "SELECT count(*) FROM message") == 0
    assert "token" in (await anna.login(code=code_of(totp))).json()


async def test_an_authenticators_code_is_taken_once(anna: Anna) -> None:
    totp = await anna.have_authenticator()
    code = code_of(totp)
    replies = await asyncio.gather(*(anna.login(code=code) for _ in range(4)))
    assert sorted(reply.status_code for reply in replies) == [200, 401, 401, 401]
    assert (await anna.login(code=code)).status_code == 401
    assert (await anna.login(code=code_of(totp, 1))).status_code == 200


async def test_an_authenticator_keeps_its_own_time_when_the_sandboxs_is_moved(anna: Anna, travel: Travel) -> None:
    totp = await anna.have_authenticator()
    travel(days=3)
    assert (await anna.login(code=code_of(totp))).status_code == 200


async def test_guesses_at_an_authenticator_are_limited(anna: Anna, travel: Travel) -> None:
    totp = await anna.have_authenticator()
    right = {code_of(totp, n) for n in range(-2, 3)}
    guesses = [guess for guess in (f"{n:06d}" for n in range(1, 20)) if guess not in right][:12]
    replies = await asyncio.gather(*(anna.login(code=guess) for guess in guesses))
    assert sorted(reply.status_code for reply in replies) == [401] * 5 + [429] * 7
    assert (await anna.login(code=code_of(totp))).status_code == 429
    travel(minutes=10)
    assert (await anna.login(code=code_of(totp))).status_code == 200


async def test_turning_sms_on_takes_a_code(anna: Anna) -> None:
    asked = await anna.turn_on("SMS")
    assert asked.json() == {"2FA": {"type": "SMS", "number": "+********4567"}}
    assert await anna.method() is None
    wrong = await anna.turn_on("SMS", code=other_than(await anna.sms_code()))
    assert wrong.status_code == 422
    assert wrong.json() == {"code": "The code is wrong."}
    assert await anna.method() is None


async def test_turning_an_authenticator_on_takes_a_code_of_the_secret_shown(anna: Anna) -> None:
    asked = (await anna.turn_on("Google")).json()["2FA"]
    assert asked["type"] == "Google"
    assert asked["number"] is None
    assert asked["uri"].startswith("otpauth://totp/Artel:anna%40aurora.example?secret=" + asked["secret"])
    assert (await anna.turn_on("Google", code="000000")).status_code == 422
    assert await anna.method() is None
    other = pyotp.TOTP((await anna.turn_on("Google")).json()["2FA"]["secret"])
    stale = code_of(pyotp.TOTP(asked["secret"]))
    assert (await anna.turn_on("Google", code=stale)).status_code == 422
    assert (await anna.turn_on("Google", code=code_of(other))).json() == []


async def test_turning_on_with_a_code_that_nobody_asked_for(anna: Anna) -> None:
    for kind in ("SMS", "Google"):
        reply = await anna.turn_on(kind, code="123456")
        assert reply.status_code == 422
        assert list(reply.json()) == ["code"]


async def test_the_second_factor_takes_the_password(anna: Anna) -> None:
    for reply in (await anna.turn_on("SMS", password="a guess"), await anna.turn_off(password="a guess")):
        assert reply.status_code == 422
        assert list(reply.json()) == ["password"]
    assert (await anna.client.get("/profile", headers=anna.headers)).status_code == 200


async def test_guesses_at_the_password_from_inside_count_too(anna: Anna) -> None:
    replies = await asyncio.gather(*(anna.turn_off(password=f"guess {n}") for n in range(25)))
    assert sorted(reply.status_code for reply in replies) == [422] * 20 + [429] * 5
    assert (await anna.login()).status_code == 429


async def test_one_second_factor_at_a_time(anna: Anna) -> None:
    await anna.have_sms()
    reply = await anna.turn_on("Google")
    assert reply.status_code == 422
    assert list(reply.json()) == ["error"]


async def test_sms_without_a_phone(anna: Anna) -> None:
    await anna.conn.execute("UPDATE person SET phone = NULL WHERE id = %s", [anna.id])
    reply = await anna.turn_on("SMS")
    assert reply.status_code == 422
    assert list(reply.json()) == ["error"]


async def test_turning_sms_off_takes_a_code(anna: Anna) -> None:
    await anna.have_sms()
    asked = await anna.turn_off()
    assert asked.json() == {"2FA": {"type": "SMS", "number": "+********4567"}}
    code = await anna.sms_code()
    assert (await anna.turn_off(code=other_than(code))).status_code == 422
    assert await anna.method() == "sms"
    assert (await anna.turn_off(code=code)).json() == []
    assert await anna.method() is None
    assert "token" in (await anna.login()).json()


async def test_turning_an_authenticator_off_forgets_its_secret(anna: Anna) -> None:
    totp = await anna.have_authenticator()
    assert (await anna.turn_off()).json() == {"2FA": {"type": "Google", "number": None}}
    assert (await anna.turn_off(code=code_of(totp))).json() == []
    assert await fetch_value(anna.conn, "SELECT totp_secret FROM person WHERE id = %(id)s", {"id": anna.id}) is None
    assert "token" in (await anna.login()).json()


async def test_a_code_for_signing_in_turns_nothing_off(anna: Anna) -> None:
    await anna.have_sms()
    await anna.login()
    assert (await anna.turn_off(code=await anna.sms_code())).status_code == 422


async def test_turning_off_what_is_off(anna: Anna) -> None:
    reply = await anna.turn_off()
    assert reply.status_code == 422
    assert list(reply.json()) == ["error"]


async def test_changes_are_recorded(anna: Anna) -> None:
    await anna.have_sms()
    cursor = await anna.conn.execute("SELECT facts FROM audit WHERE action = 'two_factor_changed'")
    assert await cursor.fetchall() == [({"kind": "sms"},)]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/profile/2fa", {"type": "Pigeon", "password": PASSWORD}, "type"),
        ("/profile/2fa", {"password": PASSWORD}, "type"),
        ("/profile/2fa", {"type": "SMS"}, "password"),
        ("/profile/2fa/disable", {}, "password"),
    ],
)
async def test_invalid_bodies(anna: Anna, path: str, body: dict[str, object], field: str) -> None:
    reply = await anna.post(path, body)
    assert reply.status_code == 422
    assert list(reply.json()) == [field]


async def test_without_a_token(client: httpx.AsyncClient) -> None:
    assert (await client.post("/profile/2fa", json={"type": "SMS", "password": "x"})).status_code == 401
    assert (await client.post("/profile/2fa/disable", json={"password": "x"})).status_code == 401
