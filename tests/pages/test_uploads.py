"""Tables on the company's page: nothing is written before it is confirmed, then each line has its result."""

import asyncio
import csv
import io
from datetime import datetime
from typing import Any

import httpx
import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.settings import Settings
from artel.tasks.machine import State
from artel.tasks.uploads import work_on
from tests.notifications.conftest import sending
from tests.pages.conftest import Browser
from tests.pages.test_my import SignIn, sign_in
from tests.tasks.cast import Desk, open_desk
from tests.waiting import until

__all__ = ["sign_in"]
START = "/company/uploads"
HEADINGS = "title;description;service;freelancer;deadline;price;attribute 42;attribute 43;attribute 44\n"


@pytest.fixture
async def desk(database: Database, now: datetime) -> Desk:
    return await open_desk(database, now=now, money="1000")


def table(desk: Desk, *titles: str, price: str = "100") -> bytes:
    lines = [f"{title};What sells;42;{desk.freelancer_id};2099-01-31;{price};5;July;Germany\n" for title in titles]
    return (HEADINGS + "".join(lines)).encode()


async def upload(browser: Browser, content: bytes, **fields: str) -> httpx.Response:
    await browser.open(START)
    action, there = next(browser.form(n) for n in range(5) if browser.form(n)[0] == START)
    browser.page = await browser.http.post(
        str(browser.page.url.join(action)),
        data={**there, **fields, "file": []},  # a browser sends the file alone under this name
        files={"file": ("work.csv", content, "text/csv")},
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
    )
    return browser.page


async def press(browser: Browser) -> httpx.Response:
    number = next(n for n in range(5) if browser.form(n)[0].startswith(f"{START}/"))
    return await browser.send(number=number)


async def work(database: Database, now: datetime) -> int:
    """What the job does; how many batches it took."""
    async with database.connection() as conn:
        upload_id = await fetch_value(conn, "SELECT max(id) FROM bulk_upload")
    batches = 1
    while True:
        async with database.transaction() as conn:
            if not await work_on(conn, upload_id, now=now):
                return batches
        batches += 1


async def die_at_work(database: Database, upload_id: int, now: datetime) -> None:
    async with database.transaction() as conn:
        await work_on(conn, upload_id, now=now)
        raise RuntimeError("killed")


async def tasks_of(conn: Connection) -> list[tuple[Any, ...]]:
    return list(await (await conn.execute("SELECT title, state FROM task ORDER BY number")).fetchall())


