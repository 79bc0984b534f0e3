"""Processes of the supervisor: started, watched, started again, stopped."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import IO, cast

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
# One that lived this long before it died begins with the shortest pause again.
HEALTHY_S = 10.0
# Longer than requests and jobs in hand are given by the children themselves.
STOP_TIMEOUT_S = 15.0


def say(text: str) -> None:
    """A line for whoever watches the sandbox."""
    print(f"artel: {text}", file=sys.stderr, flush=True)


class Child:
    """One child and, after it died, its successor. Started in the supervisor's own process group."""

    def __init__(self, role: str) -> None:
        self.role = role
        self._environment: Mapping[str, str] | None = None
        self._restart_at = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._start()

    def _start(self) -> None:
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "artel.process.child", self.role],
            stdin=subprocess.PIPE,
            env={**os.environ, "ARTEL_SUPERVISOR": str(os.getpid())},
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def go(self, environment: Mapping[str, str]) -> None:
        """Let it begin, in this environment."""
        self._environment = environment
        pipe = cast(IO[bytes], self._process.stdin)
        with contextlib.suppress(BrokenPipeError):  # it died already, which is seen elsewhere
            pipe.write(json.dumps(dict(environment)).encode() + b"\n")
            pipe.close()

    def wait(self) -> int:
        return self._process.wait()

    def revive(self) -> None:
        """Start it again where it died, after a pause that doubles while it keeps dying."""
        code = self.exit_code
        if code is None or self._environment is None:
            return
        now = time.monotonic()
        if not self._restart_at:
            if now - self._started > HEALTHY_S:
                self._pause_s = FIRST_PAUSE_S
            say(f"the {self.role} died (exit code {code}) and is started again in {self._pause_s} s")
            self._restart_at = now + self._pause_s
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        elif now >= self._restart_at:
            self._restart_at = 0.0
            self._start()
            self.go(self._environment)


def stop_children(children: Sequence[Child]) -> None:
    """Tell all to stop, wait for all; what hangs is killed, and whatever it had not committed never was."""
    for child in children:
        if child._environment is None:
            child._process.kill()  # still loading: it has done nothing yet
        elif child.exit_code is None:
            child._process.send_signal(signal.SIGTERM)
    end = time.monotonic() + STOP_TIMEOUT_S
    for child in children:
        try:
            child._process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"the {child.role} does not stop and is killed")
            child._process.kill()
            child._process.wait()
