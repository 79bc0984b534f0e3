"""Starting the provider, and holding its log against what a careful worker may have said to it."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.payouts.provider import outcome_of

ROOT = Path(__file__).parent.parent.parent


@contextlib.contextmanager
def running_provider(folder: Path) -> Iterator[str]:
    """Its URL; the process ends with the block."""
    port_file = folder / "port"
    process = subprocess.Popen([sys.executable, "-m", "tests.payouts.provider", str(port_file)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 60
        while not port_file.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port_file.read_text()}"
    finally:
        process.kill()
        process.wait()


def read_log(url: str) -> tuple[list[tuple[str, str, str]], list[str]]:
    said: dict[str, Any] = httpx.get(f"{url}/log", timeout=30).json()
    return [(what, key, answer) for what, key, answer in said["log"]], said["paid"]


def assert_careful(url: str, payout_ids: list[int]) -> None:
    """Everybody was paid once or declined, and nothing was sent again but after "never heard of it"."""
    log, paid = read_log(url)
    keys = {f"payout-{payout_id}" for payout_id in payout_ids}
    assert {key for _, key, _ in log} == keys
    assert sorted(paid) == sorted(key for key in keys if outcome_of(key) != "declined")
    last: dict[str, tuple[str, str]] = {}
    for what, key, answer in log:
        if what == "send" and key in last:
            assert last[key] == ("ask", "unknown"), f"{key} was sent again after {last[key]}"
        last[key] = (what, answer)
