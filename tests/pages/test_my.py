"""A freelancer's own pages: what they see, and the steps they take."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.files.store import FileStore
from artel.freelancers.papers import Agreement, publish_agreement, sign_agreement
from artel.people.passwords import hash_password
from artel.settings import Settings
from artel.tasks.machine import State
from tests.cast import Someone
from tests.pages.conftest import Browser
from tests.tasks.cast import Desk, add_freelancer, open_desk

PASSWORD = "correct horse battery"

SignIn = Callable[[int], Awaitable[None]]


@pytest.fixture
async def desk(database: Database, now: datetime) -> Desk:
    return await open_desk(database, now=now, money="1000")


@pytest.fixture
def sign_in(browser: Browser, conn: Connection) -> SignIn:
    """`await sign_in(person_id)`: that person signs in on the page."""

    async def enter(person_id: int) -> None:
        password = await hash_password(PASSWORD)
        cursor = await conn.execute(
            "UPDATE person SET password_hash = %s WHERE id = %s RETURNING email", [password, person_id]
        )
        row = await cursor.fetchone()
        assert row is not None
        browser.http.cookies.clear()
        await browser.open("/sign-in")
        page = await browser.send({"username": row[0], "password": PASSWORD})
        assert page.url.path == "/my", page.text

    return enter


async def press(browser: Browser, action: str, language: str = "en", **fields: str) -> httpx.Response:
    """Send the form with this action."""
    for number in range(10):
        if browser.form(number)[0].endswith(action):
            return await browser.send(fields, number=number, language=language)
    raise AssertionError(f"no button for {action}")


async def test_my_page_shows_tasks_money_and_payouts(
    browser: Browser, conn: Connection, desk: Desk, sign_in: SignIn, now: datetime
) -> None:
    paid = await desk.task(State.FINISHED, title="Paid work")
    await desk.task(State.NEW, title="New work")
    await desk.task(State.DRAFT, title="Not yet shown", price=Decimal(5000))
    cursor = await conn.execute(
        """
        INSERT INTO payout_endpoint (freelancer_id, type, subtype, currency, number, status, created_at)
        VALUES (%s, 1, 2, 'RUB', '5213 24** **** 0004', 1, %s)
        RETURNING id
        """,
        [desk.freelancer_id, now],
    )
    row = await cursor.fetchone()
    assert row is not None
    await conn.execute(
        """
        INSERT INTO payout (
            task_id, freelancer_id, endpoint_id, status, currency, amount, endpoint_currency, endpoint_amount, rail,
            created_at, due_at
        )
        VALUES (%s, %s, %s, 10, 'EUR', 40, 'RUB', 3900, 'sandbox', %s, %s)
        """,
        [paid.id, desk.freelancer_id, row[0], now, now],
    )
    await sign_in(desk.freelancer_id)
    text = browser.page.text
    assert "€100.00" in text
    assert "RUB" in text
    assert "USD" in text
    assert text.index("New work") < text.index("Paid work"), "the newest first"
    assert "Not yet shown" not in text
    assert "Aurora Studio" in text
    assert "to 5213 24** **** 0004" in text
    assert "€40.00 → 3,900.00\xa0RUB" in text
    assert "Ordered" in text


async def test_tasks_page_by_page(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    for n in range(22):
        await desk.task(State.NEW, title=f"Task number {n}")
    await sign_in(desk.freelancer_id)
    assert browser.page.text.count("/my/tasks/") == 20
    assert "Task number 21" in browser.page.text
    older = browser.page.text.split('href="/my?before=')[1].split('"')[0]
    page = await browser.open(f"/my?before={older}")
    assert page.text.count("/my/tasks/") == 2
    assert "Task number 0" in page.text
    assert "Newest tasks" in page.text
    assert (await browser.open("/my?before=x")).text.count("/my/tasks/") == 20


async def test_from_start_to_hand_in(browser: Browser, desk: Desk, sign_in: SignIn, conn: Connection) -> None:
    task = await desk.task(State.NEW, description="First <line>\nSecond line")
    await sign_in(desk.freelancer_id)
    page = await browser.open(f"/my/tasks/{task.id}")
    assert "First &lt;line&gt;" in page.text
    page = await press(browser, "/start")
    assert "In work" in page.text
    page = await press(browser, "/finish", message="Done, see the table.")
    assert "The company looks at your work" in page.text
    assert await desk.steps(task) == [(None, 1), (1, 2), (2, 3)]
    cursor = await conn.execute("SELECT author_id, text FROM task_message")
    assert await cursor.fetchall() == [(desk.freelancer_id, "Done, see the table.")]


async def test_declining(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    task = await desk.task(State.NEW)
    await sign_in(desk.freelancer_id)
    await browser.open(f"/my/tasks/{task.id}", "ru")
    page = await press(browser, "/decline", "ru")
    assert (await desk.look(task)).state == State.DECLINED_BY_FREELANCER
    assert "/start" not in page.text


async def test_confirming_a_cancellation(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    task = await desk.task(State.CANCELLATION)
    await sign_in(desk.freelancer_id)
    await browser.open(f"/my/tasks/{task.id}")
    await press(browser, "/confirm")
    assert (await desk.look(task)).state == State.DECLINED_BY_CLIENT


async def test_a_report_where_the_task_asks_for_one(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    task = await desk.task(State.IN_WORK, need_report=True)
    await sign_in(desk.freelancer_id)
    await browser.open(f"/my/tasks/{task.id}")
    page = await press(browser, "/finish")
    assert page.status_code == 422
    assert "The company asks for a report" in page.text
    page = await press(browser, "/finish", message="Three tables, as asked")
    assert "Handed in" in page.text
    assert (await desk.look(task)).reported_at is not None


async def test_a_new_agreement_is_signed_on_the_way(
    browser: Browser, desk: Desk, sign_in: SignIn, conn: Connection, now: datetime
) -> None:
    task = await desk.task(State.NEW)
    text = Agreement(title_ru="Договор", title_en="New terms", text_ru="Текст", text_en="Be kind.")
    async with conn.transaction():
        old = await publish_agreement(conn, text, actor_id=None, now=now)
    await sign_agreement(conn, desk.freelancer_id, template_uuid=old, actor_id=None, now=now)
    async with conn.transaction():
        await publish_agreement(conn, text, actor_id=None, now=now)
    await sign_in(desk.freelancer_id)
    await browser.open(f"/my/tasks/{task.id}")
    page = await press(browser, "/start")
    assert "There is a new agreement" in page.text
    assert "Be kind." in page.text
    page = await press(browser, "/my/agreement")
    assert page.status_code == 422
    page = await press(browser, "/my/agreement", agreement="1", agreement_uuid=str(old))
    assert page.status_code == 422
    assert "There is a newer agreement" in page.text
    page = await press(browser, "/my/agreement", agreement="1")
    assert page.url.path == f"/my/tasks/{task.id}"
    page = await press(browser, "/start")
    assert "In work" in page.text


async def test_documents_are_read_and_accepted(
    browser: Browser, desk: Desk, sign_in: SignIn, conn: Connection, settings: Settings, now: datetime
) -> None:
    key = await FileStore(settings.files_url, settings.home).put(b"Keep it to yourself.")
    cursor = await conn.execute(
        """
        WITH kept AS (
            INSERT INTO file (company_id, owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
            VALUES (%(company)s, %(owner)s, 'nda «A».txt', 'text/plain', 20, 'the hash', %(key)s, %(now)s)
            RETURNING id
        )
        INSERT INTO acceptance_file (company_id, file_id, title_ru, title_en, created_at)
        SELECT %(company)s, id, 'Соглашение', 'Promise to keep quiet', %(now)s
        FROM kept
        RETURNING id, file_id
        """,
        {"company": desk.member.company_id, "owner": desk.member.person_id, "key": key, "now": now},
    )
    row = await cursor.fetchone()
    assert row is not None
    acceptance_file, file = row
    task = await desk.task(State.NEW, acceptance_file_ids=[acceptance_file])
    await sign_in(desk.freelancer_id)
    page = await browser.open(f"/my/tasks/{task.id}")
    assert "Promise to keep quiet" in page.text
    document = await browser.http.get(f"/my/tasks/{task.id}/files/{file}")
    assert document.content == b"Keep it to yourself."
    assert document.headers["content-disposition"].startswith("attachment; filename*=UTF-8''nda%20")
    assert document.headers["x-content-type-options"] == "nosniff"
    page = await press(browser, "/start")
    assert page.status_code == 422
    assert "Accept the documents" in page.text
    page = await press(browser, "/documents")
    assert page.status_code == 422
    assert "Read the document and tick it" in page.text
    page = await press(browser, "/documents", **{f"document_{acceptance_file}": "1"})
    assert "✓ accepted" in page.text
    assert "Documents to accept first" not in page.text
    page = await press(browser, "/start")
    assert "In work" in page.text
    cursor = await conn.execute(
        "SELECT signed_by, signed_for, signed_from, signed_sha256 FROM task_acceptance_file WHERE task_id = %s",
        [task.id],
    )
    assert await cursor.fetchone() == (desk.freelancer_id, None, "127.0.0.1", b"the hash")
    assert (await browser.open(f"/my/tasks/{task.id}/files/{file + 1}")).status_code == 404


async def test_what_the_company_has_is_not_told(
    browser: Browser, database: Database, sign_in: SignIn, now: datetime
) -> None:
    desk = await open_desk(database, now=now, money="150.31", escrow="on_task_accept")
    task = await desk.task(State.NEW)
    await desk.task(State.IN_WORK)
    await sign_in(desk.freelancer_id)
    await browser.open(f"/my/tasks/{task.id}")
    page = await press(browser, "/start")
    assert page.status_code == 422
    assert "The company has to top up" in page.text
    assert "40.31" not in page.text
    assert (await desk.look(task)).state == State.NEW


async def test_a_step_that_the_task_does_not_allow_any_more(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    task = await desk.task(State.NEW)
    await sign_in(desk.freelancer_id)
    await browser.open(f"/my/tasks/{task.id}")
    there = browser.page
    await press(browser, "/decline")
    browser.page = there
    page = await press(browser, "/start")
    assert page.status_code == 422
    assert "The task has changed meanwhile" in page.text
    assert (await desk.look(task)).state == State.DECLINED_BY_FREELANCER


async def test_strangers(browser: Browser, conn: Connection, desk: Desk, sign_in: SignIn, now: datetime) -> None:
    task = await desk.task(State.NEW)
    draft = await desk.task(State.DRAFT)
    other = await add_freelancer(
        conn, desk.member.company_id, desk.member.person_id, now=now, email="oscar@freelance.example"
    )
    # Not signed in: to the sign-in page and back.
    page = await browser.open(f"/my/tasks/{task.id}")
    assert page.url.path == "/sign-in"
    assert browser.form()[1]["next"] == f"/my/tasks/{task.id}"
    token = browser.form()[1]["form_token"]
    for path in (f"/my/tasks/{task.id}/start", "/my/agreement"):
        reply = await browser.http.post(path, data={"form_token": token})
        assert reply.url.path == "/sign-in"
    # Somebody else's task, a draft, and what is no task look alike.
    await sign_in(other)
    token = browser.form()[1]["form_token"]
    for number in (task.id, 999_999, 2**63, 0):
        assert (await browser.open(f"/my/tasks/{number}")).status_code == 404
        for step in ("start", "decline", "fly"):
            reply = await browser.http.post(
                f"/my/tasks/{number}/{step}", data={"form_token": token}, headers={"Accept": "text/html"}
            )
            assert reply.status_code == 404
    await sign_in(desk.freelancer_id)
    assert (await browser.open(f"/my/tasks/{draft.id}")).status_code == 404
    assert (await browser.open(f"/my/tasks/{task.id}")).status_code == 200
    # A company's member is no freelancer, and learns nothing from here.
    await sign_in(desk.member.person_id)
    assert "This page is for freelancers" in browser.page.text
    assert (await browser.open(f"/my/tasks/{task.id}")).status_code == 404
    assert (await desk.look(task)).state == State.NEW


async def test_steps_need_our_own_form(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    task = await desk.task(State.NEW)
    await sign_in(desk.freelancer_id)
    data: dict[str, Any]
    for data, headers in (
        ({}, {}),
        ({"form_token": uuid.uuid4().hex}, {}),
        (browser.form()[1], {"Sec-Fetch-Site": "same-site"}),
    ):
        reply = await browser.http.post(f"/my/tasks/{task.id}/start", data=data, headers=headers)
        assert reply.status_code == 403
    assert (await desk.look(task)).state == State.NEW


async def add_endpoint(conn: Connection, freelancer_id: int, number: str, *, now: datetime) -> int:
    return int(
        await fetch_value(
            conn,
            """
            INSERT INTO payout_endpoint (freelancer_id, type, subtype, currency, number, status, created_at)
            VALUES (%(freelancer)s, 6, 1, 'EUR', %(number)s, 1, %(now)s)
            RETURNING id
            """,
            {"freelancer": freelancer_id, "number": number, "now": now},
        )
    )


async def test_where_payouts_go_by_themselves(
    browser: Browser, conn: Connection, desk: Desk, sign_in: SignIn, now: datetime
) -> None:
    await sign_in(desk.freelancer_id)
    assert "auto-pay" not in (await browser.open("/my")).text  # nothing to choose from
    first = await add_endpoint(conn, desk.freelancer_id, "DE89370400440532013000", now=now)
    second = await add_endpoint(conn, desk.freelancer_id, "DE02120300000000202051", now=now)

    async def chosen() -> list[int]:
        cursor = await conn.execute("SELECT id FROM payout_endpoint WHERE auto_pay")
        return [row[0] for row in await cursor.fetchall()]

    page = await browser.open("/my")
    assert "DE89370400440532013000 · EUR" in page.text
    for choice, expected in ((str(first), [first]), (str(second), [second]), ("none", [])):
        page = await press(browser, "/my/auto-pay", endpoint=choice)
        assert (page.status_code, page.url.path, await chosen()) == (200, "/my", expected)
        form = next(fields for action, fields in (browser.form(n) for n in range(2)) if action == "/my/auto-pay")
        assert form["endpoint"] == choice
    assert "Автоматические выплаты" in (await browser.open("/my?lang=ru")).text
    await browser.open("/my?lang=en")

    await press(browser, "/my/auto-pay", endpoint=str(first))
    stranger = await add_freelancer(
        conn, desk.member.company_id, desk.member.person_id, now=now, email="other@nora.example"
    )
    theirs = await add_endpoint(conn, stranger, "DE02500105170137075030", now=now)
    for wrong, status in ((str(theirs), 422), ("9" * 18, 422), ("9" * 40, 404), ("-1", 404), ("one", 404)):
        await browser.open("/my")
        assert (await press(browser, "/my/auto-pay", endpoint=wrong)).status_code == status, wrong
        assert await chosen() == [first]
    cursor = await conn.execute("SELECT facts FROM audit WHERE action = 'payout_endpoint.auto_pay_chosen' ORDER BY id")
    assert [row[0]["endpoint_id"] for row in await cursor.fetchall()] == [first, second, None, first]


async def test_a_choice_needs_its_own_person_and_form(
    browser: Browser, conn: Connection, desk: Desk, sign_in: SignIn, now: datetime
) -> None:
    endpoint = await add_endpoint(conn, desk.freelancer_id, "DE89370400440532013000", now=now)
    reply = await browser.http.post("/my/auto-pay", data={"endpoint": str(endpoint)})
    assert reply.status_code in {401, 403} or reply.url.path == "/sign-in"
    await sign_in(desk.freelancer_id)
    reply = await browser.http.post("/my/auto-pay", data={"endpoint": str(endpoint)})
    assert reply.status_code == 403
    assert not await fetch_value(conn, "SELECT bool_or(auto_pay) FROM payout_endpoint")


async def test_the_start_page(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    page = await browser.open("/", "ru")
    assert "Фрилансерам" in page.text
    await sign_in(desk.freelancer_id)
    assert (await browser.open("/")).url.path == "/my"


async def test_members_of_the_cast(owner: Someone, browser: Browser) -> None:
    browser.http.cookies.set("artel_session", owner.token)
    assert "This page is for freelancers" in (await browser.open("/my")).text
