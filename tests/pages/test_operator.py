"""Operators look at documents and decide; nobody else finds these pages."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.files.store import FileStore
from artel.pages.session import COOKIE
from artel.people.rules import create_person
from artel.settings import Settings
from artel.verifications.decisions import decide_verification
from artel.verifications.photo_keeping import forget_photos
from artel.verifications.reasons import decline_reason
from artel.verifications.rules import PAGE
from tests import cast
from tests.cast import Someone
from tests.pages.conftest import Browser
from tests.verifications.cast import PHOTO, add_freelancer, send_photos, status_of

LIST = "/operator/verifications"


class Case:
    def __init__(self, verification_id: int, freelancer_id: int) -> None:
        self.id = verification_id
        self.freelancer_id = freelancer_id

    @property
    def path(self) -> str:
        return f"{LIST}/{self.id}"


@pytest.fixture
def files(settings: Settings) -> FileStore:
    return FileStore(settings.files_url, settings.home)


@pytest.fixture
async def case(conn: Connection, files: FileStore, company_id: int, now: datetime) -> Case:
    mila = await add_freelancer(conn, company_id, now=now)
    return Case(await send_photos(conn, files, mila, company_id, now=now), mila)


async def add_operator(conn: Connection, settings: Settings, email: str, *, now: datetime) -> Someone:
    person = await create_person(
        conn,
        email=email,
        password=None,
        language="EN",
        first_name="Oleg",
        last_name="Operator",
        is_operator=True,
        now=now,
    )
    return await cast.sign_in(conn, settings, person, None, now=now)


@pytest.fixture
async def operator(conn: Connection, settings: Settings, browser: Browser, now: datetime) -> Someone:
    """Signed in, in the browser."""
    someone = await add_operator(conn, settings, "oleg@artel.example", now=now)
    browser.http.cookies.set(COOKIE, someone.token)
    return someone


async def told(conn: Connection, name: str) -> list[object]:
    cursor = await conn.execute("SELECT payload FROM event WHERE name = %s", [name])
    return [row[0] for row in await cursor.fetchall()]


@pytest.mark.parametrize("language", ["en", "ru"])
async def test_confirming(browser: Browser, conn: Connection, operator: Someone, case: Case, language: str) -> None:
    page = await browser.open(f"{LIST}?lang={language}")
    assert {"en": "Waiting: 1", "ru": "Ожидают: 1"}[language] in page.text
    assert f'<a href="{case.path}">Mila Example</a>' in page.text
    page = await browser.open(case.path, language)
    for part in ("front", "selfie"):
        assert f'<img src="{case.path}/photos/{part}"' in page.text
        photo = await browser.http.get(f"{case.path}/photos/{part}")
        assert (photo.status_code, photo.content) == (200, PHOTO)
        assert photo.headers["content-type"] == "image/jpeg"
        assert photo.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in photo.headers["cache-control"]
    assert (await browser.http.get(f"{case.path}/photos/back")).status_code == 404
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'verification.photo_seen'") == 2
    page = await browser.send(number=1, language=language)
    assert (page.status_code, page.url.path) == (200, LIST)
    assert await status_of(conn, case.id) == "verified"
    uuid = str(await fetch_value(conn, "SELECT uuid FROM person WHERE id = %(id)s", {"id": case.freelancer_id}))
    assert await told(conn, "freelancerVerified") == [{"uuid": uuid}]
    cursor = await conn.execute(
        "SELECT v.decided_by, f.verified_at IS NOT NULL FROM verification AS v JOIN freelancer AS f ON true"
    )
    assert await cursor.fetchone() == (operator.id, True)
    assert await fetch_value(conn, "SELECT subject FROM message") == "Your identity is confirmed"


@pytest.mark.parametrize(
    ("typed", "code", "text"),
    [
        ({"reason": "expired"}, "expired", "The document has expired."),
        ({"reason": "other", "reason_en": "A copy.", "reason_ru": "Копия."}, "other", "A copy."),
    ],
)
async def test_declining_and_trying_again(
    browser: Browser,
    conn: Connection,
    files: FileStore,
    operator: Someone,
    case: Case,
    company_id: int,
    now: datetime,
    typed: dict[str, str],
    code: str,
    text: str,
) -> None:
    await browser.open(case.path)
    page = await browser.send(typed, number=2)
    assert page.url.path == LIST
    cursor = await conn.execute("SELECT status, reason_code, reason_en FROM verification")
    assert await cursor.fetchone() == ("declined", code, text)
    assert len(await told(conn, "freelancerVerificationDeclined")) == 1
    assert await told(conn, "freelancerVerified") == []
    cursor = await conn.execute("SELECT text, link FROM message")
    [(letter, link)] = await cursor.fetchall()
    assert text in letter
    assert (await browser.open(link.partition("8000")[2])).status_code == 200
    assert PAGE in link
    again = await send_photos(conn, files, case.freelancer_id, company_id, now=now)
    assert await status_of(conn, again) == "waiting"
    page = await browser.open(f"{LIST}/{again}")
    assert "Declined before</dt><dd>1</dd>" in page.text


async def test_the_reason_is_told_in_the_freelancers_language(
    browser: Browser, conn: Connection, operator: Someone, case: Case
) -> None:
    await conn.execute("UPDATE person SET language = 'RU' WHERE id = %s", [case.freelancer_id])
    await browser.open(case.path)
    await browser.send({"reason": "expired"}, number=2)
    assert "Срок действия документа истёк." in await fetch_value(conn, "SELECT text FROM message")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "because"}, "reason"),
        ({"reason": "other", "reason_en": "A copy."}, "reason_ru"),
        ({"reason": "other", "reason_ru": "Копия."}, "reason_en"),
        ({"reason": "other", "reason_en": "x" * 501, "reason_ru": "Копия."}, "reason_en"),
    ],
)
async def test_a_reason_is_needed(
    browser: Browser, conn: Connection, operator: Someone, case: Case, typed: dict[str, str], field: str
) -> None:
    await browser.open(case.path)
    page = await browser.send(typed, number=2)
    assert page.status_code == 422
    assert f'id="{field}-problem"' in page.text
    assert await status_of(conn, case.id) == "waiting"


async def test_nobody_else(
    browser: Browser, conn: Connection, settings: Settings, owner: Someone, case: Case, now: datetime
) -> None:
    """Not signed in: to sign in. A company's owner, the freelancer: there is no such page. Nor by the API."""
    paths = [LIST, case.path, f"{case.path}/photos/front", f"{case.path}/photos/selfie"]
    browser.http.follow_redirects = False
    for path in paths:
        assert (await browser.open(path)).status_code == 303
    for token in (owner.token, (await cast.sign_in(conn, settings, case.freelancer_id, None, now=now)).token):
        browser.http.cookies.set(COOKIE, token)
        for path in paths:
            assert (await browser.open(path)).status_code == 404
            assert PHOTO not in browser.page.content
        await browser.open("/my")
        there = browser.form()[1]
        sent = await browser.http.post(case.path, data={**there, "decision": "verify"})
        assert sent.status_code == 404
    for number in range(1, 10):
        reply = await browser.http.get(f"/api/customer/files/{number}", headers=owner.headers)
        assert reply.status_code == 404
    assert await status_of(conn, case.id) == "waiting"


