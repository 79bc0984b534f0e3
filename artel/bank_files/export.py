"""Writing files for banks: first which payout goes into which file, then the bytes, then the operator's folder.

Each step commits before the next begins. Whoever runs this again goes on where it stopped: a payout that was put into
a file stays in it, and a file's bytes follow from its lines, so the file that is written is always the same one.
"""

import asyncio
import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import msgspec

from artel import clock
from artel.bank_files.accounts import BankAccount, current_accounts
from artel.bank_files.calendars import next_banking_day, payment_day
from artel.bank_files.credit_transfers import write_credit_transfers
from artel.bank_files.errors import ExecutionDatePast
from artel.bank_files.lines import FileRow, accounts_of, file_named, lines_of, unwritten_files
from artel.bank_files.payment_orders import order_number, write_payment_orders
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotFound
from artel.files.store import FileStore
from artel.payouts.bank_accounts import RUSSIAN, SEPA, SWIFT
from artel.payouts.filing import take_for_file
from artel.payouts.rails import BankFileRail, Order

MOST_LINES = 5000  # of one account in one file
SCHEMES = {SEPA: "sepa", SWIFT: "swift", RUSSIAN: "russian"}
# By then a bank has said what became of an order. Somebody has to ask it about those that it has not spoken of.
ANSWER_DAYS = 5


async def export(database: Database, files: FileStore, folder: Path, *, wanted: date | None = None) -> list[FileRow]:
    """Write files for everything that waits, and those that an earlier run did not finish; answers what was written.

    `wanted` is when the banks should pay: today, where it is not given, and for each currency the next banking day.
    Refuses: ExecutionDatePast.
    """
    now = clock.now()
    if wanted is not None and wanted < now.date():
        raise ExecutionDatePast
    await put_waiting_into_files(database, wanted, now=now)
    async with database.connection() as conn:
        unwritten = await unwritten_files(conn)
    for file in unwritten:
        content = await stored_content(database, files, file)
        await asyncio.to_thread(write_whole, folder / file.name, content)
        await mark_written(database, file, now=now)
    return unwritten


async def export_again(database: Database, files: FileStore, folder: Path, message_id: str) -> FileRow:
    """Write an earlier file once more, byte for byte. Refuses: NotFound."""
    async with database.connection() as conn:
        file = await file_named(conn, message_id)
    if file is None:
        raise NotFound("bank_file")
    content = await stored_content(database, files, file)
    await asyncio.to_thread(write_whole, folder / file.name, content)
    await mark_written(database, file, now=clock.now())
    return file


async def put_waiting_into_files(database: Database, wanted: date | None, *, now: datetime) -> None:
    """One file a bank, or several where more payouts wait than one file takes."""
    async with database.connection() as conn:
        banks: dict[tuple[str, ...], list[int]] = {}
        for account in await current_accounts(conn):
            banks.setdefault(account.bank, []).append(account.id)
    for account_ids in banks.values():
        while True:
            async with database.transaction() as conn:
                if not await fill_file(conn, account_ids, wanted, now=now):
                    break


async def fill_file(conn: Connection, account_ids: Sequence[int], wanted: date | None, *, now: datetime) -> bool:
    """Make one file of what waits to be paid from these accounts of one bank; whether anything did."""
    taken: list[tuple[BankAccount, date, list[Order]]] = []
    for account in await lock_accounts(conn, account_ids):
        today = payment_day(account.currency, now)
        execution_date = next_banking_day(account.currency, max(wanted or today, today))
        ask_after = datetime.combine(execution_date, time(), tzinfo=now.tzinfo) + timedelta(days=ANSWER_DAYS)
        orders = await take_for_file(
            conn, BankFileRail.name, currency=account.currency, limit=MOST_LINES, ask_after=ask_after, now=now
        )
        if orders:
            taken.append((account, execution_date, orders))
    if not taken:
        return False
    file = await add_file(conn, taken[0][0].format, now=now)
    block = 0
    for account, execution_date, orders in taken:
        for subtype, scheme in SCHEMES.items():
            of_scheme = [order.payout_id for order in orders if order.subtype == subtype]
            if of_scheme:
                block += 1
                payment_id = f"{file.message_id}-{block}"
                await add_lines(conn, file, account, of_scheme, scheme, payment_id, execution_date)
    return True


async def lock_accounts(conn: Connection, account_ids: Sequence[int]) -> list[BankAccount]:
    """Those that are still there. Held, because the orders of an account are numbered one after the other."""
    await conn.execute(
        "SELECT FROM bank_account WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE", {"ids": list(account_ids)}
    )
    return [account for account in await current_accounts(conn) if account.id in account_ids]


