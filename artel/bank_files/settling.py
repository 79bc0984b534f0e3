"""What a bank reports, taken into the books: each payout settled, declined, settled in part or returned once.

Each entry is a transaction of its own, under the payout's lock. What was taken is written down by kind, so a file
that is read again changes nothing, and a second booking of one order under another reference of the bank's is told
from the first one read twice.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from artel.bank_files.reports.entries import Entry
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_all, fetch_one
from artel.errors import Refused
from artel.payouts.errors import CompletedAmountWrong
from artel.payouts.money import Outcome
from artel.payouts.returns import return_payout
from artel.payouts.rules import report_outcome
from artel.payouts.steps import PayoutRow, Status, lock_payout


class Result(StrEnum):
    """What became of an entry."""

    SETTLED = "settled"
    PART_SETTLED = "part-settled"
    DECLINED = "declined"
    RETURNED = "returned"
    CONFIRMED = "confirmed"  # known from another report
    REPEATED = "repeated"  # read before
    PENDING = "pending"
    OTHER = "other"  # money that is not a payout's
    UNKNOWN_REFERENCE = "unknown reference"
    WRONG_AMOUNT = "wrong amount"
    WRONG_CURRENCY = "wrong currency"
    WRONG_ACCOUNT = "wrong account"
    CONTRADICTION = "contradiction"
    NOT_UNDERSTOOD = "not understood"


# Nothing was changed, and somebody has to look.
NEEDS_ATTENTION = {
    Result.UNKNOWN_REFERENCE,
    Result.WRONG_AMOUNT,
    Result.WRONG_CURRENCY,
    Result.WRONG_ACCOUNT,
    Result.CONTRADICTION,
    Result.NOT_UNDERSTOOD,
}


class LineResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of the operator's report."""

    place: str
    result: Result
    reference: str | None = None
    payout_id: int | None = None
    amount: Decimal | None = None
    currency: str | None = None
    text: str = ""


class _Filed(msgspec.Struct, frozen=True):
    """A payout's line in a file."""

    payout_id: int
    end_to_end_id: str
    amount: Decimal
    currency: str
    account: str


class _Taken(msgspec.Struct, frozen=True):
    """An entry of the same kind that was taken before."""

    bank_reference: str
    amount: Decimal | None


SELECT_FILED = """
    SELECT
        l.payout_id, l.end_to_end_id, p.endpoint_amount AS amount, p.endpoint_currency AS currency, a.number AS account
    FROM bank_file_line AS l
    JOIN bank_file AS f ON f.id = l.file_id
    JOIN payout AS p ON p.id = l.payout_id
    JOIN bank_account AS a ON a.id = l.account_id
"""


async def take_entry(database: Database, entry: Entry, *, sha256: bytes | None, now: datetime) -> list[LineResult]:
    """Take one entry of a report; a result for each order that it speaks of."""
    if entry.problem is not None and entry.reference is not None:
        return [result_of(entry, Result.NOT_UNDERSTOOD, entry.problem)]
    if entry.reference is None:
        kind = Result.OTHER if entry.kind != "status" else Result.NOT_UNDERSTOOD
        return [result_of(entry, kind, entry.problem or "no payout is named")]
    if entry.names == "payout":
        return [await take_order(database, entry, sha256=sha256, now=now)]
    async with database.connection() as conn:
        filed = await filed_together(conn, entry)
    if not filed:
        return [result_of(entry, Result.UNKNOWN_REFERENCE, f"no {entry.names} of a file here has this id")]
    if entry.outcome == "pending":
        return [result_of(entry, Result.PENDING, f"{len(filed)} payouts; {entry.reason or 'no outcome yet'}")]
    total = sum((line.amount for line in filed), Decimal(0))
    if entry.amount is not None and (entry.amount != total or entry.currency != filed[0].currency):
        return [result_of(entry, Result.WRONG_AMOUNT, f"the file orders {total} {filed[0].currency}")]
    return [await take_order(database, order_of(entry, line), sha256=sha256, now=now) for line in filed]


