"""Registration in a real browser: by mouse and by keyboard, on a desk and on a phone, in both languages, with and
without scripts."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from artel.db.pool import Connection, Database
from artel.freelancers import rules
from artel.freelancers.invitation_mail import invitation_url
from artel.freelancers.papers import newest_agreement, publish_agreement, sign_agreement
from artel.freelancers.rules import Invitation, Invited
from artel.lookups.rules import load_reference_data
from artel.people.passwords import hash_password
from artel.people.profiles import Profile
from artel.tasks.machine import State
from tests import cast
from tests.pages.chromium import DESKTOP, PHONE, Visitor, launch, require_chromium, serve, visit
from tests.pages.test_registration import mailed
from tests.pages.world import AGREEMENT, fill_reference
from tests.tasks.cast import Desk, add_company, add_freelancer, give_money

EMAIL = "anna@freelance.example"
PASSWORD = "correct horse battery"
WORDS = {
    "en": {
        "show": "Show",
        "hide": "Hide",
        "submit": "Register",
        "send_code": "Send the code",
        "continue": "Continue",
        "sign_in": "Sign in",
        "accept": "Accept the invitation",
        "inn": "Taxpayer number (INN)",
        "problems": "Please check what you typed",
        "done": "Welcome, Anna!",
        "working": "You work with Aurora Studio",
        "gone": "This invitation no longer works",
    },
    "ru": {
        "show": "Показать",
        "hide": "Скрыть",
        "submit": "Зарегистрироваться",
        "send_code": "Отправить код",
        "continue": "Продолжить",
        "sign_in": "Войти",
        "accept": "Принять приглашение",
        "inn": "ИНН",
        "problems": "Проверьте введённое",
        "done": "Добро пожаловать, Anna!",
        "working": "Вы работаете с Aurora Studio",
        "gone": "Это приглашение больше не действует",
    },
}
WINDOWS: dict[str, dict[str, Any]] = {
    "desktop-en": {**DESKTOP, "locale": "en-GB", "color_scheme": "light"},
    "desktop-ru-dark": {**DESKTOP, "locale": "ru-RU", "color_scheme": "dark"},
    "phone-ru": {**PHONE, "locale": "ru-RU", "color_scheme": "light"},
    "phone-en-dark": {**PHONE, "locale": "en-US", "color_scheme": "dark"},
}


class World:
    def __init__(self, conn: Connection, base: str, company_id: int, owner_id: int, now: datetime) -> None:
        self.conn = conn
        self.base = base
        self.company_id = company_id
        self.owner_id = owner_id
        self.now = now

    async def invite(self, email: str = EMAIL, **facts: Any) -> Invited:
        return await rules.invite_freelancer(
            self.conn,
            Invitation(email=email, **facts),
            company_id=self.company_id,
            actor_id=self.owner_id,
            base_url=self.base,
            now=self.now,
        )

    async def mailed(self, column: str = "link") -> str:
        return await mailed(self.conn, column)


@pytest.fixture
async def world(
    database_url: str, conn: Connection, company_id: int, now: datetime, tmp_path: Path
) -> AsyncIterator[World]:
    require_chromium()
    await fill_reference(conn, now=now)
    owner = await cast.add_person(conn, "owner@aurora.example", now=now)
    await cast.add_member(conn, company_id, owner, "owner", now=now)
    with serve(database_url, tmp_path) as base:
        yield World(conn, base, company_id, owner, now)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    require_chromium()
    async with launch() as browser:
        yield browser


async def fill(visitor: Visitor) -> None:
    page = visitor.page
    for name, value in {
        "first_name": "Anna",
        "last_name": "Koroleva",
        "birth_date": "1990-05-17",
        "phone": "8 916 123-45-67",
        "city": "Kazan",
        "address": "Baumana 1",
        "postal_code": "420000",
    }.items():
        await page.fill(f"#{name}", value)
    await page.select_option("#citizenship", "RU")
    await page.select_option("#country", "RU")


@pytest.mark.parametrize("window", WINDOWS)
async def test_registering(world: World, chromium: Browser, window: str) -> None:
    language = "ru" if "-ru" in window else "en"
    words = WORDS[language]
    invited = await world.invite(profile=Profile(first_name="Anna"), language=language.upper())
    async with visit(chromium, window, **WINDOWS[window]) as visitor:
        page = visitor.page
        await page.goto(await world.mailed())
        await expect(page.locator("html")).to_have_attribute("lang", language)
        await visitor.look("form")
        # What is typed can be looked at.
        await page.fill("#password", "short")
        await page.get_by_role("button", name=words["show"]).click()
        await expect(page.locator("#password")).to_have_attribute("type", "text")
        await page.get_by_role("button", name=words["hide"]).click()
        await expect(page.locator("#password")).to_have_attribute("type", "password")
        await fill(visitor)
        # The country of taxes follows the country of residence, and its only document is chosen.
        await expect(page.locator("#tax_country")).to_have_value("RU")
        await expect(page.locator("#tax_document")).to_have_value("RU|INN")
        assert await page.locator("#tax_document optgroup").count() == 1
        await page.fill("#tax_number", "709849850600")
        await page.fill("#phone", "12")
        await page.get_by_role("button", name=words["submit"]).click()
        # The mistakes come first, and each stands beside its field; what was typed is there.
        summary = page.get_by_role("alert")
        await expect(summary).to_contain_text(words["problems"])
        await expect(summary).to_be_focused()
        for name in ("password", "phone", "tax_number", "agreement"):
            await expect(page.locator(f"#{name}")).to_have_attribute("aria-invalid", "true")
            await expect(page.locator(f"#{name}-problem")).to_be_visible()
        await expect(page.locator("#city")).to_have_value("Kazan")
        await visitor.look("problems")
        assert {kind: ratio for kind, ratio in (await visitor.contrasts()).items() if ratio < 4.5} == {}
        await summary.get_by_role("link").first.click()
        await expect(page.locator("#password")).to_be_in_viewport()
        await page.fill("#password", PASSWORD)
        await page.fill("#phone", "+7 916 123-45-67")
        await page.check("#agreement")
        await page.get_by_role("button", name=words["submit"]).click()
        # The password was good and is not asked for again.
        await expect(page.locator("#tax_number")).to_have_attribute("aria-invalid", "true")
        await expect(page.locator("#password")).not_to_be_visible()
        await page.fill("#tax_number", "709849850606")
        await page.get_by_role("button", name=words["submit"]).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(words["done"])
        await visitor.look("done")
        cookies = {cookie["name"]: cookie for cookie in await visitor.context.cookies()}
        assert cookies["artel_session"]["httpOnly"]
        assert cookies["artel_session"]["sameSite"] == "Lax"
    cursor = await world.conn.execute(
        "SELECT registered_at IS NOT NULL FROM freelancer WHERE person_id = %s", [invited.freelancer_id]
    )
    assert await cursor.fetchone() == (True,)


@pytest.mark.parametrize("window", ["desktop-en", "phone-ru"])
async def test_every_other_page(world: World, chromium: Browser, window: str) -> None:
    language = "ru" if "-ru" in window else "en"
    words = WORDS[language]
    invited = await world.invite(send_email=False)
    bare = invitation_url(world.base, world.company_id, invited.uuid)
    async with visit(chromium, window, **WINDOWS[window]) as visitor:
        page = visitor.page
        await page.goto(f"{world.base}/registration/invite?invite_from=1&hashtoken=x")
        await expect(page.get_by_role("heading", level=1)).to_have_text(words["gone"])
        await visitor.look("gone")
        await page.goto(bare)
        await visitor.look("confirm")
        await page.get_by_role("button", name=words["send_code"]).click()
        await expect(page.locator("#code")).to_be_focused()
        await visitor.look("code")
        await page.fill("#code", await world.mailed("code"))
        await page.get_by_role("button", name=words["continue"]).click()
        await page.fill("#password", PASSWORD)
        await fill(visitor)
        await page.fill("#tax_number", "709849850606")
        await page.check("#agreement")
        await page.get_by_role("button", name=words["submit"]).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(words["done"])
        await visitor.context.clear_cookies(name="artel_session")
        await world.conn.execute("UPDATE team_member SET joined_at = NULL")
        await page.goto(bare)
        await visitor.look("sign-in")
        await page.fill("#username", EMAIL)
        await page.fill("#password", PASSWORD)
        await page.get_by_role("button", name=words["sign_in"], exact=True).click()
        await visitor.look("join")
        await page.get_by_role("button", name=words["accept"]).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(words["working"])
        await visitor.look("joined")
        await world.invite("boris@freelance.example")
        await page.goto(await world.mailed())
        await visitor.look("other")
        cursor = await world.conn.execute("SELECT uuid FROM agreement_template")
        row = await cursor.fetchone()
        assert row is not None
        await page.goto(f"{world.base}/agreements/{row[0]}")
        await visitor.look("agreement")
        await page.goto(f"{world.base}/nowhere")
        await visitor.look("not-found")


@pytest.mark.parametrize("window", ["desktop-en", "phone-ru", "phone-en-dark"])
async def test_working(world: World, chromium: Browser, database: Database, window: str) -> None:
    """From signing in to handing in, on a freelancer's own pages."""
    language = "ru" if "-ru" in window else "en"
    async with world.conn.transaction():
        await load_reference_data(world.conn)
    member = await add_company(world.conn, now=world.now)
    await give_money(world.conn, member.company_id, "EUR", 5000, now=world.now)
    nora = await add_freelancer(world.conn, member.company_id, member.person_id, now=world.now)
    agreement = await newest_agreement(world.conn)
    assert agreement is not None
    await sign_agreement(world.conn, nora, template_uuid=agreement.uuid, actor_id=None, now=world.now)
    desk = Desk(database, member, nora, world.now)
    paid = await desk.task(State.FINISHED, title="Interviews with twelve users of the app")
    await desk.task(State.CANCELLATION, title="Translation")
    await desk.task(
        State.NEW, title="Market analysis for the spring catalogue, with tables and sources", need_report=True
    )
    async with world.conn.transaction():
        await publish_agreement(world.conn, AGREEMENT, actor_id=None, now=world.now)
    await world.conn.execute(
        "UPDATE person SET password_hash = %s, language = %s WHERE id = %s",
        [await hash_password(PASSWORD), language.upper(), nora],
    )
    async with visit(chromium, window, **WINDOWS[window]) as visitor:
        page = visitor.page
        await page.goto(world.base)
        await visitor.look("home")
        await page.get_by_role("main").get_by_role("link").first.click()
        await page.fill("#username", "nora@nora.example")
        await page.fill("#password", "not the password")
        await page.keyboard.press("Enter")
        await expect(page.locator("#username-problem")).to_be_visible()
        await visitor.look("sign-in-wrong")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{world.base}/my")
        await expect(page.get_by_role("main")).to_contain_text("Interviews with twelve users")
        await visitor.look("my")
        assert {kind: ratio for kind, ratio in (await visitor.contrasts()).items() if ratio < 4.5} == {}
        await page.get_by_role("link", name="Market analysis").click()
        await visitor.look("task")
        await page.locator("form[action$='/start'] button").click()
        # An agreement has been published since: it is signed on the way.
        await expect(page).to_have_url(re.compile("/my/agreement"))
        await visitor.look("my-agreement")
        await page.check("#agreement")
        await page.locator("form[action='/my/agreement'] button").click()
        await page.locator("form[action$='/start'] button").click()
        await page.locator("form[action$='/finish'] button").click()
        await expect(page.get_by_role("alert")).to_be_focused()
        await visitor.look("report-missing")
        await page.fill("#message", "Done: three tables, sources below.")
        await page.locator("form[action$='/finish'] button").click()
        await expect(page.locator(".state")).to_have_text({"en": "Handed in", "ru": "Сдано"}[language])
        await visitor.look("handed-in")
        await page.goto(f"{world.base}/my/tasks/{paid.id}")
        await visitor.look("paid")
        await page.get_by_role("button", name={"en": "Sign out", "ru": "Выйти"}[language]).click()
        await expect(page).to_have_url(f"{world.base}/sign-in")


