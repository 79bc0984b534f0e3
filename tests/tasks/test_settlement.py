"""Settling ordered payments: by many workers, with tasks among them that cannot be settled."""

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import psycopg

from artel import clock
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.ledger import rules as books
from artel.ledger.accounts import Posting, Transfer, clearing, commission
from artel.tasks import payment
from artel.tasks.jobs import settle_due, settle_fresh
from artel.tasks.machine import State
from artel.tasks.payment import SETTLEMENT_CHANNEL
from artel.tasks.settlement import LAST_ATTEMPT
from tests.tasks.conftest import OpenDesk

D = Decimal


async def test_eight_workers_one_queue(open_a_desk: OpenDesk, conn: Connection) -> None:
    """Small batches, taken side by side: every task once, whoever takes it."""
    desk = await open_a_desk(money="10000")
    tasks = [await desk.task(State.QUEUED) for _ in range(60)]

    async def work() -> int:
        taken = 0
        while count := await settle_fresh(desk.database, clock.now(), limit=4):
            taken += count
        return taken

    assert sum(await asyncio.gather(*(work() for _ in range(8)))) == 60
    assert {(await desk.look(task)).state for task in tasks} == {State.FINISHED}
    assert await desk.balances() == (10000 - 60 * 110, 0, 0)
    assert await fetch_value(conn, "SELECT count(*) FROM transfer WHERE kind = 'task_settlement'") == 60
    await desk.verify()


async def test_a_payment_that_was_reversed_by_hand(open_a_desk: OpenDesk, conn: Connection) -> None:
    """The ledger refuses it: the task goes back with its issue code, the rest of the batch is paid, and it can be
    paid again."""
    desk = await open_a_desk(money="1000")
    tasks = [await desk.task(State.QUEUED) for _ in range(3)]
    reversed_id = await fetch_value(
        conn, "SELECT id FROM transfer WHERE kind = 'task_payment' AND subject_id = %(task)s", {"task": tasks[2].id}
    )
    async with conn.transaction():
        await books.reverse(conn, reversed_id, key="a mistake", at=desk.now)
    await desk.settle()
    assert [(await desk.look(task)).state for task in tasks] == [5, 5, 4]
    failed = await desk.look(tasks[2])
    assert (failed.issue_code, failed.held, failed.payer_id, failed.pay_requested_at) == (
        "insufficient_funds",
        D(0),
        None,
        None,
    )
    assert await desk.balances() == (780, 0, 0)
    await desk.verify()
    await desk.take(failed, payment.pay_task)
    await desk.settle()
    assert ((await desk.look(failed)).state, (await desk.look(failed)).issue_code) == (State.FINISHED, None)
    assert await desk.balances() == (670, 0, 0)
    assert await desk.steps(failed) == [(None, 1), (1, 12), (12, 4), (4, 12), (12, 5)]
    await desk.verify()


async def test_money_goes_back_to_where_it_was(open_a_desk: OpenDesk, conn: Connection) -> None:
    """A settlement whose key is somebody else's is refused for good; what was held is held again."""
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    task, other = await desk.task(State.QUEUED), await desk.task(State.QUEUED)
    postings = (Posting(commission("EUR"), D(1)), Posting(clearing("bank", "EUR"), D(-1)))
    async with conn.transaction():
        await books.post(conn, Transfer("strange", f"task:{task.id}:settlement", "task", task.id, postings, desk.now))
    await desk.settle()
    failed = await desk.look(task)
    assert (failed.state, failed.issue_code, failed.held) == (State.FOR_PAYMENT, "payment_failed", D(110))
    assert (await desk.look(other)).state == State.FINISHED
    assert await desk.balances() == (780, 110, 0)
    await desk.verify()


async def test_one_task_that_the_program_cannot_settle(open_a_desk: OpenDesk, conn: Connection) -> None:
    """Its batch is undone and everybody in it settled alone; it is tried later and later, then goes back."""
    desk = await open_a_desk(money="10000", escrow="on_task_create")
    tasks = [await desk.task(State.QUEUED) for _ in range(8)]
    poison = tasks[3]
    await conn.execute(
        f"""
        CREATE FUNCTION refuse_it() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.task_id = {poison.id} AND NEW.to_state = 5 THEN
                RAISE EXCEPTION 'cannot be' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER refuse_it BEFORE INSERT ON task_step FOR EACH ROW EXECUTE FUNCTION refuse_it();
        """  # type: ignore[arg-type]
    )
    start = clock.now()
    for seconds in range(len(tasks) + 2):
        await settle_due(desk.database, start + timedelta(seconds=seconds))
    states = Counter([(await desk.look(task)).state for task in tasks])
    assert states == {State.FINISHED: 7, State.QUEUED: 1}
    assert (await settle_due(desk.database, start)).count == 0  # its next time has not come
    await desk.verify()
    for attempt in range(LAST_ATTEMPT + 1):
        assert (await settle_due(desk.database, start + timedelta(minutes=1 + attempt))).count <= 1
    failed = await desk.look(poison)
    assert (failed.state, failed.issue_code, failed.held) == (State.FOR_PAYMENT, "payment_failed", D(110))
    assert (await settle_due(desk.database, start + timedelta(days=1))).next_due is None
    await desk.verify()


async def test_the_worker_is_woken_and_told_when_to_look_again(open_a_desk: OpenDesk, database_url: str) -> None:
    desk = await open_a_desk(money="1000")
    task = await desk.task(State.FOR_PAYMENT)
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as listener:
        await listener.execute(f"LISTEN {SETTLEMENT_CHANNEL}")  # type: ignore[arg-type]
        await desk.take(task, payment.pay_task, now=desk.now + timedelta(hours=1))
        heard = [notify.channel async for notify in listener.notifies(timeout=10, stop_after=1)]
    assert heard == [SETTLEMENT_CHANNEL]
    worked = await settle_due(desk.database, desk.now)
    assert (worked.count, worked.next_due) == (0, desk.now + timedelta(hours=1))
