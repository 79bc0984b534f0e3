"""Reading the books. The caller has reached the company or person already, and may see its money."""

from datetime import datetime
from decimal import Decimal
from enum import IntEnum

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one, fetch_value
from artel.ledger.accounts import Account, company_available

PERSON_CURRENCIES = ("RUB", "USD", "EUR")


class CompanyBalances(msgspec.Struct, frozen=True):
    """A company's money in its own currency, net of VAT. `account_id` is None before accounts are opened."""

    currency: str
    account_id: int | None
    available: Decimal
    held: Decimal
    to_pay: Decimal

    @property
    def total(self) -> Decimal:
        return self.available + self.held + self.to_pay


class LineType(IntEnum):
    """What a line of a statement is, as the customer API numbers it (Retrieving Transaction List)."""

    TOP_UP = 1
    WRITE_OFF = 2
    REFUND = 3


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that changed what the owner has. `change` may be below zero; `amount` never is."""

    transfer_id: int
    kind: str
    subject: str
    subject_id: int
    change: Decimal
    currency: str
    created_at: datetime
    account_id: int

    @property
    def amount(self) -> Decimal:
        return abs(self.change)

    @property
    def type(self) -> LineType:
        """Money in is a refund unless it was topped up."""
        if self.change < 0:
            return LineType.WRITE_OFF
        return LineType.TOP_UP if self.kind == "top_up" else LineType.REFUND


class Statement(msgspec.Struct, frozen=True):
    """One page of lines, newest first, and how many there are in all."""

    total: int
    lines: list[StatementLine]


async def balance(conn: Connection, account: Account) -> Decimal:
    """What an account has: a customer's running balance, the platform's summed. Zero if never used."""
    parameters = msgspec.structs.asdict(account)
    if account.is_customers:
        found = await fetch_value(
            conn,
            """
            SELECT balance
            FROM account
            WHERE owner_kind = %(owner_kind)s
              AND owner_id = %(owner_id)s
              AND purpose = %(purpose)s
              AND currency = %(currency)s
            """,
            parameters,
        )
    else:
        found = await fetch_value(
            conn,
            """
            SELECT sum(posting.amount)
            FROM account
            JOIN posting ON posting.account_id = account.id
            WHERE account.owner_kind = %(owner_kind)s
              AND account.owner_id = %(owner_id)s
              AND account.purpose = %(purpose)s
              AND account.currency = %(currency)s
            """,
            parameters,
        )
    return Decimal(0) if found is None else Decimal(found)


async def lock_company_balances(conn: Connection, company_id: int) -> CompanyBalances:
    """As company_balances, and nobody else moves the company's money until the transaction, or savepoint, ends.

    The rows are locked in the order that posting locks them in, so nobody waits for one who waits for them.
    """
    await conn.execute(
        """
        SELECT
        FROM account
        WHERE owner_kind = 'company' AND owner_id = %(company_id)s
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        {"company_id": company_id},
    )
    return await company_balances(conn, company_id)


async def company_balances(conn: Connection, company_id: int) -> CompanyBalances:
    """The three accounts of a company that exists, in its currency."""
    found = await fetch_one(
        conn,
        CompanyBalances,
        """
        SELECT
            company.currency,
            max(account.id) FILTER (WHERE account.purpose = 'available') AS account_id,
            coalesce(sum(account.balance) FILTER (WHERE account.purpose = 'available'), 0) AS available,
            coalesce(sum(account.balance) FILTER (WHERE account.purpose = 'held'), 0) AS held,
            coalesce(sum(account.balance) FILTER (WHERE account.purpose = 'to_pay'), 0) AS to_pay
        FROM company
        LEFT JOIN account
               ON account.owner_kind = 'company'
              AND account.owner_id = company.id
              AND account.currency = company.currency
        WHERE company.id = %(company_id)s
        GROUP BY company.currency
        """,
        {"company_id": company_id},
    )
    assert found is not None, "the caller has reached the company"
    return found


async def person_balances(conn: Connection, person_id: int) -> dict[str, Decimal]:
    """A freelancer's balance in each currency; RUB, USD and EUR always, zero where nothing came in."""
    cursor = await conn.execute(
        """
        SELECT currency, balance
        FROM account
        WHERE owner_kind = 'person'
          AND owner_id = %(person_id)s
          AND purpose = 'balance'
        """,
        {"person_id": person_id},
    )
    return dict.fromkeys(PERSON_CURRENCIES, Decimal(0)) | dict(await cursor.fetchall())


