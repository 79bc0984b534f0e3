"""Disputes and proposed changes in a real browser: by keyboard, on a desk and on a phone, in both languages, with and
without scripts."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from artel.db.pool import Database
from artel.lookups.rules import load_reference_data
from artel.people.passwords import hash_password
from artel.tasks.attributes import Given
from artel.tasks.machine import State
from tests import cast
from tests.pages.chromium import Visitor, visit
from tests.pages.test_in_a_browser import PASSWORD, WINDOWS, World, chromium, world
from tests.tasks.cast import Desk, add_company, add_freelancer, give_money, proposing, resolving

__all__ = ["chromium", "world"]

STATES = {
    "en": {"13": "In dispute", "2": "In work", "3": "Handed in"},
    "ru": {"13": "Спор", "2": "В работе", "3": "Сдано"},
}


async def open_desk(world: World, database: Database, language: str) -> Desk:
    async with world.conn.transaction():
        await load_reference_data(world.conn)
    member = await add_company(world.conn, now=world.now, escrow="on_task_create")
    await give_money(world.conn, member.company_id, "EUR", 5000, now=world.now)
    nora = await add_freelancer(world.conn, member.company_id, member.person_id, now=world.now)
    await world.conn.execute("DELETE FROM agreement_template")
    await world.conn.execute(
        "UPDATE person SET password_hash = %s, language = %s WHERE id = %s",
        [await hash_password(PASSWORD), language.upper(), nora],
    )
    return Desk(database, member, nora, world.now)


async def sign_in(visitor: Visitor, base: str, username: str = "nora@nora.example") -> None:
    await visitor.page.goto(f"{base}/sign-in")
    await visitor.page.fill("#username", username)
    await visitor.page.fill("#password", PASSWORD)
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page).not_to_have_url(f"{base}/sign-in")


async def propose_all(desk: Desk, state: State = State.IN_WORK) -> Any:
    task = await desk.task(state, title="Market analysis for the spring catalogue, with tables and sources")
    await desk.take(
        task,
        proposing(
            "260",
            comment="We would like Austria and Switzerland as well. Would three weeks more be enough?",
            title="Market analysis for the spring catalogue: Germany, Austria, Switzerland",
            description="What sells where, and why.\n\nThree countries, a table for each, sources below the tables.",
            deadline=desk.now + timedelta(days=111),
            deadline_type=2,
            attributes=[Given(42, "15"), Given(43, "August 2022"), Given(44, "Germany")],
            need_report=True,
        ),
    )
    return task


@pytest.mark.parametrize("window", ["desktop-en", "phone-ru", "phone-en-dark", "desktop-ru-dark"])
async def test_a_dispute_and_a_proposal(world: World, chromium: Browser, database: Database, window: str) -> None:
    language = "ru" if "-ru" in window else "en"
    states = STATES[language]
    desk = await open_desk(world, database, language)
    task = await desk.task(State.RESULT, title="Interviews with twelve users of the app")
    cancelled = await desk.task(State.CANCELLATION, title="Translation of the catalogue")
    proposed = await propose_all(desk)
    async with visit(chromium, f"dispute-{window}", **WINDOWS[window]) as visitor:
        page = visitor.page
        await sign_in(visitor, world.base)
        await visitor.look("work")
        await page.goto(f"{world.base}/my/tasks/{task.id}")
        await visitor.look("result")
        await expect(page.locator("#reason")).not_to_be_visible()
        await page.locator("details summary").click()
        await page.locator("form[action$='/dispute'] button").click()
        await expect(page.get_by_role("alert")).to_be_focused()
        await expect(page.locator("#reason")).to_have_attribute("aria-invalid", "true")
        await visitor.look("reason-missing")
        assert {kind: ratio for kind, ratio in (await visitor.contrasts()).items() if ratio < 4.5} == {}
        await page.fill("#reason", "All twelve interviews are there:\nsee the second file, pages 3 to 40.")
        await page.locator("form[action$='/dispute'] button").click()
        await expect(page.locator(".state")).to_have_text(states["13"])
        await visitor.look("in-dispute")
        await desk.take(task, resolving(2, comment="Two of them are about another app. Please replace them."))
        await page.reload()
        await expect(page.locator(".state")).to_have_text(states["2"])
        await visitor.look("resolved")
        await page.goto(f"{world.base}/my/tasks/{cancelled.id}")
        await visitor.look("cancellation")
        await page.goto(f"{world.base}/my/tasks/{proposed.id}")
        await visitor.look("proposal")
        assert {kind: ratio for kind, ratio in (await visitor.contrasts()).items() if ratio < 4.5} == {}
        await page.locator("details summary").click()
        await visitor.look("proposal-refusing")
        await page.locator("form[action$='/agree'] button").click()
        await expect(page.locator(".state")).to_have_text(states["2"])
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Austria")
        await visitor.look("agreed")
    assert (await desk.look(proposed)).held == 286
    await desk.verify()


async def test_by_keyboard_alone(world: World, chromium: Browser, database: Database) -> None:
    desk = await open_desk(world, database, "en")
    task, proposed = await desk.task(State.RESULT), await propose_all(desk)
    async with visit(chromium, "dispute-keyboard", **WINDOWS["desktop-en"]) as visitor:
        page = visitor.page

        async def tab_to(selector: str) -> None:
            for _ in range(40):
                await page.keyboard.press("Tab")
                if await page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
                    return
            raise AssertionError(f"no way to {selector}")

        await sign_in(visitor, world.base)
        await page.goto(f"{world.base}/my/tasks/{task.id}")
        await tab_to("summary")
        await page.keyboard.press("Enter")
        await tab_to("#reason")
        await page.keyboard.type("It is all there")
        await tab_to("form[action$='/dispute'] button")
        await page.keyboard.press("Enter")
        await expect(page.locator(".state")).to_have_text("In dispute")
        await page.goto(f"{world.base}/my/tasks/{proposed.id}")
        await tab_to("form[action$='/agree'] button")
        await tab_to("summary")
        await page.keyboard.press("Space")
        await tab_to("#comment")
        await page.keyboard.type("Not this month")
        await tab_to("form[action$='/refuse'] button")
        await page.keyboard.press("Enter")
        await expect(page.locator(".state")).to_have_text("In work")
    assert (await desk.look(proposed)).total == 110


async def test_without_scripts(world: World, chromium: Browser, database: Database) -> None:
    desk = await open_desk(world, database, "ru")
    task = await desk.task(State.CANCELLATION)
    async with visit(chromium, "dispute-no-script", **WINDOWS["phone-ru"], java_script_enabled=False) as visitor:
        page = visitor.page
        await sign_in(visitor, world.base)
        await page.goto(f"{world.base}/my/tasks/{task.id}")
        await page.locator("details summary").click()
        await page.fill("#reason", "Работа сделана")
        await page.locator("form[action$='/dispute'] button").click()
        await expect(page.locator(".state")).to_have_text("Спор")


@pytest.mark.parametrize("window", ["desktop-en", "phone-ru"])
async def test_the_operator(world: World, chromium: Browser, database: Database, window: str) -> None:
    language = "ru" if "-ru" in window else "en"
    desk = await open_desk(world, database, language)
    task = await desk.task(State.DISPUTE, title="Interviews with twelve users of the app")
    await desk.task(State.DISPUTE, title="Translation")
    operator = await cast.add_person(
        world.conn, "olga@artel.example", now=world.now, password=PASSWORD, language=language.upper()
    )
    await world.conn.execute("UPDATE person SET is_operator = true WHERE id = %s", [operator])
    async with visit(chromium, f"operator-{window}", **WINDOWS[window]) as visitor:
        page = visitor.page
        await sign_in(visitor, world.base, "olga@artel.example")
        await expect(page).to_have_url(f"{world.base}/operator/disputes")
        await visitor.look("disputes")
        await page.get_by_role("link", name="Interviews").click()
        await page.locator("form.card button").click()
        await expect(page.get_by_role("alert")).to_be_focused()
        await visitor.look("state-missing")
        assert {kind: ratio for kind, ratio in (await visitor.contrasts()).items() if ratio < 4.5} == {}
        await page.select_option("#state", "4")
        await page.fill("#price", "80,50")
        await page.fill("#comment", "Two of twelve are missing.")
        await page.locator("form.card button").click()
        await expect(page).to_have_url(f"{world.base}/operator/disputes")
        await expect(page.get_by_role("main")).not_to_contain_text("Interviews")
        await visitor.look("decided")
    assert (await desk.look(task)).state == State.FOR_PAYMENT
