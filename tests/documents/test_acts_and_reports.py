"""An act for each paid task; a report of each ended month, each paid task in one."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.documents.jobs import document_loops
from artel.settings import Settings
from artel.tasks.machine import State
from tests.documents.cast import bytes_of, documents_of, numbers_without_gap, text_of, work_documents
from tests.tasks.cast import Desk, open_desk

END_OF_MARCH = datetime(2026, 3, 31, 23, 59, 59, 999_000, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)


async def test_a_paid_task_gets_one_act(database: Database, conn: Connection, settings: Settings, desk: Desk) -> None:
    task = await desk.task(State.FINISHED, price=Decimal("123.45"))
    await desk.task(State.FOR_PAYMENT)
    for _ in range(3):
        await work_documents(database, settings, desk.now)
    [act] = await documents_of(conn, desk.member.company_id)
    assert (act.type, act.task_id, act.status) == (8, task.id, 1)
    assert (act.net, act.vat, act.amount) == (task.total, task.vat, task.total + task.vat)
    assert act.file_en_id
    assert act.file_ru_id
    assert await fetch_value(conn, "SELECT count(*) FROM document_rendering") == 0


async def test_months_are_closed_after_their_end_each_task_once(
    database: Database, conn: Connection, settings: Settings, desk: Desk
) -> None:
    desk.now = END_OF_MARCH
    for _ in range(2):
        await desk.task(State.FINISHED)
    desk.now = APRIL
    await desk.task(State.FINISHED, price=Decimal(500))

    async def reports(at: datetime) -> list[Decimal]:
        await work_documents(database, settings, at)
        return [one.net for one in await documents_of(conn, desk.member.company_id, 7)]

    assert await reports(APRIL + timedelta(minutes=59)) == []
    assert await reports(APRIL + timedelta(hours=1)) == [Decimal(220)]
    assert await reports(APRIL + timedelta(days=29)) == [Decimal(220)]
    assert await reports(datetime(2026, 5, 1, 1, tzinfo=UTC)) == [Decimal(220), Decimal(550)]
    dated = await conn.execute("SELECT month, dated FROM document WHERE type = 7 ORDER BY place")
    assert [(str(month), str(day)) for month, day in await dated.fetchall()] == [
        ("2026-03-01", "2026-03-31"),
        ("2026-04-01", "2026-04-30"),
    ]
    # A payment that was committed after its month had been closed is not lost: it gets a report of its own.
    desk.now = END_OF_MARCH
    await desk.task(State.FINISHED, price=Decimal(700))
    assert await reports(datetime(2026, 5, 1, 2, tzinfo=UTC)) == [Decimal(220), Decimal(550), Decimal(770)]
    await numbers_without_gap(conn)


async def test_workers_that_were_off_for_months_close_each_of_them(
    database: Database, conn: Connection, settings: Settings, desk: Desk
) -> None:
    for month in (1, 2, 3):
        desk.now = datetime(2026, month, 10, tzinfo=UTC)
        await desk.task(State.FINISHED)
    await work_documents(database, settings, APRIL + timedelta(days=5))
    assert [one.type for one in await documents_of(conn, desk.member.company_id)] == [8, 8, 8, 7, 7, 7]


async def test_the_loop_says_when_it_is_to_look_again(
    database: Database, conn: Connection, settings: Settings, desk: Desk
) -> None:
    """The sandbox's clock wakes it; nobody waits for the machine's month to end."""
    closing = next(loop for loop in document_loops(settings) if loop.name == "closing reports")
    assert (await closing.claim_and_run(database, APRIL)).next_due is None
    desk.now = END_OF_MARCH
    await desk.task(State.FINISHED)
    assert (await closing.claim_and_run(database, APRIL)).next_due == APRIL + timedelta(hours=1)
    assert (await closing.claim_and_run(database, APRIL + timedelta(hours=1))).next_due is None


@pytest.mark.parametrize("currency", ["RUB", "USD"])
async def test_a_report_names_every_task(
    database: Database, conn: Connection, settings: Settings, desk: Desk, currency: str
) -> None:
    other = await open_desk(database, now=END_OF_MARCH, money="100000", currency=currency)
    for turn in range(40):
        await other.task(State.QUEUED, title=f"Баннер {turn}: для весны", price=Decimal(1000 + turn))
    await other.settle()
    # Settled by the machine's clock, in the month under way.
    await work_documents(database, settings, desk.now + timedelta(days=32))
    [report] = await documents_of(conn, other.member.company_id, 7)
    english = text_of(await bytes_of(conn, settings, report.file_en_id))
    russian = text_of(await bytes_of(conn, settings, report.file_ru_id))
    for turn in range(40):
        assert f"Баннер {turn}: для весны" in english
        assert f"Баннер {turn}: для весны" in russian
    assert "Monthly closing report" in english
    assert "Отчёт за месяц" in russian
    assert "Page 2 of" in english
    assert "Страница 2 из" in russian
    # 40 × 1000 + 0 + 1 + … + 39, and a tenth of it; VAT beside it.
    assert report.net == Decimal("44858.00")
    assert report.amount == Decimal("53829.60")
    tight = {"EN": english.replace(" ", ""), "RU": russian.replace(" ", "")}
    assert {"RUB": "RUB53,829.60", "USD": "US$53,829.60"}[currency] in tight["EN"]
    assert {"RUB": "53829,60₽", "USD": "53829,60$"}[currency] in tight["RU"]
