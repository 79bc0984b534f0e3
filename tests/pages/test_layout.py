"""What every page has: a language, headers that keep others out, an error page that helps."""

import re
import uuid

import httpx
import pytest

from artel.db.pool import Connection
from artel.pages import errors, my_texts, registration_texts, sign_in, texts
from artel.pages.render import FOLDER, environment
from artel.pages.routes import SECURITY_HEADERS
from tests.pages.conftest import Browser

PAGE = {"Accept": "text/html"}


async def test_an_unknown_address_is_a_page_for_people_and_an_error_for_programs(http: httpx.AsyncClient) -> None:
    reply = await http.get("/nowhere", headers=PAGE)
    assert reply.status_code == 404
    assert "There is no such page" in reply.text
    for path, headers in (("/api/customer/nowhere", PAGE), ("/nowhere", {"Accept": "application/json"})):
        reply = await http.get(path, headers=headers)
        assert reply.status_code == 404
        assert reply.json()["code"] == 404


async def test_a_failure_of_ours_is_a_page_that_says_so(http: httpx.AsyncClient, conn: Connection) -> None:
    await conn.execute("ALTER TABLE agreement_template RENAME TO gone")
    reply = await http.get(f"/agreements/{uuid.uuid4()}", headers={**PAGE, "Accept-Language": "ru"})
    assert reply.status_code == 500
    assert "Что-то пошло не так на нашей стороне" in reply.text
    assert "agreement_template" not in reply.text


async def test_the_language_is_the_browsers_until_another_is_chosen(browser: Browser) -> None:
    assert '<html lang="ru">' in (await browser.open("/nowhere", "de, ru;q=0.8, en;q=0.5")).text
    assert '<html lang="en">' in (await browser.open("/nowhere", "de")).text
    assert '<html lang="en">' in (await browser.open("/nowhere?a=1&lang=en", "ru")).text
    assert "/nowhere?a=1&amp;lang=ru" in browser.page.text
    assert '<html lang="en">' in (await browser.open("/nowhere", "ru")).text
    assert '<html lang="en">' in (await browser.open("/nowhere?lang=xx", "ru")).text


async def test_nothing_inline_and_nobodys_frame(http: httpx.AsyncClient) -> None:
    reply = await http.get("/nowhere", headers=PAGE)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert reply.headers["cache-control"] == "no-store"
    assert all(cookie.has_nonstandard_attr("HttpOnly") for cookie in http.cookies.jar)


async def test_assets_are_kept_by_browsers_until_they_change(http: httpx.AsyncClient) -> None:
    html = (await http.get("/nowhere", headers=PAGE)).text
    for url in re.findall(r'(?:href|src)="(/assets/[^"]+)"', html):
        reply = await http.get(url)
        assert reply.status_code == 200
        assert "immutable" in reply.headers["cache-control"]
        assert {name: reply.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_every_template_compiles_and_has_nothing_inline() -> None:
    for path in sorted((FOLDER / "templates").rglob("*.html")):
        environment.get_template(str(path.relative_to(FOLDER / "templates")))
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src)", source), path
        assert "|safe" not in source.replace(" ", ""), path


@pytest.mark.parametrize(
    "table", [texts.LAYOUT, errors.TEXTS, errors.FIELD_TEXTS, my_texts.TEXTS, registration_texts.TEXTS, sign_in.TEXTS]
)
def test_texts_are_there_twice(table: texts.Texts) -> None:
    for key, (english, russian) in table.items():
        assert english, key
        assert russian, key
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", russian)), key