async def test_by_keyboard_alone(world: World, chromium: Browser) -> None:
    await world.invite()
    async with visit(chromium, "keyboard", **WINDOWS["desktop-en"]) as visitor:
        page = visitor.page
        await page.goto(await world.mailed())
        await page.keyboard.press("Tab")
        await expect(page.locator(".skip")).to_be_focused()
        await page.keyboard.press("Enter")
        order = []
        for _ in range(40):
            await page.keyboard.press("Tab")
            name = await page.evaluate("document.activeElement.name || document.activeElement.className || 'link'")
            if name not in order[-1:]:  # a date is several stops
                order.append(name)
            if await page.evaluate("document.activeElement.id") == "agreement":
                break
        expected = ["password", "quiet", "first_name", "last_name", "middle_name", "birth_date", "citizenship", "phone"]
        expected += ["country", "state", "city", "postal_code", "address", "tax_country", "tax_document", "tax_number"]
        expected += ["vat_number", "birth_country", "agreement", "link", "agreement"]
        assert order == expected
        await page.keyboard.press("Space")
        await expect(page.locator("#agreement")).to_be_checked()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_be_focused()


async def test_without_scripts(world: World, chromium: Browser) -> None:
    await world.invite()
    async with visit(chromium, "no-script", **WINDOWS["phone-ru"], java_script_enabled=False) as visitor:
        page = visitor.page
        await page.goto(await world.mailed())
        await expect(page.locator("[data-shows]")).not_to_be_visible()
        await page.fill("#password", PASSWORD)
        await fill(visitor)
        await page.select_option("#tax_country", "RU")
        await page.select_option("#tax_document", "RU|INN")
        await page.fill("#tax_number", "709849850606")
        await page.check("#agreement")
        await page.get_by_role("button", name=WORDS["ru"]["submit"]).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(WORDS["ru"]["done"])


async def test_the_other_language_is_one_press_away(world: World, chromium: Browser) -> None:
    await world.invite()
    async with visit(chromium, "language", **WINDOWS["desktop-en"]) as visitor:
        page = visitor.page
        await page.goto(await world.mailed())
        await page.get_by_role("link", name="Русский").click()
        await expect(page.locator("html")).to_have_attribute("lang", "ru")
        await expect(page.locator("#password")).to_be_visible()
        await page.goto(f"{world.base}/sign-in")
        await expect(page.locator("html")).to_have_attribute("lang", "ru")
        await page.get_by_role("link", name="English").click()
        await expect(page.locator("html")).to_have_attribute("lang", "en")
