"""The lines of a file as its writers need them."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from artel.bank_files.accounts import SELECT_ACCOUNT, BankAccount
from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    format: str
    message_id: str
    storage_key: str
    created_at: datetime
    sha256: bytes | None
    stored_at: datetime | None
    written_at: datetime | None

    @property
    def name(self) -> str:
        """What the file is called in the operator's folder."""
        return f"{self.message_id}.{'txt' if self.format == '1c' else 'xml'}"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One payout in a file. Nothing here changes once it is there: the same lines make the same file."""

    payout_id: int
    account_id: int
    scheme: str  # sepa, swift, russian
    execution_date: date
    end_to_end_id: str
    payment_id: str
    order_number: int | None
    payee_tax_number: str | None
    amount: Decimal
    currency: str
    exponent: int
    number: str
    holder: str
    bank: dict[str, str]


SELECT_FILE = "SELECT id, format, message_id, storage_key, created_at, sha256, stored_at, written_at FROM bank_file "


OF_FILE = "WHERE id IN (SELECT account_id FROM bank_file_line WHERE file_id = %(file)s)"


async def lines_of(conn: Connection, file_id: int) -> list[Line]:
    """By the order in which they are written."""
    return await fetch_all(
        conn,
        Line,
        """
        SELECT
            l.payout_id, l.account_id, l.scheme, l.execution_date, l.end_to_end_id, l.payment_id, l.order_number,
            l.payee_tax_number, p.endpoint_amount AS amount, p.endpoint_currency AS currency, c.exponent, e.number,
            e.holder, e.bank
        FROM bank_file_line AS l
        JOIN payout AS p ON p.id = l.payout_id
        JOIN payout_endpoint AS e ON e.id = p.endpoint_id
        JOIN currency AS c ON c.code = p.endpoint_currency
        WHERE l.file_id = %(file)s
        ORDER BY l.payment_id, l.payout_id
        """,
        {"file": file_id},
    )


async def accounts_of(conn: Connection, file_id: int) -> dict[int, BankAccount]:
    """The accounts that a file's lines are paid from, those since removed too."""
    rows = await fetch_all(
        conn,
        BankAccount,
        SELECT_ACCOUNT + OF_FILE,
        {"file": file_id},
    )
    return {row.id: row for row in rows}


async def unwritten_files(conn: Connection) -> list[FileRow]:
    """Those that have not reached the operator's folder, the oldest first."""
    return await fetch_all(conn, FileRow, SELECT_FILE + "WHERE written_at IS NULL ORDER BY id")


async def file_named(conn: Connection, message_id: str) -> FileRow | None:
    return await fetch_one(conn, FileRow, SELECT_FILE + "WHERE message_id = %(id)s", {"id": message_id})


def groups_of(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """The lines by payment id, in the order of the lines."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.payment_id, []).append(line)
    return list(groups.items())
