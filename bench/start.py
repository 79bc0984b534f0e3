"""Starting the sandbox on the data it has, and the memory its processes take.

python -m bench.start [--quick]
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench.report import Row, print_rows
from bench.servers import free_port, resident_mib, wait_for_answer

AIM_S = 4.0


async def run(*, quick: bool) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="artel-bench-") as folder:
        home = Path(folder) / "home"
        first, _ = start_and_stop(home)
        again = [start_and_stop(home) for _ in range(1 if quick else 5)]
    seconds = sorted(one for one, _ in again)[len(again) // 2]
    memory = again[-1][1]
    return [
        Row("first start to first answer, with the sample data", f"{first:.1f} s"),
        Row("start on existing data to first answer", f"{seconds:.1f} s", aim=f"< {AIM_S:.0f} s"),
        *(Row(f"memory of the {name}, idle", f"{mib:.0f} MiB") for name, mib in memory.items()),
    ]


def start_and_stop(home: Path) -> tuple[float, dict[str, float]]:
    """Seconds until the health check answers, and MiB of the server's and the worker's processes."""
    port = free_port()
    environment = {**os.environ, "ARTEL_HOME": str(home), "ARTEL_PORT": str(port)}
    begun = time.perf_counter()
    sandbox = subprocess.Popen(
        [sys.executable, "-m", "artel", "sandbox"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_answer(f"http://127.0.0.1:{port}/health/ready")
        seconds = time.perf_counter() - begun
        time.sleep(2)
        return seconds, memory_by_role(psutil.Process(sandbox.pid))
    finally:
        sandbox.send_signal(signal.SIGTERM)
        sandbox.wait(timeout=60)


def memory_by_role(supervisor: psutil.Process) -> dict[str, float]:
    """The supervisor's children by the command they run."""
    roles: dict[str, float] = {}
    for child in supervisor.children():
        words = child.cmdline()
        for role in ("serve", "worker"):
            if any(role in word for word in words):
                roles["server" if role == "serve" else role] = resident_mib(child)
    return roles


if __name__ == "__main__":
    print_rows("Starting the sandbox", asyncio.run(run(quick="--quick" in sys.argv)))
