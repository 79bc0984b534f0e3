"""Bank statements: entries that name an invoice and bring exactly its amount pay it, each once.

A file is read whole before anything is done with it. Then each line is looked at in a transaction of its own: what is
wrong with one changes nothing of the others, and an import that is cut off is simply begun again.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from artel.db.pool import Connection, Database
from artel.db.rows import fetch_one, fetch_value
from artel.documents.camt053 import read_camt053
from artel.documents.errors import StatementTooLarge, StatementUnreadable
from artel.documents.invoices import Invoice, lock_invoice, pay_invoice
from artel.documents.kinds import DocumentType
from artel.documents.one_c import FIRST_LINE, read_one_c
from artel.documents.statement_entries import Entry
from artel.errors import Refused
from artel.logs import log

MOST_MIB = 32
MOST_BYTES = MOST_MIB * 2**20


class Outcome(StrEnum):
    """What became of a line."""

    MATCHED = "matched"
    KNOWN = "already known"
    CONFLICT = "reference used by another payment"
    UNKNOWN_NUMBER = "unknown number"
    SEVERAL_NUMBERS = "several invoices named"
    WRONG_AMOUNT = "wrong amount"
    WRONG_CURRENCY = "wrong currency"
    INVOICE_PAID = "invoice already paid"
    NOT_A_CREDIT = "not a credit"
    UNREADABLE = "unreadable amount"
    REFUSED = "refused"


class Line(msgspec.Struct, frozen=True):
    """A line of the report. `number`: the invoice it names, where it names one that exists."""

    place: int
    outcome: Outcome
    number: str | None
    amount: Decimal | None
    currency: str


class _Used(msgspec.Struct):
    invoice_number: str
    amount: Decimal
    currency: str


def read_statement(content: bytes) -> list[Entry]:
    """The entries of a file in one of the formats. Refuses: StatementTooLarge, StatementUnreadable, StatementBroken."""
    if len(content) > MOST_BYTES:
        raise StatementTooLarge(MOST_MIB)
    head = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(FIRST_LINE.encode()):
        return read_one_c(content)
    if head.startswith(b"<") or content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return read_camt053(content)
    raise StatementUnreadable


async def import_entries(database: Database, entries: Sequence[Entry], *, now: datetime) -> AsyncIterator[Line]:
    """Do what each entry says, one after another."""
    for place, entry in enumerate(entries, 1):
        number = None
        try:
            async with database.transaction() as conn:
                outcome, number = await import_entry(conn, entry, now=now)
        except Refused as refusal:
            log.warning("bank entry refused", place=place, reason=str(refusal))
            outcome = Outcome.REFUSED
        yield Line(place, outcome, number, entry.amount, entry.currency)


async def import_entry(conn: Connection, entry: Entry, *, now: datetime) -> tuple[Outcome, str | None]:
    """One line: what became of it, and the invoice it names. Nothing is written but where it is MATCHED."""
    if not entry.is_payment:
        return Outcome.NOT_A_CREDIT, None
    if not entry.amount:
        return Outcome.UNREADABLE, None
    used = await entry_used(conn, entry.reference)
    if used is not None:
        is_same = (used.amount, used.currency) == (entry.amount, entry.currency)
        is_same = is_same and any(used.invoice_number in found for found in entry.numbers())
        return (Outcome.KNOWN if is_same else Outcome.CONFLICT), used.invoice_number
    numbers = await named_invoices(conn, entry)
    if len(numbers) != 1:
        return (Outcome.SEVERAL_NUMBERS if numbers else Outcome.UNKNOWN_NUMBER), None
    invoice = await lock_invoice(conn, numbers[0])
    return await use_entry(conn, entry, invoice, now=now), invoice.number


async def use_entry(conn: Connection, entry: Entry, invoice: Invoice, *, now: datetime) -> Outcome:
    """Pay a locked invoice by an entry that was not used when it was looked at."""
    if entry.currency != invoice.currency:
        return Outcome.WRONG_CURRENCY
    if entry.amount != invoice.amount:
        return Outcome.WRONG_AMOUNT
    if invoice.is_paid:
        # Somebody may be reading the same file, and have been quicker.
        used = await entry_used(conn, entry.reference)
        is_ours = used is not None and used.invoice_number == invoice.number
        return Outcome.KNOWN if is_ours else Outcome.INVOICE_PAID
    cursor = await conn.execute(
        """
        INSERT INTO bank_entry (reference, company_id, invoice_id, currency, amount, booked_on, imported_at)
        VALUES (%(reference)s, %(company)s, %(invoice)s, %(currency)s, %(amount)s, %(booked)s, %(now)s)
        ON CONFLICT (reference) DO NOTHING
        """,
        {
            "reference": entry.reference,
            "company": invoice.company_id,
            "invoice": invoice.id,
            "currency": entry.currency,
            "amount": entry.amount,
            "booked": entry.booked_on,
            "now": now,
        },
    )
    if cursor.rowcount == 0:
        return Outcome.CONFLICT
    await pay_invoice(conn, invoice, actor_id=None, now=now)
    return Outcome.MATCHED


async def entry_used(conn: Connection, reference: str) -> _Used | None:
    return await fetch_one(
        conn,
        _Used,
        """
        SELECT d.number AS invoice_number, e.amount, e.currency
        FROM bank_entry AS e
        JOIN document AS d ON d.id = e.invoice_id
        WHERE e.reference = %(reference)s
        """,
        {"reference": reference},
    )


async def named_invoices(conn: Connection, entry: Entry) -> list[str]:
    """The invoices that the entry's text names."""
    for numbers in entry.numbers():
        known: list[str] | None = await fetch_value(
            conn,
            "SELECT array_agg(number) FROM document WHERE number = ANY(%(numbers)s) AND type = %(type)s",
            {"numbers": numbers, "type": DocumentType.INVOICE},
        )
        if known:
            return known
    return []