async def test_what_is_not_there(browser: Browser, operator: Someone, case: Case) -> None:
    for path in (f"{LIST}/{10**17}", f"{LIST}/0", f"{LIST}/{10**30}", f"{case.path}/photos/..%2Fsecret", f"{LIST}/x"):
        assert (await browser.open(path)).status_code == 404, path
    assert (await browser.open(f"{LIST}?after=nonsense")).status_code == 200


async def test_two_operators_at_once(
    database: Database, conn: Connection, settings: Settings, case: Case, now: datetime
) -> None:
    """Sixteen decide at the same moment, half yes and half no: one does, and nothing is told twice."""
    operators = [await add_operator(conn, settings, f"o{n}@artel.example", now=now) for n in range(16)]

    async def decide(someone: Someone) -> str:
        try:
            async with database.transaction() as own:
                await decide_verification(
                    own,
                    case.id,
                    decline=decline_reason("expired") if someone.id % 2 else None,
                    actor_id=someone.id,
                    base_url="http://artel.test",
                    now=now,
                )
        except Refused as refusal:
            return refusal.code
        return "decided"

    outcomes = await asyncio.gather(*(decide(one) for one in operators))
    assert sorted(outcomes) == ["decided"] + ["verification_decided"] * 15
    decided_by = operators[outcomes.index("decided")].id
    assert await fetch_value(conn, "SELECT decided_by FROM verification") == decided_by
    status = "declined" if decided_by % 2 else "verified"
    assert await status_of(conn, case.id) == status
    events = await told(conn, "freelancerVerified") + await told(conn, "freelancerVerificationDeclined")
    assert len(events) == 1
    assert await fetch_value(conn, "SELECT count(*) FROM message") == 1
    assert await fetch_value(conn, "SELECT count(*) FROM verification_step WHERE from_status = 'waiting'") == 1


