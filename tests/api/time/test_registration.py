"""POST /register."""

import asyncio
import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.api.time.registration import MOST_FROM_ADDRESS
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.settings import Settings
from tests import cast
from tests.api.time.pictures import PDF, picture
from tests.cast import Someone

EMAIL = "clara@example.test"
PASSWORD = "correct horse battery"
SCHEDULE = {
    "label": "Drawing lessons",
    "private": False,
    "settings": {"duration": 60, "days": {"1": [["09:00", "13:00"]]}},
    "price": "30",
    "currency": "EUR",
    "timezone": "Europe/Berlin",
}


async def register(client: httpx.AsyncClient, files: Any = None, **fields: Any) -> httpx.Response:
    form = [(name, (None, value)) for name, value in {"email": EMAIL, "terms": "1", **fields}.items()]
    parts = [part for part in form if part[1][1] is not None]
    return await client.post("/register", files=[*parts, *(files or [])])


async def mailed(conn: Connection, to: str = EMAIL) -> str:
    code: str = await fetch_value(
        conn, "SELECT code FROM message WHERE recipient = %(to)s ORDER BY id DESC LIMIT 1", {"to": to}
    )
    return code


async def login(client: httpx.AsyncClient, password: str, email: str = EMAIL) -> httpx.Response:
    return await client.post("/login", json={"email": email, "password": password})


async def people(conn: Connection) -> int:
    count: int = await fetch_value(conn, "SELECT count(*) FROM person")
    return count


async def test_registering(client: httpx.AsyncClient, conn: Connection) -> None:
    reply = await register(client, name="Clara Example", phone="+49 170 1234567", password=PASSWORD, tovarisch="1")
    assert reply.status_code == 200
    assert reply.json() == {"countdown": 60}
    # Neither the address nor the password counts before the code is used.
    assert await fetch_value(conn, "SELECT email_confirmed_at FROM person") is None
    assert (await login(client, PASSWORD)).status_code == 401
    signed_in = await login(client, await mailed(conn))
    assert signed_in.status_code == 200
    profile = signed_in.json()
    assert (profile["name"], profile["phone"], profile["email_confirmed"]) == ("Clara Example", "+491701234567", True)
    assert profile["settings"] == {"tovarisch": True}
    assert (await login(client, PASSWORD)).status_code == 200


async def test_the_least_that_registers(client: httpx.AsyncClient, conn: Connection) -> None:
    assert (await register(client)).status_code == 200
    assert (await login(client, await mailed(conn))).json()["name"] == ""


async def test_with_all_there_is(client: httpx.AsyncClient, conn: Connection, settings: Settings) -> None:
    files = [
        ("ava", ("me.jpg", picture(), "image/jpeg")),
        ("docs[]", ("a.pdf", PDF, "application/pdf")),
        ("docs[]", ("b.pdf", PDF, "application/pdf")),
    ]
    reply = await register(
        client,
        files,
        name="Clara Example",
        schedule=json.dumps(SCHEDULE),
        timezone="Europe/Berlin",
        **{"skills[0][name]": "Drawing", "languages": '["de"]'},
    )
    assert reply.status_code == 200, reply.text
    profile = (await login(client, await mailed(conn))).json()
    assert profile["ava"]["name"] == "me.jpg"
    assert [document["name"] for document in profile["docs"]] == ["a.pdf", "b.pdf"]
    assert [skill["name"] for skill in profile["skills"]] == ["Drawing"]
    assert [calendar["timezone"] for calendar in profile["calendars"]] == ["Europe/Berlin"]
    assert await fetch_value(conn, "SELECT label FROM schedule") == "Drawing lessons"


async def test_an_address_with_an_account_is_told_nothing_else(
    client: httpx.AsyncClient, conn: Connection, settings: Settings, now: datetime
) -> None:
    """Its owner gets a code to sign in with; nothing that was sent is theirs."""
    person = await cast.add_person(conn, "anna@example.test", now=now)
    files = [("ava", ("me.jpg", picture(), "image/jpeg"))]
    sent = {"name": "Somebody Else", "password": PASSWORD, "schedule": json.dumps(SCHEDULE)}
    known = await register(client, files, email="Anna@example.test", **sent)
    unknown = await register(client, files, email="nobody@example.test", **sent)
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert await people(conn) == 2
    signed_in = await login(client, await mailed(conn, "anna@example.test"), "anna@example.test")
    assert signed_in.json()["id"] == person
    assert (signed_in.json()["name"], signed_in.json()["ava"]) == ("Anna Example", None)
    assert (await login(client, PASSWORD, "anna@example.test")).status_code == 401
    values = {"id": person}
    for table, column in (("file", "owner_id"), ("schedule", "owner_id"), ("calendar", "person_id")):
        kept = await fetch_value(conn, f"SELECT count(*) FROM {table} WHERE {column} = %(id)s", values)
        assert kept == 0
    assert len([path for path in (settings.home / "files").rglob("*") if path.is_file()]) == 3


