"""Deadlines that pass: new and started tasks stop, and close when nobody decides."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from artel.tasks import rules
from artel.tasks.deadlines import DECISION_TIME, HARD_DEADLINE
from artel.tasks.jobs import pass_due_deadlines
from artel.tasks.machine import State
from artel.tasks.queries import TaskRow
from tests.tasks.cast import FREELANCER, Desk
from tests.tasks.conftest import OpenDesk

D = Decimal
SECOND = timedelta(seconds=1)


async def states_of(desk: Desk, tasks: list[TaskRow]) -> list[int]:
    return [(await desk.look(task)).state for task in tasks]


async def work_at(desk: Desk, now: datetime) -> int:
    """Like the worker: until there is nothing left to take."""
    total = 0
    while count := (await pass_due_deadlines(desk.database, now)).count:
        total += count
    return total


async def test_only_unfinished_work_has_a_deadline(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="10000")
    deadline = desk.now + timedelta(hours=5)
    untouched = [State.DRAFT, State.RESULT, State.FOR_PAYMENT, State.FINISHED, State.QUEUED, State.CANCELLATION]
    tasks = [await desk.task(state, deadline=deadline) for state in (State.NEW, State.IN_WORK, *untouched)]
    worked = await pass_due_deadlines(desk.database, deadline - SECOND)
    assert (worked.count, worked.next_due) == (0, deadline)
    assert await work_at(desk, deadline) == 2
    assert await states_of(desk, tasks) == [14, 14, *untouched]
    assert await desk.steps(tasks[1]) == [(None, 1), (1, 2), (2, 14)]
    worked = await pass_due_deadlines(desk.database, deadline + SECOND)
    assert (worked.count, worked.next_due) == (0, deadline + DECISION_TIME)


@pytest.mark.parametrize("escrow", ["without_hold", "on_task_create"])
async def test_nobody_decides_for_thirty_days(open_a_desk: OpenDesk, escrow: str) -> None:
    desk = await open_a_desk(money="1000", escrow=escrow)
    task = await desk.task(State.DEADLINE_PASSED)
    held = D(110) if escrow == "on_task_create" else D(0)
    passed = task.state_changed_at
    assert await work_at(desk, passed + DECISION_TIME - SECOND) == 0
    assert (await desk.balances())[1] == held
    assert await work_at(desk, passed + DECISION_TIME) == 1
    task = await desk.look(task)
    assert (task.state, task.held) == (State.CLOSED_BY_DEADLINE, D(0))
    assert await desk.balances() == (D(1000), D(0), D(0))
    await desk.verify()


async def test_a_hard_deadline_leaves_nothing_to_decide(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    deadline = desk.now + timedelta(hours=5)
    task = await desk.task(State.IN_WORK, deadline=deadline, deadline_type=HARD_DEADLINE)
    await work_at(desk, deadline)
    assert await desk.steps(task) == [(None, 1), (1, 2), (2, 14), (14, 15)]
    assert await desk.balances() == (D(1000), D(0), D(0))
    await desk.verify()


async def test_prolonged_it_passes_again(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    task = await desk.task(State.NEW, deadline=desk.now + timedelta(hours=1))
    await work_at(desk, task.deadline)
    again = task.deadline + timedelta(days=2)

    async def prolong(conn, locked, *, actor, now):  # type: ignore[no-untyped-def]
        await rules.prolong_deadline(conn, locked, deadline=again, actor=actor, now=now)

    await desk.take(task, prolong)
    assert (await desk.look(task)).state == State.NEW
    await desk.take(task, rules.start_task, side=FREELANCER)
    await work_at(desk, again - SECOND)
    assert (await desk.look(task)).state == State.IN_WORK
    await work_at(desk, again)
    await desk.take(task, prolong)
    assert (await desk.look(task)).state == State.IN_WORK
    assert await desk.balances() == (D(890), D(110), D(0))


async def test_many_workers_pass_each_deadline_once(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="100000", escrow="on_task_create")
    deadline = desk.now + timedelta(hours=1)
    tasks = [await desk.task(State.NEW, deadline=deadline) for _ in range(40)]
    await asyncio.gather(*(work_at(desk, deadline) for _ in range(6)))
    await asyncio.gather(*(work_at(desk, deadline + DECISION_TIME) for _ in range(6)))
    for task in tasks:
        assert await desk.steps(task) == [(None, 1), (1, 14), (14, 15)]
    assert await desk.balances() == (D(100000), D(0), D(0))
    await desk.verify()
