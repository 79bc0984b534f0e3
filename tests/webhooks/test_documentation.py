"""What docs/customer-api/webhooks.md shows runs as it stands, against a sandbox of real processes."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import shared_folder
from tests.process.installation import Installation, filled_home, scratch_folder
from tests.waiting import wait_for

PAGE = Path(__file__).parent.parent.parent / "docs" / "customer-api" / "webhooks.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def installation(pytestconfig: pytest.Config) -> Iterator[Installation]:
    with scratch_folder() as folder:
        filled_home(shared_folder(pytestconfig), folder / "home")
        here = Installation(folder / "home")
        yield here
        here.remove()


def received(installation: Installation) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{installation.port}/sandbox/webhooks", timeout=10) as answer:
        hooks: list[dict[str, Any]] = json.load(answer)
    return hooks


def test_the_page_runs(installation: Installation) -> None:
    installation.start()
    script = "set -euo pipefail\n" + "\necho\n".join(blocks("sh"))
    script += '\necho; curl -sf $ARTEL/api/customer/web-hook -H "Authorization: Bearer $TOKEN"'
    environment = {
        "ARTEL": f"http://127.0.0.1:{installation.port}",
        "SEED": str(installation.home / "sandbox.json"),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
    }
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"error":"' not in done.stdout, done.stdout
    wait_for(lambda: len(received(installation)) >= 2, timeout_s=20)
    again, first = received(installation)
    assert again["body"] == first["body"]
    assert again["headers"]["webhook-id"] == first["headers"]["webhook-id"]
    assert json.loads(first["body"])["name"] == "freelancerRegistered"
    hook = json.loads(done.stdout.splitlines()[-1])
    verify: dict[str, Any] = {}
    (code,) = blocks("python")
    exec(code, verify)
    body, headers = first["body"].encode(), first["headers"]
    assert verify["is_signed"](body, headers, hook["secret"])
    assert verify["is_signed_and_fresh"](body, headers, hook["signingSecret"])
    assert not verify["is_signed"](body + b" ", headers, hook["secret"])
    assert not verify["is_signed_and_fresh"](body + b" ", headers, hook["signingSecret"])
    assert installation.stop() == 0
    assert "Traceback" not in installation.output.read_text()
