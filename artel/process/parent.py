"""Ending with one's parent: a process whose supervisor was killed must not go on alone."""

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
LOOK_EVERY_S = 0.5


def end_with_parent(parent: int) -> None:
    """Have this process told to stop (SIGTERM) when its parent process is gone, however that ended.

    Linux does it by itself. Elsewhere a thread looks whether the parent is still the same.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM) == 0:
            if os.getppid() != parent:  # it ended before we asked
                os.kill(os.getpid(), signal.SIGTERM)
            return
    threading.Thread(target=watch_parent, args=(parent,), daemon=True).start()


def watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    os.kill(os.getpid(), signal.SIGTERM)