async def test_a_table_of_tasks(
    browser: Browser, conn: Connection, database: Database, desk: Desk, sign_in: SignIn, now: datetime
) -> None:
    await sign_in(desk.member.person_id)
    page = await upload(browser, table(desk, "First", "Wrong | sign", "=cmd", "Second"), mode="each")
    assert page.status_code == 200
    assert "2 of 4 lines are wrong and will be left out" in page.text
    assert "title: “|” is not allowed here" in page.text
    assert await tasks_of(conn) == []
    page = await press(browser)
    assert "0 of 4 lines" in page.text
    assert page.headers["refresh"] == "2"
    assert await tasks_of(conn) == []
    assert await fetch_value(conn, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'write_upload'") == 1
    await work(database, now)
    assert await tasks_of(conn) == [("First", 1), ("Second", 1)]
    page = await browser.open(str(page.url))
    assert "2 of 4 lines are done" in page.text
    reply = await browser.http.get(f"{page.url}/results.csv")
    rows = list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert rows[0] == ["line", "result", "uuid", "total", "what is wrong"]
    assert [row[1] for row in rows[1:]] == ["done", "not done", "not done", "done"]
    assert reply.headers["content-disposition"].startswith("attachment")


async def test_one_wrong_line_and_nothing_is_written(
    browser: Browser, conn: Connection, desk: Desk, sign_in: SignIn
) -> None:
    await conn.execute("UPDATE person SET language = 'RU'")
    await sign_in(desk.member.person_id)
    page = await upload(browser, table(desk, "First", "x"), mode="all")
    assert "Строк с ошибками: 1 из 2" in page.text
    assert "название: " in page.text
    assert "Создать задания" not in page.text
    assert await tasks_of(conn) == []


async def test_payments(
    browser: Browser, conn: Connection, database: Database, settings: Settings, desk: Desk, sign_in: SignIn
) -> None:
    """With the worker's own job queue."""
    tasks = [await desk.task(State.FOR_PAYMENT) for _ in range(3)]
    await sign_in(desk.member.person_id)
    content = "uuid\n" + "".join(f"{task.uuid}\n" for task in tasks)
    page = await upload(browser, content.encode(), kind="payments", mode="all")
    assert "Nothing is wrong with the 3 lines" in page.text
    assert "€110.00" in page.text
    page = await press(browser)
    assert "0 of 3 lines" in page.text

    async def is_finished() -> bool:
        return await fetch_value(conn, "SELECT finished_at IS NOT NULL FROM bulk_upload") is True

    async with sending(settings, database):
        await until(is_finished, timeout_s=30)
    assert [(await desk.look(task)).state for task in tasks] == [State.QUEUED] * 3
    await desk.verify()
    assert "3 of 3 lines are done" in (await browser.open(str(page.url))).text


async def test_many_lines_go_in_batches_and_two_workers_do_each_once(
    browser: Browser, conn: Connection, database: Database, desk: Desk, sign_in: SignIn, now: datetime
) -> None:
    """A batch that was undone (its worker died) is done again by whoever comes next, and none twice."""
    await sign_in(desk.member.person_id)
    await upload(browser, table(desk, *(f"Task {n}" for n in range(250)), price="1"), mode="each")
    await press(browser)
    upload_id = await fetch_value(conn, "SELECT max(id) FROM bulk_upload")
    with pytest.raises(RuntimeError, match="killed"):
        await die_at_work(database, upload_id, now)
    assert await tasks_of(conn) == []
    await asyncio.gather(work(database, now), work(database, now))
    assert [title for title, _ in await tasks_of(conn)] == [f"Task {n}" for n in range(250)]
    found = await fetch_value(conn, "SELECT jsonb_array_length(results) FROM bulk_upload")
    assert found == 250


async def test_confirmed_twice(browser: Browser, conn: Connection, desk: Desk, sign_in: SignIn) -> None:
    await sign_in(desk.member.person_id)
    await upload(browser, table(desk, "First"))
    action, fields = next(browser.form(n) for n in range(5) if browser.form(n)[0].startswith(f"{START}/"))
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    replies = await asyncio.gather(*(browser.http.post(action, data=fields, headers=headers) for _ in range(5)))
    assert {reply.status_code for reply in replies} == {200}
    assert await fetch_value(conn, "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'write_upload'") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "Please fill this in"), (b"nonsense", "headings"), (b"PK\0\0", "not a CSV"), (b"title\nA\n", "description")],
)
async def test_no_table(browser: Browser, desk: Desk, sign_in: SignIn, content: bytes, said: str) -> None:
    await sign_in(desk.member.person_id)
    if content:
        page = await upload(browser, content)
    else:
        await browser.open(START)
        number = next(n for n in range(5) if browser.form(n)[0] == START)
        page = await browser.send(number=number)
    assert page.status_code == 422
    assert said in page.text


async def test_outsiders(
    browser: Browser, conn: Connection, database: Database, desk: Desk, sign_in: SignIn, now: datetime
) -> None:
    """Another company sees nothing of it, and cannot confirm it; who is in no company has no page; without a session
    one is sent to sign in."""
    await sign_in(desk.member.person_id)
    address = str((await upload(browser, table(desk, "First"))).url)
    other = await open_desk(database, now=now)
    await sign_in(other.member.person_id)
    page = await browser.open(START)
    assert "work.csv" not in page.text
    form = next(browser.form(n)[1] for n in range(5) if browser.form(n)[0] == START)
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    assert (await browser.http.get(address)).status_code == 404
    assert (await browser.http.get(f"{address}/results.csv")).status_code == 404
    assert (await browser.http.post(address, data=form, headers=headers)).status_code == 404
    assert (await browser.http.get(f"{START}/nothing")).status_code == 404
    foreign = {**form, "company": str(desk.member.company_id), "file": []}
    reply = await browser.http.post(START, data=foreign, files={"file": ("a.csv", table(desk, "x y"))}, headers=headers)
    assert reply.status_code == 422
    await sign_in(other.freelancer_id)
    assert (await browser.open(START)).status_code == 403
    browser.http.cookies.clear()
    assert (await browser.open(START)).url.path == "/sign-in"
    assert await fetch_value(conn, "SELECT count(*) FROM bulk_upload WHERE confirmed_at IS NOT NULL") == 0


async def test_the_right_taken_away_meanwhile(
    browser: Browser, conn: Connection, database: Database, desk: Desk, sign_in: SignIn, now: datetime
) -> None:
    await sign_in(desk.member.person_id)
    await upload(browser, table(desk, "First"))
    await press(browser)
    await conn.execute("UPDATE company_member SET role = 'viewer'")
    await work(database, now)
    assert await tasks_of(conn) == []
    assert await fetch_value(conn, "SELECT results->0->>'code' FROM bulk_upload") == "forbidden"
