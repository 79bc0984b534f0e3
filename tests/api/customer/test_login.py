"""Operations 1 and 2: signing in, refreshing, signing out."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.people.proof import MOST_FOR_ACCOUNT, MOST_FROM_ADDRESS
from tests import cast
from tests.cast import Someone
from tests.times import Travel

PASSWORD = "correct horse battery"


@pytest.fixture
async def anna(conn: Connection, company_id: int, now: datetime) -> int:
    """An accountant of the company, who signs in with a password."""
    person = await cast.add_person(conn, "anna@aurora.example", now=now, password=PASSWORD, phone="+49 170 1234567")
    await cast.add_member(conn, company_id, person, "accountant", now=now)
    return person


async def login(client: httpx.AsyncClient, **body: object) -> httpx.Response:
    return await client.post("/login", json={"username": "anna@aurora.example", "password": PASSWORD, **body})


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['token']}"}


async def refresh(client: httpx.AsyncClient, refresh_token: str) -> httpx.Response:
    return await client.post("/token/refresh", json={"refreshToken": refresh_token})


async def test_login_answers_tokens(client: httpx.AsyncClient, anna: int, company_id: int) -> None:
    reply = await login(client)
    assert reply.status_code == 200
    assert set(reply.json()) == {"token", "refreshToken"}
    companies = await client.get("/customer/companies", headers=bearer(reply.json()))
    assert [item["id"] for item in companies.json()["items"]] == [company_id]


async def test_login_as_the_documents_sample_sends_it(client: httpx.AsyncClient, anna: int) -> None:
    """curl's --data-raw says it is a form, and the code is a zero."""
    reply = await client.post(
        "/login",
        content=f'{{\n"username": "anna@aurora.example",\n"password": "{PASSWORD}",\n"code": 0\n}}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert reply.status_code == 200
    assert reply.json()["token"]


@pytest.mark.parametrize("code", [None, "", " ", "0", 0])
async def test_login_without_a_code(client: httpx.AsyncClient, anna: int, code: object) -> None:
    assert (await login(client, code=code)).status_code == 200


async def test_login_by_user_name_or_address_however_capitalised(
    client: httpx.AsyncClient, conn: Connection, anna: int
) -> None:
    await conn.execute("UPDATE person SET username = 'Anna' WHERE id = %s", [anna])
    for name in ("Anna", "anna", "ANNA@aurora.example", " anna "):
        assert (await login(client, username=name)).status_code == 200


async def test_a_user_name_goes_before_somebody_elses_address(
    client: httpx.AsyncClient, conn: Connection, anna: int, now: datetime
) -> None:
    other = await cast.add_person(conn, "boris@aurora.example", now=now, password="another password")
    await conn.execute("UPDATE person SET username = 'anna' WHERE id = %s", [anna])
    await conn.execute("UPDATE person SET username = 'anna@aurora.example' WHERE id = %s", [other])
    reply = await login(client, password="another password")
    assert (await client.get("/profile", headers=bearer(reply.json()))).json()["id"] == other


async def test_login_opens_the_default_company(
    client: httpx.AsyncClient, conn: Connection, anna: int, company_id: int, now: datetime
) -> None:
    other = await cast.add_company(conn, "Second Ltd", "USD", now=now)
    await cast.add_member(conn, other, anna, "owner", now=now)
    await conn.execute("UPDATE company_member SET is_default = false WHERE person_id = %s", [anna])
    await conn.execute("UPDATE company_member SET is_default = true WHERE company_id = %s", [other])
    headers = bearer((await login(client)).json())
    assert (await client.get("/customer/balance", headers=headers)).json()["currency"]["currency"] == "USD"


async def test_login_of_somebody_with_no_company(client: httpx.AsyncClient, conn: Connection, now: datetime) -> None:
    await cast.add_person(conn, "solo@solo.example", now=now, password=PASSWORD)
    headers = bearer((await login(client, username="solo@solo.example")).json())
    assert (await client.get("/profile", headers=headers)).status_code == 200
    assert (await client.get("/customer/companies", headers=headers)).json()["items"] == []
    assert (await client.get("/customer/balance", headers=headers)).status_code == 403


async def test_wrong_password_unknown_name_and_no_password_look_the_same(
    client: httpx.AsyncClient, conn: Connection, anna: int, now: datetime
) -> None:
    await cast.add_person(conn, "invited@aurora.example", now=now)
    replies = [
        await login(client, password="correct horse batterY"),
        await login(client, username="nobody@aurora.example"),
        await login(client, username="invited@aurora.example"),
        await login(client, username="na\0me"),
    ]
    for reply in replies:
        assert reply.status_code == 401
        assert reply.json() == {"error": "The user name or password is wrong.", "code": 401}


async def test_refusals_before_sign_in_are_in_the_language_asked_for(client: httpx.AsyncClient, anna: int) -> None:
    reply = await client.post(
        "/login",
        json={"username": "anna@aurora.example", "password": "nonsense"},
        headers={"Accept-Language": "ru-RU, en;q=0.5"},
    )
    assert reply.json() == {"error": "Неверное имя пользователя или пароль.", "code": 401}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "x"}, "username"),
        ({"username": "anna"}, "password"),
        ({"username": 1, "password": "x"}, "username"),
        ({"username": "anna", "password": None}, "password"),
        ({"username": "anna", "password": "x", "code": ["1"]}, "code"),
        ({"username": "a" * 321, "password": "x"}, "username"),
        ({"username": "anna", "password": "x" * 1001}, "password"),
    ],
)
async def test_login_with_an_invalid_body(client: httpx.AsyncClient, body: dict[str, object], field: str) -> None:
    reply = await client.post("/login", json=body)
    assert reply.status_code == 422
    assert list(reply.json()) == [field]