async def add_file(conn: Connection, format: str, *, now: datetime) -> FileRow:
    name = uuid.uuid4().hex
    file_id: int = await fetch_value(conn, "SELECT nextval(pg_get_serial_sequence('bank_file', 'id'))")
    # Told from another installation's at the same bank by its end.
    message_id = f"ARTEL-{file_id}-{secrets.token_hex(4).upper()}"
    file = FileRow(
        id=file_id,
        format=format,
        message_id=message_id,
        storage_key=f"{name[:2]}/{name}",
        created_at=now,
        sha256=None,
        stored_at=None,
        written_at=None,
    )
    await conn.execute(
        """
        INSERT INTO bank_file (id, format, message_id, storage_key, created_at)
        OVERRIDING SYSTEM VALUE
        VALUES (%(id)s, %(format)s, %(message_id)s, %(storage_key)s, %(created_at)s)
        """,
        msgspec.structs.asdict(file),
    )
    return file


async def add_lines(
    conn: Connection,
    file: FileRow,
    account: BankAccount,
    payout_ids: Sequence[int],
    scheme: str,
    payment_id: str,
    execution_date: date,
) -> None:
    """A payout's end-to-end id names it to every bank, and back: its number, and a part of its uuid, so that
    somebody else's reference is not taken for it."""
    numbers: list[int | None] = [None] * len(payout_ids)
    if account.format == "1c":
        before = await fetch_value(
            conn, "SELECT count(*) FROM bank_file_line WHERE account_id = %(account)s", {"account": account.id}
        )
        numbers = [order_number(before + place) for place in range(len(payout_ids))]
    await conn.execute(
        """
        INSERT INTO bank_file_line
            (payout_id, file_id, account_id, scheme, execution_date, end_to_end_id, payment_id, order_number,
             payee_tax_number)
        SELECT
            p.id, %(file)s, %(account)s, %(scheme)s, %(date)s,
            'P' || p.id || '-' || upper(left(p.uuid::text, 8)), %(payment)s, filed.number,
            CASE WHEN t.residence_country = 'RU' AND t.tax_number ~ '^([0-9]{10}|[0-9]{12})$' THEN t.tax_number END
        FROM unnest(%(payouts)s::bigint[], %(numbers)s::integer[]) AS filed (payout_id, number)
        JOIN payout AS p ON p.id = filed.payout_id
        LEFT JOIN tax_info AS t ON t.person_id = p.freelancer_id
        """,
        {
            "file": file.id,
            "account": account.id,
            "scheme": scheme,
            "date": execution_date,
            "payment": payment_id,
            "payouts": list(payout_ids),
            "numbers": numbers,
        },
    )


async def stored_content(database: Database, files: FileStore, file: FileRow) -> bytes:
    """The file's bytes: out of the store, or made from its lines and put there first.

    The bytes are in the store before the row says so; a crash between the two puts the same ones there again.
    """
    if file.sha256 is not None:
        kept = await asyncio.to_thread(lambda: bytes(files.store.get(file.storage_key).bytes()))
        if hashlib.sha256(kept).digest() != file.sha256:
            raise AssertionError(f"the stored file {file.message_id} is not the one that was written")
        return kept
    async with database.connection() as conn:
        lines, accounts = await lines_of(conn, file.id), await accounts_of(conn, file.id)
    write = write_payment_orders if file.format == "1c" else write_credit_transfers
    content = write(file, lines, accounts)
    # Not the library's asynchronous call: it may abort a process that ends soon after it.
    await asyncio.to_thread(files.store.put, file.storage_key, content)
    async with database.transaction() as conn:
        await conn.execute(
            "UPDATE bank_file SET sha256 = %(sha256)s, stored_at = %(now)s WHERE id = %(id)s AND stored_at IS NULL",
            {"id": file.id, "sha256": hashlib.sha256(content).digest(), "now": clock.now()},
        )
    return content


async def mark_written(database: Database, file: FileRow, *, now: datetime) -> None:
    async with database.transaction() as conn:
        await conn.execute(
            "UPDATE bank_file SET written_at = %(now)s WHERE id = %(id)s AND written_at IS NULL",
            {"id": file.id, "now": now},
        )


def write_whole(path: Path, content: bytes) -> None:
    """The file is there whole or not at all: half a file could be carried to a bank."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        aside.touch(mode=0o600)  # names and accounts: the operator's to share
        aside.write_bytes(content)
        aside.rename(path)
    finally:
        aside.unlink(missing_ok=True)
