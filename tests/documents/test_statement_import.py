"""A statement's lines pay invoices: exactly, each once, and what is wrong with one changes nothing of the others."""

import asyncio
from datetime import datetime
from decimal import Decimal

import pytest

from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.documents.invoices import lock_invoice, pay_invoice
from artel.documents.statements import Line, Outcome, import_entries, read_statement
from artel.ledger.queries import company_balances
from artel.settings import Settings
from artel.tasks.machine import State
from tests.documents.cast import Shown, company_of, documents_of, invoice, take_key, work_documents
from tests.documents.statement_files import Booking, Order, batch, camt053, one_c
from tests.tasks.cast import Desk, verify_books


@pytest.fixture
async def member(conn: Connection, now: datetime) -> Member:
    return await company_of(conn, "Aurora", "EUR", now=now)


@pytest.fixture
async def bill(conn: Connection, member: Member, now: datetime) -> Shown:
    """1,000 EUR and 200 of VAT."""
    return await invoice(conn, member, "1000", now=now)


async def take_in(database: Database, content: bytes, *, now: datetime) -> list[Line]:
    return [line async for line in import_entries(database, read_statement(content), now=now)]


async def outcomes(database: Database, content: bytes, *, now: datetime) -> list[Outcome]:
    return [line.outcome for line in await take_in(database, content, now=now)]


async def available(conn: Connection, member: Member) -> Decimal:
    return (await company_balances(conn, member.company_id)).available


async def test_every_line_is_reported(database: Database, conn: Connection, member: Member, now: datetime) -> None:
    bills = [await invoice(conn, member, "1000", now=now) for _ in range(4)]
    dollars = await company_of(conn, "Borealis", "USD", now=now)
    abroad = await invoice(conn, dollars, "1000", now=now)
    numbers = [one.number for one in bills]

    def pays(text: str, reference: str, **changes: str) -> Booking:
        return Booking(amount="1200.00", texts=[text], reference=reference, **changes)  # type: ignore[arg-type]

    content = camt053(
        pays(f"Invoice {numbers[0]}", "R0"),
        pays(f"Invoice {numbers[0]}", "R0"),
        pays(f"Invoice {numbers[0]}, again", "R1"),
        pays(f"Invoice {numbers[1]}", "R0"),
        Booking(amount="1200.01", texts=[numbers[1]], reference="R2"),
        Booking(amount="1000.00", texts=[numbers[1]], reference="R3"),
        pays(abroad.number, "R4"),
        pays(numbers[1], "R5", currency="USD"),
        pays(f"{member.company_id}-261125-99", "R6"),
        pays("With thanks", "R7"),
        pays(f"{numbers[1]} and {numbers[2]}", "R8"),
        pays(numbers[1], "R9", sign="DBIT"),
        pays(numbers[1], "R10", status="PDNG"),
        Booking(amount="a lot", texts=[numbers[1]], reference="R11"),
        Booking(amount="-1200.00", texts=[numbers[1]], reference="R12"),
        Booking(amount="0", texts=[numbers[1]], reference="R13"),
        pays(numbers[3], "R14"),
    )
    lines = await take_in(database, content, now=now)
    assert [line.outcome for line in lines] == [
        Outcome.MATCHED,
        Outcome.KNOWN,
        Outcome.INVOICE_PAID,
        Outcome.CONFLICT,
        Outcome.WRONG_AMOUNT,
        Outcome.WRONG_AMOUNT,
        Outcome.WRONG_CURRENCY,
        Outcome.WRONG_CURRENCY,
        Outcome.UNKNOWN_NUMBER,
        Outcome.UNKNOWN_NUMBER,
        Outcome.SEVERAL_NUMBERS,
        Outcome.NOT_A_CREDIT,
        Outcome.NOT_A_CREDIT,
        Outcome.UNREADABLE,
        Outcome.UNREADABLE,
        Outcome.UNREADABLE,
        Outcome.MATCHED,
    ]
    assert [line.place for line in lines] == list(range(1, 18))
    assert (lines[0].number, lines[0].amount, lines[0].currency) == (numbers[0], Decimal("1200.00"), "EUR")
    assert await available(conn, member) == 2000
    assert await available(conn, dollars) == 0
    assert [one.status for one in await documents_of(conn, member.company_id)] == [2, 1, 1, 2]
    assert await fetch_value(conn, "SELECT count(*) FROM bank_entry") == 2
    await verify_books(conn)
    # The whole file again: nothing moves, and what can be done meanwhile is.
    again = await outcomes(database, content, now=now)
    assert again[0] == again[1] == again[16] == Outcome.KNOWN
    assert Outcome.MATCHED not in again
    assert await available(conn, member) == 2000


