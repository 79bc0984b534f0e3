"""The tag User: one's own profile, password and e-mail address."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.people.codes import MOST_ATTEMPTS
from artel.settings import Settings
from tests import cast
from tests.api.time.pictures import PDF, picture
from tests.cast import Someone
from tests.times import Travel

EMAIL = "anna@example.test"
NEW = "anna@new.example.test"


@pytest.fixture
async def anna(conn: Connection, settings: Settings, now: datetime) -> Someone:
    person = await cast.add_person(conn, EMAIL, now=now, phone="+49 170 1234567")
    return await cast.sign_in(conn, settings, person, None, now=now)


@pytest.fixture
async def boris(conn: Connection, settings: Settings, now: datetime) -> Someone:
    person = await cast.add_person(conn, "boris@example.test", now=now, language="RU")
    return await cast.sign_in(conn, settings, person, None, now=now)


async def put(client: httpx.AsyncClient, who: Someone, **body: Any) -> httpx.Response:
    return await client.put("/user", json=body, headers=who.headers)


async def user(client: httpx.AsyncClient, who: Someone) -> dict[str, Any]:
    reply = await client.get("/user", headers=who.headers)
    assert reply.status_code == 200
    profile: dict[str, Any] = reply.json()
    return profile


async def test_a_new_profile(client: httpx.AsyncClient, anna: Someone) -> None:
    profile = await user(client, anna)
    assert profile.pop("created_at") == profile.pop("updated_at")
    assert profile == {
        "id": anna.id,
        "name": "Anna Example",
        "email": EMAIL,
        "email_confirmed": True,
        "phone": "+491701234567",
        "lang": "en",
        "timezone": "UTC",
        "sallary": None,
        "settings": {},
        **dict.fromkeys(("birthdate", "birthtime", "birthcity", "city", "currency", "education", "about")),
        **dict.fromkeys(("ava_id", "ava", "cv_id", "cv")),
        **{name: [] for name in ("languages", "skills", "links", "docs")},
        **{name: [] for name in ("contacts", "calendars", "contracts", "hands")},
    }


WHOLE: dict[str, Any] = {
    "name": "Anna Maria Example",
    "timezone": "Europe/Berlin",
    "birthdate": "1990-05-17",
    "birthtime": "07:45",
    "birthcity": "Bremen",
    "phone": "+49 170 7654321",
    "city": "Berlin",
    "currency": "eur",
    "education": "TU Berlin",
    "about": "I draw.\nAnd paint.",
    "languages": ["de", "pt-BR", {"code": "EN"}, "de"],
    "skills": ["Drawing", {"name": "Painting"}],
    "links": [{"label": "Works", "url": "https://anna.example.test/works"}, "http://example.test"],
    "sallary": {"amount": 50, "currency": "EUR"},
    "settings": {"theme": "dark", "columns": [1, 2.5, None, True]},
}
SHOWN: dict[str, Any] = {
    **WHOLE,
    "phone": "+491707654321",
    "currency": "EUR",
    "languages": ["de", "pt", "en"],
    "links": [
        {"label": "Works", "url": "https://anna.example.test/works"},
        {"label": "example.test", "url": "http://example.test"},
    ],
    "sallary": {"amount": "50", "currency": "EUR", "per": "hour"},
}


async def test_changing_all_of_it(client: httpx.AsyncClient, anna: Someone, conn: Connection, travel: Travel) -> None:
    travel(minutes=1)
    reply = await put(client, anna, **WHOLE)
    assert reply.status_code == 200
    shown = reply.json()["user"]
    assert [skill["name"] for skill in shown["skills"]] == ["Drawing", "Painting"]
    assert {name: value for name, value in shown.items() if name in SHOWN and name != "skills"} == {
        name: value for name, value in SHOWN.items() if name != "skills"
    }
    assert shown["updated_at"] > shown["created_at"]
    assert await user(client, anna) == shown
    facts = await fetch_value(conn, "SELECT facts FROM audit WHERE action = 'profile.changed'")
    assert facts == {"fields": sorted(WHOLE)}


async def test_the_same_by_a_form(client: httpx.AsyncClient, anna: Someone) -> None:
    """Lists come as JSON, with brackets, or as words; what is left empty is null."""
    await put(client, anna, city="Berlin")
    form = [
        ("name", (None, b"Anna Maria Example")),
        ("city", (None, b"")),
        ("languages[]", (None, b"de")),
        ("languages[]", (None, b"en")),
        ("skills[1][name]", (None, b"Painting")),
        ("skills[0][name]", (None, b"Drawing")),
        ("links", (None, b'[{"label": "Works", "url": "https://anna.example.test/works"}]')),
        ("sallary[amount]", (None, b"50")),
        ("sallary[currency]", (None, b"EUR")),
        ("about", (None, b"[1, 2]")),
    ]
    reply = await client.post("/user", files=form, headers=anna.headers)
    assert reply.status_code == 200
    shown = reply.json()["user"]
    assert (shown["name"], shown["city"], shown["languages"]) == ("Anna Maria Example", None, ["de", "en"])
    assert [skill["name"] for skill in shown["skills"]] == ["Drawing", "Painting"]
    assert shown["links"] == SHOWN["links"][:1]
    assert shown["sallary"] == SHOWN["sallary"]
    assert shown["about"] == "[1, 2]"
    curl = {**anna.headers, "Content-Type": "application/x-www-form-urlencoded"}
    by_curl = await client.put("/user", content=b' {"city": "Bremen"}', headers=curl)
    assert by_curl.json()["user"]["city"] == "Bremen"
    words = await client.put("/user", data={"languages": "ru, en", "skills": ""}, headers=anna.headers)
    assert words.json()["user"]["languages"] == ["ru", "en"]
    assert words.json()["user"]["skills"] == []


async def test_what_is_not_sent_stays(client: httpx.AsyncClient, anna: Someone) -> None:
    await put(client, anna, **WHOLE)
    before = await user(client, anna)
    assert (await put(client, anna)).json()["user"] == before
    for content_type in ("multipart/form-data; boundary=x", "application/json"):
        reply = await client.put("/user", headers={**anna.headers, "Content-Type": content_type})
        assert reply.json()["user"] == before
    await put(client, anna, city=None)
    assert (await user(client, anna))["birthcity"] == "Bremen"


@pytest.mark.parametrize("name", ["Anna", "Anna Example", "Anna Maria van der Example", "Анна Пример"])
async def test_a_name_reads_as_it_was_written(client: httpx.AsyncClient, anna: Someone, name: str) -> None:
    assert (await put(client, anna, name=f"  {name.replace(' ', '   ')} ")).json()["user"]["name"] == name


async def test_a_name_sent_back_stays_parted_as_it_was(
    client: httpx.AsyncClient, anna: Someone, conn: Connection
) -> None:
    await conn.execute("UPDATE person SET first_name = 'Anna', middle_name = 'van der', last_name = 'Example Ltd'")
    await put(client, anna, name=(await user(client, anna))["name"])
    names = await fetch_value(conn, "SELECT ARRAY[first_name, middle_name, last_name] FROM person")
    assert names == ["Anna", "van der", "Example Ltd"]


NOT_TAKEN: dict[str, list[Any]] = {
    "name": ["A", "", None, 7, "x" * 101, "An\0na", ["Anna"]],
    "timezone": ["Berlin", "europe/berlin", "../etc/passwd", "localtime", 3],
    "birthdate": ["17.05.1990", "2999-01-01", "1800-01-01", "1990-02-30", 19900517],
    "birthtime": ["25:00", "7", "07:45+01:00", 745],
    "phone": ["12", "no phone", "+1", 491701234567, "+49" + "1" * 99],
    "currency": ["XXX", "Euro", 3],
    "city": ["x" * 101, "a\x01b", 1],
    "about": ["x" * 5001, {"a": 1}],
    "languages": ["de", {"code": "de"}, ["xx-none"], [1], [None], ["en"] * 21, [[]]],
    "skills": ["x", [""], [None], [0], [2**63], [999_999], ["x" * 101], ["x"] * 51, [{}], [True]],
    "links": [["ftp://example.test"], ["javascript:alert(1)"], ["https://"], [{}], ["https://me:pw@example.test"]],
    "sallary": [
        5,
        {"amount": 5},
        {"amount": -1, "currency": "EUR"},
        {"amount": "1e400", "currency": "EUR"},
        {"amount": "NaN", "currency": "EUR"},
        {"amount": True, "currency": "EUR"},
        {"amount": 5, "currency": "XXX"},
        {"amount": 5, "currency": "EUR", "per": "year"},
        {"amount": 5, "currency": "EUR", "per": []},
    ],
    "settings": [[], "x", {"a": "\0"}, {"\0": 1}, {"a": "x" * 20_000}, {"a": ["x"] * 9000}],
    "password": ["short", 12345678, "x" * 256],
    "ava_id": [0, "x", 2**63, 999_999, True, 1.5],
    "cv_id": [0, "x", 999_999],
    "docs": ["x", [0], ["x"], [999_999], 5],
    "ava": ["bytes"],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in NOT_TAKEN.items() for value in values]
)
async def test_what_is_not_taken(client: httpx.AsyncClient, anna: Someone, field: str, value: object) -> None:
    """Nothing of a request that is refused is done."""
    before = await user(client, anna)
    reply = await put(client, anna, **{"education": "Elsewhere", field: value})
    assert reply.status_code == 422
    assert list(reply.json()["errors"]) == [field]
    assert await user(client, anna) == before


async def test_settings_nested_too_deeply(client: httpx.AsyncClient, anna: Someone) -> None:
    deep: Any = 1
    for _ in range(25):
        deep = {"a": deep}
    assert (await put(client, anna, settings=deep)).status_code == 422
    content = b'{"settings": ' + b"[" * 100_000
    reply = await client.put("/user", content=content, headers=anna.headers | {"Content-Type": "application/json"})
    assert reply.status_code == 400


async def test_a_skill_is_one_however_it_is_written(
    client: httpx.AsyncClient, anna: Someone, boris: Someone, conn: Connection
) -> None:
    await asyncio.gather(
        *(put(client, who, skills=names) for who in (anna, boris) for names in (["Python", "SQL"], ["sql", "PYTHON"]))
    )
    assert await fetch_value(conn, "SELECT count(*) FROM skill") == 2
    mine, theirs = (await user(client, anna))["skills"], (await user(client, boris))["skills"]
    assert mine == theirs
    by_id = await put(client, anna, skills=[{"id": mine[0]["id"]}, mine[0]["id"], str(mine[0]["id"])])
    assert by_id.json()["user"]["skills"] == mine[:1]


async def test_what_was_verified_stays(
    client: httpx.AsyncClient, anna: Someone, conn: Connection, now: datetime
) -> None:
    await put(client, anna, birthdate="1990-05-17")
    await conn.execute(
        "INSERT INTO freelancer (person_id, created_at, verified_at) VALUES (%s, %s, %s)", [anna.id, now, now]
    )
    assert (await put(client, anna, name="Berta Example")).status_code == 409
    assert (await put(client, anna, birthdate="1990-05-18")).status_code == 409
    assert (await put(client, anna, name="Anna Example", birthdate="1990-05-17", city="Bremen")).status_code == 200


async def test_a_phone_that_signs_in_stays(client: httpx.AsyncClient, anna: Someone, conn: Connection) -> None:
    await conn.execute("UPDATE person SET two_factor = 'sms'")
    for phone in ("+49 170 7654321", None):
        assert (await put(client, anna, phone=phone)).status_code == 409
    assert (await put(client, anna, phone="+491701234567")).status_code == 200


async def test_a_new_phone_is_unconfirmed(client: httpx.AsyncClient, anna: Someone, conn: Connection) -> None:
    await put(client, anna, phone="+49 170 1234567")
    assert await fetch_value(conn, "SELECT phone_confirmed_at FROM person") is not None
    await put(client, anna, phone="+49 170 7654321")
    assert await fetch_value(conn, "SELECT phone_confirmed_at FROM person") is None


# Photo, CV, documents


async def test_a_photo_and_documents_in_one_form(client: httpx.AsyncClient, anna: Someone) -> None:
    files = [
        ("ava", ("me.jpg", picture(), "image/jpeg")),
        ("docs[]", ("diploma.pdf", PDF, "application/pdf")),
        ("docs[]", ("scan.png", picture("PNG"), "image/png")),
    ]
    reply = await client.post("/user", files=files, data={"city": "Berlin"}, headers=anna.headers)
    assert reply.status_code == 200
    shown = reply.json()["user"]
    assert shown["city"] == "Berlin"
    assert shown["ava"]["id"] == shown["ava_id"]
    assert set(shown["ava"]["sizes"]) == {"original", "512", "128"}
    assert [document["name"] for document in shown["docs"]] == ["diploma.pdf", "scan.png"]
    # Ids say which to keep, files are added.
    more = await client.post(
        "/user",
        files=[("docs[]", ("more.pdf", PDF, "application/pdf"))],
        data={"docs[]": str(shown["docs"][1]["id"])},
        headers=anna.headers,
    )
    assert [document["name"] for document in more.json()["user"]["docs"]] == ["scan.png", "more.pdf"]
    added = await client.post("/user", files=[("docs", ("third.pdf", PDF, "a/b"))], headers=anna.headers)
    assert [document["name"] for document in added.json()["user"]["docs"]] == ["scan.png", "more.pdf", "third.pdf"]
    assert (await put(client, anna, docs=[])).json()["user"]["docs"] == []


async def test_a_photo_and_a_cv_of_uploads(client: httpx.AsyncClient, anna: Someone, boris: Someone) -> None:
    async def uploaded(who: Someone, name: str, content: bytes) -> int:
        reply = await client.post("/upload", files=[("docs", (name, content, "a/b"))], headers=who.headers)
        file_id: int = reply.json()[0]["id"]
        return file_id

    photo, cv = await uploaded(anna, "me.png", picture("PNG")), await uploaded(anna, "cv.pdf", PDF)
    shown = (await put(client, anna, ava_id=photo, cv_id=cv, docs=[cv])).json()["user"]
    assert (shown["ava"]["name"], shown["cv"]["name"], shown["docs"][0]["name"]) == ("me.png", "cv.pdf", "cv.pdf")
    by_form = await client.put("/user", data={"ava_id": str(photo), "cv_id": ""}, headers=anna.headers)
    assert (by_form.json()["user"]["ava_id"], by_form.json()["user"]["cv"]) == (photo, None)
    assert (await put(client, anna, ava_id=cv)).json()["errors"] == {"ava_id": ["The file is no picture."]}
    for field in ("ava_id", "cv_id"):
        reply = await put(client, boris, **{field: photo})
        assert reply.json()["errors"] == {field: ["Вы не загружали такого файла."]}
    assert (await put(client, boris, docs=[photo])).status_code == 422


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pdf", PDF), ("a.jpg", b""), ("a.svg", b"<svg/>"), ("a.jpg", b"\xff\xd8" * 3_000_000)],
)
async def test_what_is_no_photo(
    client: httpx.AsyncClient, anna: Someone, conn: Connection, settings: Settings, name: str, content: bytes
) -> None:
    files = [("docs", ("a.pdf", PDF, "a/b")), ("ava", (name, content, "image/jpeg"))]
    reply = await client.post("/user", files=files, data={"city": "Berlin"}, headers=anna.headers)
    assert reply.status_code == 422
    assert list(reply.json()["errors"]) == ["ava"]
    assert await fetch_value(conn, "SELECT count(*) FROM file") == 0
    assert [path for path in (settings.home / "files").rglob("*") if path.is_file()] == []


async def test_files_of_a_refused_change_are_not_kept(
    client: httpx.AsyncClient, anna: Someone, conn: Connection, settings: Settings
) -> None:
    files = [("ava", ("a.jpg", picture(), "image/jpeg"))]
    reply = await client.post("/user", files=files, data={"currency": "XXX"}, headers=anna.headers)
    assert reply.status_code == 422
    assert await fetch_value(conn, "SELECT count(*) FROM file") == 0
    assert [path for path in (settings.home / "files").rglob("*") if path.is_file()] == []


async def test_two_photos_at_once(client: httpx.AsyncClient, anna: Someone) -> None:
    files = [("ava", ("a.jpg", picture(), "image/jpeg"))] * 2
    reply = await client.post("/user", files=files, headers=anna.headers)
    assert reply.json()["errors"] == {"ava": ["A file is expected."]}


# The password


async def test_a_new_password_ends_the_other_sessions(
    client: httpx.AsyncClient, anna: Someone, conn: Connection, settings: Settings, now: datetime
) -> None:
    elsewhere = await cast.sign_in(conn, settings, anna.id, None, now=now)
    password = "correct horse battery"
    reply = await put(client, anna, password=password, password_confirmation=password)
    assert reply.status_code == 200
    assert (await client.get("/user", headers=elsewhere.headers)).status_code == 401
    assert (await client.get("/user", headers=anna.headers)).status_code == 200
    assert (await client.post("/login", json={"email": EMAIL, "password": password})).status_code == 200
    letter = await fetch_value(conn, "SELECT subject FROM message WHERE recipient = %(to)s", {"to": EMAIL})
    assert letter == "Your Artel password has been changed"


@pytest.mark.parametrize(
    ("password", "again", "field"),
    [
        ("correct horse", "correct horsE", "password_confirmation"),
        ("correct horse", None, "password_confirmation"),
        (None, "correct horse", "password_confirmation"),
        ("seven77", "seven77", "password"),
        ("short", "short", "password"),
    ],
)
async def test_a_password_that_is_not_taken(
    client: httpx.AsyncClient, anna: Someone, password: str | None, again: str | None, field: str
) -> None:
    reply = await put(client, anna, password=password, password_confirmation=again)
    assert reply.status_code == 422
    assert list(reply.json()["errors"]) == [field]


# The e-mail address


async def ask(client: httpx.AsyncClient, who: Someone, email: str = NEW) -> httpx.Response:
    return await client.post("/user/email", json={"email": email}, headers=who.headers)


async def confirm(client: httpx.AsyncClient, who: Someone, otp: str, email: str = NEW) -> httpx.Response:
    return await client.post("/user/email/confirm", json={"email": email, "otp": otp}, headers=who.headers)


async def mailed(conn: Connection, to: str = NEW) -> str:
    code: str = await fetch_value(
        conn, "SELECT code FROM message WHERE recipient = %(to)s ORDER BY id DESC LIMIT 1", {"to": to}
    )
    return code


async def test_changing_the_address(
    client: httpx.AsyncClient, anna: Someone, conn: Connection, settings: Settings, now: datetime
) -> None:
    elsewhere = await cast.sign_in(conn, settings, anna.id, None, now=now)
    reply = await ask(client, anna)
    assert reply.status_code == 200
    assert reply.json()["message"] == "OTP sent"
    minutes = (datetime.fromisoformat(reply.json()["expires_at"]) - now).total_seconds() / 60
    assert 9.9 < minutes < 11
    assert (await user(client, anna))["email"] == EMAIL
    changed = await confirm(client, anna, await mailed(conn), NEW.upper())
    assert changed.status_code == 200
    assert changed.json()["user"]["email"] == NEW
    assert (await client.get("/user", headers=elsewhere.headers)).status_code == 401
    assert await fetch_value(conn, "SELECT username FROM person") == NEW
    told = await fetch_value(conn, "SELECT text FROM message WHERE recipient = %(to)s", {"to": EMAIL})
    assert "a***@new.example.test" in told
    assert (await confirm(client, anna, await mailed(conn))).status_code == 422


async def test_a_taken_address_shows_only_to_its_reader(
    client: httpx.AsyncClient, anna: Someone, boris: Someone, conn: Connection
) -> None:
    free, taken = await ask(client, anna), await ask(client, anna, "Boris@Example.test")
    assert (free.status_code, free.json()["message"]) == (taken.status_code, taken.json()["message"])
    wrong = await confirm(client, anna, "000000", "boris@example.test")
    assert wrong.json()["errors"] == {"otp": ["The code is wrong."]}
    right = await confirm(client, anna, await mailed(conn, "Boris@Example.test"), "boris@example.test")
    assert right.json()["errors"] == {"email": ["This e-mail address cannot be used here."]}
    assert (await user(client, anna))["email"] == EMAIL


async def test_of_two_who_want_one_address_one_gets_it(
    client: httpx.AsyncClient, anna: Someone, boris: Someone, conn: Connection
) -> None:
    codes = []
    for who in (anna, boris):
        await ask(client, who)
        codes.append(await mailed(conn))
    replies = await asyncio.gather(confirm(client, anna, codes[0]), confirm(client, boris, codes[1]))
    assert sorted(reply.status_code for reply in replies) == [200, 422]


async def test_a_code_is_for_the_address_it_went_to(client: httpx.AsyncClient, anna: Someone, conn: Connection) -> None:
    await ask(client, anna)
    reply = await confirm(client, anna, await mailed(conn), "other@example.test")
    assert reply.status_code == 422
    assert (await user(client, anna))["email"] == EMAIL


async def test_guesses_are_counted(client: httpx.AsyncClient, anna: Someone, conn: Connection) -> None:
    await ask(client, anna)
    code = await mailed(conn)
    guesses = [f"{(int(code) + n) % 1_000_000:06d}" for n in range(1, 101)]
    replies = await asyncio.gather(*(confirm(client, anna, guess) for guess in guesses))
    assert {reply.status_code for reply in replies} == {422}
    assert await fetch_value(conn, "SELECT attempts FROM one_time_code") == MOST_ATTEMPTS
    assert (await confirm(client, anna, code)).status_code == 422
    assert (await user(client, anna))["email"] == EMAIL


async def test_a_code_of_a_sign_in_changes_no_address(
    client: httpx.AsyncClient, anna: Someone, conn: Connection
) -> None:
    await client.post("/loginrequest", json={"email": EMAIL})
    assert (await confirm(client, anna, await mailed(conn, EMAIL), EMAIL)).status_code == 422
    await ask(client, anna)
    login = {"email": EMAIL, "password": await mailed(conn)}
    assert (await client.post("/login", json=login)).status_code == 401


async def test_requests_are_limited(client: httpx.AsyncClient, anna: Someone) -> None:
    replies = [await ask(client, anna, f"a{n}@example.test") for n in range(11)]
    assert [reply.status_code for reply in replies] == [200] * 10 + [429]


@pytest.mark.parametrize("email", ["", "anna", "a@b", "x" * 250 + "@example.test", 7, None])
async def test_an_invalid_address(client: httpx.AsyncClient, anna: Someone, email: Any) -> None:
    reply = await client.post("/user/email", json={"email": email}, headers=anna.headers)
    assert reply.status_code == 422
    assert list(reply.json()["errors"]) == ["email"]
    proof = {"email": email, "otp": "123456"}
    assert (await client.post("/user/email/confirm", json=proof, headers=anna.headers)).status_code == 422


async def test_nothing_without_a_token(client: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/user"), ("PUT", "/user"), ("POST", "/user")):
        assert (await client.request(method, path)).status_code == 401
    assert (await client.post("/user/email", json={"email": NEW})).status_code == 401
    assert (await client.post("/user/email/confirm", json={"email": NEW, "otp": "123456"})).status_code == 401


async def test_refusals_in_russian(client: httpx.AsyncClient, boris: Someone) -> None:
    reply = await put(client, boris, timezone="Berlin")
    assert reply.json()["message"].startswith("Ожидается название часового пояса")