async def test_the_second_operator_is_told(
    browser: Browser, conn: Connection, operator: Someone, case: Case, now: datetime
) -> None:
    await browser.open(case.path)
    async with conn.transaction():
        await decide_verification(
            conn, case.id, decline=decline_reason("expired"), actor_id=None, base_url="http://artel.test", now=now
        )
    page = await browser.send(number=1)
    assert page.status_code == 409
    assert "This has been decided in the meantime." in page.text
    assert "Declined" in page.text
    assert await status_of(conn, case.id) == "declined"


async def test_nobody_decides_on_themselves(
    browser: Browser, conn: Connection, settings: Settings, case: Case, now: datetime
) -> None:
    await conn.execute("UPDATE person SET is_operator = true WHERE id = %s", [case.freelancer_id])
    browser.http.cookies.set(COOKIE, (await cast.sign_in(conn, settings, case.freelancer_id, None, now=now)).token)
    await browser.open(case.path)
    assert (await browser.send(number=1)).status_code == 403
    assert await status_of(conn, case.id) == "waiting"


async def test_a_long_list_goes_on(
    browser: Browser, conn: Connection, files: FileStore, operator: Someone, company_id: int, now: datetime
) -> None:
    for number in range(31):
        one = await add_freelancer(conn, company_id, now=now, email=f"m{number}@mila.example")
        await send_photos(conn, files, one, company_id, now=now + timedelta(seconds=number))
    page = await browser.open(LIST)
    assert page.text.count('href="/operator/verifications/') == 30
    following = page.text.split('href="?after=')[1].split('"')[0]
    page = await browser.open(f"{LIST}?after={following}")
    assert page.text.count('href="/operator/verifications/') == 1


async def test_photos_go_in_time(
    database: Database, conn: Connection, settings: Settings, files: FileStore, case: Case, now: datetime
) -> None:
    """Kept while they wait and for 30 days after; and a run that died in the middle is made good."""

    def stored() -> list[Path]:
        return [path for path in (settings.home / "files").rglob("*") if path.is_file()]

    assert await forget_photos(database, files, now=now + timedelta(days=400)) == 0
    async with conn.transaction():
        await decide_verification(conn, case.id, decline=None, actor_id=None, base_url="http://artel.test", now=now)
    assert await forget_photos(database, files, now=now + timedelta(days=29)) == 0
    assert len(stored()) == 2
    # The bytes of one went, and then the worker died.
    key = await fetch_value(conn, "SELECT storage_key FROM verification_photo WHERE part = 'front'")
    await files.remove(key)
    assert await forget_photos(database, files, now=now + timedelta(days=31)) == 2
    assert stored() == []
    assert await fetch_value(conn, "SELECT count(*) FROM verification_photo") == 0
    assert await status_of(conn, case.id) == "verified"
    assert await forget_photos(database, files, now=now + timedelta(days=31)) == 0


async def test_what_never_came_to_anything_goes_too(
    database: Database, conn: Connection, files: FileStore, case: Case, now: datetime
) -> None:
    """A photo written down whose bytes may be there; one taken again; a draft that nobody sent."""
    await conn.execute("UPDATE verification_photo SET stored_at = NULL WHERE part = 'front'")
    await conn.execute("UPDATE verification_photo SET replaced_at = %s WHERE part = 'selfie'", [now])
    assert await forget_photos(database, files, now=now + timedelta(minutes=59)) == 0
    assert await forget_photos(database, files, now=now + timedelta(minutes=61)) == 2
    await conn.execute("DELETE FROM verification_step")
    await conn.execute("UPDATE verification SET status = 'draft'")
    await forget_photos(database, files, now=now + timedelta(days=6))
    assert await fetch_value(conn, "SELECT count(*) FROM verification") == 1
    await forget_photos(database, files, now=now + timedelta(days=8))
    assert await fetch_value(conn, "SELECT count(*) FROM verification") == 0
