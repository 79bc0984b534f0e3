"""Papers in a real browser: a new agreement, and a task's documents, read and signed by the freelancer."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.files.acceptance import add_acceptance_file
from artel.files.rules import NewFile
from artel.files.store import FileStore
from artel.freelancers.papers import newest_agreement, publish_agreement, sign_agreement
from artel.lookups.rules import load_reference_data
from artel.people.passwords import hash_password
from artel.tasks.machine import State
from artel.tasks.own_tasks import lock_own_task
from artel.tasks.papers import Signing, sign_papers
from tests.pages.chromium import visit
from tests.pages.test_in_a_browser import PASSWORD, WINDOWS, World, chromium, world
from tests.pages.world import AGREEMENT
from tests.tasks.cast import Desk, add_company, add_freelancer, give_money

__all__ = ["chromium", "world"]  # fixtures
TITLES = [
    ("Non-disclosure agreement", "Соглашение о неразглашении"),
    ("Rules for photographs taken on the company's premises", "Правила съёмки на территории компании"),
]
WORDS = {
    "en": {
        "start": "Start",
        "read": "Read the agreement",
        "sign": "Accept the documents",
        "first": "Accept the documents before you start.",
        "accepted": "✓ accepted",
        "for_you": "✓ accepted for you by Aurora Studio",
        "in_work": "In work",
        "newer": "This version is no longer in force",
    },
    "ru": {
        "start": "Начать",
        "read": "Прочитать договор",
        "sign": "Принять документы",
        "first": "Прежде чем начать, примите документы.",
        "accepted": "✓ принят",
        "for_you": "✓ за вас принят компанией Aurora Studio",
        "in_work": "В работе",
        "newer": "Эта редакция больше не действует",
    },
}


async def offer(conn: Connection, desk: Desk, home: Path, number: int) -> int:
    title_en, title_ru = TITLES[number]
    content = f"Paper {number}".encode()
    async with conn.transaction():
        added = await add_acceptance_file(
            conn,
            NewFile(f"paper-{number}.txt", "text/plain", content, await FileStore("", home).put(content)),
            company_id=desk.member.company_id,
            title_en=title_en,
            title_ru=title_ru,
            actor_id=desk.member.person_id,
            now=desk.now,
        )
    return added.id


@pytest.mark.parametrize("window", ["desktop-en", "phone-ru", "phone-en-dark"])
async def test_papers_are_read_and_signed(
    world: World, chromium: Browser, database: Database, tmp_path: Path, window: str
) -> None:
    language = "ru" if "-ru" in window else "en"
    words = WORDS[language]
    async with world.conn.transaction():
        await load_reference_data(world.conn)
    member = await add_company(world.conn, now=world.now)
    await give_money(world.conn, member.company_id, "EUR", 5000, now=world.now)
    nora = await add_freelancer(world.conn, member.company_id, member.person_id, now=world.now)
    old = await newest_agreement(world.conn)
    assert old is not None
    await sign_agreement(world.conn, nora, template_uuid=old.uuid, actor_id=None, now=world.now)
    desk = Desk(database, member, nora, world.now)
    papers = [await offer(world.conn, desk, tmp_path, number) for number in range(2)]
    task = await desk.task(State.NEW, title="Photographs of the new hall", acceptance_file_ids=papers)
    other = await desk.task(State.NEW, title="Captions", acceptance_file_ids=papers[:1])
    async with world.conn.transaction():
        signing = Signing(actor_id=member.person_id, company_id=member.company_id)
        locked = await lock_own_task(world.conn, nora, other.id)
        await sign_papers(world.conn, locked, None, signing=signing, now=world.now)
    async with world.conn.transaction():
        await publish_agreement(world.conn, AGREEMENT, actor_id=None, now=world.now)
    await world.conn.execute(
        "UPDATE person SET password_hash = %s, language = %s WHERE id = %s",
        [await hash_password(PASSWORD), language.upper(), nora],
    )
    async with visit(chromium, f"papers-{window}", **WINDOWS[window]) as visitor:
        page = visitor.page
        await page.goto(f"{world.base}/agreements/{old.uuid}")
        await expect(page.get_by_role("main")).to_contain_text(words["newer"])
        await visitor.look("old-agreement")
        await page.goto(f"{world.base}/sign-in")
        await page.fill("#username", "nora@nora.example")
        await page.fill("#password", PASSWORD)
        await page.keyboard.press("Enter")
        # The new agreement is told on the first page, and is gone from it once signed.
        await page.get_by_role("link", name=words["read"]).wait_for()
        await visitor.look("my-with-a-new-agreement")
        assert {kind: ratio for kind, ratio in (await visitor.contrasts()).items() if ratio < 4.5} == {}
        await page.get_by_role("link", name=words["read"]).click()
        await page.check("#agreement")
        await page.locator("form[action='/my/agreement'] button").click()
        await expect(page).to_have_url(f"{world.base}/my")
        await expect(page.get_by_role("link", name=words["read"])).to_have_count(0)
        await page.get_by_role("link", name="Photographs").click()
        await visitor.look("task-with-documents")
        assert {kind: ratio for kind, ratio in (await visitor.contrasts()).items() if ratio < 4.5} == {}
        # Not before they are signed.
        await page.get_by_role("button", name=words["start"]).click()
        await expect(page.get_by_role("alert")).to_have_text(words["first"])
        # A document is given out as a file.
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name=TITLES[0][0 if language == "en" else 1]).click()
        assert (await downloading.value).suggested_filename == "paper-0.txt"
        # One is ticked: it is signed, and the other is asked for.
        await page.check(f"#document_{papers[0]}")
        await page.get_by_role("button", name=words["sign"]).click()
        await expect(page.locator(f"#document_{papers[1]}")).to_have_attribute("aria-invalid", "true")
        await expect(page.get_by_role("main")).to_contain_text(words["accepted"])
        await visitor.look("one-of-two-signed")
        await page.check(f"#document_{papers[1]}")
        await page.get_by_role("button", name=words["sign"]).click()
        await expect(page.get_by_role("button", name=words["sign"])).to_have_count(0)
        await visitor.look("all-signed")
        await page.get_by_role("button", name=words["start"]).click()
        await expect(page.locator(".state")).to_have_text(words["in_work"])
        await page.goto(f"{world.base}/my/tasks/{other.id}")
        await expect(page.get_by_role("main")).to_contain_text(words["for_you"])
        await visitor.look("signed-by-the-company")
    signed = await fetch_value(
        world.conn,
        """
        SELECT jsonb_agg(jsonb_build_array(signed_by, signed_for, signed_from, encode(signed_sha256, 'hex')))
        FROM (SELECT * FROM task_acceptance_file WHERE task_id = %(task)s ORDER BY acceptance_file_id) AS a
        """,
        {"task": task.id},
    )
    assert [row[:3] for row in signed] == [[nora, None, "127.0.0.1"]] * 2
    assert signed[0][3] != signed[1][3]
