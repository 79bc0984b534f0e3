"""Numbers without gap or double, however many take them at once, and whoever rolls back."""

import asyncio
import re
from datetime import UTC, datetime
from decimal import Decimal

from artel.db.pool import Connection, Database
from artel.documents.acts import issue_acts
from artel.documents.invoices import create_invoice
from artel.documents.numbers import number_of
from artel.documents.reports import MonthToClose, close_month
from artel.settings import Settings
from artel.tasks.jobs import settle_due
from artel.tasks.machine import State
from tests.documents.cast import ISSUER, documents_of, invoice, numbers_without_gap, work_documents
from tests.tasks.cast import Desk, open_desk

MANY = 200


class Changed(Exception):
    """Somebody's mind."""


def test_a_number_names_company_day_and_place() -> None:
    assert number_of(2955, 18, now=datetime(2021, 11, 26, 4, 54, 39, tzinfo=UTC)) == "2955-211126-18"


async def test_200_at_once_and_a_third_rolls_back(database: Database, conn: Connection, desk: Desk) -> None:
    begun = asyncio.Barrier(15)  # connections enough that many wait for one counter

    async def issue(turn: int) -> None:
        if turn < 15:
            await begun.wait()
        async with database.transaction() as own:
            await create_invoice(
                own, desk.member, amount=Decimal(turn + 1), issuer=ISSUER, actor_id=desk.member.person_id, now=desk.now
            )
            if turn % 3 == 0:
                raise Changed

    outcomes = await asyncio.gather(*(issue(turn) for turn in range(MANY)), return_exceptions=True)
    undone = [outcome for outcome in outcomes if outcome is not None]
    assert [type(outcome) for outcome in undone] == [Changed] * len(range(0, MANY, 3))
    documents = await documents_of(conn, desk.member.company_id)
    assert len(documents) == MANY - len(undone)
    assert all(re.fullmatch(rf"{desk.member.company_id}-\d{{6}}-{one.place}", one.number) for one in documents)
    await numbers_without_gap(conn)


async def test_200_parallel_closings(database: Database, conn: Connection, settings: Settings) -> None:
    """Of five companies with tasks paid last month, while acts and invoices are made: one report each."""
    paid_at = datetime(2026, 3, 30, 12, tzinfo=UTC)
    closed_at = datetime(2026, 4, 2, tzinfo=UTC)
    desks = [await open_desk(database, now=paid_at, money="10000") for _ in range(5)]
    for desk in desks:
        for _ in range(3):
            await desk.task(State.QUEUED)
    await settle_due(database, paid_at)

    async def close(desk: Desk) -> int | None:
        month = MonthToClose(desk.member.company_id, paid_at.date().replace(day=1))
        async with database.transaction() as own:
            return await close_month(own, month, issuer=ISSUER, now=closed_at)

    async def acts() -> int:
        async with database.transaction() as own:
            return await issue_acts(own, issuer=ISSUER, limit=2, now=closed_at)

    async def bill(desk: Desk) -> None:
        async with database.transaction() as own:
            await create_invoice(
                own, desk.member, amount=Decimal(5), issuer=ISSUER, actor_id=desk.member.person_id, now=closed_at
            )

    closings = [close(desks[turn % 5]) for turn in range(MANY)]
    others = [acts() for _ in range(10)] + [bill(desk) for desk in desks]
    outcomes = await asyncio.gather(*closings, *others)
    reports = [report for report in outcomes[:MANY] if report is not None]
    assert len(reports) == 5
    await work_documents(database, settings, closed_at)
    for desk in desks:
        documents = await documents_of(conn, desk.member.company_id)
        assert sorted(one.type for one in documents) == [6, 7, 8, 8, 8]
        [report] = [one for one in documents if one.type == 7]
        assert (report.net, report.vat, report.amount) == (Decimal(330), Decimal(66), Decimal(396))
        await desk.verify()
    await numbers_without_gap(conn)


async def test_companies_count_for_themselves(database: Database, conn: Connection, desk: Desk) -> None:
    other = await open_desk(database, now=desk.now)
    for member, place in ((desk.member, 1), (other.member, 1), (desk.member, 2)):
        assert (await invoice(conn, member, "10", now=desk.now)).place == place
