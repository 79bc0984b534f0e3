"""`artel invoice paid` and `artel statement import`: the operator says that money has arrived."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from artel import clock
from artel.documents.invoices import Invoice, lock_invoice, pay_invoice
from artel.documents.statements import MOST_BYTES, Line, import_entries, read_statement
from artel.process.commands import small_database
from artel.settings import Settings


async def mark_invoice_paid(settings: Settings, number: str) -> Invoice:
    """Top up by an invoice. Refuses: NotFound, InvoicePaid."""
    async with small_database(settings) as database, database.transaction() as conn:
        invoice = await lock_invoice(conn, number)
        await pay_invoice(conn, invoice, actor_id=None, now=clock.now())
    return invoice


async def import_statement(settings: Settings, file: Path, *, report: Callable[[Line], None]) -> Counter[str]:
    """Import a file, telling each line as soon as it is done; answers how many had which outcome.

    Refuses what `read_statement` refuses, before anything is done.
    """
    with file.open("rb") as opened:
        entries = read_statement(opened.read(MOST_BYTES + 1))
    outcomes: Counter[str] = Counter()
    async with small_database(settings) as database:
        async for line in import_entries(database, entries, now=clock.now()):
            report(line)
            outcomes[line.outcome] += 1
    return outcomes