@pytest.mark.parametrize(
    ("username", "text"),
    [
        ("", "This field is required."),
        ("a" * 321, "At most 320 characters."),
        (["anna"], "Text is expected."),
    ],
)
async def test_what_is_wrong_with_a_field_is_said(client: httpx.AsyncClient, username: object, text: str) -> None:
    reply = await client.post("/login", json={"username": username, "password": "x"})
    assert reply.json() == {"username": text}


async def test_login_with_what_is_no_json(client: httpx.AsyncClient) -> None:
    reply = await client.post("/login", content="username=anna&password=x")
    assert reply.status_code == 400
    assert set(reply.json()) == {"error", "code"}


async def test_guesses_at_one_account_are_limited(client: httpx.AsyncClient, anna: int, travel: Travel) -> None:
    """Guesses sent at once count before any is looked at; another account is not concerned; time heals it."""
    replies = await asyncio.gather(*(login(client, password=f"guess {n}") for n in range(MOST_FOR_ACCOUNT + 10)))
    assert sorted(reply.status_code for reply in replies) == [401] * MOST_FOR_ACCOUNT + [429] * 10
    reply = await login(client)
    assert reply.status_code == 429
    assert 0 < int(reply.headers["retry-after"]) <= 900
    assert set(reply.json()) == {"error", "code"}
    assert (await login(client, username="nobody")).status_code == 401
    travel(minutes=15)
    assert (await login(client)).status_code == 200


async def test_unknown_names_are_limited_like_known_ones(client: httpx.AsyncClient) -> None:
    for _ in range(MOST_FOR_ACCOUNT):
        assert (await login(client, username="nobody")).status_code == 401
    assert (await login(client, username=" NOBODY")).status_code == 429


async def test_guesses_from_one_address_are_limited(
    client: httpx.AsyncClient, conn: Connection, anna: int, now: datetime
) -> None:
    await conn.execute(
        "INSERT INTO rate_limit VALUES ('login-from:127.0.0.1', %s, %s)",
        [MOST_FROM_ADDRESS - 1, now + timedelta(minutes=5)],
    )
    assert (await login(client, username="nobody")).status_code == 401
    assert (await login(client)).status_code == 429


