"""`artel company` and `artel agreement`: what an operator does for companies and those who work for them."""

import asyncio
from decimal import Decimal
from pathlib import Path

import click

from artel.cli_options import Percent, Plain, account_options, read_password
from artel.settings import read_settings

ExistingFile = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(cls=Plain)
def company() -> None:
    """Companies: open one, add and remove members, add documents, insure tasks."""


@company.command("create")
@click.option("--name", required=True, help="The company's name.")
@click.option("--currency", required=True, help="RUB, USD or EUR; what its balance is kept in.")
@click.option("--country", required=True, help="Two letters, ISO 3166-1.")
@click.option("--commission", type=Percent(), default="0", show_default=True, help="The platform's share of a task.")
@click.option("--vat", type=Percent(), default="0", show_default=True, help="VAT on that share.")
@click.option("--escrow", default="without_hold", show_default=True, help="When a task's total is held.")
@click.option("--acts-for-freelancers", is_flag=True, help="The company may take a freelancer's steps for them.")
@account_options
def create_company(
    name: str,
    currency: str,
    country: str,
    commission: Decimal,
    vat: Decimal,
    escrow: str,
    acts_for_freelancers: bool,
    email: str,
    first_name: str,
    last_name: str,
    language: str,
    password_stdin: bool,
) -> None:
    """Open a company and make its owner's account."""
    from artel.process.accounts import Owner, open_company
    from artel.process.commands import migrated_database

    owner = Owner(email, read_password(from_stdin=password_stdin), first_name, last_name, language)
    with migrated_database(read_settings()) as settings:
        company_id = asyncio.run(
            open_company(
                settings,
                name=name,
                currency=currency.upper(),
                country=country.upper(),
                commission_percent=commission,
                vat_percent=vat,
                escrow=escrow,
                acts_for_freelancers=acts_for_freelancers,
                owner=owner,
            )
        )
    click.echo(f"Company {company_id} is open; {email} signs in as its owner.")


@company.command("add-member")
@click.argument("company_id", type=int)
@click.option("--role", required=True, help="owner, manager, accountant or viewer.")
@account_options
def add_company_member(
    company_id: int, role: str, email: str, first_name: str, last_name: str, language: str, password_stdin: bool
) -> None:
    """Give somebody a role in a company; who has no account yet gets one."""
    from artel.process.accounts import Owner, add_to_company, find_person
    from artel.process.commands import migrated_database

    with migrated_database(read_settings()) as settings:
        is_new = asyncio.run(find_person(settings, email)) is None
        password = read_password(from_stdin=password_stdin) if is_new else ""
        account = Owner(email, password, first_name, last_name, language)
        asyncio.run(add_to_company(settings, account, company_id=company_id, role=role))
    click.echo(f"{email} is {role} of company {company_id}.")


@company.command("remove-member")
@click.argument("company_id", type=int)
@click.option("--email", required=True, help="Their address.")
def remove_company_member(company_id: int, email: str) -> None:
    """End somebody's membership of a company, from their next call on."""
    from artel.process.accounts import remove_from_company
    from artel.process.commands import migrated_database

    with migrated_database(read_settings()) as settings:
        asyncio.run(remove_from_company(settings, email, company_id=company_id))
    click.echo(f"{email} is no member of company {company_id} any more.")


@company.command("add-document")
@click.argument("company_id", type=int)
@click.argument("file", type=ExistingFile)
@click.option("--title-en", required=True, help="Its title in English.")
@click.option("--title-ru", required=True, help="Its title in Russian.")
def add_company_document(company_id: int, file: Path, title_en: str, title_ru: str) -> None:
    """Add a document, an NDA say, that a company's tasks can ask freelancers to accept."""
    from artel.process.commands import migrated_database
    from artel.process.papers import offer_document

    with migrated_database(read_settings()) as settings:
        adding = offer_document(
            settings, file.name, file.read_bytes(), company_id=company_id, title_en=title_en, title_ru=title_ru
        )
        added = asyncio.run(adding)
    click.echo(f"Tasks of company {company_id} name it {added.id} in acceptanceFileIds.")


@click.group(cls=Plain)
def agreement() -> None:
    """The agreement that freelancers sign: publish one, list them."""


@agreement.command("publish")
@click.option("--title-en", required=True, help="Its title in English.")
@click.option("--title-ru", required=True, help="Its title in Russian.")
@click.option("--text-en", type=ExistingFile, required=True, help="A file of UTF-8 text; headings begin with '# '.")
@click.option("--text-ru", type=ExistingFile, required=True, help="The same in Russian.")
def publish_new_agreement(title_en: str, title_ru: str, text_en: Path, text_ru: Path) -> None:
    """Put a new version in force; every freelancer signs it before their next task."""
    from artel.freelancers.papers import Agreement
    from artel.process.accounts import publish
    from artel.process.commands import migrated_database

    paper = Agreement(title_ru=title_ru, title_en=title_en, text_ru=read_text(text_ru), text_en=read_text(text_en))
    with migrated_database(read_settings()) as settings:
        agreement_uuid = asyncio.run(publish(settings, paper))
    click.echo(f"Agreement {agreement_uuid} is in force.")


def read_text(path: Path) -> str:
    from artel.process.checks import CannotStart

    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError:
        raise CannotStart(f"{path} is no UTF-8 text") from None
    if not text or "\0" in text:
        raise CannotStart(f"{path} has no text to publish")
    return text
