"""A worker whose payouts wait for files: `python -m tests.payouts.automatic_worker_process DATABASE_URL HOME`."""

import sys
from pathlib import Path

from artel.process.worker import run_worker
from artel.settings import Settings

if __name__ == "__main__":
    run_worker(Settings(database_url=sys.argv[1], home=Path(sys.argv[2]), secret="s" * 40, payout_rail="iso20022"))
