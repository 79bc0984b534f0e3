"""Whether the books are what they should be: every sum is formed anew from the postings and compared."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import LiteralString

import msgspec
from psycopg.rows import class_row

from artel.db.pool import Connection, Database

# A report names this many differences; more are counted.
NAMED_DIFFERENCES = 1000


class Difference(msgspec.Struct, frozen=True):
    """One thing that is not as it should be: `expected` follows from the postings, `found` is written."""

    check: str
    subject: str
    subject_id: int | None
    currency: str | None
    expected: Decimal | None
    found: Decimal | None

    def __str__(self) -> str:
        where = " ".join(str(part) for part in (self.subject, self.subject_id, self.currency) if part is not None)
        return f"{self.check}: {where}: expected {self.expected}, found {self.found}"


class Report(msgspec.Struct, frozen=True):
    """What was looked at and what was wrong with it."""

    accounts: int
    transfers: int
    postings: int
    difference_count: int
    differences: list[Difference]

    @property
    def is_clean(self) -> bool:
        return self.difference_count == 0

    def __str__(self) -> str:
        looked_at = f"{self.accounts} accounts, {self.transfers} transfers, {self.postings} postings"
        if self.is_clean:
            return f"{looked_at}: the books balance"
        named = "\n".join(f"  {difference}" for difference in self.differences)
        return f"{looked_at}: {self.difference_count} differences\n{named}"


async def verify_ledger(database: Database) -> Report:
    """Verify the whole ledger as of one instant, while others go on posting."""
    async with database.transaction() as conn:
        await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor = await conn.execute(
            """
            SELECT
                (SELECT count(*) FROM account),
                (SELECT count(*) FROM transfer),
                (SELECT count(*) FROM posting)
            """
        )
        row = await cursor.fetchone()
        assert row is not None
        named: list[Difference] = []
        count = 0
        async for difference in find_differences(conn):
            count += 1
            if count <= NAMED_DIFFERENCES:
                named.append(difference)
    accounts, transfers, postings = row
    return Report(accounts, transfers, postings, count, named)


async def verify(conn: Connection) -> list[Difference]:
    """Every difference there is. Inside a REPEATABLE READ transaction where others post meanwhile."""
    return [difference async for difference in find_differences(conn)]


async def find_differences(conn: Connection) -> AsyncIterator[Difference]:
    """Each check is one pass over the books in the database; only differences come back, row by row."""
    for sql in CHECKS:
        async with conn.cursor(row_factory=class_row(Difference)) as cursor:
            async for difference in cursor.stream(sql):
                yield difference


CHECKS: tuple[LiteralString, ...] = (
    # A customer's balance is the sum of its postings, and not below zero; the platform has none written.
    """
    SELECT
        'balance' AS check, 'account' AS subject, account.id AS subject_id, account.currency,
        coalesce(posted.amount, 0) AS expected, account.balance AS found
    FROM account
    LEFT JOIN (
        SELECT posting.account_id, sum(posting.amount) AS amount
        FROM posting
        GROUP BY posting.account_id
    ) AS posted ON posted.account_id = account.id
    WHERE CASE
        WHEN account.owner_kind = 'platform' THEN account.balance IS NOT NULL
        ELSE account.balance IS DISTINCT FROM coalesce(posted.amount, 0) OR account.balance < 0
    END
    """,
    # Postings belong to a transfer and an account, and are no finer than the currency.
    """
    SELECT
        CASE
            WHEN account.id IS NULL THEN 'posting without account'
            WHEN transfer.id IS NULL THEN 'posting without transfer'
            ELSE 'posting too fine'
        END AS check,
        'transfer' AS subject, posting.transfer_id AS subject_id, account.currency,
        NULL::numeric AS expected, posting.amount AS found
    FROM posting
    LEFT JOIN account ON account.id = posting.account_id
    LEFT JOIN transfer ON transfer.id = posting.transfer_id
    WHERE account.id IS NULL
       OR transfer.id IS NULL
       OR min_scale(posting.amount) > account.exponent
    """,
    # What a transfer takes it gives, in each currency; so does the whole ledger.
    """
    SELECT
        'transfer adds up' AS check,
        'transfer' AS subject, posting.transfer_id AS subject_id, account.currency,
        0::numeric AS expected, sum(posting.amount) AS found
    FROM posting
    LEFT JOIN account ON account.id = posting.account_id
    GROUP BY posting.transfer_id, account.currency
    HAVING sum(posting.amount) <> 0
    """,
    """
    SELECT
        'currency adds up' AS check, 'currency' AS subject, NULL::bigint AS subject_id, account.currency,
        0::numeric AS expected, sum(posting.amount) AS found
    FROM posting
    LEFT JOIN account ON account.id = posting.account_id
    GROUP BY account.currency
    HAVING sum(posting.amount) <> 0
    """,
    """
    SELECT
        'transfer without postings' AS check,
        'transfer' AS subject, transfer.id AS subject_id, NULL AS currency,
        NULL::numeric AS expected, NULL::numeric AS found
    FROM transfer
    WHERE NOT EXISTS (SELECT FROM posting WHERE posting.transfer_id = transfer.id)
    """,
    # A company's statement has a line for each transfer that changed what it has in all, and no other.
    """
    SELECT
        'statement line' AS check,
        'transfer' AS subject, coalesce(line.transfer_id, moved.transfer_id) AS subject_id, moved.currency,
        moved.amount AS expected, line.amount AS found
    FROM statement_line AS line
    FULL JOIN (
        SELECT account.statement_id, posting.transfer_id, account.currency, sum(posting.amount) AS amount
        FROM posting
        JOIN account ON account.id = posting.account_id
        WHERE account.statement_id IS NOT NULL
        GROUP BY account.statement_id, posting.transfer_id, account.currency
        HAVING sum(posting.amount) <> 0
    ) AS moved ON moved.statement_id = line.statement_id AND moved.transfer_id = line.transfer_id
    WHERE line.amount IS DISTINCT FROM moved.amount
    """,
    # Its lines are numbered without gaps.
    """
    SELECT
        'statement numbers' AS check, 'account' AS subject, statement.id AS subject_id, NULL AS currency,
        coalesce(counted.lines, 0)::numeric AS expected, statement.line_count::numeric AS found
    FROM statement
    LEFT JOIN (
        SELECT line.statement_id, count(*) AS lines, min(line.number) AS first, max(line.number) AS last
        FROM statement_line AS line
        GROUP BY line.statement_id
    ) AS counted ON counted.statement_id = statement.id
    WHERE statement.line_count <> coalesce(counted.lines, 0)
       OR coalesce(counted.first, 1) <> 1
       OR coalesce(counted.last, 0) <> coalesce(counted.lines, 0)
    """,
)
