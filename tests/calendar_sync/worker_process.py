"""A worker of its own process that syncs outside calendars, to be killed.

    python -m tests.calendar_sync.worker_process DATABASE_URL CLOCK_OFFSET_S

The offset stands for time that has passed: what a dead worker had taken is free again.
"""

import asyncio
import sys
from datetime import timedelta

from artel import clock
from artel.calendar_sync.syncing import calendar_loop
from artel.db.pool import Database
from artel.process.due import Runner
from artel.process.listener import listening
from artel.process.worker import wake_ups
from artel.settings import Settings


async def work(database_url: str, offset_s: float) -> None:
    clock.move_to_offset(timedelta(seconds=offset_s))
    database = Database(database_url, size=5)
    await database.open()
    settings = Settings(database_url=database_url, secret="a secret of the tests, long enough", sandbox=True)
    runner = Runner(calendar_loop(settings), database)
    async with listening(database_url, wake_ups([runner])):
        await runner.run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], float(sys.argv[2])))
