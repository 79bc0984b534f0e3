"""Nobody goes on alone when their parent is killed."""

import os
import signal
import subprocess
import sys

import pytest

from artel.db.embedded import is_running
from tests.waiting import wait_for

# A parent that starts a child, tells its number, and waits; the child ends with it, one way or the other.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""
ASKED = "import os, time; from artel.process.parent import end_with_parent; end_with_parent(os.getppid());"
WATCHED = """
import os, threading, time
from artel.process.parent import watch_parent
threading.Thread(target=watch_parent, args=(os.getppid(),), daemon=True).start()
"""


@pytest.mark.parametrize("child", [ASKED, WATCHED], ids=["told by the kernel", "looking themselves"])
def test_a_child_ends_with_its_killed_parent(child: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, child + "\nprint('up', flush=True)\ntime.sleep(60)"], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert is_running(pid)
    parent.kill()
    parent.wait()
    wait_for(lambda: not is_running(pid), timeout_s=10)


def test_one_that_comes_too_late_ends_at_once() -> None:
    late = "from artel.process.parent import end_with_parent; end_with_parent(1 << 30); import time; time.sleep(60)"
    assert subprocess.run([sys.executable, "-c", late], timeout=30, check=False).returncode == -signal.SIGTERM


def test_a_living_parent_is_left_alone() -> None:
    code = f"{WATCHED}\nassert os.getppid() == {os.getpid()}\ntime.sleep(1.2)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 0
