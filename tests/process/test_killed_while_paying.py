"""kill -9 of the server and of the worker, twenty times, while a hundred calls at once pay through HTTP."""

import asyncio
import os
import random
import signal
from collections import Counter
from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest

from artel import clock
from artel.db.embedded import is_running
from tests.process.installation import Installation, parent_of, processes, seed_of
from tests.waiting import until

ROUNDS = 10  # of two kills each
TASKS_A_ROUND = 10
CALLS_A_TASK = 10
TIMEOUT_S = 300  # some 40 s on an idle machine
# The money ends before the kills do.
AFFORDABLE = 80


class Office:
    """A company's own program: it makes tasks, brings them to their payment, and pays."""

    def __init__(self, http: httpx.AsyncClient, seed: dict[str, Any]) -> None:
        self.http = http
        self.company = seed["companies"][0]
        self.freelancer_id = seed["freelancers"][0]["id"]
        self.busy = asyncio.Semaphore(16)

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        async with self.busy:
            reply = await self.http.request(method, path, json=body)
        assert reply.status_code == 200, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json()

    async def sign_in(self) -> None:
        tokens = await self.call("POST", "/login", {name: self.company[name] for name in ("username", "password")})
        self.http.headers["Authorization"] = f"Bearer {tokens['token']}"

    async def available(self) -> Decimal:
        balance = await self.call("GET", "/customer/balance")
        return Decimal(str(balance["balanceAmount"])) - Decimal(str(balance["holdAmount"]))

    async def price_of_which(self, count: int) -> tuple[str, Decimal]:
        """A price, with its total, of which the money covers so many and no more."""
        price = str((await self.available() / (count + 1) / Decimal("1.03")).quantize(Decimal("1")))
        cost = await self.call("POST", "/customer/tasks/total-cost", {"price": price})
        return price, Decimal(str(cost["total"]))

    async def finished_work(self, number: int, price: str) -> str:
        """A task that only waits for its payment."""
        made = await self.call(
            "POST",
            "/customer/tasks",
            {
                "title": f"Work {number}",
                "description": "To be paid while processes die",
                "categoryId": 42,
                "workerId": self.freelancer_id,
                "deadline": f"{clock.now().year + 1}-06-01 12:00:00",
                "price": price,
                "attributes": [
                    {"id": 42, "value": "1"},
                    {"id": 43, "value": "Spring"},
                    {"id": 44, "value": "Germany"},
                ],
            },
        )
        uuid = str(made["uuid"])
        await self.call("PUT", f"/customer/tasks/{uuid}", {"state": 2})
        await self.call("PUT", f"/customer/tasks/{uuid}", {"state": 3})
        await self.call("POST", "/customer/tasks/accept", {"uuid": uuid})
        return uuid

    async def pay(self, uuid: str, *, key: str = "") -> httpx.Response | None:
        """The reply, or None where the connection was lost: then nobody knows."""
        headers = {"Idempotency-Key": key} if key else {}
        try:
            return await self.http.post("/customer/tasks/pay", json={"uuid": uuid}, headers=headers)
        except httpx.TransportError:
            return None

    async def state(self, uuid: str) -> int:
        return int((await self.call("GET", f"/customer/tasks/{uuid}"))["state"])


def serving(installation: Installation) -> int:
    """The process that answers, a child of the server's."""
    server = installation.child("server")
    for pid in processes():
        try:
            if parent_of(pid) == server and is_running(pid):
                return pid
        except OSError:
            continue
    raise LookupError("serving")


async def kill_both(installation: Installation, number: int, chance: random.Random) -> None:
    """The worker, and in turns the process that answers or the one that started it; at any moment, in any order."""
    victims = [installation.child("worker"), installation.child("server") if number % 2 else serving(installation)]
    chance.shuffle(victims)
    for pid in victims:
        await asyncio.sleep(chance.uniform(0, 0.25))
        os.kill(pid, signal.SIGKILL)


