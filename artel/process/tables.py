"""What commands share that work on the database and print tables."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import click
import msgspec

from artel.settings import read_settings

Answer = TypeVar("Answer")


def with_database(work: Callable[..., Awaitable[Answer]]) -> Answer:
    """Run `work(database, settings)` over the installation's database, and in a sandbox by the sandbox's clock."""
    from artel import clock
    from artel.process.commands import migrated_database, small_database
    from artel.process.sandbox_clock import stored_offset

    async def run(settings: Any) -> Answer:
        async with small_database(settings) as database:
            async with database.connection() as conn:
                clock.move_to_offset(await stored_offset(conn))
            return await work(database, settings)

    with migrated_database(read_settings()) as settings:
        return asyncio.run(run(settings))


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, nothing: str = "None.") -> None:
    if not rows:
        click.echo(nothing)
        return
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    for row in (head, *rows):
        click.echo("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def show_json(value: Any) -> None:
    """Decimals as text: no reader of JSON rounds them then."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def money(row: Any) -> str:
    return f"{row.amount} {row.currency}"
