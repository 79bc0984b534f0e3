"""The verifier finds what is wrong. The books are falsified with triggers off, as only their owner can."""

import pytest

from artel.db.pool import Connection, Database
from artel.ledger.accounts import company_available
from artel.ledger.rules import post
from artel.ledger.verify import verify, verify_ledger
from tests.ledger.cast import AVAILABLE, PERSON, TO_PAY, funding, money, payment, transfer


@pytest.fixture
async def falsified(conn: Connection) -> Connection:
    """Two payments, and no trigger that would stand in the way."""
    await post(conn, funding(AVAILABLE, 500))
    await post(conn, transfer((AVAILABLE, -200), (TO_PAY, 200)))
    await post(conn, payment(TO_PAY, PERSON, price="50", fee="5"))
    await post(conn, payment(TO_PAY, PERSON, price="60", fee="6"))
    assert await verify(conn) == []
    for table in ("account", "transfer", "posting", "statement", "statement_line"):
        await conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    return conn


NEWEST = "(SELECT max(id) FROM transfer)"


@pytest.mark.parametrize(
    ("change", "checks"),
    [
        ("UPDATE account SET balance = balance + 0.01 WHERE purpose = 'to_pay'", ["balance"]),
        ("UPDATE account SET balance = 0 WHERE purpose = 'commission'", ["balance"]),
        (
            f"UPDATE posting SET amount = amount + 1 WHERE transfer_id = {NEWEST} AND amount = 6",
            ["transfer adds up", "currency adds up"],
        ),
        (
            f"DELETE FROM posting WHERE transfer_id = {NEWEST} AND amount = 6",
            ["transfer adds up", "currency adds up"],
        ),
        (
            f"DELETE FROM posting WHERE transfer_id = {NEWEST}",
            ["balance", "balance", "statement line", "transfer without postings"],
        ),
        (
            f"INSERT INTO posting VALUES ({NEWEST} + 1, 1, 5)",
            [
                "currency adds up",
                "posting without account",
                "transfer adds up",
            ],
        ),
        (
            "INSERT INTO posting SELECT 7, id, CASE purpose WHEN 'commission' THEN 1 ELSE -1 END"
            " FROM account WHERE owner_kind = 'platform'",
            ["posting without transfer"] * 2,
        ),
        (
            "UPDATE posting SET amount = amount + sign(amount) * 0.001 WHERE abs(amount) = 500",
            [
                "balance",
                "posting too fine",
                "posting too fine",
                "statement line",
            ],
        ),
        ("DELETE FROM statement_line WHERE number = 2", ["statement line", "statement numbers"]),
        ("UPDATE statement_line SET amount = amount - 1 WHERE number = 2", ["statement line"]),
        ("UPDATE statement_line SET number = 9 WHERE number = 2", ["statement numbers"]),
        ("UPDATE statement SET line_count = line_count + 1", ["statement numbers"]),
    ],
)
async def test_every_falsification_is_named(falsified: Connection, change: str, checks: list[str]) -> None:
    await falsified.execute(change)
    assert sorted(difference.check for difference in await verify(falsified)) == sorted(checks)


async def test_a_difference_tells_what_should_be(falsified: Connection) -> None:
    await falsified.execute("UPDATE account SET balance = 80 WHERE purpose = 'to_pay'")
    [difference] = await verify(falsified)
    assert (difference.expected, difference.found, difference.currency) == (money(79), money(80), "RUB")
    assert str(difference) == f"balance: account {difference.subject_id} RUB: expected 79, found 80"


async def test_a_report_says_how_much_was_looked_at(books: Database, company_id: int) -> None:
    before = await verify_ledger(books)
    async with books.connection() as conn:
        await post(conn, funding(company_available(company_id, "RUB"), 1))
    after = await verify_ledger(books)
    assert after.is_clean
    assert (after.transfers - before.transfers, after.postings - before.postings) == (1, 2)
    assert str(after).endswith("the books balance")
