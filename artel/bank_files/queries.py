"""What an operator has to know of payouts by file."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.payouts.rails import BankFileRail
from artel.payouts.steps import Status


class Waiting(msgspec.Struct, frozen=True, rename="camel"):
    """Payouts that are in no file yet, by currency."""

    currency: str
    count: int
    amount: Decimal
    has_account: bool


class Unanswered(msgspec.Struct, frozen=True, rename="camel"):
    """A payout in a file, of which no bank has said what became."""

    end_to_end_id: str
    message_id: str
    currency: str
    amount: Decimal
    execution_date: date
    is_overdue: bool


class WrittenGroup(msgspec.Struct, frozen=True, rename="camel"):
    """What one block of a file pays."""

    message_id: str
    payment_id: str
    scheme: str
    currency: str
    execution_date: date
    count: int
    amount: Decimal


async def waiting_payouts(conn: Connection) -> list[Waiting]:
    return await fetch_all(
        conn,
        Waiting,
        """
        SELECT
            p.endpoint_currency AS currency, count(*) AS count, sum(p.endpoint_amount) AS amount,
            EXISTS (
                SELECT FROM bank_account AS a WHERE a.currency = p.endpoint_currency AND a.removed_at IS NULL
            ) AS has_account
        FROM payout AS p
        WHERE p.rail = %(rail)s AND p.status = %(created)s
        GROUP BY p.endpoint_currency
        ORDER BY p.endpoint_currency
        """,
        {"rail": BankFileRail.name, "created": Status.CREATED},
    )


async def unanswered_payouts(conn: Connection, *, now: datetime) -> list[Unanswered]:
    """The longest waiting first. Overdue are those about which the bank should be asked."""
    return await fetch_all(
        conn,
        Unanswered,
        """
        SELECT
            l.end_to_end_id, f.message_id, p.endpoint_currency AS currency, p.endpoint_amount AS amount,
            l.execution_date, p.due_at <= %(now)s AS is_overdue
        FROM payout AS p
        JOIN bank_file_line AS l ON l.payout_id = p.id
        JOIN bank_file AS f ON f.id = l.file_id
        WHERE p.due_at IS NOT NULL AND p.rail = %(rail)s AND p.status = %(in_progress)s
        ORDER BY p.due_at, p.id
        """,
        {"rail": BankFileRail.name, "in_progress": Status.IN_PROGRESS, "now": now},
    )


async def groups_in_files(conn: Connection, file_ids: list[int]) -> list[WrittenGroup]:
    return await fetch_all(
        conn,
        WrittenGroup,
        """
        SELECT
            f.message_id, l.payment_id, l.scheme, p.endpoint_currency AS currency, l.execution_date,
            count(*) AS count, sum(p.endpoint_amount) AS amount
        FROM bank_file_line AS l
        JOIN bank_file AS f ON f.id = l.file_id
        JOIN payout AS p ON p.id = l.payout_id
        WHERE l.file_id = ANY(%(files)s)
        GROUP BY f.id, l.payment_id, l.scheme, p.endpoint_currency, l.execution_date
        ORDER BY f.id, l.payment_id
        """,
        {"files": file_ids},
    )
