"""The operator's page of disputes."""

from datetime import datetime

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.tasks.machine import State
from tests import cast
from tests.pages.conftest import Browser
from tests.pages.test_my import SignIn, press
from tests.pages.test_my import sign_in as sign_in_freelancer
from tests.tasks.cast import Desk, open_desk, resolving

__all__ = ["sign_in_freelancer"]
PASSWORD = "correct horse battery"


@pytest.fixture
async def desk(database: Database, now: datetime) -> Desk:
    return await open_desk(database, now=now, money="1000", escrow="on_task_create")


@pytest.fixture
async def operator(browser: Browser, conn: Connection, now: datetime) -> int:
    """The operator, signed in on the page."""
    person = await cast.add_person(conn, "olga@artel.example", now=now, password=PASSWORD)
    await conn.execute("UPDATE person SET is_operator = true WHERE id = %s", [person])
    await browser.open("/sign-in")
    page = await browser.send({"username": "olga@artel.example", "password": PASSWORD})
    assert page.url.path == "/operator/disputes", page.text
    return person


async def test_a_dispute_is_read_and_decided(browser: Browser, desk: Desk, operator: int) -> None:
    assert "No disputes are open" in browser.page.text
    task = await desk.task(State.DISPUTE, title="Interviews")
    page = await browser.open("/operator/disputes")
    assert "Interviews" in page.text
    page = await browser.open(f"/operator/disputes/{task.id}")
    for text in ("The work is done as agreed", "What sells where", "Aurora Studio", "€100.00", "€110.00"):
        assert text in page.text, text
    page = await press(browser, f"/{task.id}", state="4", price="70,50", comment="Two thirds are there")
    assert page.url.path == "/operator/disputes"
    assert "Interviews" not in page.text
    after = await desk.look(task)
    assert (after.state, after.worker_price, after.held) == (State.FOR_PAYMENT, 70.5, after.total)
    assert (await browser.open(f"/operator/disputes/{task.id}")).status_code == 404
    await desk.verify()


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ({"comment": "Why"}, "Please fill this in"),
        ({"state": "4"}, "Please fill this in"),
        ({"state": "4", "comment": "Why", "price": "many"}, "number above zero"),
        ({"state": "4", "comment": "Why", "price": "0"}, "number above zero"),
        ({"state": "8", "comment": "Why", "price": "5"}, "A declined task is not paid"),
        ({"state": "5", "comment": "Why"}, "A dispute ends in"),
        ({"state": "4", "comment": "Why", "price": "5000"}, "top up"),
    ],
)
async def test_decisions_that_are_none(
    browser: Browser, desk: Desk, operator: int, typed: dict[str, str], text: str
) -> None:
    task = await desk.task(State.DISPUTE)
    await browser.open(f"/operator/disputes/{task.id}")
    page = await press(browser, f"/{task.id}", **typed)
    assert page.status_code == 422
    assert text in page.text
    assert await desk.look(task) == task


async def test_the_client_was_quicker(browser: Browser, desk: Desk, operator: int) -> None:
    task = await desk.task(State.DISPUTE)
    await browser.open(f"/operator/disputes/{task.id}")
    await desk.take(task, resolving(2))
    page = await press(browser, f"/{task.id}", state="8", comment="No")
    assert page.url.path == "/operator/disputes"
    assert (await desk.look(task)).state == State.IN_WORK


async def test_nobody_else_comes_in(browser: Browser, desk: Desk, sign_in_freelancer: SignIn) -> None:
    task = await desk.task(State.DISPUTE)

    async def send(token: str) -> httpx.Response:
        return await browser.http.post(
            f"/operator/disputes/{task.id}",
            data={"form_token": token, "state": "4", "comment": "Mine"},
            headers={"Accept": "text/html"},
        )

    assert (await browser.open("/operator/disputes")).url.path == "/sign-in"
    assert (await send(browser.form()[1]["form_token"])).url.path == "/sign-in"
    for person in (desk.freelancer_id, desk.member.person_id):
        await sign_in_freelancer(person)
        for path in ("/operator/disputes", f"/operator/disputes/{task.id}"):
            page = await browser.open(path)
            assert page.status_code == 403
            assert "Interviews" not in page.text
        await browser.open("/my")
        assert (await send(browser.form()[1]["form_token"])).status_code == 403
    assert await desk.look(task) == task
