"""`artel bank-account …`: the accounts that payouts are paid from."""

from typing import Any

import click

from artel.process.tables import show_table, with_database


@click.group()
def bank_account() -> None:
    """The accounts that payouts are paid from: add, list, remove."""


@bank_account.command("add")
@click.option("--currency", required=True, help="What is paid from it: EUR, USD, KZT or RUB.")
@click.option("--holder", required=True, help="Whose account it is, as the bank has it.")
@click.option("--number", required=True, help="IBAN, another account number, or 20 digits at a Russian bank.")
@click.option("--bic", default="", help="SWIFT code of the bank; of every bank but a Russian one.")
@click.option("--bik", default="", help="BIK of a Russian bank; the next four are for it too.")
@click.option("--correspondent-account", default="", help="The Russian bank's account at the Bank of Russia.")
@click.option("--bank-name", default="", help="The Russian bank's name.")
@click.option("--tax-number", default="", help="The holder's INN.")
@click.option("--kpp", default="", help="The holder's KPP, where it has one.")
@click.option("--street", default="", help="The holder's street and house.")
@click.option("--postcode", default="", help="The holder's postcode.")
@click.option("--town", default="", help="The holder's town.")
@click.option("--country", default="", help="The holder's country: two letters, ISO 3166-1.")
def add(**typed: str) -> None:
    """Add the account that one currency is paid from.

    A currency has one account: remove the old one to take another.
    """
    from artel import clock
    from artel.bank_files.accounts import add_account, check_account

    typed["currency"], typed["country"] = typed["currency"].upper(), typed["country"].upper()
    account = check_account(**typed)

    async def work(database: Any, settings: Any) -> int:
        async with database.transaction() as conn:
            return await add_account(conn, account, now=clock.now())

    account_id = with_database(work)
    click.echo(f"Account {account_id} is added: {account.currency} is paid from {account.number}.")


@bank_account.command("list")
def list_accounts() -> None:
    """List the accounts that payouts are paid from."""
    from artel.bank_files.accounts import BankAccount, current_accounts

    async def work(database: Any, settings: Any) -> list[BankAccount]:
        async with database.connection() as conn:
            return await current_accounts(conn)

    rows = [
        (str(account.id), account.currency, account.number, account.bic or str(account.bik), account.holder)
        for account in with_database(work)
    ]
    show_table(("id", "currency", "account", "bank", "holder"), rows)


@bank_account.command("remove")
@click.argument("account_id", type=int)
def remove(account_id: int) -> None:
    """Remove an account: nothing more is paid from it."""
    from artel import clock
    from artel.bank_files.accounts import remove_account

    async def work(database: Any, settings: Any) -> None:
        async with database.transaction() as conn:
            await remove_account(conn, account_id, now=clock.now())

    with_database(work)
    click.echo(f"Account {account_id} is removed; files written before stay as they are.")
