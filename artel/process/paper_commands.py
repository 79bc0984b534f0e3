"""`artel agreement list` and `artel acceptance-file …`."""

import asyncio
from pathlib import Path

import click

from artel.cli_options import Plain
from artel.settings import read_settings

ExistingFile = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("list")
def list_agreements() -> None:
    """List the versions of the agreement, the one in force first."""
    from artel.process.commands import migrated_database
    from artel.process.papers import published_agreements

    with migrated_database(read_settings()) as settings:
        rows = asyncio.run(published_agreements(settings))
    for row in rows:
        when = f"{row.published_at:%Y-%m-%d %H:%M}"
        click.echo(f"{row.version:>4}  {row.uuid}  {when}  signed by {row.signatures}  {row.title_en} / {row.title_ru}")
    if not rows:
        click.echo("No agreement is published: none is asked for.")


@click.group("acceptance-file", cls=Plain)
def acceptance_file() -> None:
    """Documents that tasks ask freelancers to sign: add, list, withdraw."""


@acceptance_file.command("add")
@click.argument("file", type=ExistingFile)
@click.option("--company", "company_id", type=int, help="For this company's tasks alone; left out: for everybody's.")
@click.option("--title-en", required=True, help="Its title in English.")
@click.option("--title-ru", required=True, help="Its title in Russian.")
def add_file(file: Path, company_id: int | None, title_en: str, title_ru: str) -> None:
    """Offer a document, an NDA say, to new tasks."""
    from artel.process.commands import migrated_database
    from artel.process.papers import offer_document

    with migrated_database(read_settings()) as settings:
        offering = offer_document(
            settings, file.name, file.read_bytes(), company_id=company_id, title_en=title_en, title_ru=title_ru
        )
        added = asyncio.run(offering)
    click.echo(f"Tasks of {whose(company_id)} name it {added.id} in acceptanceFileIds.")


@acceptance_file.command("list")
def list_files() -> None:
    """List the documents of all companies."""
    from artel.process.commands import migrated_database
    from artel.process.papers import offered_documents

    with migrated_database(read_settings()) as settings:
        rows = asyncio.run(offered_documents(settings))
    for row in rows:
        state = "offered" if row.withdrawn_at is None else f"withdrawn {row.withdrawn_at:%Y-%m-%d}"
        signed = f"signed {row.signed} of {row.asked}"
        click.echo(f"{row.id:>6}  {whose(row.company_id)}  {state}  {signed}  {row.title_en} ({row.name})")


@acceptance_file.command("withdraw")
@click.argument("acceptance_file_id", type=int)
def withdraw_file(acceptance_file_id: int) -> None:
    """Offer a document to no new task.

    Tasks that ask for it go on asking, and what was signed stays signed.
    """
    from artel.process.commands import migrated_database
    from artel.process.papers import withdraw_document

    with migrated_database(read_settings()) as settings:
        asyncio.run(withdraw_document(settings, acceptance_file_id))
    click.echo(f"Document {acceptance_file_id} is withdrawn: no new task can ask for it.")


def whose(company_id: int | None) -> str:
    return "every company" if company_id is None else f"company {company_id}"
