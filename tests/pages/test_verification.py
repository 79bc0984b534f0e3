"""The page where a freelancer proves who they are, step by step, and what comes of it."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.files.store import FileStore
from artel.freelancers.rules import verify_freelancer
from artel.settings import Settings
from artel.verifications.rules import PAGE
from tests.pages.conftest import Browser
from tests.verifications import pictures
from tests.verifications.cast import add_freelancer, add_link, send_photos

NAME = "../../../etc/passwd\0.jpg"


@pytest.fixture
async def mila(conn: Connection, company_id: int, now: datetime) -> int:
    return await add_freelancer(conn, company_id, now=now)


@pytest.fixture
def files(settings: Settings) -> FileStore:
    return FileStore(settings.files_url, settings.home)


async def send_photo(browser: Browser, content: bytes, name: str = "photo.jpg", language: str = "en") -> httpx.Response:
    action, there = browser.form()
    there.pop("photo")
    browser.page = await browser.http.post(
        str(browser.page.url.join(action)),
        data=there,
        files={"photo": (name, content, "image/jpeg")},
        headers={"Accept": "text/html", "Accept-Language": language, "Sec-Fetch-Site": "same-origin"},
    )
    return browser.page


async def walk_to_the_end(browser: Browser, path: str, document: str = "passport") -> None:
    await browser.open(path)
    await browser.send({"document": document})
    for _ in range(2 if document == "passport" else 3):
        assert (await send_photo(browser, pictures.jpeg())).status_code == 200, browser.page.text


async def verifications(conn: Connection) -> list[tuple[object, ...]]:
    cursor = await conn.execute("SELECT freelancer_id, document, status, provider FROM verification ORDER BY id")
    return await cursor.fetchall()


@pytest.mark.parametrize(("document", "parts"), [("passport", 2), ("id_card", 3)])
@pytest.mark.parametrize("language", ["en", "ru"])
async def test_the_whole_way(
    browser: Browser,
    conn: Connection,
    files: FileStore,
    mila: int,
    company_id: int,
    now: datetime,
    document: str,
    parts: int,
    language: str,
) -> None:
    path = f"{PAGE}/{await add_link(conn, mila, company_id, now=now)}"
    page = await browser.open(path, language)
    assert f'<html lang="{language}">' in page.text
    assert "Aurora Studio" in page.text
    await browser.send({"document": document}, language=language)
    for number in range(parts):
        step = {"en": f"Step {number + 2} of {parts + 2}", "ru": f"Шаг {number + 2} из {parts + 2}"}[language]
        assert step in browser.page.text
        is_selfie = number == parts - 1
        assert f'capture="{"user" if is_selfie else "environment"}"' in browser.page.text
        assert 'accept="image/jpeg,image/png,image/webp"' in browser.page.text
        await send_photo(browser, pictures.jpeg(), NAME, language)
    page = await browser.send({}, language=language)
    assert page.status_code == 422
    assert 'id="consent-problem"' in page.text
    page = await browser.send({"consent": "1"}, language=language)
    assert (page.status_code, page.url.path) == (200, f"{PAGE}/sent")
    assert await verifications(conn) == [(mila, document, "waiting", "sandbox")]
    cursor = await conn.execute("SELECT storage_key, part FROM verification_photo ORDER BY created_at")
    kept = await cursor.fetchall()
    assert {part for _, part in kept} == ({"front", "selfie"} if parts == 2 else {"front", "back", "selfie"})
    for key, _ in kept:
        assert pictures.SECRET_PLACE not in await files.get(key)
        assert "passwd" not in key
    # Once is once.
    assert (await browser.open(path)).status_code == 410
    cursor = await conn.execute("SELECT from_status, to_status, actor_id FROM verification_step")
    assert await cursor.fetchall() == [("draft", "waiting", mila)]


async def test_back_to_where_the_company_wants(
    browser: Browser, conn: Connection, mila: int, company_id: int, now: datetime
) -> None:
    token = await add_link(conn, mila, company_id, now=now, redirect_url="https://shop.example:8443/done?a=1")
    await walk_to_the_end(browser, f"{PAGE}/{token}")
    assert "form-action 'self' https://shop.example:8443;" in browser.page.headers["content-security-policy"]
    browser.http.follow_redirects = False
    page = await browser.send({"consent": "1"})
    assert (page.status_code, page.headers["location"]) == (303, "https://shop.example:8443/done?a=1")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "Take or choose a photo."),
        (pictures.SVG, "This is not a photo we can read"),
        (pictures.zip_bomb(), "This is not a photo we can read"),
        (pictures.png_claiming(20_000, 20_000), "too many pixels"),
        (pictures.jpeg(100, 100), "too small to be read"),
    ],
)
async def test_what_is_no_photo(
    browser: Browser, conn: Connection, mila: int, company_id: int, now: datetime, content: bytes, text: str
) -> None:
    await browser.open(f"{PAGE}/{await add_link(conn, mila, company_id, now=now)}")
    await browser.send({"document": "passport"})
    page = await send_photo(browser, content)
    assert page.status_code == 422
    assert text in page.text.split('id="photo-problem"')[1].split("</p>")[0]
    assert await fetch_value(conn, "SELECT count(*) FROM verification_photo") == 0
    assert (await send_photo(browser, pictures.jpeg())).status_code == 200


async def test_steps_out_of_turn(browser: Browser, conn: Connection, mila: int, company_id: int, now: datetime) -> None:
    path = f"{PAGE}/{await add_link(conn, mila, company_id, now=now)}"
    # Nothing is sent before everything is there, and no step is skipped.
    for step in ("send", "selfie", "front", "nonsense", ""):
        await browser.open(f"{path}?step={step}")
        assert "Which document" in browser.page.text
        await browser.send({"step": step, "consent": "1", "document": ""})
        assert browser.page.status_code == 422, step
    await browser.send({"step": "document", "document": "library card"})
    assert browser.page.status_code == 422
    await browser.send({"step": "document", "document": "id_card"})
    await browser.send({"step": "send", "consent": "1"})
    assert browser.page.status_code == 422
    assert await fetch_value(conn, "SELECT count(*) FROM verification WHERE status <> 'draft'") == 0


async def test_another_document_and_another_photo(
    browser: Browser, conn: Connection, mila: int, company_id: int, now: datetime
) -> None:
    """What was taken before the change counts where it fits; the photo of a back that a passport has not goes."""
    path = f"{PAGE}/{await add_link(conn, mila, company_id, now=now)}"
    await walk_to_the_end(browser, path, "id_card")
    await browser.open(f"{path}?step=front")
    assert "We have this photo" in browser.page.text
    await send_photo(browser, pictures.jpeg(colour="red"))
    await browser.open(f"{path}?step=document")
    await browser.send({"document": "passport"})
    page = await browser.send({"consent": "1"})
    assert page.url.path == f"{PAGE}/sent"
    cursor = await conn.execute("SELECT part, replaced_at IS NULL FROM verification_photo ORDER BY created_at")
    assert await cursor.fetchall() == [("front", False), ("back", False), ("selfie", True), ("front", True)]


async def test_links_that_are_gone(
    browser: Browser, conn: Connection, mila: int, company_id: int, now: datetime
) -> None:
    path = f"{PAGE}/{await add_link(conn, mila, company_id, now=now)}"
    await walk_to_the_end(browser, path)
    clock.move_to_offset(timedelta(days=7, minutes=1))
    try:
        assert (await browser.send({"consent": "1"})).status_code == 410
        assert (await browser.open(path)).status_code == 410
        assert (await browser.open(f"{PAGE}/nonsense", "ru")).status_code == 410
        assert "Эта ссылка больше не работает" in browser.page.text
    finally:
        clock.move_to_offset(timedelta())
    assert await fetch_value(conn, "SELECT status FROM verification") == "draft"


async def test_two_links_of_one_person_do_not_mix(
    browser: Browser, conn: Connection, mila: int, company_id: int, now: datetime
) -> None:
    """Who has one link neither sees nor sends what came by the other; of two that are sent the second is told."""
    first, second = [f"{PAGE}/{await add_link(conn, mila, company_id, now=now)}" for _ in range(2)]
    await walk_to_the_end(browser, first)
    await browser.open(second)
    assert "Which document" in browser.page.text
    await walk_to_the_end(browser, second)
    there = browser.page
    await browser.open(first)
    assert (await browser.send({"consent": "1"})).url.path == f"{PAGE}/sent"
    browser.page = there
    assert "Your documents are being checked" in (await browser.send({"consent": "1"})).text
    assert [row[2] for row in await verifications(conn)] == ["waiting", "draft"]
    await conn.execute("UPDATE verification SET status = 'draft', due_at = NULL")
    await verify_freelancer(conn, mila, actor_id=None, now=now)
    assert "Your identity is confirmed" in (await browser.open(second)).text


async def test_a_link_of_another_kind_or_person(
    browser: Browser, conn: Connection, mila: int, company_id: int, now: datetime
) -> None:
    other = await add_freelancer(conn, company_id, now=now, email="another@mila.example")
    path, others = [f"{PAGE}/{await add_link(conn, one, company_id, now=now)}" for one in (mila, other)]
    assert (await browser.open(path.replace(PAGE, "/payout-endpoint"))).status_code == 410
    assert (await browser.open(path.replace(PAGE, "/taxation-status"))).status_code == 410
    await walk_to_the_end(browser, path)
    await browser.open(others)
    assert "Which document" in browser.page.text
    reply = await browser.http.post(path, data={"step": "send", "consent": "1"})  # another site's form
    assert reply.status_code == 403


async def test_sending_at_once(
    database: Database, conn: Connection, files: FileStore, mila: int, company_id: int, now: datetime
) -> None:
    """Eight links of one person, all ready, sent at the same moment: one goes."""

    async def go() -> str:
        async with database.connection() as own:
            try:
                await send_photos(own, files, mila, company_id, now=now)
            except Exception as error:
                return type(error).__name__
        return "sent"

    outcomes = sorted(await asyncio.gather(*(go() for _ in range(8))))
    assert outcomes == ["VerificationWaiting"] * 7 + ["sent"]


async def test_enough_is_enough(browser: Browser, conn: Connection, mila: int, company_id: int, now: datetime) -> None:
    await browser.open(f"{PAGE}/{await add_link(conn, mila, company_id, now=now)}")
    await browser.send({"document": "passport"})
    there = browser.page
    for _ in range(40):
        browser.page = there
        assert (await send_photo(browser, b"x")).status_code == 422
    browser.page = there
    page = await send_photo(browser, pictures.jpeg())
    assert page.status_code == 429
    assert int(page.headers["retry-after"]) > 0
