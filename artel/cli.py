"""The `artel` command. Each command loads what it needs when it runs, so that --help answers at once."""

import asyncio
import os
import sys

import click
import msgspec

from artel.cli_company import agreement, company
from artel.cli_options import Plain, account_options, read_password
from artel.errors import Refused
from artel.process.api_command import api
from artel.process.bank_commands import bank_account
from artel.process.company_terms import advertising, company_insurance
from artel.process.compliance_commands import freelancer, verification
from artel.process.money_in_commands import invoice, statement
from artel.process.paper_commands import acceptance_file, list_agreements
from artel.process.payout_commands import payouts
from artel.process.person_commands import person
from artel.settings import BadSetting, Settings, read_settings


def main() -> None:
    """Run the command; what cannot be done is one line on standard error and exit code 1."""
    try:
        artel(prog_name="artel")
    except Refused as refusal:
        fail(refusal_text(refusal))
    except Exception as error:
        if not is_expected(error):
            raise
        fail(str(error))


def fail(text: str) -> None:
    click.echo(f"artel: {text}", err=True)
    sys.exit(1)


def is_expected(error: Exception) -> bool:
    """Whether the error's text is meant for whoever runs the command."""
    from artel.db.migrate import DatabaseUnusable
    from artel.db.server_account import EmbeddedServerFailed
    from artel.process.checks import CannotStart

    return isinstance(error, BadSetting | CannotStart | DatabaseUnusable | EmbeddedServerFailed)


def refusal_text(refusal: Refused) -> str:
    """What the API would say."""
    from artel.api.customer.errors import TABLE

    text = TABLE[refusal.code].text("EN", refusal.facts)
    return f"{refusal.field.replace('_', ' ')}: {text}" if refusal.field else text


@click.group(cls=Plain, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="artel", message="artel %(version)s")
def artel() -> None:
    """Find, book and pay independent specialists. Settings are ARTEL_… environment variables."""


@artel.command()
def sandbox() -> None:
    """Try Artel out with sample data.

    Runs the server, the worker and, unless ARTEL_DATABASE_URL names another, a database of its own. Ctrl-C stops
    everything; the data stay in ARTEL_HOME (.artel).
    """
    from artel.process.sandbox import run_sandbox

    run_sandbox(sandbox_settings())


@artel.command()
def serve() -> None:
    """Serve the API and the pages.

    Production: needs ARTEL_DATABASE_URL, migrated, and ARTEL_SECRET. Run as many as you like.
    """
    settings = production_settings()
    from artel.process.server import run_server

    run_server(settings)


@artel.command()
def worker() -> None:
    """Do the work that waits for its time.

    Production: payments, payouts, mail, SMS, deadlines. Run at least one, with the server's settings.
    """
    settings = production_settings()
    from artel.process.worker import run_worker

    run_worker(settings)


@artel.command()
def migrate() -> None:
    """Bring the database to this version.

    Its schema and the reference data. Safe to run again, and while others run it too.
    """
    from artel.db.migrate import migrate as bring_up
    from artel.process.commands import usable_database
    from artel.process.filling import load

    with usable_database(read_settings()) as settings:
        before = bring_up(settings.database_url)
        counts = asyncio.run(load(settings))
    done = "Up to date" if before == "current" else "Migrated"
    click.echo(f"{done}; {counts.services} services, {counts.countries} countries.")


@artel.command()
def doctor() -> None:
    """Check this installation, line by line.

    Exit code 1 where something is wrong; the line says what to do.
    """
    from artel.process.doctor import examine

    sys.exit(examine(read_settings()))


artel.add_command(company)
artel.add_command(agreement)
artel.add_command(bank_account, "bank-account")
artel.add_command(payouts)
artel.add_command(person)
agreement.add_command(list_agreements)
artel.add_command(acceptance_file)
artel.add_command(api)
artel.add_command(verification)
artel.add_command(freelancer)


@artel.group(cls=Plain)
def operator() -> None:
    """Operators of the installation: add one."""


@artel.group(cls=Plain)
def ledger() -> None:
    """The books: verify them."""


@artel.group(cls=Plain)
def lookups() -> None:
    """Reference data: load it."""


artel.add_command(invoice)
artel.add_command(statement)


@operator.command("create")
@account_options
def create_operator(email: str, first_name: str, last_name: str, language: str, password_stdin: bool) -> None:
    """Make the account of somebody who runs this installation."""
    from artel.process.accounts import Owner, add_operator
    from artel.process.commands import migrated_database

    account = Owner(email, read_password(from_stdin=password_stdin), first_name, last_name, language)
    with migrated_database(read_settings()) as settings:
        person_id = asyncio.run(add_operator(settings, account))
    click.echo(f"Operator {person_id} is made; {email} signs in.")


@ledger.command("verify")
def verify_books() -> None:
    """Form every sum and balance anew from the postings and compare.

    While others go on posting. Exit code 1 where something differs; each difference is a line.
    """
    from artel.ledger.verify import Report, verify_ledger
    from artel.process.commands import migrated_database, small_database

    async def verify(settings: Settings) -> Report:
        async with small_database(settings) as database:
            return await verify_ledger(database)

    with migrated_database(read_settings()) as settings:
        report = asyncio.run(verify(settings))
    click.echo(str(report))
    sys.exit(0 if report.is_clean else 1)


@lookups.command("load")
def load_lookups() -> None:
    """Load the reference data of this version.

    Safe at any time, and again.
    """
    from artel.process.commands import migrated_database
    from artel.process.filling import load

    with migrated_database(read_settings()) as settings:
        counts = msgspec.structs.asdict(asyncio.run(load(settings)))
    click.echo("\n".join(f"{count:>6} {name.replace('_', ' ')}" for name, count in counts.items()))


company.add_command(company_insurance)
artel.add_command(advertising)


def sandbox_settings() -> Settings:
    """The settings with the sandbox on; an environment that says it is off is refused."""
    from artel.process.checks import CannotStart

    settings = read_settings({"ARTEL_SANDBOX": "1", **os.environ})
    if not settings.sandbox:
        raise CannotStart(
            "ARTEL_SANDBOX=0 says this is no sandbox: unset it, or start `artel serve` and `artel worker`"
        )
    return settings


def production_settings() -> Settings:
    """The settings of a server or worker started by hand, over a database that is migrated."""
    from artel.process.checks import check_production
    from artel.process.commands import require_migrated

    settings = read_settings()
    check_production(settings)
    require_migrated(settings.database_url)
    return settings