@pytest.mark.parametrize("email", ["anna@example.test", EMAIL])
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"schedule": json.dumps({**SCHEDULE, "settings": {"duration": 1}})}, "schedule"),
        ({"schedule": json.dumps({**SCHEDULE, "price": "-1"})}, "schedule"),
        ({"schedule": json.dumps({**SCHEDULE, "kal_id": 30001})}, "schedule"),
        ({"schedule": json.dumps({**SCHEDULE, "parent_id": 40001})}, "schedule"),
        ({"schedule": json.dumps({**SCHEDULE, "files": [5001]})}, "schedule"),
        ({"schedule": json.dumps({"label": "x"})}, "schedule"),
        ({"schedule": "{"}, "schedule"),
        ({"schedule": "[]"}, "schedule"),
        ({"schedule": "Monday"}, "schedule"),
        ({"name": "A"}, "name"),
        ({"phone": "12"}, "phone"),
        ({"phone": "1234567890123456"}, "phone"),
        ({"password": "short"}, "password"),
        ({"password": "seven77"}, "password"),
        ({"password": PASSWORD, "password_confirmation": "another"}, "password_confirmation"),
        ({"terms": None}, "terms"),
        ({"terms": "0"}, "terms"),
        ({"terms": "no"}, "terms"),
        ({"tovarisch": "2"}, "tovarisch"),
        ({"skills[0][id]": "999999"}, "skills"),
        ({"timezone": "Berlin"}, "timezone"),
        ({"ava": "bytes"}, "ava"),
    ],
)
async def test_what_is_not_taken(
    client: httpx.AsyncClient, conn: Connection, now: datetime, email: str, fields: dict[str, Any], field: str
) -> None:
    """For an address with an account as for one without; nothing is made, nothing is mailed."""
    await cast.add_person(conn, "anna@example.test", now=now)
    reply = await register(client, email=email, **fields)
    assert reply.status_code == 422
    assert list(reply.json()["errors"]) == [field]
    assert await people(conn) == 1
    for table in ("message", "file", "schedule", "calendar", "skill"):
        assert await fetch_value(conn, f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("email", [None, "", "clara", "a" * 90 + "@example.test", "a\0b@example.test"])
async def test_an_invalid_address(client: httpx.AsyncClient, email: Any) -> None:
    reply = await register(client, email=email)
    assert reply.status_code == 422
    assert list(reply.json()["errors"]) == ["email"]


async def test_a_bad_file_registers_nobody(client: httpx.AsyncClient, conn: Connection, settings: Settings) -> None:
    files = [("docs[]", ("a.pdf", PDF, "a/b")), ("ava", ("me.svg", b"<svg/>", "image/svg+xml"))]
    reply = await register(client, files)
    assert list(reply.json()["errors"]) == ["ava"]
    assert await people(conn) == 0
    assert [path for path in (settings.home / "files").rglob("*") if path.is_file()] == []


async def test_many_at_once_make_one_account(client: httpx.AsyncClient, conn: Connection) -> None:
    replies = await asyncio.gather(*(register(client, name=f"Clara {n} Example") for n in range(8)))
    assert {reply.status_code for reply in replies} == {200}
    assert await people(conn) == 1
    assert (await login(client, await mailed(conn))).status_code == 200


async def test_an_account_that_others_made_is_taken_over(
    client: httpx.AsyncClient, conn: Connection, anna: Someone
) -> None:
    """Once: what was registered first stays, whoever sends another before the code is used."""
    await client.post("/contacts", json={"email": EMAIL}, headers=anna.headers)
    before = await people(conn)
    await register(client, name="Clara Example", password=PASSWORD)
    first_code = await mailed(conn)
    await register(client, name="Somebody Else", password="another password")
    assert await people(conn) == before
    assert (await login(client, first_code)).status_code == 401
    assert (await login(client, await mailed(conn))).json()["name"] == "Clara Example"
    assert (await login(client, "another password")).status_code == 401


async def test_nobody_prepares_an_account_for_another(client: httpx.AsyncClient, conn: Connection) -> None:
    """Who owns the mailbox asks for a code of their own: the password that somebody else typed never counts."""
    await register(client, password=PASSWORD)
    await client.post("/loginrequest", json={"email": EMAIL})
    assert (await login(client, await mailed(conn))).status_code == 200
    assert (await login(client, PASSWORD)).status_code == 401


async def test_registrations_are_limited(client: httpx.AsyncClient, conn: Connection) -> None:
    replies = [await register(client) for _ in range(11)]
    assert [reply.status_code for reply in replies] == [200] * 10 + [429]
    assert (await client.post("/loginrequest", json={"email": EMAIL})).status_code == 429
    await conn.execute("UPDATE rate_limit SET hits = %s WHERE key LIKE 'register-from:%%'", [MOST_FROM_ADDRESS])
    refused = await register(client, email="other@example.test")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


async def test_the_letter_is_in_the_language_asked_for(client: httpx.AsyncClient, conn: Connection) -> None:
    form = {"email": (None, EMAIL), "terms": (None, "1")}
    await client.post("/register", files=form, headers={"Accept-Language": "ru"})
    assert "Ваш код" in await fetch_value(conn, "SELECT text FROM message")
    refused = await client.post("/register", files={"email": (None, EMAIL)}, headers={"Accept-Language": "ru"})
    assert refused.json()["message"] == "Обязательное поле."


async def test_by_json(client: httpx.AsyncClient, conn: Connection) -> None:
    body = {"email": EMAIL, "terms": True, "name": "Clara Example", "schedule": SCHEDULE}
    assert (await client.post("/register", json=body)).status_code == 200
    assert await people(conn) == 1


async def test_a_session_changes_nothing(client: httpx.AsyncClient, conn: Connection, anna: Someone) -> None:
    reply = await client.post("/register", files={"email": (None, EMAIL), "terms": (None, "on")}, headers=anna.headers)
    assert reply.status_code == 200
    assert await people(conn) == 2
