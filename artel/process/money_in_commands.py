"""The commands about money that came in; `artel.cli` registers them."""

import asyncio
from pathlib import Path

import click

from artel.settings import read_settings


@click.group()
def invoice() -> None:
    """Invoices: take one for paid."""


@invoice.command("paid")
@click.argument("number")
def invoice_paid(number: str) -> None:
    """Take an invoice for paid: its company's balance is topped up, once.

    NUMBER is the invoice's own, as 101-261125-4.
    """
    from artel.process.commands import migrated_database
    from artel.process.money_in import mark_invoice_paid

    with migrated_database(read_settings()) as settings:
        paid = asyncio.run(mark_invoice_paid(settings, number.strip()))
    click.echo(f"Invoice {paid.number} is paid: company {paid.company_id} has {paid.net} {paid.currency} more.")


@click.group()
def statement() -> None:
    """Bank statements: import one."""


@statement.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def statement_import(file: Path) -> None:
    """Import a bank statement: what pays an invoice tops its company up.

    FILE is camt.053 or in the 1C exchange format. Each line is reported; a file that cannot be read changes nothing.
    Safe to run again with the same file.
    """
    from artel.documents.statements import Line
    from artel.process.commands import migrated_database
    from artel.process.money_in import import_statement

    def tell(line: Line) -> None:
        amount = "" if line.amount is None else f"{line.amount} {line.currency}"
        click.echo(f"{line.place:>5}  {line.outcome:<34}  {line.number or '-':<24}  {amount}".rstrip())

    with migrated_database(read_settings()) as settings:
        outcomes = asyncio.run(import_statement(settings, file, report=tell))
    summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
    click.echo(f"{sum(outcomes.values())} lines: {summary}." if outcomes else "No lines.")
