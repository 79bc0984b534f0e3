"""`artel verification` and `artel freelancer`: an operator's decisions from the command line."""

import asyncio
from datetime import date, datetime

import click

from artel.cli_options import Plain
from artel.settings import Settings, read_settings

operator_option = click.option("--operator", required=True, help="The operator's address: who decides.")


@click.group(cls=Plain)
def verification() -> None:
    """Freelancers' documents: who waits, and the decision."""


@verification.command("list")
def list_waiting() -> None:
    """Name those whose documents wait, the longest first.

    Their photos are at /operator/verifications.
    """
    from artel.process.commands import migrated_database, small_database
    from artel.verifications.queries import WaitingRow, waiting_verifications

    async def read(settings: Settings) -> tuple[list[WaitingRow], int]:
        async with small_database(settings) as database, database.connection() as conn:
            return await waiting_verifications(conn, limit=1000)

    with migrated_database(read_settings()) as settings:
        rows, total = asyncio.run(read(settings))
    for row in rows:
        click.echo(f"{row.id:>6}  {row.submitted_at:%Y-%m-%d %H:%M}  {row.document:<17}  {row.email}  {row.name}")
    click.echo(f"{total} waiting.")


@verification.command("confirm")
@click.argument("verification_id", type=int)
@operator_option
def confirm(verification_id: int, operator: str) -> None:
    """Confirm that somebody is who they say they are."""
    with_decision(verification_id, operator, None)
    click.echo(f"Verification {verification_id} is confirmed.")


@verification.command("decline")
@click.argument("verification_id", type=int)
@operator_option
@click.option(
    "--reason",
    required=True,
    help="unreadable, expired, not_accepted, data_differ, face_differs, not_confirmed or other.",
)
@click.option("--reason-en", default="", help="With other: the reason in English.")
@click.option("--reason-ru", default="", help="With other: the reason in Russian.")
def decline(verification_id: int, operator: str, reason: str, reason_en: str, reason_ru: str) -> None:
    """Decline documents; the freelancer is mailed the reason and a link to try again."""
    with_decision(verification_id, operator, (reason, reason_en, reason_ru))
    click.echo(f"Verification {verification_id} is declined.")


def with_decision(verification_id: int, operator: str, reason: tuple[str, str, str] | None) -> None:
    from artel.process.commands import migrated_database

    with migrated_database(read_settings()) as settings:
        asyncio.run(decide(settings, verification_id, operator, reason))


async def decide(settings: Settings, verification_id: int, operator: str, reason: tuple[str, str, str] | None) -> None:
    """Refuses: NotFound for who is no operator; what `decline_reason` and `decide_verification` refuse."""
    from artel import clock
    from artel.errors import NotFound
    from artel.people.proof import account_named
    from artel.process.commands import small_database
    from artel.verifications.decisions import decide_verification
    from artel.verifications.queries import require_operator
    from artel.verifications.reasons import decline_reason

    async with small_database(settings) as database:
        account = await account_named(database, operator)
        if account.id is None:
            raise NotFound("person", "operator")
        async with database.transaction() as conn:
            await require_operator(conn, account.id)
            await decide_verification(
                conn,
                verification_id,
                decline=decline_reason(*reason) if reason else None,
                actor_id=account.id,
                base_url=settings.base_url,
                now=clock.now(),
            )


@click.group(cls=Plain)
def freelancer() -> None:
    """Freelancers: when a tax status may change."""


@freelancer.command("block-taxation")
@click.argument("freelancer_id", type=int)
@click.option("--till", type=click.DateTime(["%Y-%m-%d"]), help="The first day on which it may change again.")
@click.option("--lift", is_flag=True, help="It may change at once.")
def block_taxation(freelancer_id: int, till: datetime | None, lift: bool) -> None:
    """Say from when a Russian freelancer's tax status may be changed."""
    if (till is None) == (not lift):
        raise click.UsageError("give --till or --lift")
    from artel.process.commands import migrated_database

    with migrated_database(read_settings()) as settings:
        asyncio.run(block(settings, freelancer_id, till.date() if till else None))
    click.echo(f"It may change {f'from {till:%Y-%m-%d} on' if till else 'at once'}.")


async def block(settings: Settings, freelancer_id: int, till: date | None) -> None:
    """Refuses: NotFound."""
    from artel import clock
    from artel.process.commands import small_database
    from artel.taxation.rules import block_change

    async with small_database(settings) as database, database.transaction() as conn:
        await block_change(conn, freelancer_id, till=till, actor_id=None, now=clock.now())