async def test_right_passwords_are_not_counted(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    for _ in range(MOST_FOR_ACCOUNT + 1):
        assert (await login(client)).status_code == 200
    assert await fetch_value(conn, "SELECT max(hits) FROM rate_limit") == 0


async def test_refresh_answers_new_tokens(client: httpx.AsyncClient, anna: int) -> None:
    tokens = (await login(client)).json()
    reply = await refresh(client, tokens["refreshToken"])
    assert reply.status_code == 200
    assert reply.json()["token"] != tokens["token"]
    assert reply.json()["refreshToken"] != tokens["refreshToken"]
    assert (await client.get("/profile", headers=bearer(reply.json()))).status_code == 200
    assert (await refresh(client, reply.json()["refreshToken"])).status_code == 200


async def test_refresh_token_used_again_ends_the_session(client: httpx.AsyncClient, anna: int) -> None:
    tokens = (await login(client)).json()
    newer = (await refresh(client, tokens["refreshToken"])).json()
    again = await refresh(client, tokens["refreshToken"])
    assert again.status_code == 401
    assert set(again.json()) == {"error", "code"}
    for token in (tokens, newer):
        assert (await client.get("/profile", headers=bearer(token))).status_code == 401
    assert (await refresh(client, newer["refreshToken"])).status_code == 401


async def test_of_many_refreshes_at_once_one_wins_and_the_session_ends(
    client: httpx.AsyncClient, conn: Connection, anna: int
) -> None:
    tokens = (await login(client)).json()
    replies = await asyncio.gather(*(refresh(client, tokens["refreshToken"]) for _ in range(12)))
    assert sorted(reply.status_code for reply in replies) == [200] + [401] * 11
    won = next(reply.json() for reply in replies if reply.status_code == 200)
    assert (await client.get("/profile", headers=bearer(won))).status_code == 401
    assert (await refresh(client, won["refreshToken"])).status_code == 401
    assert await fetch_value(conn, "SELECT end_reason FROM session") == "refresh token reused"


@pytest.mark.parametrize("token", ["", "c84f18a2-c6c7-4850-be15-93f9cbaef3b3", "no token\0"])
async def test_refresh_with_an_unknown_token(client: httpx.AsyncClient, token: str) -> None:
    assert (await refresh(client, token)).status_code == 401


async def test_refresh_with_an_invalid_body(client: httpx.AsyncClient) -> None:
    reply = await client.post("/token/refresh", json={"refresh_token": "x"})
    assert reply.status_code == 422
    assert list(reply.json()) == ["refreshToken"]


async def test_tokens_live_65_days_and_a_refresh_prolongs_the_session(
    client: httpx.AsyncClient, anna: int, travel: Travel
) -> None:
    tokens = (await login(client)).json()
    travel(days=64, hours=23)
    assert (await client.get("/profile", headers=bearer(tokens))).status_code == 200
    newer = (await refresh(client, tokens["refreshToken"])).json()
    travel(hours=1)
    assert (await client.get("/profile", headers=bearer(tokens))).status_code == 401
    assert (await client.get("/profile", headers=bearer(newer))).status_code == 200
    travel(days=65)
    assert (await client.get("/profile", headers=bearer(newer))).status_code == 401
    assert (await refresh(client, newer["refreshToken"])).status_code == 401


async def test_logout_ends_this_session_at_once(client: httpx.AsyncClient, anna: int) -> None:
    here, elsewhere = (await login(client)).json(), (await login(client)).json()
    reply = await client.post("/logout", headers=bearer(here))
    assert reply.status_code == 200
    assert reply.json() == []
    assert (await client.get("/profile", headers=bearer(here))).status_code == 401
    assert (await refresh(client, here["refreshToken"])).status_code == 401
    assert (await client.post("/logout", headers=bearer(here))).status_code == 401
    assert (await client.get("/profile", headers=bearer(elsewhere))).status_code == 200


async def test_logout_everywhere_ends_ones_own_sessions_alone(
    client: httpx.AsyncClient, anna: int, owner: Someone
) -> None:
    sessions = [(await login(client)).json() for _ in range(3)]
    reply = await client.post("/logout/everywhere", headers=bearer(sessions[0]))
    assert reply.status_code == 200
    assert reply.json() == []
    for tokens in sessions:
        assert (await client.get("/profile", headers=bearer(tokens))).status_code == 401
        assert (await refresh(client, tokens["refreshToken"])).status_code == 401
    assert (await client.get("/profile", headers=owner.headers)).status_code == 200


async def test_logout_without_a_token(client: httpx.AsyncClient) -> None:
    assert (await client.post("/logout")).status_code == 401
    assert (await client.post("/logout/everywhere")).status_code == 401


async def test_what_is_signed_in_is_recorded(client: httpx.AsyncClient, conn: Connection, anna: int) -> None:
    tokens = (await login(client)).json()
    await client.post("/logout", headers=bearer(tokens))
    cursor = await conn.execute("SELECT action FROM audit WHERE actor_id = %s ORDER BY id", [anna])
    assert [row[0] for row in await cursor.fetchall()] == ["signed_in", "sessions_ended"]


async def test_passwords_and_tokens_are_kept_and_logged_nowhere(
    client: httpx.AsyncClient,
    conn: Connection,
    anna: int,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    wrong = "a password nobody has"
    tokens = (await login(client)).json()
    await login(client, password=wrong)
    await login(client, password="x" * 1001 + wrong)
    await refresh(client, tokens["refreshToken"])
    output = capsys.readouterr()
    said = caplog.text + output.out + output.err
    cursor = await conn.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    kept = ""
    for (table,) in await cursor.fetchall():
        rows = await (await conn.execute(f'SELECT t::text FROM "{table}" AS t')).fetchall()  # type: ignore[arg-type]
        kept += "\n".join(row[0] for row in rows)
    for secret in (PASSWORD, wrong, tokens["token"], tokens["refreshToken"]):
        assert secret not in said
        assert secret not in kept
    assert "$argon2id$" in kept
