"""`artel invoice paid` and `artel statement import`, as an operator meets them."""

import asyncio
from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from artel import clock
from artel.companies.access import Member
from artel.db.pool import Database
from tests.documents.cast import Shown, company_of, invoice
from tests.documents.statement_files import Booking, camt053
from tests.process.installation import Installation, scratch_folder


@pytest.fixture
def production(database_url: str) -> Iterator[Installation]:
    with scratch_folder() as folder:
        here = Installation(folder / "home", ARTEL_DATABASE_URL=database_url, ARTEL_SECRET="s" * 40)
        yield here
        here.remove()


@pytest.fixture
def bills(database_url: str) -> list[Shown]:
    async def make() -> list[Shown]:
        now = clock.now().astimezone(UTC)
        database = Database(database_url, size=2)
        await database.open()
        async with database.connection() as conn:
            member: Member = await company_of(conn, "Aurora", "EUR", now=now)
            made = [await invoice(conn, member, "1000", now=now) for _ in range(2)]
        await database.close()
        return made

    return asyncio.run(make())


def balance(url: str) -> Decimal:
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT balance FROM account WHERE purpose = 'available'").fetchone()
    assert row is not None
    return Decimal(row[0])


def test_an_invoice_is_marked_paid_once(production: Installation, database_url: str, bills: list[Shown]) -> None:
    code, output, errors = production.run("invoice", "paid", bills[0].number)
    assert (code, errors) == (0, "")
    assert output == f"Invoice {bills[0].number} is paid: company {bills[0].company_id} has 1000.00 EUR more.\n"
    for number, text in ((bills[0].number, "has been paid already"), ("1-260101-1", "Not found.")):
        code, output, errors = production.run("invoice", "paid", number)
        assert (code, output) == (1, "")
        assert errors.startswith("artel: ")
        assert text in errors
    assert balance(database_url) == 1000


def test_a_statement_is_reported_line_by_line(
    production: Installation, database_url: str, bills: list[Shown], tmp_path: Path
) -> None:
    file = tmp_path / "statement.xml"
    file.write_bytes(
        camt053(
            Booking(amount="1200.00", texts=[bills[0].number], reference="A"),
            Booking(amount="7.00", texts=[bills[1].number], reference="B"),
            Booking(amount="7.00", texts=["nothing of ours"], reference="C", sign="DBIT"),
        )
    )
    code, output, errors = production.run("statement", "import", str(file))
    assert (code, errors) == (0, "")
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert lines == [
        f"1 matched {bills[0].number} 1200.00 EUR",
        f"2 wrong amount {bills[1].number} 7.00 EUR",
        "3 not a credit - 7.00 EUR",
        "3 lines: 1 matched, 1 not a credit, 1 wrong amount.",
    ]
    assert "already known" in production.run("statement", "import", str(file))[1].splitlines()[0]
    assert balance(database_url) == 1000

    file.write_bytes(file.read_bytes()[:-30])
    code, output, errors = production.run("statement", "import", str(file))
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert "nothing was imported" in errors
    file.write_bytes(b"")
    assert production.run("statement", "import", str(file))[0] == 1
    assert production.run("statement", "import", str(tmp_path / "none"))[0] == 2
    assert balance(database_url) == 1000
    assert production.run("ledger", "verify")[0] == 0