async def test_an_entry_comes_again_in_another_file(
    database: Database, conn: Connection, member: Member, bill: Shown, now: datetime
) -> None:
    booking = Booking(amount="1200.00", texts=[bill.number])
    assert await outcomes(database, camt053(booking, statement_id="DAY"), now=now) == [Outcome.MATCHED]
    for version in ("02", "08"):
        weekly = camt053(booking, statement_id="WEEK", version=version)
        assert await outcomes(database, weekly, now=now) == [Outcome.KNOWN]
    assert await available(conn, member) == 1000


async def test_fifty_read_the_same_file_at_once(
    database: Database, conn: Connection, member: Member, now: datetime
) -> None:
    bills = [await invoice(conn, member, "10", now=now) for _ in range(5)]
    content = camt053(
        *(Booking(amount="12.00", texts=[one.number], reference=one.number) for one in bills),
        batch(
            Booking(amount="12.00", texts=[bills[0].number]),
            Booking(amount="12.00", texts=[bills[1].number]),
            total="24.00",
        ),
    )
    found = await asyncio.gather(*(outcomes(database, content, now=now) for _ in range(50)))
    for place in range(5):
        assert sorted(each[place] for each in found) == [Outcome.KNOWN] * 49 + [Outcome.MATCHED]
    assert {each[place] for each in found for place in (5, 6)} <= {Outcome.INVOICE_PAID, Outcome.MATCHED, Outcome.KNOWN}
    assert await available(conn, member) == 50
    await verify_books(conn)


async def test_the_operator_was_quicker(
    database: Database, conn: Connection, member: Member, bill: Shown, now: datetime
) -> None:
    async with conn.transaction():
        await pay_invoice(conn, await lock_invoice(conn, bill.number), actor_id=None, now=now)
    content = camt053(Booking(amount="1200.00", texts=[bill.number]))
    assert await outcomes(database, content, now=now) == [Outcome.INVOICE_PAID]
    assert await available(conn, member) == 1000


async def test_in_roubles_by_1c(database: Database, conn: Connection, now: datetime) -> None:
    member = await company_of(conn, "Аврора", "RUB", now=now)
    bills = [await invoice(conn, member, "1000", now=now) for _ in range(2)]
    content = one_c(
        Order(amount="1200.00", purpose=f"Оплата по счёту № {bills[0].number}, в т.ч. НДС 200-00"),
        Order(amount="1200.5", purpose=f"Оплата по счёту {bills[1].number}", number="18"),
        Order(amount="1200.00", purpose=f"Оплата по счёту {bills[1].number}", number="19", received=""),
        Order(amount="много", purpose=bills[1].number, number="20"),
    )
    wanted = [Outcome.MATCHED, Outcome.WRONG_AMOUNT, Outcome.NOT_A_CREDIT, Outcome.UNREADABLE]
    assert await outcomes(database, content, now=now) == wanted
    assert await outcomes(database, content, now=now) == [Outcome.KNOWN, *wanted[1:]]
    # The same orders in the other encoding.
    utf_8 = content.decode("windows-1251").encode()
    assert await outcomes(database, utf_8, now=now) == [Outcome.KNOWN, *wanted[1:]]
    assert await available(conn, member) == 1000


async def test_an_act_is_no_invoice(database: Database, conn: Connection, settings: Settings, desk: Desk) -> None:
    await desk.task(State.FINISHED, price=Decimal(1000))
    await work_documents(database, settings, desk.now)
    [act] = await documents_of(conn, desk.member.company_id)
    before = await available(conn, desk.member)
    content = camt053(Booking(amount=str(act.amount), texts=[act.number]))
    assert await outcomes(database, content, now=desk.now) == [Outcome.UNKNOWN_NUMBER]
    assert await available(conn, desk.member) == before


async def test_a_line_that_fails_spoils_nothing(
    database: Database, conn: Connection, member: Member, now: datetime
) -> None:
    """The books refuse the second line's key: somebody has used it for something else."""
    bills = [await invoice(conn, member, "1000", now=now) for _ in range(3)]
    await take_key(conn, member, f"invoice:{bills[1].id}", now=now)
    content = camt053(*(Booking(amount="1200.00", texts=[one.number], reference=one.number) for one in bills))
    assert await outcomes(database, content, now=now) == [Outcome.MATCHED, Outcome.REFUSED, Outcome.MATCHED]
    assert [one.status for one in await documents_of(conn, member.company_id)] == [2, 1, 2]
    assert await fetch_value(conn, "SELECT count(*) FROM bank_entry") == 2