async def take_order(database: Database, entry: Entry, *, sha256: bytes | None, now: datetime) -> LineResult:
    try:
        return await take_order_or_refuse(database, entry, sha256=sha256, now=now)
    except CompletedAmountWrong as refusal:  # a part that the currency cannot be paid in
        return result_of(
            entry, Result.WRONG_AMOUNT, f"no part of {refusal.facts['most']} {entry.currency or ''}".strip()
        )
    except Refused as refusal:
        return result_of(entry, Result.CONTRADICTION, str(refusal))


async def take_order_or_refuse(database: Database, entry: Entry, *, sha256: bytes | None, now: datetime) -> LineResult:
    async with database.transaction() as conn:
        result = await take_into_books(conn, entry, now=now)
        if result.payout_id is not None and result.result not in NEEDS_ATTENTION | {Result.PENDING, Result.REPEATED}:
            await note_taken(conn, result.payout_id, entry, sha256=sha256, now=now)
    return result


async def take_into_books(conn: Connection, entry: Entry, *, now: datetime) -> LineResult:
    filed = await fetch_one(
        conn, _Filed, SELECT_FILED + "WHERE l.end_to_end_id = %(reference)s", {"reference": entry.reference}
    )
    if filed is None:
        return result_of(entry, Result.UNKNOWN_REFERENCE, "no payout in a file here has this reference")
    row = await lock_payout(conn, filed.payout_id)
    taken = await taken_before(conn, row.id, entry)
    refusal = mismatch(entry, filed) or (None if taken is None else repetition(entry, taken))
    if refusal is not None:
        return msgspec.structs.replace(refusal, payout_id=row.id)
    if entry.outcome == "pending":
        result, text = Result.PENDING, entry.reason or "no outcome yet"
    elif entry.kind == "return":
        result, text = await take_return(conn, row, entry, now=now)
    elif entry.outcome == "declined":
        result, text = await take_decline(conn, row, entry, now=now)
    else:
        result, text = await take_payment(conn, row, entry, now=now)
    return msgspec.structs.replace(result_of(entry, result, text), payout_id=row.id)


def mismatch(entry: Entry, filed: _Filed) -> LineResult | None:
    """What the bank says of the order that is not true of it."""
    if entry.currency is not None and entry.currency != filed.currency:
        return result_of(entry, Result.WRONG_CURRENCY, f"the payout is in {filed.currency}")
    if entry.account is not None and entry.account != filed.account:
        return result_of(entry, Result.WRONG_ACCOUNT, f"it was to be paid from {filed.account}")
    if entry.instructed is not None and entry.instructed != filed.amount:
        return result_of(entry, Result.WRONG_AMOUNT, f"{filed.amount} {filed.currency} were ordered")
    return None


def repetition(entry: Entry, taken: _Taken) -> LineResult | None:
    """A debit or a return that was taken before: read again, or money that moved a second time."""
    if entry.kind == "status" or entry.outcome == "pending":
        return None
    one_reference = entry.bank_reference == taken.bank_reference or not (entry.bank_reference and taken.bank_reference)
    if one_reference and entry.amount in (None, taken.amount):
        return result_of(entry, Result.REPEATED, "taken before")
    before = f"{taken.bank_reference or 'without a reference'}, {taken.amount}"
    return result_of(entry, Result.CONTRADICTION, f"a {entry.kind} of this payout was reported before: {before}")


async def take_payment(conn: Connection, row: PayoutRow, entry: Entry, *, now: datetime) -> tuple[Result, str]:
    """The bank has paid: all of it, or what it says itself is a part."""
    amount = row.endpoint_amount if entry.amount is None else entry.amount
    is_part = entry.outcome == "partial" or entry.is_part or entry.instructed is not None
    if amount != row.endpoint_amount and not (is_part and 0 < amount < row.endpoint_amount):
        return Result.WRONG_AMOUNT, f"{row.endpoint_amount} {row.endpoint_currency} were ordered"
    if row.status == Status.IN_PROGRESS:
        outcome: Outcome = "completed" if amount == row.endpoint_amount else "partial"
        part = amount if outcome == "partial" else None
        await report_outcome(conn, row.id, outcome, completed_amount=part, reason=entry.reason, now=now)
        return (Result.SETTLED, "") if part is None else (Result.PART_SETTLED, f"of {row.endpoint_amount}")
    if row.status in (Status.COMPLETED, Status.PARTIAL) and row.completed_amount == amount:
        return (Result.REPEATED if entry.kind == "status" else Result.CONFIRMED), "settled before"
    if row.status == Status.DECLINED and await has_come_back(conn, row.id):
        return Result.CONFIRMED, "the money has come back since"
    return Result.CONTRADICTION, f"the payout is {Status(row.status).name.lower()}, {row.completed_amount} completed"


