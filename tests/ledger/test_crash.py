"""kill -9 of the database while many pay: what was acknowledged is there, nothing is there twice."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from artel.db.embedded import processes_in, start_embedded, stop_embedded, wait_until_gone
from artel.db.migrate import migrate
from artel.db.pool import Database
from artel.ledger.accounts import company_to_pay, person_balance
from artel.ledger.batcher import LedgerQueue
from artel.ledger.queries import balance
from artel.ledger.rules import post
from artel.ledger.verify import verify_ledger
from tests.ledger.cast import funding, payment

TO_PAY = company_to_pay(1, "RUB")
WRITERS = 8
PAYMENTS_EACH = 60
KILLED_AFTER = (60, 200)  # acknowledged payments


@pytest.fixture
def own_server() -> Iterator[tuple[Path, str]]:
    """A server that may be killed; the folder's name is short enough for a socket's path."""
    home = Path(tempfile.mkdtemp(prefix="artel-crash-")).resolve()
    url = start_embedded(home / "pg")
    migrate(url)
    yield home / "pg", url
    stop_embedded(home / "pg")
    shutil.rmtree(home, ignore_errors=True)


def kill_database(folder: Path) -> None:
    """Every process of the server at once, without a word."""
    for pid in processes_in(folder):
        os.kill(pid, signal.SIGKILL)
    assert wait_until_gone(folder, timeout_s=10)


async def test_kill_9_while_writers_pay(own_server: tuple[Path, str]) -> None:
    folder, url = own_server
    database = Database(url, size=12)
    await database.open()
    queue = LedgerQueue(database, patience_s=60)
    acknowledged: dict[str, int] = {}
    reached = {count: asyncio.Event() for count in KILLED_AFTER}
    await queue.post(funding(TO_PAY, 11 * WRITERS * PAYMENTS_EACH * 2))

    def note(key: str, transfer_id: int) -> None:
        assert key not in acknowledged
        acknowledged[key] = transfer_id
        if len(acknowledged) in reached:
            reached[len(acknowledged)].set()

    async def pay_through_queue(writer: int) -> None:
        for number in range(PAYMENTS_EACH):
            one = payment(TO_PAY, person_balance(writer, "RUB"), price="10", fee="1", key=f"{writer}:{number}")
            note(one.key, await queue.post(one))

    async def pay_alone(writer: int) -> None:
        """A request of its own transaction each; where the connection is lost, the outcome stays open."""
        for number in range(PAYMENTS_EACH):
            one = payment(TO_PAY, person_balance(writer, "RUB"), price="10", fee="1", key=f"{writer}:{number}")
            try:
                async with database.transaction() as conn:
                    transfer_id = await post(conn, one)
            except psycopg.Error:
                continue
            note(one.key, transfer_id)

    writers = [
        asyncio.create_task((pay_through_queue if writer % 2 else pay_alone)(writer)) for writer in range(WRITERS)
    ]
    for event in reached.values():
        await asyncio.wait_for(event.wait(), timeout=60)
        kill_database(folder)
        await asyncio.to_thread(start_embedded, folder)
    await asyncio.gather(*writers)

    async with database.connection() as conn:
        cursor = await conn.execute("SELECT key, id FROM transfer WHERE kind = 'payment'")
        posted: dict[str, int] = dict(await cursor.fetchall())
        assert acknowledged.items() <= posted.items()
        assert sum([await balance(conn, person_balance(writer, "RUB")) for writer in range(WRITERS)]) == 10 * len(
            posted
        )
    through_queue = [key for key in acknowledged if int(key.split(":")[0]) % 2]
    assert len(through_queue) == WRITERS // 2 * PAYMENTS_EACH
    assert (await verify_ledger(database)).is_clean
    await queue.close()
    await asyncio.wait_for(database.close(), timeout=10)
