"""Data a new installation begins with: reference data everywhere, sample companies and people in the sandbox."""

import asyncio

from artel.logs import configure_logs
from artel.lookups.rules import LoadedCounts, load_reference_data
from artel.process.commands import small_database
from artel.sandbox import seed
from artel.settings import Settings


async def load(settings: Settings) -> LoadedCounts:
    async with small_database(settings) as database, database.transaction() as conn:
        return await load_reference_data(conn)


async def fill(settings: Settings) -> None:
    await load(settings)
    async with small_database(settings) as database:
        await seed.fill(database, settings)


def run_loading(settings: Settings) -> None:
    configure_logs(settings)
    asyncio.run(load(settings))


def run_filling(settings: Settings) -> None:
    """The sandbox's first start. The list of who can sign in is written last, so that one cut short is begun again."""
    configure_logs(settings)
    asyncio.run(fill(settings))
