"""Operations 58 and 59: one's own account."""

from datetime import datetime

import httpx
import pytest

from artel.db.pool import Connection
from artel.settings import Settings
from tests import cast
from tests.cast import Someone

PASSWORD = "correct horse battery"


async def test_profile_of_a_customer(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, now: datetime
) -> None:
    await conn.execute(
        """
        UPDATE person
        SET phone = '491701234567', birth_date = '1985-07-12', address = 'Lange Reihe 5', city = 'Hamburg',
            postal_code = '20099', country = 'DE'
        WHERE id = %s
        """,
        [owner.id],
    )
    reply = await client.get("/profile", headers=owner.headers)
    assert reply.status_code == 200
    profile = reply.json()
    assert len(profile.pop("uuid")) == 36
    assert profile == {
        "languageStringValue": "EN",
        "name": "Owner Example",
        "postCode": "20099",
        "physicalAddress": "Lange Reihe 5",
        "city": "Hamburg",
        "inn": None,
        "ip": "",
        "birthDate": "1985-07-12",
        "gridsSettings": "{}",
        "loginNotification": False,
        "id": owner.id,
        "email": "owner@aurora.example",
        "username": "owner@aurora.example",
        "firstName": "Owner",
        "middleName": "",
        "lastName": "Example",
        "regDate": now.date().isoformat(),
        "twoFaMethod": None,
        "taxationStatus": None,
        "phone": "+491701234567",
        "country": "DE",
        "state": None,
        "flags": 0,
        "type": "customer",
        "defaultSmsGate": None,
        "language": "EN",
        "isVerified": False,
        "specialization": None,
    }


@pytest.fixture
async def freelancer(conn: Connection, settings: Settings, now: datetime, reference: object) -> Someone:
    """A verified developer in Russia with a tax number, of no company."""
    person = await cast.add_person(conn, "vera@work.example", now=now, language="RU")
    await conn.execute(
        """
        INSERT INTO freelancer (person_id, taxation_status, specialization_id, verified_at, created_at)
        SELECT %(person)s, 3, min(id), %(now)s, %(now)s
        FROM specialization
        """,
        {"person": person, "now": now},
    )
    await conn.execute(
        """
        INSERT INTO tax_info (person_id, residence_country, type, tax_number, updated_at)
        VALUES (%(person)s, 'RU', 'inn', '7707083893', %(now)s)
        """,
        {"person": person, "now": now},
    )
    return await cast.sign_in(conn, settings, person, None, now=now)


async def test_profile_of_a_freelancer(client: httpx.AsyncClient, conn: Connection, freelancer: Someone) -> None:
    profile = (await client.get("/profile", headers=freelancer.headers)).json()
    assert profile["type"] == "freelancer"
    assert profile["isVerified"] is True
    assert profile["taxationStatus"] == 3
    assert profile["inn"] == "7707083893"
    cursor = await conn.execute("SELECT title_ru, title_en FROM specialization ORDER BY id LIMIT 1")
    russian, english = (await cursor.fetchall())[0]
    assert profile["specialization"] == russian
    await client.put("/profile/language", json={"language": "EN"}, headers=freelancer.headers)
    profile = (await client.get("/profile", headers=freelancer.headers)).json()
    assert profile["specialization"] == english


async def test_profile_by_post_is_the_same(client: httpx.AsyncClient, owner: Someone) -> None:
    by_get = await client.get("/profile", headers=owner.headers)
    for content in (b"", b"{}"):
        by_post = await client.post("/profile", content=content, headers=owner.headers)
        assert by_post.status_code == 200
        assert by_post.json() == by_get.json()


async def test_profile_without_a_token(client: httpx.AsyncClient) -> None:
    assert (await client.get("/profile")).status_code == 401
    assert (await client.post("/profile")).status_code == 401


async def test_language_changes_what_one_is_answered_in(client: httpx.AsyncClient, owner: Someone) -> None:
    for given, language in (("RU", "RU"), ("en", "EN")):
        reply = await client.put("/profile/language", json={"language": given}, headers=owner.headers)
        assert reply.status_code == 200
        assert reply.json() == []
        profile = (await client.get("/profile", headers=owner.headers)).json()
        assert (profile["language"], profile["languageStringValue"]) == (language, language)
    await client.put("/profile/language", json={"language": "RU"}, headers=owner.headers)
    refused = await client.put("/profile/language", json={"language": "DE"}, headers=owner.headers)
    assert refused.status_code == 422
    assert refused.json() == {"language": "Язык — EN или RU."}


async def test_language_is_each_persons_own(client: httpx.AsyncClient, owner: Someone, viewer: Someone) -> None:
    await client.put("/profile/language", json={"language": "RU"}, headers=viewer.headers)
    assert (await client.get("/profile", headers=owner.headers)).json()["language"] == "EN"


@pytest.mark.parametrize("body", [{}, {"language": None}, {"language": 1}, {"language": ""}, {"language": "E\0N"}])
async def test_language_with_an_invalid_body(
    client: httpx.AsyncClient, owner: Someone, body: dict[str, object]
) -> None:
    reply = await client.put("/profile/language", json=body, headers=owner.headers)
    assert reply.status_code == 422
    assert list(reply.json()) == ["language"]


async def test_language_without_a_token(client: httpx.AsyncClient) -> None:
    assert (await client.put("/profile/language", json={"language": "RU"})).status_code == 401


@pytest.fixture
async def anna(client: httpx.AsyncClient, conn: Connection, now: datetime) -> dict[str, str]:
    await cast.add_person(conn, "anna@aurora.example", now=now, password=PASSWORD)
    return await sign_in(client, PASSWORD)


async def sign_in(client: httpx.AsyncClient, password: str) -> dict[str, str]:
    reply = await client.post("/login", json={"username": "anna@aurora.example", "password": password})
    return {"Authorization": f"Bearer {reply.json()['token']}"} if reply.status_code == 200 else {}


async def test_a_new_password_ends_the_other_sessions(client: httpx.AsyncClient, anna: dict[str, str]) -> None:
    elsewhere = await sign_in(client, PASSWORD)
    body = {"password": PASSWORD, "newPassword": "another horse"}
    reply = await client.post("/profile/password", json=body, headers=anna)
    assert reply.status_code == 200
    assert reply.json() == []
    assert (await client.get("/profile", headers=elsewhere)).status_code == 401
    assert (await client.get("/profile", headers=anna)).status_code == 200
    assert await sign_in(client, PASSWORD) == {}
    assert await sign_in(client, "another horse")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "a guess", "newPassword": "another horse"}, "password"),
        ({"password": PASSWORD, "newPassword": "short"}, "newPassword"),
        ({"password": PASSWORD, "newPassword": "x" * 257}, "newPassword"),
        ({"password": PASSWORD}, "newPassword"),
    ],
)
async def test_a_new_password_that_is_refused(
    client: httpx.AsyncClient, anna: dict[str, str], body: dict[str, str], field: str
) -> None:
    reply = await client.post("/profile/password", json=body, headers=anna)
    assert reply.status_code == 422
    assert list(reply.json()) == [field]
    assert await sign_in(client, PASSWORD)


async def test_a_new_password_without_a_token(client: httpx.AsyncClient, anna: dict[str, str]) -> None:
    body = {"password": PASSWORD, "newPassword": "another horse"}
    assert (await client.post("/profile/password", json=body)).status_code == 401
