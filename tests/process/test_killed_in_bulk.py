"""kill -9 of the serving process in the middle of a bulk with mode "all": everything or nothing; the books balance."""

import asyncio
import os
import random
import signal
from typing import Any

import httpx
import psycopg
import pytest

from artel import clock
from tests.process.installation import Installation, seed_of
from tests.process.test_killed_while_paying import Office, is_whole, serving
from tests.waiting import until

LINES = 200
ROUNDS = 6


@pytest.mark.timeout(300)
async def test_killed_in_the_middle(installation: Installation) -> None:
    installation.start()
    seed = seed_of(installation.home)
    base = f"http://127.0.0.1:{installation.port}/api"
    chance = random.Random(7)
    async with httpx.AsyncClient(base_url=base, timeout=60) as http:
        office = Office(http, seed)
        await office.sign_in()
        lost = 0
        for number in range(4 * ROUNDS):
            if number >= ROUNDS and lost:
                break  # as a rule after so many; on, where every call was quicker than its kill
            body = {"tasks": [line(office, number, place) for place in range(LINES)]}
            headers = {"Idempotency-Key": f"round {number}"}

            async def send(body: Any = body, headers: Any = headers) -> httpx.Response | None:
                try:
                    return await http.post("/customer/tasks/bulk", json=body, headers=headers)
                except httpx.TransportError:
                    return None

            call = asyncio.ensure_future(send())
            await asyncio.sleep(chance.uniform(0.01, 0.3))
            os.kill(serving(installation), signal.SIGKILL)
            reply = await call
            await until(lambda: asyncio.to_thread(is_whole, installation), timeout_s=60)
            found = written(installation, number)
            assert found in {0, LINES}
            lost += reply is None
            if reply is not None:
                assert (reply.status_code, found) == (200, LINES), "acknowledged, and not written"
            again = await send()  # whoever does not know asks again
            assert again is not None
            assert again.status_code == 200, again.text[:500]
            assert written(installation, number) == LINES
        assert lost > 0, "no kill met a call"
    code, said, errors = await asyncio.to_thread(installation.run, "ledger", "verify")
    assert code == 0, said + errors
    assert installation.stop() == 0


def line(office: Office, number: int, place: int) -> dict[str, Any]:
    return {
        "title": f"Round {number}",
        "description": "Written whole or not at all",
        "externalId": f"{number}-{place}",
        "categoryId": 42,
        "workerId": office.freelancer_id,
        "deadline": f"{clock.now().year + 1}-06-01",
        "price": "1",
        "attributes": [{"id": 42, "value": "1"}, {"id": 43, "value": "Spring"}, {"id": 44, "value": "Germany"}],
    }


def written(installation: Installation, number: int) -> int:
    with psycopg.connect(installation.database_url, autocommit=True, connect_timeout=10) as conn:
        row = conn.execute("SELECT count(*) FROM task WHERE title = %s", [f"Round {number}"]).fetchone()
    assert row is not None
    return int(row[0])
