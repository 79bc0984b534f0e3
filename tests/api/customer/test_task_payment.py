"""Operations 14 and 15 under load: money moves once, as far as it goes, and the books balance."""

import asyncio
from collections import Counter
from decimal import Decimal

import httpx

from artel.db.pool import Connection
from artel.tasks.jobs import settle_due
from artel.tasks.machine import State
from tests.cast import Someone
from tests.tasks.cast import Desk

D = Decimal


async def test_a_hundred_payments_of_one_task(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    task = await desk.task(State.FOR_PAYMENT)
    replies = await asyncio.gather(
        *(client.post("/customer/tasks/pay", headers=owner.headers, json={"taskId": task.id}) for _ in range(100))
    )
    assert Counter(reply.status_code for reply in replies) == {200: 1, 422: 99}
    assert all(list(reply.json()) == ["taskId"] for reply in replies if reply.status_code == 422)
    assert await desk.balances() == (D(9890), D(0), D(110))
    await asyncio.gather(*(desk.settle() for _ in range(8)))
    assert await desk.balances() == (D(9890), D(0), D(0))
    assert (await desk.steps(task))[-2:] == [(4, 12), (12, 5)]
    cursor = await conn.execute("SELECT kind, count(*) FROM transfer WHERE subject_id = %s GROUP BY kind", [task.id])
    assert dict(await cursor.fetchall()) == {"task_payment": 1, "task_settlement": 1}
    await desk.verify()


async def test_as_many_as_the_money_covers(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    """64 callers, money for 10; half of them pay at once after creating, half in the usual order."""
    tasks = [await desk.task(State.FOR_PAYMENT, price=D(900)) for _ in range(32)]
    tasks += [await desk.task(State.NEW, price=D(900)) for _ in range(32)]
    operations = ["pay"] * 32 + ["quick-pay"] * 32
    replies = await asyncio.gather(
        *(
            client.post(f"/customer/tasks/{operation}", headers=owner.headers, json={"taskId": task.id})
            for operation, task in zip(operations, tasks, strict=True)
        )
    )
    assert Counter(reply.status_code for reply in replies) == {200: 10, 422: 54}
    assert all(list(reply.json()) == ["error"] for reply in replies if reply.status_code == 422)
    assert await desk.balances() == (D(100), D(0), D(9900))
    await desk.verify()
    await asyncio.gather(*(desk.settle() for _ in range(4)))
    assert await desk.balances() == (D(100), D(0), D(0))
    states = Counter([(await desk.look(task)).state for task in tasks])
    assert (states[State.FINISHED], states[State.QUEUED]) == (10, 0)
    await desk.verify()


async def test_a_held_total_is_paid_from_what_is_held(
    client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk
) -> None:
    """Held money is a task's own: others cannot pay with it, and it is enough though nothing else is available."""
    await conn.execute("UPDATE company SET escrow = 'on_task_create'")
    tasks = [await desk.task(State.FOR_PAYMENT, price=D(1000)) for _ in range(9)]
    assert await desk.balances() == (D(100), D(9900), D(0))
    replies = await asyncio.gather(
        *(client.post("/customer/tasks/pay", headers=owner.headers, json={"uuid": str(t.uuid)}) for t in tasks)
    )
    assert {reply.status_code for reply in replies} == {200}
    assert await desk.balances() == (D(100), D(0), D(9900))
    await desk.settle()
    await desk.verify()


async def test_each_side_gets_its_own(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    """In two currencies, with a share and a tax: the freelancer's balance, commission, tax, both exchange accounts."""
    await conn.execute("UPDATE company SET sales_tax_percent = 5")
    task = await desk.task(State.NEW, price=D(1000), worker_currency="USD", share_commission=True)
    assert (task.price, task.commission, task.sales_tax, task.total) == (
        D("945.54"),
        D("85.09"),
        D("51.53"),
        D("1082.16"),
    )
    reply = await client.post("/customer/tasks/quick-pay", headers=owner.headers, json={"taskId": task.id})
    assert (reply.status_code, reply.json()) == (200, [])
    await desk.settle()
    cursor = await conn.execute(
        """
        SELECT a.purpose, a.currency, sum(p.amount)
        FROM posting AS p
        JOIN account AS a ON a.id = p.account_id
        JOIN transfer AS t ON t.id = p.transfer_id
        WHERE t.kind = 'task_settlement'
        GROUP BY a.purpose, a.currency
        """
    )
    assert {(purpose, currency): amount for purpose, currency, amount in await cursor.fetchall()} == {
        ("to_pay", "EUR"): D("-1082.16"),
        ("commission", "EUR"): D("94.55"),
        ("sales_tax", "EUR"): D("51.53"),
        ("exchange", "EUR"): D("936.08"),
        ("exchange", "USD"): D(-990),
        ("balance", "USD"): D(990),
    }
    await desk.verify()


async def test_one_idempotency_key(client: httpx.AsyncClient, conn: Connection, owner: Someone, desk: Desk) -> None:
    """One key, 50 at once: one payment, one reply for all. The same key for another task is a conflict."""
    first, second = await desk.task(State.FOR_PAYMENT), await desk.task(State.FOR_PAYMENT)
    headers = {**owner.headers, "Idempotency-Key": "pay order 7"}
    replies = await asyncio.gather(
        *(client.post("/customer/tasks/pay", headers=headers, json={"taskId": first.id}) for _ in range(50))
    )
    assert {(reply.status_code, reply.text) for reply in replies} == {(200, "[]")}
    reply = await client.post("/customer/tasks/pay", headers=headers, json={"taskId": second.id})
    assert reply.status_code == 409
    assert (await desk.look(second)).state == State.FOR_PAYMENT
    assert await desk.balances() == (D(9890), D(0), D(110))
    cursor = await conn.execute("SELECT count(*) FROM transfer WHERE kind = 'task_payment'")
    assert await cursor.fetchone() == (1,)


async def test_a_refusal_is_kept_under_its_key(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    """Topping up does not change what that request was told; a new key pays."""
    task = await desk.task(State.FOR_PAYMENT, price=D(9000))
    other = await desk.task(State.FOR_PAYMENT, price=D(9000))
    await client.post("/customer/tasks/pay", headers=owner.headers, json={"taskId": other.id})
    headers = {**owner.headers, "Idempotency-Key": "first try"}
    reply = await client.post("/customer/tasks/pay", headers=headers, json={"taskId": task.id})
    assert (reply.status_code, list(reply.json())) == (422, ["error"])
    await desk.give_money("9800")
    again = await client.post("/customer/tasks/pay", headers=headers, json={"taskId": task.id})
    assert (again.status_code, again.text) == (422, reply.text)
    headers["Idempotency-Key"] = "second try"
    reply = await client.post("/customer/tasks/pay", headers=headers, json={"taskId": task.id})
    assert (reply.status_code, reply.json()) == (200, [])


async def test_paying_while_the_worker_settles(client: httpx.AsyncClient, owner: Someone, desk: Desk) -> None:
    """Orders and settlements of one hot company side by side, four workers: each task once, nothing left over."""
    tasks = [await desk.task(State.NEW, price=D(10)) for _ in range(60)]
    done = asyncio.Event()

    async def work() -> None:
        while not done.is_set():
            await desk.settle()
            await asyncio.sleep(0.005)

    workers = [asyncio.create_task(work()) for _ in range(4)]
    replies = await asyncio.gather(
        *(
            client.post("/customer/tasks/quick-pay", headers=owner.headers, json={"taskId": task.id})
            for task in tasks
            for _ in range(2)
        )
    )
    done.set()
    await asyncio.gather(*workers)
    await desk.settle()
    assert Counter(reply.status_code for reply in replies) == {200: 60, 422: 60}
    assert {(await desk.look(task)).state for task in tasks} == {State.FINISHED}
    assert await desk.balances() == (D(10000 - 60 * 11), D(0), D(0))
    await desk.verify()


async def test_nothing_due_is_nothing_done(desk: Desk) -> None:
    worked = await settle_due(desk.database, desk.now)
    assert (worked.count, worked.next_due) == (0, None)
