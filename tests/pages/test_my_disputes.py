"""A freelancer's own pages: disputes, proposed changes, and a task that changed while its page was open."""

from datetime import datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.tasks import changes
from artel.tasks.attributes import Given
from artel.tasks.machine import State
from tests.pages.conftest import Browser
from tests.pages.test_my import SignIn, press, sign_in
from tests.tasks.cast import Desk, add_freelancer, editing, open_desk, proposing, resolving

__all__ = ["sign_in"]


@pytest.fixture
async def desk(database: Database, now: datetime) -> Desk:
    return await open_desk(database, now=now, money="1000", escrow="on_task_create")


@pytest.mark.parametrize("state", [State.RESULT, State.CANCELLATION])
async def test_a_dispute_with_its_reason(browser: Browser, desk: Desk, sign_in: SignIn, state: State) -> None:
    task = await desk.task(state)
    await sign_in(desk.freelancer_id)
    await browser.open(f"/my/tasks/{task.id}")
    page = await press(browser, "/dispute", reason="  ")
    assert page.status_code == 422
    assert '<details class="card" open>' in page.text
    assert 'aria-invalid="true"' in page.text
    assert (await desk.look(task)).state == state
    page = await press(browser, "/dispute", reason="All of it is <there>")
    assert "In dispute" in page.text
    assert "All of it is &lt;there&gt;" in page.text
    assert "/dispute" not in page.text
    assert (await desk.look(task)).state == State.DISPUTE
    await desk.take(task, resolving(2, comment="One table is missing"))
    page = await browser.open(f"/my/tasks/{task.id}")
    assert "One table is missing" in page.text
    assert page.text.index("All of it is") < page.text.index("One table is missing")
    await desk.verify()


async def test_what_is_proposed_is_shown_and_agreed_to(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    task = await desk.task(State.IN_WORK, share_commission=True)
    await desk.take(
        task,
        proposing(
            "250",
            comment="Three countries, not one",
            title="Wider analysis",
            deadline=desk.now + timedelta(days=120),
            deadline_type=2,
            attributes=[Given(42, "7"), Given(43, "August 2022"), Given(44, "Germany")],
            need_report=True,
            copyright=True,
        ),
    )
    await sign_in(desk.freelancer_id)
    page = await browser.open(f"/my/tasks/{task.id}")
    for text in ("€99.00", "€247.50", "Wider analysis", "August 2022", "the task ends at once", "A report is"):
        assert text in page.text, text  # 1 % of the price is the freelancer's share
    assert "Three countries, not one" in page.text
    page = await press(browser, "/agree")
    assert "In work" in page.text
    assert "€247.50" in page.text
    after = await desk.look(task)
    assert (after.state, after.title, after.held) == (State.IN_WORK, "Wider analysis", after.total)
    await desk.verify()


async def test_refused_with_and_without_words(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    for words in ("", "Too little time"):
        task = await desk.task(State.NEW)
        await desk.take(task, proposing("50"))
        await sign_in(desk.freelancer_id)
        await browser.open(f"/my/tasks/{task.id}", "ru")
        page = await press(browser, "/refuse", "ru", comment=words)
        assert words in page.text
        after = await desk.look(task)
        assert (after.state, after.total, after.message_count) == (State.NEW, 110, 1 if words else 0)
    await desk.verify()


async def test_another_proposal_meanwhile(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    task = await desk.task(State.IN_WORK)
    await desk.take(task, proposing("200"))
    await sign_in(desk.freelancer_id)
    await browser.open(f"/my/tasks/{task.id}")
    await desk.take(task, changes.withdraw_changes)
    await desk.take(task, proposing("2"))
    page = await press(browser, "/agree")
    assert page.status_code == 422
    assert "The company has changed its proposal meanwhile" in page.text
    assert "€2.00" in page.text
    await desk.take(task, changes.withdraw_changes)
    page = await press(browser, "/agree")
    assert page.status_code == 422
    assert "The task has changed meanwhile" in page.text
    assert (await desk.look(task)).total == 110


async def test_the_companys_money_is_not_told(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    task = await desk.task(State.IN_WORK)
    await desk.take(task, proposing("850"))
    await desk.task(State.NEW, price=Decimal(500))
    await sign_in(desk.freelancer_id)
    await browser.open(f"/my/tasks/{task.id}")
    page = await press(browser, "/agree")
    assert page.status_code == 422
    assert "The company has to top up" in page.text
    assert "340" not in page.text
    assert (await desk.look(task)).state == State.CHANGES_PROPOSED


async def test_started_is_only_what_was_read(browser: Browser, desk: Desk, sign_in: SignIn) -> None:
    """The client lowers the price while the freelancer has the page open."""
    task = await desk.task(State.NEW)
    await sign_in(desk.freelancer_id)
    await browser.open(f"/my/tasks/{task.id}")
    await desk.take(task, editing("1"))
    page = await press(browser, "/start")
    assert page.status_code == 422
    assert "The company has changed this task meanwhile" in page.text
    assert (await desk.look(task)).state == State.NEW
    assert "€1.00" in page.text
    page = await press(browser, "/start")
    assert "In work" in page.text


async def test_strangers(browser: Browser, conn: Connection, desk: Desk, sign_in: SignIn, now: datetime) -> None:
    disputable, proposed = await desk.task(State.RESULT), await desk.task(State.CHANGES_PROPOSED)
    other = await add_freelancer(
        conn, desk.member.company_id, desk.member.person_id, now=now, email="oscar@freelance.example"
    )

    async def send(task_id: int, step: str, token: str) -> httpx.Response:
        return await browser.http.post(
            f"/my/tasks/{task_id}/{step}", data={"form_token": token, "reason": "Mine"}, headers={"Accept": "text/html"}
        )

    for person in (other, desk.member.person_id):
        await sign_in(person)
        token = browser.form()[1]["form_token"]
        for task_id, step in ((disputable.id, "dispute"), (proposed.id, "agree"), (proposed.id, "refuse")):
            assert (await send(task_id, step, token)).status_code == 404
    await sign_in(desk.freelancer_id)
    token = browser.form()[1]["form_token"]
    # No proposal named, or what is no number: not the one that is open.
    assert (await send(proposed.id, "agree", token)).status_code == 422
    assert (await desk.look(disputable)).state == State.RESULT
    assert (await desk.look(proposed)).state == State.CHANGES_PROPOSED
