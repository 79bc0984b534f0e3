"""A table of tasks in a real browser: on a desk by keyboard, and on a phone in Russian."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from artel.db.pool import Connection, Database
from artel.people.passwords import hash_password
from artel.tasks.uploads import work_on
from tests.pages.chromium import launch, require_chromium, serve, visit
from tests.pages.test_in_a_browser import WINDOWS
from tests.pages.test_uploads import table
from tests.tasks.cast import Desk, open_desk

PASSWORD = "correct horse battery"
SAID = {
    "en": {
        "wrong": "1 of 2 lines are wrong",
        "check": "Check the table",
        "confirm": "Create the tasks",
        "done": "1 of 2 lines are done",
    },
    "ru": {
        "wrong": "Строк с ошибками: 1 из 2",
        "check": "Проверить таблицу",
        "confirm": "Создать задания",
        "done": "Готово строк: 1 из 2",
    },
}


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    require_chromium()
    async with launch() as browser:
        yield browser


@pytest.fixture
async def desk(database: Database, now: datetime) -> Desk:
    require_chromium()
    return await open_desk(database, now=now, money="1000")


@pytest.mark.parametrize("window", ["desktop-en", "phone-ru"])
async def test_from_a_table_to_tasks(
    desk: Desk,
    conn: Connection,
    database: Database,
    database_url: str,
    chromium: Browser,
    window: str,
    tmp_path: Path,
    now: datetime,
) -> None:
    language = window.split("-")[1]
    said = SAID[language]
    await conn.execute(
        "UPDATE person SET password_hash = %s, language = %s WHERE id = %s",
        [await hash_password(PASSWORD), language.upper(), desk.member.person_id],
    )
    cursor = await conn.execute("SELECT email FROM person WHERE id = %s", [desk.member.person_id])
    [[email]] = await cursor.fetchall()
    file = tmp_path / "work.csv"
    file.write_bytes(table(desk, "Market analysis", "Wrong | sign"))
    with serve(database_url, tmp_path) as base:
        async with visit(chromium, f"uploads-{window}", **WINDOWS[window]) as visitor:
            page = visitor.page
            await page.goto(f"{base}/company/uploads")
            await page.fill("#username", email)
            await page.fill("#password", PASSWORD)
            await page.keyboard.press("Enter")
            await expect(page).to_have_url(f"{base}/company/uploads")
            await visitor.look("start")
            await page.select_option("#mode", "each")
            await page.set_input_files("#file", file)
            button = page.get_by_role("button", name=said["check"])
            await button.focus()
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("alert")).to_be_focused()
            await expect(page.get_by_role("alert")).to_contain_text(said["wrong"])
            await visitor.look("preview")
            assert {kind: ratio for kind, ratio in (await visitor.contrasts()).items() if ratio < 4.5} == {}
            await page.keyboard.press("Tab")
            await expect(page.get_by_role("button", name=said["confirm"])).to_be_focused()
            await page.keyboard.press("Enter")
            await expect(page.locator("progress")).to_be_visible()
            await visitor.look("progress")
            cursor = await conn.execute("SELECT max(id) FROM bulk_upload")
            [[upload_id]] = await cursor.fetchall()
            async with database.transaction() as working:
                assert not await work_on(working, upload_id, now=now)
            # It looks again by itself.
            await expect(page.get_by_role("status")).to_contain_text(said["done"])
            await visitor.look("results")
            async with page.expect_download() as started:
                await page.get_by_role("link", name=re.compile("CSV")).click()
            assert (await started.value).suggested_filename == "work-results.csv"
    cursor = await conn.execute("SELECT title FROM task")
    assert await cursor.fetchall() == [("Market analysis",)]
