"""What an operator enters about companies: insurance of their tasks, and their part in the advertising law."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from uuid import uuid4

import click

from artel import clock
from artel.advertising.kinds import Kind
from artel.cli_options import Plain
from artel.settings import read_settings

Function = TypeVar("Function", bound=Callable[..., Any])
# The options that describe an organisation; which of them are needed depends on its kind.
DESCRIPTION = {
    "full_opf": "Form of incorporation and full name, of a legal entity.",
    "fio": "Full name, of a person.",
    "inn": "INN, of everybody in Russia.",
    "kpp": "KPP.",
    "ogrn": "OGRN.",
    "ogrnip": "OGRNIP.",
    "registration_number": "Registration number abroad.",
    "tax_id": "Tax number abroad.",
    "phone_number": "Phone number, with the country's code.",
    "region_number": "Country of registration, by its OKSM number.",
}


class Amount(click.ParamType[Decimal]):
    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            return Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is no number", param, ctx)


def organisation_options(function: Function) -> Function:
    for name, text in reversed(DESCRIPTION.items()):
        function = click.option(f"--{name.replace('_', '-')}", name, help=text)(function)
    kinds = click.Choice([kind.value for kind in Kind])
    return click.option("--kind", type=kinds, default="legal", show_default=True, help="Its legal kind.")(function)


@click.group(cls=Plain)
def advertising() -> None:
    """The advertising law: who the platform and its companies are."""


@advertising.command("platform")
@organisation_options
def register_platform(kind: str, **description: str | None) -> None:
    """Enter the platform's own record, or correct it."""
    from artel.advertising import organisations, registration

    given = organisations.Organisation(kind=Kind(kind), uuid=uuid4(), **description)
    uuid = run(lambda conn, now: registration.register_platform(conn, given, now=now))
    click.echo(f"The platform is organisation {uuid}.")


@advertising.command("company")
@click.argument("company_id", type=int)
@organisation_options
@click.option("--contract-number", required=True, help="The number of its contract with the platform.")
@click.option("--contract-date", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day it was signed.")
def register_company(
    company_id: int, kind: str, contract_number: str, contract_date: datetime, **description: str | None
) -> None:
    """Enter a company's own record and its contract with the platform, or correct them."""
    from artel.advertising import organisations, registration

    given = organisations.Organisation(kind=Kind(kind), uuid=uuid4(), **description)
    signed_on: date = contract_date.date()
    uuid = run(
        lambda conn, now: registration.register_company(
            conn, company_id, given, contract_number=contract_number, signed_on=signed_on, now=now
        )
    )
    click.echo(f"Company {company_id} has contract {uuid} with the platform.")


@click.command("insurance")
@click.argument("company_id", type=int)
@click.option("--premium", type=Amount(), help="What insuring a task costs, in the company's currency.")
@click.option("--by-default", is_flag=True, help="Insure tasks that do not say whether they are.")
@click.option("--off", is_flag=True, help="Insure no more tasks; those that are insured stay so.")
def company_insurance(company_id: int, premium: Decimal | None, by_default: bool, off: bool) -> None:
    """Say what insuring a company's tasks costs, or that it has no insurance."""
    from artel.insurance.rules import Product, set_product

    if off == (premium is not None):
        raise click.UsageError("give either --premium or --off")
    product = None if premium is None else Product(premium, by_default)
    run(lambda conn, now: set_product(conn, company_id, product, actor_id=None, now=now))
    text = "no insurance" if product is None else f"insurance at {product.premium} a task"
    click.echo(f"Company {company_id} has {text}.")


def run(work: Callable[[Any, datetime], Awaitable[Any]]) -> Any:
    """Do one thing in one transaction on the database of the settings."""
    from artel.process.commands import migrated_database, small_database

    async def in_transaction() -> Any:
        async with small_database(settings) as database, database.transaction() as conn:
            return await work(conn, clock.now())

    with migrated_database(read_settings()) as settings:
        return asyncio.run(in_transaction())
