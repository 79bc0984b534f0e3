"""A child of the sandbox's supervisor: `python -m artel.process.child server|worker|load|fill`.

It loads its modules, which takes longest, while the supervisor starts the database, then waits for one line on its
standard input: the environment to run in. End of input instead of that line means that nothing is to be run.
"""

import json
import os
import signal
import sys

from artel.process.parent import end_with_parent


def ignore_the_terminal() -> None:
    for order in (signal.SIGINT, signal.SIGHUP):
        signal.signal(order, signal.SIG_IGN)


def main(role: str) -> None:
    parent = int(os.environ.pop("ARTEL_SUPERVISOR"))
    end_with_parent(parent)
    # Ctrl-C and a closed terminal reach the whole group; the supervisor tells when to stop.
    ignore_the_terminal()
    if role == "server":
        import artel.app  # noqa: F401
        from artel.process.server import run_server as run
    elif role == "worker":
        from artel.process.worker import run_worker as run
    elif role == "fill":
        from artel.process.filling import run_filling as run
    else:
        from artel.process.filling import run_loading as run
    line = sys.stdin.readline()
    if not line:
        return
    os.environ.update(json.loads(line))
    from artel.settings import read_settings

    run(read_settings())


if __name__ == "__main__":
    main(sys.argv[1])
