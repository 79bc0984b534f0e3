"""kill -9 of a real worker in the middle of its call: the next one asks first, and the check is made once."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from artel import clock
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.files.store import FileStore
from tests import cast
from tests.verifications.cast import add_freelancer, send_photos, status_of
from tests.verifications.provider import SECRET, StandIn
from tests.waiting import until

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
import sys
from pathlib import Path
from artel.process.worker import run_worker
from artel.settings import Settings
url, home, provider, secret = sys.argv[1:]
run_worker(Settings(database_url=url, home=Path(home), secret="s" * 40, verification_url=provider,
                    verification_secret=secret))
"""


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    server = StandIn()
    yield server
    server.released.set()
    server.stop()


@pytest.fixture
def workers(database_url: str, tmp_path: Path, stand_in: StandIn) -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize(("point", "calls"), [("received", "POST GET POST"), ("taken", "POST GET")])
async def test_killed_while_the_provider_is_called(
    database_url: str,
    conn: Connection,
    tmp_path: Path,
    stand_in: StandIn,
    workers: list[subprocess.Popen[bytes]],
    point: str,
    calls: str,
) -> None:
    now: datetime = clock.now()
    company = await cast.add_company(conn, "Aurora Studio", "EUR", now=now)
    mila = await add_freelancer(conn, company, now=now)
    sent = await send_photos(conn, FileStore("", tmp_path), mila, company, provider="http", now=now)

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", PROGRAM, database_url, str(tmp_path), stand_in.url, SECRET]
        workers.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return workers[-1]

    stand_in.stops_at = point
    worker = start()
    await until(stand_in.stopped.is_set, timeout_s=60)
    worker.kill()
    worker.wait()
    stand_in.released.set()
    await until(stand_in.left.is_set)
    assert await status_of(conn, sent) == "waiting"
    assert await fetch_value(conn, "SELECT attempts FROM verification") == 1
    # Its lease is over.
    stand_in.says = {"status": "verified"}
    stand_in.stops_at = ""
    await conn.execute("UPDATE verification SET due_at = %s", [clock.now()])
    start()

    async def is_verified() -> bool:
        return await status_of(conn, sent) == "verified"

    await until(is_verified, timeout_s=60)
    assert " ".join(call.split()[0] for call in stand_in.calls) == calls
    assert len(stand_in.checks) == 1
    assert await fetch_value(conn, "SELECT count(*) FROM event WHERE name = 'freelancerVerified'") == 1
