"""A worker of its own process that writes letters about events, to be killed.

python -m tests.events.worker_process DATABASE_URL
"""

import asyncio
import sys

from artel.db.pool import Database
from artel.events.mailing import event_letters_loop
from artel.process.due import Runner
from artel.process.listener import listening
from artel.process.worker import wake_ups
from artel.settings import Settings


async def work(database_url: str) -> None:
    database = Database(database_url, size=5)
    await database.open()
    runner = Runner(event_letters_loop(Settings(secret="s" * 40, sandbox=True)), database)
    async with listening(database_url, wake_ups([runner])):
        await runner.run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