@pytest.mark.timeout(TIMEOUT_S)
async def test_twenty_kills(installation: Installation) -> None:
    """Each round: a hundred calls at once pay ten tasks; meanwhile server and worker die. Every second task is paid
    under an Idempotency-Key. Acknowledged is paid; nothing is paid twice; as many are paid as the money covers."""
    installation.start()
    seed = seed_of(installation.home)
    limits = httpx.Limits(max_connections=CALLS_A_TASK * TASKS_A_ROUND)
    base = f"http://127.0.0.1:{installation.port}/api"
    async with httpx.AsyncClient(base_url=base, timeout=30, limits=limits) as http:
        office = Office(http, seed)
        await office.sign_in()
        money = await office.available()
        price, total = await office.price_of_which(AFFORDABLE)
        affordable = int(money // total)
        tasks = await asyncio.gather(*(office.finished_work(number, price) for number in range(ROUNDS * TASKS_A_ROUND)))
        assert 0 < affordable < len(tasks) - TASKS_A_ROUND

        replies: dict[str, list[httpx.Response | None]] = {uuid: [] for uuid in tasks}
        keys = {uuid: f"pay {uuid}" if number % 2 else "" for number, uuid in enumerate(tasks)}
        chance = random.Random(20)
        for number in range(ROUNDS):
            paid_now = tasks[number * TASKS_A_ROUND :][:TASKS_A_ROUND] * CALLS_A_TASK
            calls = asyncio.gather(*(office.pay(uuid, key=keys[uuid]) for uuid in paid_now))
            await kill_both(installation, number, chance)
            for uuid, reply in zip(paid_now, await calls, strict=True):
                replies[uuid].append(reply)
            await until(lambda: asyncio.to_thread(is_whole, installation), timeout_s=60)

        lost = sum(reply is None for each in replies.values() for reply in each)
        assert lost > 0, "no kill met a call"
        for uuid in tasks:  # whoever does not know asks again
            again = await office.pay(uuid, key=keys[uuid])
            assert again is not None
            replies[uuid].append(again)

        async def nothing_is_queued() -> bool:
            return 12 not in [await office.state(uuid) for uuid in tasks]

        await until(nothing_is_queued, timeout_s=60)
        states = {uuid: await office.state(uuid) for uuid in tasks}
        assert Counter(states.values()) == {5: affordable, 4: len(tasks) - affordable}
        for uuid in tasks:
            answered = [reply for reply in replies[uuid] if reply is not None]
            accepted = [reply for reply in answered if reply.status_code == 200]
            assert {reply.status_code for reply in answered} <= {200, 422}
            assert states[uuid] == 5 or not accepted, "acknowledged, and not paid"
            if keys[uuid]:
                assert len({reply.text for reply in answered}) == 1, "one key, several replies"
            else:
                assert len(accepted) <= 1, "paid more than once"
        assert await office.available() == money - affordable * total
    assert_each_is_paid_once(installation, [uuid for uuid in tasks if states[uuid] == 5])
    code, said, errors = await asyncio.to_thread(installation.run, "ledger", "verify")
    assert code == 0, said + errors
    assert installation.stop() == 0


def is_whole(installation: Installation) -> bool:
    """Server and worker are there again, and the server answers."""
    try:
        return installation.child("worker") > 0 and serving(installation) > 0 and installation.is_ready()
    except LookupError:
        return False


def assert_each_is_paid_once(installation: Installation, paid: list[str]) -> None:
    with psycopg.connect(installation.database_url) as conn:
        rows = conn.execute(
            """
            SELECT task.uuid::text, count(*)
            FROM transfer
            JOIN task ON task.id = transfer.subject_id AND transfer.subject = 'task'
            WHERE transfer.kind = 'task_settlement'
            GROUP BY task.uuid
            """
        ).fetchall()
        assert dict(rows) == dict.fromkeys(paid, 1)
        [queued] = conn.execute("SELECT count(*) FROM settlement").fetchall()
        assert queued == (0,)
