"""After a supervisor that was killed: `python -m artel.process.guard <home>` stops the database it left running.

A shell waits beside the supervisor and runs this when the supervisor is gone. A sandbox that was started again in
the meantime holds the home and has taken the database over: then nothing is done.
"""

import fcntl
import sys
from pathlib import Path

from artel.db.embedded import stop_embedded


def stop_abandoned(home: Path) -> None:
    with (home / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop_embedded(home / "pg")


if __name__ == "__main__":
    stop_abandoned(Path(sys.argv[1]))