async def take_decline(conn: Connection, row: PayoutRow, entry: Entry, *, now: datetime) -> tuple[Result, str]:
    if row.status == Status.IN_PROGRESS:
        await report_outcome(conn, row.id, "declined", reason=entry.reason, now=now)
        return Result.DECLINED, entry.reason or ""
    if row.status == Status.DECLINED:
        return Result.REPEATED, "declined before"
    return Result.CONTRADICTION, f"the payout is {Status(row.status).name.lower()}"


async def take_return(conn: Connection, row: PayoutRow, entry: Entry, *, now: datetime) -> tuple[Result, str]:
    """The money is back. Where nobody had reported that it left, the payout is declined."""
    expected = row.endpoint_amount if row.status == Status.IN_PROGRESS else row.completed_amount
    if row.status == Status.DECLINED:
        return Result.CONTRADICTION, "the payout was declined before: its money is on the balance"
    if entry.amount != expected:
        return Result.WRONG_AMOUNT, f"{expected} {row.endpoint_currency} had been paid"
    if row.status == Status.IN_PROGRESS:
        await report_outcome(conn, row.id, "declined", reason=entry.reason, now=now)
    else:
        await return_payout(conn, row.id, amount=expected, reason=entry.reason, now=now)
    return Result.RETURNED, entry.reason or ""


async def filed_together(conn: Connection, entry: Entry) -> Sequence[_Filed]:
    """The lines of a block or of a file."""
    where = "WHERE l.payment_id = %(id)s" if entry.names == "payment" else "WHERE f.message_id = %(id)s"
    return await fetch_all(conn, _Filed, SELECT_FILED + where + " ORDER BY l.payout_id", {"id": entry.reference})


def order_of(entry: Entry, line: _Filed) -> Entry:
    """What an entry over several orders says of one of them."""
    return msgspec.structs.replace(
        entry,
        names="payout",
        reference=line.end_to_end_id,
        amount=None if entry.kind == "status" else line.amount,
        currency=line.currency,
    )


async def taken_before(conn: Connection, payout_id: int, entry: Entry) -> _Taken | None:
    return await fetch_one(
        conn,
        _Taken,
        "SELECT bank_reference, amount FROM bank_report_entry WHERE payout_id = %(payout)s AND kind = %(kind)s",
        {"payout": payout_id, "kind": entry.kind},
    )


async def has_come_back(conn: Connection, payout_id: int) -> bool:
    cursor = await conn.execute(
        "SELECT FROM bank_report_entry WHERE payout_id = %(payout)s AND kind = 'return'", {"payout": payout_id}
    )
    return await cursor.fetchone() is not None


async def note_taken(conn: Connection, payout_id: int, entry: Entry, *, sha256: bytes | None, now: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO bank_report_entry (payout_id, kind, source, bank_reference, amount, file_sha256, read_at)
        VALUES (%(payout)s, %(kind)s, %(source)s, %(bank_reference)s, %(amount)s, %(sha256)s, %(now)s)
        ON CONFLICT (payout_id, kind) DO NOTHING
        """,
        {
            "payout": payout_id,
            "kind": entry.kind,
            "source": entry.source,
            "bank_reference": entry.bank_reference,
            "amount": entry.amount,
            "sha256": sha256,
            "now": now,
        },
    )


def result_of(entry: Entry, result: Result, text: str) -> LineResult:
    return LineResult(
        place=entry.place,
        result=result,
        reference=entry.reference,
        amount=entry.amount,
        currency=entry.currency,
        text=text,
    )
