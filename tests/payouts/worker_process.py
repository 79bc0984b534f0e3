"""A worker of its own process over the provider's rail, to be killed.

    python -m tests.payouts.worker_process DATABASE_URL PROVIDER_URL CLOCK_OFFSET_S

The offset stands for time that has passed: what a dead worker had taken is free again.
"""

import asyncio
import sys
from datetime import timedelta

from artel import clock
from artel.db.pool import Database
from artel.payouts.jobs import Timing, payout_loop
from artel.process.due import Runner
from artel.process.listener import listening
from artel.process.worker import wake_ups
from tests.payouts.http_rail import HttpRail

TIMING = Timing(call_timeout_s=20, lease_s=60, first_ask_after_s=0.1, longest_ask_after_s=0.5)


async def work(database_url: str, provider_url: str, offset_s: float) -> None:
    clock.move_to_offset(timedelta(seconds=offset_s))
    database = Database(database_url, size=5)
    await database.open()
    runner = Runner(payout_loop(HttpRail(provider_url), TIMING), database)
    async with listening(database_url, wake_ups([runner])):
        await runner.run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], float(sys.argv[3])))