async def transfers_of(
    conn: Connection,
    account: Account,
    *,
    offset: int,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Statement:
    """The statement of an account's owner in its currency, newest first; `since` and `until` both count.

    For any account of a company: the transfers that changed available, held and to_pay together, one line
    each (customer API, GET /customer/transactions); moves among the three do not show. For a person or an
    agent: the transfers of that account.
    """
    is_company = account.owner_kind == "company"
    cursor = await conn.execute(
        """
        SELECT account.id, statement.line_count
        FROM account
        LEFT JOIN statement ON statement.id = account.id
        WHERE account.owner_kind = %(owner_kind)s
          AND account.owner_id = %(owner_id)s
          AND account.purpose = %(purpose)s
          AND account.currency = %(currency)s
        """,
        msgspec.structs.asdict(company_available(account.owner_id, account.currency) if is_company else account),
    )
    row = await cursor.fetchone()
    if row is None:
        return Statement(0, [])
    account_id, line_count = row
    span = Span(account_id, account.currency, offset, limit, since, until)
    if not is_company:
        return await account_page(conn, span)
    if since or until:
        return await company_page_between(conn, span)
    return await company_page(conn, span, line_count)


class Span(msgspec.Struct, frozen=True):
    """Which lines of an account to show."""

    account_id: int
    currency: str
    offset: int
    limit: int
    since: datetime | None
    until: datetime | None


async def company_page(conn: Connection, span: Span, total: int) -> Statement:
    """A page of all lines of a company: a range of their numbers."""
    lines = await fetch_all(
        conn,
        StatementLine,
        """
        SELECT
            transfer.id AS transfer_id, transfer.kind, transfer.subject, transfer.subject_id,
            line.amount AS change, %(currency)s::text AS currency,
            line.at AS created_at, line.statement_id AS account_id
        FROM statement_line AS line
        JOIN transfer ON transfer.id = line.transfer_id
        WHERE line.statement_id = %(account_id)s
          AND line.number > %(newest)s - %(limit)s
          AND line.number <= %(newest)s
        ORDER BY line.number DESC
        """,
        msgspec.structs.asdict(span) | {"newest": total - span.offset},
    )
    return Statement(total, lines)


async def company_page_between(conn: Connection, span: Span) -> Statement:
    """A page of a company's lines of a span of time, counted and ordered by the index on it."""
    parameters = msgspec.structs.asdict(span)
    total = await fetch_value(
        conn,
        """
        SELECT count(*)
        FROM statement_line AS line
        WHERE line.statement_id = %(account_id)s
          AND line.at >= coalesce(%(since)s::timestamptz, '-infinity')
          AND line.at <= coalesce(%(until)s::timestamptz, 'infinity')
        """,
        parameters,
    )
    lines = await fetch_all(
        conn,
        StatementLine,
        """
        SELECT
            transfer.id AS transfer_id, transfer.kind, transfer.subject, transfer.subject_id,
            line.amount AS change, %(currency)s::text AS currency,
            line.at AS created_at, line.statement_id AS account_id
        FROM statement_line AS line
        JOIN transfer ON transfer.id = line.transfer_id
        WHERE line.statement_id = %(account_id)s
          AND line.at >= coalesce(%(since)s::timestamptz, '-infinity')
          AND line.at <= coalesce(%(until)s::timestamptz, 'infinity')
        ORDER BY line.at DESC, line.number DESC
        LIMIT %(limit)s OFFSET %(offset)s
        """,
        parameters,
    )
    return Statement(total, lines)


async def account_page(conn: Connection, span: Span) -> Statement:
    """A page of one account's own transfers."""
    parameters = msgspec.structs.asdict(span)
    total = await fetch_value(
        conn,
        """
        SELECT count(*)
        FROM posting
        JOIN transfer ON transfer.id = posting.transfer_id
        WHERE posting.account_id = %(account_id)s
          AND transfer.at >= coalesce(%(since)s::timestamptz, '-infinity')
          AND transfer.at <= coalesce(%(until)s::timestamptz, 'infinity')
        """,
        parameters,
    )
    lines = await fetch_all(
        conn,
        StatementLine,
        """
        SELECT
            transfer.id AS transfer_id, transfer.kind, transfer.subject, transfer.subject_id,
            posting.amount AS change, %(currency)s::text AS currency,
            transfer.at AS created_at, posting.account_id
        FROM posting
        JOIN transfer ON transfer.id = posting.transfer_id
        WHERE posting.account_id = %(account_id)s
          AND transfer.at >= coalesce(%(since)s::timestamptz, '-infinity')
          AND transfer.at <= coalesce(%(until)s::timestamptz, 'infinity')
        ORDER BY posting.transfer_id DESC
        LIMIT %(limit)s OFFSET %(offset)s
        """,
        parameters,
    )
    return Statement(total, lines)
