"""An invoice tops up once, by its net amount, with the VAT it was written with."""

import asyncio
from datetime import datetime
from decimal import Decimal

import pytest

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.documents.errors import InvoiceAmountWrong, InvoicePaid
from artel.documents.invoices import lock_invoice, pay_invoice
from artel.errors import NotFound
from artel.ledger.accounts import clearing, vat
from artel.ledger.queries import balance, company_balances
from artel.settings import Settings
from artel.tasks.machine import State
from tests.documents.cast import company_of, documents_of, invoice, work_documents
from tests.tasks.cast import Desk, verify_books


async def test_paid_it_tops_up_and_is_told(conn: Connection, now: datetime) -> None:
    member = await company_of(conn, "Aurora", "EUR", now=now)
    bill = await invoice(conn, member, "1000.01", now=now)
    assert (bill.net, bill.vat, bill.amount, bill.status) == (
        Decimal("1000.01"),
        Decimal("200.00"),
        Decimal("1200.01"),
        1,
    )
    assert (await company_balances(conn, member.company_id)).available == 0
    # The percentage of today is of no account: the bill says what was asked for.
    await conn.execute("UPDATE company SET vat_percent = 7")
    async with conn.transaction():
        await pay_invoice(conn, await lock_invoice(conn, bill.number), actor_id=None, now=now)
    assert (await company_balances(conn, member.company_id)).available == Decimal("1000.01")
    assert await balance(conn, vat("EUR")) == Decimal("200.00")
    assert await balance(conn, clearing("bank", "EUR")) == Decimal("-1200.01")
    [paid] = await documents_of(conn, member.company_id)
    assert paid.status == 2
    event = await fetch_value(conn, "SELECT payload FROM event WHERE name = 'invoicePaid'")
    assert (event["id"], event["number"]) == (bill.id, bill.number)
    await verify_books(conn)


async def test_fifty_at_once_pay_it_once(database: Database, conn: Connection, now: datetime) -> None:
    member = await company_of(conn, "Aurora", "EUR", now=now)
    bill = await invoice(conn, member, "10", now=now)

    async def pay() -> None:
        async with database.transaction() as own:
            await pay_invoice(own, await lock_invoice(own, bill.number), actor_id=None, now=now)

    outcomes = await asyncio.gather(*(pay() for _ in range(50)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [InvoicePaid] * 49
    assert (await company_balances(conn, member.company_id)).available == 10
    await verify_books(conn)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "1000000000.01", "NaN", "Infinity"])
async def test_amounts_that_are_none(conn: Connection, now: datetime, amount: str) -> None:
    member = await company_of(conn, "Aurora", "EUR", now=now)
    with pytest.raises(InvoiceAmountWrong):
        await invoice(conn, member, amount, now=now)
    assert await documents_of(conn, member.company_id) == []


async def test_only_invoices_are_paid(database: Database, conn: Connection, settings: Settings, desk: Desk) -> None:
    await desk.task(State.FINISHED)
    await work_documents(database, settings, desk.now)
    [act] = await documents_of(conn, desk.member.company_id)
    for number in (act.number, "101-261125-99", ""):
        with pytest.raises(NotFound):
            async with conn.transaction():
                await lock_invoice(conn, number)
