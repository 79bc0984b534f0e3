"""Verification in a real browser: photos from a phone, the operator's decision, by keyboard, in both languages."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.people.rules import create_person
from artel.taxation.rules import PAGE as TAXATION_PAGE
from artel.taxation.rules import make_change_link
from artel.verifications.rules import PAGE
from tests.pages.chromium import DESKTOP, PHONE, Visitor, launch, require_chromium, serve, visit
from tests.verifications import pictures
from tests.verifications.cast import add_freelancer, add_link

PASSWORD = "correct horse battery"
WINDOWS: dict[str, dict[str, Any]] = {
    "desktop-en": {**DESKTOP, "locale": "en-GB", "color_scheme": "light"},
    "phone-ru": {**PHONE, "locale": "ru-RU", "color_scheme": "light"},
    "phone-en-dark": {**PHONE, "locale": "en-US", "color_scheme": "dark"},
}


class World:
    def __init__(self, conn: Connection, base: str, company_id: int, mila: int, now: datetime) -> None:
        self.conn = conn
        self.base = base
        self.company_id = company_id
        self.mila = mila
        self.now = now

    async def link(self) -> str:
        return f"{self.base}{PAGE}/{await add_link(self.conn, self.mila, self.company_id, now=self.now)}"


@pytest.fixture
async def world(
    database_url: str, conn: Connection, company_id: int, now: datetime, tmp_path: Path
) -> AsyncIterator[World]:
    require_chromium()
    mila = await add_freelancer(conn, company_id, now=now)
    with serve(database_url, tmp_path) as base:
        yield World(conn, base, company_id, mila, now)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    require_chromium()
    async with launch() as browser:
        yield browser


def photo(colour: str) -> Any:
    return {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": pictures.jpeg(colour=colour)}


async def readable(visitor: Visitor) -> None:
    assert {kind: ratio for kind, ratio in (await visitor.contrasts()).items() if ratio < 4.5} == {}


@pytest.mark.parametrize("window", WINDOWS)
async def test_from_the_first_photo_to_the_decision(world: World, chromium: Browser, window: str) -> None:
    language = "ru" if "-ru" in window else "en"
    words = {
        "en": ["Identity card", "Continue", "Send", "Thank you, we have got everything", "Step 2 of 5"],
        "ru": ["Удостоверение личности", "Продолжить", "Отправить", "Спасибо, мы всё получили", "Шаг 2 из 5"],
    }[language]
    document, go_on, send, thanks, second_step = words
    async with visit(chromium, f"verification-{window}", **WINDOWS[window]) as visitor:
        page = visitor.page
        await page.goto(await world.link())
        await expect(page.locator("html")).to_have_attribute("lang", language)
        await visitor.look("document")
        await readable(visitor)
        await page.get_by_role("button", name=document).click()
        await expect(page.get_by_text(second_step)).to_be_visible()
        await expect(page.locator("progress")).to_have_attribute("value", "2")
        await expect(page.locator("#photo")).to_have_attribute("capture", "environment")
        await visitor.look("front")
        # Nothing chosen, and no picture: the mistake is told first and beside the field.
        for wrong in (None, {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": pictures.SVG}):
            if wrong is not None:
                await page.set_input_files("#photo", wrong)
            await page.get_by_role("button", name=go_on).click()
            await expect(page.get_by_role("alert")).to_be_focused()
            await expect(page.locator("#photo-problem")).to_be_visible()
        await visitor.look("front-wrong")
        await readable(visitor)
        for number, colour in enumerate(("#7799aa", "#aa9977", "#99aa77")):
            await expect(page.locator("progress")).to_have_attribute("value", str(number + 2))
            await page.set_input_files("#photo", photo(colour))
            await expect(page.locator("#preview")).to_be_visible()
            assert await page.evaluate("document.getElementById('preview').naturalWidth") > 0
            if number == 2:
                await expect(page.locator("#photo")).to_have_attribute("capture", "user")
                await visitor.look("selfie-chosen")
            await page.get_by_role("button", name=go_on).click()
        await expect(page.locator("progress")).to_have_attribute("value", "5")
        await visitor.look("send")
        await readable(visitor)
        await page.get_by_role("button", name=send, exact=True).click()
        await expect(page.locator("#consent")).to_have_attribute("aria-invalid", "true")
        # One photo is taken again, from the files of the phone.
        await page.get_by_role("link", name={"en": "Take it again", "ru": "Переснять"}[language]).first.click()
        await visitor.look("front-again")
        await page.get_by_role("link", name={"en": "Choose a picture", "ru": "готовую картинку"}[language]).click()
        assert await page.locator("#photo").get_attribute("capture") is None
        await page.set_input_files("#photo", photo("#334455"))
        await page.get_by_role("button", name=go_on).click()
        await page.check("#consent")
        await page.get_by_role("button", name=send, exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(thanks)
        await visitor.look("sent")
        await page.goto(await world.link())
        await visitor.look("waiting")
    await decide(world, chromium, window, language)


async def decide(world: World, chromium: Browser, window: str, language: str) -> None:
    await create_person(
        world.conn,
        email="oleg@artel.example",
        password=PASSWORD,
        language=language.upper(),
        first_name="Oleg",
        last_name="Operator",
        is_operator=True,
        now=world.now,
    )
    async with visit(chromium, f"operator-{window}", **WINDOWS[window]) as visitor:
        page = visitor.page
        await page.goto(f"{world.base}/operator/verifications")
        await page.fill("#username", "oleg@artel.example")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{world.base}/operator/verifications")
        await visitor.look("list")
        await readable(visitor)
        await page.get_by_role("link", name="Mila Example").click()
        widths = "[...document.querySelectorAll('.photos img')].map((one) => one.naturalWidth)"
        await expect(page.locator(".photos img")).to_have_count(3)
        await page.wait_for_load_state("networkidle")
        assert min(await page.evaluate(widths)) > 0
        await visitor.look("one")
        await readable(visitor)
        await page.select_option("#reason", "other")
        await page.locator("form").last.get_by_role("button").click()
        await expect(page.locator("#reason_en")).to_have_attribute("aria-invalid", "true")
        await visitor.look("reason-missing")
        await page.get_by_role(
            "button", name={"en": "Confirm identity", "ru": "Подтвердить личность"}[language]
        ).click()
        await expect(page).to_have_url(f"{world.base}/operator/verifications")
    assert await fetch_value(world.conn, "SELECT status FROM verification") == "verified"


async def test_by_keyboard_alone(world: World, chromium: Browser) -> None:
    async with visit(chromium, "verification-keyboard", **WINDOWS["desktop-en"]) as visitor:
        page = visitor.page
        await page.goto(await world.link())
        await page.locator("button[value=passport]").focus()
        await page.keyboard.press("Enter")
        for colour in ("red", "green"):
            await page.set_input_files("#photo", photo(colour))  # what the system's own window answers
            await page.locator("#photo").focus()
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await page.wait_for_load_state()
        await page.locator("#consent").focus()
        await page.keyboard.press("Space")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, we have got everything")


async def test_without_scripts(world: World, chromium: Browser) -> None:
    async with visit(chromium, "verification-plain", **PHONE, java_script_enabled=False) as visitor:
        page = visitor.page
        await page.goto(await world.link())
        await page.locator("button[value=passport]").click()
        for colour in ("red", "green"):
            await page.set_input_files("#photo", photo(colour))
            await page.locator("form button").click()
        await page.check("#consent")
        await page.locator("form button").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, we have got everything")


@pytest.mark.parametrize("window", ["desktop-en", "phone-ru"])
async def test_the_tax_status_page(world: World, chromium: Browser, window: str) -> None:
    await world.conn.execute("UPDATE person SET country = 'RU' WHERE id = %s", [world.mila])
    async with visit(chromium, f"taxation-{window}", **WINDOWS[window]) as visitor:
        page = visitor.page
        for status in (3, 4):
            token = await make_change_link(world.conn, world.mila, status, company_id=world.company_id, now=world.now)
            await page.goto(f"{world.base}{TAXATION_PAGE}/{token}")
            await visitor.look(f"form-{status}")
        await page.fill("#tax_number", "1")
        await page.fill("#registration_number", "1")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_be_focused()
        await visitor.look("wrong")
        await readable(visitor)
