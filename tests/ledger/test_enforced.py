"""What PostgreSQL itself refuses, whoever writes: each promise of the schema, attacked with plain SQL."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from artel.db.pool import Connection
from artel.ledger.accounts import clearing, commission, company_held, sales_tax, vat
from artel.ledger.queries import balance
from artel.ledger.rules import post
from artel.ledger.verify import verify
from tests.ledger.cast import AVAILABLE, COMPANY, NOW, PERSON, TO_PAY, funding, payment, transfer


class Books:
    """A ledger with one payment in it, and a way to write past the rules."""

    def __init__(self, conn: Connection, paid: int) -> None:
        self.conn = conn
        self.paid = paid

    async def run(self, sql: str, *parameters: Any) -> None:
        async with self.conn.transaction():
            await self.conn.execute(sql, parameters)

    async def write(self, *parts: tuple[str, str], transfer_id: int | None = None) -> None:
        """A transfer written by hand: (account's purpose, amount) each."""
        async with self.conn.transaction():
            if transfer_id is None:
                transfer_id = 77
                await self.conn.execute(
                    """
                    INSERT INTO transfer (id, subject_id, at, kind, key, subject)
                    VALUES (77, 1, %s, 'raw', 'raw', 'task')
                    """,
                    [NOW],
                )
            await self.conn.execute(
                """
                INSERT INTO posting (transfer_id, account_id, amount)
                SELECT %s, (
                    SELECT max(id) FROM account WHERE purpose || ' ' || currency = part.account
                ), part.amount
                FROM unnest(%s::text[], %s::numeric[]) AS part (account, amount)
                """,
                [transfer_id, [part[0] for part in parts], [part[1] for part in parts]],
            )


@pytest.fixture
async def raw(conn: Connection) -> AsyncIterator[Books]:
    await post(conn, funding(TO_PAY, 100))
    await post(conn, funding(company_held(COMPANY, "USD"), 100))
    paid = await post(conn, payment(TO_PAY, PERSON, price="50", fee="5"))
    yield Books(conn, paid)
    # Whatever was tried, the books are as the rules left them.
    assert await verify(conn) == []
    assert await balance(conn, TO_PAY) == 45
    assert await balance(conn, PERSON) == 50


@pytest.mark.parametrize(
    "parts",
    [
        [("to_pay RUB", "-1")],
        [("to_pay RUB", "-1"), ("balance RUB", "1.01")],
        [("held USD", "-1"), ("balance RUB", "1")],
        [("to_pay RUB", "-0.001"), ("balance RUB", "0.001")],
        [("to_pay RUB", "0"), ("balance RUB", "0")],
        [("to_pay RUB", "NaN"), ("balance RUB", "NaN")],
        [("to_pay RUB", "-Infinity"), ("balance RUB", "Infinity")],
        [("to_pay RUB", "-46"), ("balance RUB", "46")],
        [("balance RUB", "-51"), ("commission RUB", "51")],
    ],
    ids=[
        "one side",
        "uneven",
        "two currencies",
        "too fine",
        "zero",
        "NaN",
        "infinite",
        "company below zero",
        "person below zero",
    ],
)
async def test_a_transfer_that_is_none(raw: Books, parts: list[tuple[str, str]]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        await raw.write(*parts)


async def test_a_transfer_that_balances_only_with_another(raw: Books) -> None:
    """Two wrong transfers in one statement do not make it right."""
    with pytest.raises(psycopg.errors.CheckViolation):
        await raw.run(
            """
            WITH written AS (
                INSERT INTO transfer (id, subject_id, at, kind, key, subject)
                VALUES (78, 1, now(), 'raw', 'raw 1', 'task'), (79, 1, now(), 'raw', 'raw 2', 'task')
            )
            INSERT INTO posting (transfer_id, account_id, amount)
            SELECT * FROM (
                VALUES
                    (78, (SELECT max(id) FROM account WHERE purpose = 'to_pay' AND currency = 'RUB'), -1),
                    (79, (SELECT max(id) FROM account WHERE purpose = 'balance'), 1)
            ) AS part
            """
        )


async def test_a_posting_without_account_or_transfer(raw: Books) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        await raw.run("INSERT INTO posting VALUES (%s, 5, 1), (%s, 6, -1)", raw.paid, raw.paid)
    with pytest.raises(psycopg.errors.NotNullViolation):
        await raw.write(("nothing RUB", "1"))
    with pytest.raises(psycopg.errors.CheckViolation):
        await raw.write(("to_pay RUB", "-1"), ("balance RUB", "1"), transfer_id=5)


async def test_a_key_is_used_once(raw: Books) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        await raw.run(
            """
            INSERT INTO transfer (subject_id, at, kind, key, subject)
            SELECT subject_id, at, kind, key, subject FROM transfer WHERE id = %s
            """,
            raw.paid,
        )


async def test_a_transfer_is_reversed_once(raw: Books) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        await raw.run(
            """
            INSERT INTO transfer (subject_id, at, kind, key, subject, reverses)
            SELECT 1, now(), 'reversal', 'undo ' || number, 'task', %s
            FROM generate_series(1, 2) AS number
            """,
            raw.paid,
        )


@pytest.mark.parametrize("table", ["transfer", "posting", "statement_line", "account", "statement"])
async def test_nothing_is_ever_taken_out(raw: Books, table: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation):
        await raw.run(f"DELETE FROM {table}")
    with pytest.raises((psycopg.errors.RestrictViolation, psycopg.errors.FeatureNotSupported)):
        await raw.run(f"TRUNCATE {table}")
    with pytest.raises(psycopg.errors.RestrictViolation):
        await raw.run(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE transfer SET at = at + interval '1 day'",
        "UPDATE posting SET amount = amount * 2",
        "UPDATE posting SET account_id = account_id + 1",
        "UPDATE account SET balance = balance + 1",
        "UPDATE account SET owner_id = 1",
        "UPDATE statement SET line_count = 0",
        "UPDATE statement_line SET amount = 0",
        "INSERT INTO statement_line SELECT statement_id, number + 9, transfer_id, at, 1 FROM statement_line",
        "INSERT INTO account (owner_kind, owner_id, purpose, currency) VALUES ('person', 5, 'balance', 'RUB')"
        " ON CONFLICT (owner_kind, owner_id, purpose, currency) DO UPDATE SET balance = 5",
    ],
)
async def test_nothing_is_ever_changed(raw: Books, change: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation):
        await raw.run(change)


async def test_an_account_opens_empty_whatever_its_writer_says(raw: Books) -> None:
    await raw.run(
        """
        INSERT INTO account (owner_kind, owner_id, purpose, currency, balance, exponent)
        VALUES ('person', 5, 'balance', 'ETH', 1000, 0), ('platform', 0, 'commission', 'ETH', 1000, 0)
        """
    )
    cursor = await raw.conn.execute("SELECT balance, exponent FROM account WHERE currency = 'ETH' ORDER BY owner_kind")
    assert await cursor.fetchall() == [(0, 18), (None, 18)]


@pytest.mark.parametrize(
    "account",
    [
        ("nobody", "balance", "RUB"),
        ("company", "held", "EUR"),
        ("company", "to_pay", "EUR"),
        ("person", "balance", "XXX"),
    ],
)
async def test_an_account_that_cannot_be(raw: Books, account: tuple[str, str, str]) -> None:
    with pytest.raises(psycopg.errors.IntegrityError):
        await raw.run("INSERT INTO account (owner_kind, owner_id, purpose, currency) VALUES (%s, 5, %s, %s)", *account)


async def test_a_closed_transfer_takes_no_more_postings(books_url: str) -> None:
    """Once its transaction has ended a transfer is complete, even for postings that sum to zero."""
    async with await psycopg.AsyncConnection.connect(books_url, autocommit=True) as other:
        await post(other, transfer((vat("EUR"), -1), (sales_tax("EUR"), 1)))
        transfer_id = await post(other, transfer((clearing("bank", "EUR"), -1), (commission("EUR"), 1)))
        with pytest.raises(psycopg.errors.CheckViolation):
            await other.execute(
                """
                INSERT INTO posting (transfer_id, account_id, amount)
                SELECT %s, id, CASE purpose WHEN 'vat' THEN 1 ELSE -1 END
                FROM account
                WHERE owner_kind = 'platform'
                  AND currency = 'EUR'
                  AND purpose IN ('vat', 'sales_tax')
                """,
                [transfer_id],
            )


async def test_the_rules_still_write(raw: Books) -> None:
    """The attacks above fail for what they do, not because nothing can be written."""
    await raw.write(("to_pay RUB", "-1"), ("balance RUB", "1"))
    await raw.run(
        "INSERT INTO account (owner_kind, owner_id, purpose, currency) VALUES ('person', 5, 'balance', 'EUR')"
    )
    await post(raw.conn, transfer((PERSON, -1), (TO_PAY, 1)))
    await post(raw.conn, funding(AVAILABLE, 1))
