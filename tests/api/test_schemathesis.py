"""schemathesis over the whole OpenAPI document, with all its checks and phases, against a server process."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from artel import clock
from artel.db.pool import Database
from artel.process.children import Child, stop_children
from tests import cast
from tests.conftest import shared_folder
from tests.waiting import free_port, wait_for
from tests.world import SECRET, World, world_settings

EXAMPLES = 4
TIMEOUT_S = 300  # some 40 s on an idle machine
CLOCK = "/sandbox/clock"
RECEIVER = "/sandbox/webhooks/receive"
LENIENT = ["/sandbox/freelancers/{freelancer_uuid}", CLOCK]
# Calls that end sessions or change how one signs in: each has somebody of its own to make them.
APART = [
    "/api/logout",
    "/api/logout/everywhere",
    "/api/profile/password",
    "/api/profile/2fa",
    "/api/profile/2fa/disable",
]


@pytest.fixture
def server(world_url: str, pytestconfig: pytest.Config) -> Iterator[str]:
    """The address of a real server over a world of its own."""
    port = free_port()
    child = Child("server")
    child.go(
        {
            "ARTEL_SANDBOX": "1",
            "ARTEL_HOME": str(world_settings(shared_folder(pytestconfig), "").home),
            "ARTEL_DATABASE_URL": world_url,
            "ARTEL_SECRET": SECRET,
            "ARTEL_PORT": str(port),
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


def settings_of(world: World, tokens: dict[str, str]) -> str:
    """What schemathesis cannot know: that 422 is what a rule refuses with, and ids that are somebody's.

    Half of the ids it fills in are the world's, so that it comes past the door of most calls. Where all calls of an
    operation end at the door the run fails: nothing would have been tried.
    """
    ids: dict[str, list[str]] = {
        "task": [str(each) for task in world.tasks.values() for each in (task.id, task.uuid)],
        "freelancer": [str(each) for named in world.team.values() for each in (named.id, named.uuid)],
        "endpoint": [str(each) for named in world.endpoints.values() for each in (named.id, named.uuid)],
        "delivery": [str(world.delivery_id)],
        "email": list(world.emails.values()),
        "phone": [world.phone],
    }
    lines = [
        f'headers = {{ Authorization = "Bearer {world.owner.token}" }}',
        "[warnings]",
        'fail-on = ["missing_auth"]',
        "[checks.positive_data_acceptance]",
        'expected-statuses = ["2xx", "401", "403", "404", "409", "413", "422", "429"]',
    ]
    for name, values in ids.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(values)}"]
    lines += ["[parameters]"]
    lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.5 }}' for name in ids]
    for path, token in tokens.items():
        lines += ["[[operations]]", f'include-path = "{path}"', f'headers = {{ Authorization = "Bearer {token}" }}']
    # A boolean may be 0 or 1, as the documents' clients send it; elsewhere such a body has more that is wrong with it.
    for path in LENIENT:
        lines += ["[[operations]]", f'include-path = "{path}"', "checks.negative_data_rejection.enabled = false"]
    # The receiver fails and dawdles when asked to.
    lines += ["[[operations]]", f'include-path = "{RECEIVER}"']
    lines += ['parameters = { "query.status" = 200, "query.delaySeconds" = 0 }']
    return "\n".join(lines)


@pytest.mark.timeout(TIMEOUT_S)
async def test_whole_document(
    server: str, world: World, world_database: Database, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """No 5xx, every reply as the document says, no call that works without a token. The same examples in every run.

    The clock goes last: it moves past the end of every token.
    """
    rules = world_settings(shared_folder(pytestconfig), "")
    now = clock.now()
    tokens = {}
    async with world_database.connection() as conn:
        for number, path in enumerate(APART):
            person = await cast.add_person(conn, f"apart{number}@aurora.example", now=now)
            await cast.add_member(conn, world.company_id, person, "owner", now=now)
            tokens[path] = (await cast.sign_in(conn, rules, person, world.company_id, now=now)).token
    (tmp_path / "schemathesis.toml").write_text(settings_of(world, tokens))
    for which in (["--exclude-path", CLOCK], ["--include-path", CLOCK]):
        run = await asyncio.to_thread(
            subprocess.run,
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{server}/api/openapi.json", *which),
                *("--phases", "examples,coverage,fuzzing,stateful"),
                *("--max-examples", str(EXAMPLES), "--generation-deterministic", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S - 20,
            check=False,
        )
        print(run.stdout)
        assert run.returncode == 0, run.stdout + run.stderr
