"""A real server process over a world, and schemathesis against it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from artel.process.children import Child, stop_children
from artel.settings import Settings
from tests.waiting import free_port, wait_for

EXAMPLES = 4
TIMEOUT_S = 300  # some 40 s on an idle machine


@contextmanager
def served(settings: Settings, **more: str) -> Iterator[str]:
    """The address of a server of the sandbox; `more` are settings of its environment."""
    port = free_port()
    child = Child("server")
    child.go(
        {
            "ARTEL_SANDBOX": "1",
            "ARTEL_HOME": str(settings.home),
            "ARTEL_DATABASE_URL": settings.database_url,
            "ARTEL_SECRET": settings.secret,
            "ARTEL_PORT": str(port),
            **more,
        }
    )
    address = f"http://127.0.0.1:{port}"

    def is_ready() -> bool:
        assert child.exit_code is None
        try:
            return httpx.get(f"{address}/health/ready").is_success
        except httpx.TransportError:
            return False

    try:
        wait_for(is_ready)
        yield address
    finally:
        stop_children([child])


def told_to_schemathesis(token: str, ids: Mapping[str, Sequence[str | int]]) -> list[str]:
    """What schemathesis cannot know: that 422 is what a rule refuses with, and ids that are somebody's.

    Half of the ids it fills in are the world's, so that it comes past the door of most calls. Where all calls of an
    operation end at the door the run fails: nothing would have been tried.
    """
    lines = [
        f'headers = {{ Authorization = "Bearer {token}" }}',
        "[warnings]",
        'fail-on = ["missing_auth"]',
        "[checks.positive_data_acceptance]",
        'expected-statuses = ["2xx", "401", "403", "404", "409", "413", "422", "429"]',
    ]
    for name, values in ids.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(list(values))}"]
    lines += ["[parameters]"]
    return lines + [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.5 }}' for name in ids]


async def try_document(address: str, folder: Path, *which: str, examples: int = EXAMPLES) -> None:
    """Run schemathesis, as its settings in `folder` say, with all its checks and phases. The same examples each run."""
    run = await asyncio.to_thread(
        subprocess.run,
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/openapi.json", *which),
            *("--phases", "examples,coverage,fuzzing,stateful"),
            *("--max-examples", str(examples), "--generation-deterministic", "--no-color"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S - 20,
        check=False,
    )
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr


def naming(option: str, paths: set[str]) -> list[str]:
    """A command's option, once for each path."""
    return [part for path in sorted(paths) for part in (option, path)]
