"""Disputes: who opens one, how it ends, and the money under every policy."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotAllowed, NotFound, Refused
from artel.ledger.errors import InsufficientFunds
from artel.tasks import disputes, payment, rules
from artel.tasks.disputes import list_disputes, lock_disputed_task
from artel.tasks.jobs import pass_due_deadlines
from artel.tasks.machine import Actor, Side, State
from artel.tasks.queries import TaskRow
from tests import cast
from tests.tasks.cast import FREELANCER, Desk, disputing, resolving
from tests.tasks.conftest import OpenDesk

D = Decimal
POLICIES = ["without_hold", "on_task_create", "on_task_accept", "after_task_accept"]
HOLDS_BEFORE_RESULT = {"on_task_create", "on_task_accept"}


async def dispute(desk: Desk, *, after_acceptance: bool = False, **changes: Any) -> TaskRow:
    """A task in dispute: about its result, or about being declined after it was accepted."""
    task = await desk.task(State.FOR_PAYMENT if after_acceptance else State.RESULT, **changes)
    if after_acceptance:
        await desk.take(task, rules.decline_task)
    await desk.take(task, disputing(), side=FREELANCER)
    return await desk.look(task)


@pytest.mark.parametrize("escrow", POLICIES)
@pytest.mark.parametrize("after_acceptance", [False, True])
@pytest.mark.parametrize("price", [None, "200", "50"])
@pytest.mark.parametrize("end", [2, 4, 8])
async def test_how_a_dispute_ends(
    open_a_desk: OpenDesk, escrow: str, after_acceptance: bool, price: str | None, end: int
) -> None:
    if end == 8 and price is not None:
        return  # refused, see below
    desk = await open_a_desk(money="1000", escrow=escrow)
    task = await dispute(desk, after_acceptance=after_acceptance)
    was_held = escrow in HOLDS_BEFORE_RESULT or (escrow == "after_task_accept" and after_acceptance)
    assert (task.state, task.held) == (State.DISPUTE, D(110) if was_held else D(0))
    await desk.take(task, resolving(end, price))
    after = await desk.look(task)
    total = D(price or 100) * D("1.1")
    is_held = end != 8 and (was_held or (escrow == "after_task_accept" and end == 4))
    held = total if is_held else D(0)
    assert (after.state, after.total, after.held, after.issue_code) == (end, total, held, None)
    assert await desk.balances() == (1000 - held, held, D(0))
    if end == 2:
        assert (after.finished_at, after.accepted_at) == (None, None)
    if end == 4:
        assert after.accepted_at == desk.now
        await desk.take(task, payment.pay_task)
        await desk.settle()
        assert await desk.balances() == (1000 - total, D(0), D(0))
    await desk.verify()


@pytest.mark.parametrize("escrow", POLICIES)
@pytest.mark.parametrize("after_acceptance", [False, True])
@pytest.mark.parametrize("end", [2, 4])
async def test_a_raised_price_needs_its_money(
    open_a_desk: OpenDesk, escrow: str, after_acceptance: bool, end: int
) -> None:
    desk = await open_a_desk(money="219.99", escrow=escrow)
    task = await dispute(desk, after_acceptance=after_acceptance)
    money = await desk.balances()
    with pytest.raises(InsufficientFunds):
        await desk.take(task, resolving(end, "200"))
    assert await desk.look(task) == task
    assert await desk.balances() == money
    await desk.give_money("0.01")
    await desk.take(task, resolving(end, "200"))
    assert (await desk.look(task)).total == D(220)
    await desk.verify()


async def test_accepting_by_resolving_stands_without_the_money_under_after_task_accept(open_a_desk: OpenDesk) -> None:
    """As accepting does: no price was raised, only the balance does not cover the hold."""
    desk = await open_a_desk(money="110", escrow="after_task_accept")
    task, other = await dispute(desk), await desk.task(State.RESULT)
    await desk.take(other, rules.accept_task)
    await desk.take(task, resolving(4))
    after = await desk.look(task)
    assert (after.state, after.held, after.issue_code) == (State.FOR_PAYMENT, D(0), "insufficient_funds")
    await desk.verify()


@pytest.mark.parametrize("end", [2, 4])
async def test_the_same_price_is_no_new_price(open_a_desk: OpenDesk, end: int) -> None:
    desk = await open_a_desk(money="110", escrow="on_task_create")
    task = await dispute(desk)
    await desk.take(task, resolving(end, "100.00"))
    assert (await desk.look(task)).held == D(110)
    await desk.verify()


@pytest.mark.parametrize(
    ("rule", "code", "field"),
    [
        (resolving(3), "resolution_not_settable", "state"),
        (resolving(13), "resolution_not_settable", "state"),
        (resolving(8, "50"), "price_of_declined_task", "price"),
        (resolving(4, "0"), "price_not_positive", "price"),
        (resolving(4, "0.001"), "price_too_fine", "price"),
        (resolving(4, comment="  "), "field_required", "comment"),
        (resolving(4, comment="x" * 10_001), "field_too_long", "comment"),
    ],
)
async def test_resolutions_that_are_none(open_a_desk: OpenDesk, rule: Any, code: str, field: str) -> None:
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    task = await dispute(desk)
    with pytest.raises(Refused) as refused:
        await desk.take(task, rule)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert await desk.look(task) == task


async def test_a_dispute_needs_its_reason(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="1000")
    task = await desk.task(State.RESULT)
    with pytest.raises(Refused) as refused:
        await desk.take(task, disputing(" "), side=FREELANCER)
    assert (refused.value.code, refused.value.field) == ("field_required", "reason")
    assert await desk.look(task) == task


STEPS = {
    "dispute": (disputing(), {State.RESULT, State.CANCELLATION}, {FREELANCER}),
    "resolve": (resolving(4), {State.DISPUTE}, {Side.CLIENT, Side.OPERATOR}),
}


@pytest.mark.parametrize("name", STEPS)
async def test_every_state_and_side(open_a_desk: OpenDesk, name: str) -> None:
    desk = await open_a_desk(money="10000", escrow="on_task_create")
    rule, states, sides = STEPS[name]
    # The closed one first: on its way it closes others whose deadline has passed.
    for state in sorted(State, key=lambda state: state is not State.CLOSED_BY_DEADLINE):
        for side in sorted(Side):
            task = await desk.task(state)
            if state in states and side in sides:
                await desk.take(task, rule, side=side)
                assert (await desk.look(task)).state != state
                continue
            with pytest.raises(Refused) as refused:
                await desk.take(task, rule, side=side)
            assert refused.value.code == "task_not_in_state"
            assert await desk.look(task) == task
    await desk.verify()


async def test_what_is_kept_of_a_dispute(open_a_desk: OpenDesk, conn: Connection) -> None:
    desk = await open_a_desk(money="1000")
    task = await desk.task(State.RESULT)
    await desk.take(task, disputing(" All three tables are there "), side=FREELANCER)
    await desk.take(task, resolving(2, comment="One is missing, please add it"))
    cursor = await conn.execute(
        "SELECT from_state, to_state, reason FROM task_step WHERE task_id = %s ORDER BY id DESC LIMIT 2", [task.id]
    )
    assert await cursor.fetchall() == [
        (13, 2, "One is missing, please add it"),
        (3, 13, "All three tables are there"),
    ]
    cursor = await conn.execute("SELECT text FROM task_message ORDER BY id")
    assert await cursor.fetchall() == [("All three tables are there",), ("One is missing, please add it",)]
    cursor = await conn.execute(
        "SELECT payload->>'previousState', payload->>'state' FROM event WHERE name = 'taskStateChanged' ORDER BY id"
    )
    assert (await cursor.fetchall())[-2:] == [("3", "13"), ("13", "2")]
    cursor = await conn.execute(
        "SELECT action FROM audit WHERE subject = 'task' AND action LIKE '%disput%' ORDER BY id"
    )
    assert await cursor.fetchall() == [("task.disputed",), ("task.dispute_resolved",)]


async def test_no_deadline_passes_in_a_dispute(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    task = await dispute(desk)
    assert (await pass_due_deadlines(desk.database, task.deadline)).count == 0
    await desk.take(task, resolving(2))
    assert (await pass_due_deadlines(desk.database, task.deadline)).count == 1
    assert (await desk.look(task)).state == State.DEADLINE_PASSED


async def test_the_operator_sees_and_ends_disputes_of_all_companies(open_a_desk: OpenDesk, conn: Connection) -> None:
    desk, other = await open_a_desk(money="1000", escrow="on_task_create"), await open_a_desk(money="1000")
    first, second = await dispute(desk), await dispute(other)
    quiet = await desk.task(State.RESULT)
    operator = await cast.add_person(conn, "operator@artel.example", now=desk.now)
    for stranger in (operator, desk.member.person_id):
        with pytest.raises(NotAllowed):
            await list_disputes(conn, stranger, limit=10)
        with pytest.raises(NotAllowed):
            await lock_disputed_task(conn, stranger, first.id)
    await conn.execute("UPDATE person SET is_operator = true WHERE id = %s", [operator])
    found = await list_disputes(conn, operator, limit=10)
    assert [(row.task_id, row.held, row.reason) for row in found] == [
        (first.id, D(110), "The work is done as agreed"),
        (second.id, D(0), "The work is done as agreed"),
    ]
    for unknown in (quiet.id, 987_654_321):
        with pytest.raises(NotFound):
            await lock_disputed_task(conn, operator, unknown)
    async with conn.transaction():
        task = await lock_disputed_task(conn, operator, first.id)
        await disputes.resolve_dispute(
            conn, task, end=8, comment="Nothing was delivered", actor=Actor(operator, Side.OPERATOR), now=desk.now
        )
    assert (await desk.look(first)).state == State.DECLINED_BY_CLIENT
    assert await desk.balances() == (D(890), D(110), D(0))  # what the quiet one holds
    assert await fetch_value(conn, "SELECT actor_id FROM task_step ORDER BY id DESC LIMIT 1") == operator
    assert [row.task_id for row in await list_disputes(conn, operator, limit=10)] == [second.id]
    await desk.verify()


async def settled(*attempts: Any) -> list[str]:
    """What became of calls made at once."""
    results = await asyncio.gather(*attempts, return_exceptions=True)
    for result in results:
        assert result is None or isinstance(result, Refused), repr(result)
    return ["done" if result is None else str(result) for result in results]


@pytest.mark.parametrize("attempt", range(5))
async def test_disputed_while_the_client_declines(open_a_desk: OpenDesk, attempt: int) -> None:
    """Of a result both may follow each other: declined (11), then disputed. Of a cancellation one wins."""
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    task = await desk.task(State.CANCELLATION)
    outcomes = await settled(desk.take(task, rules.decline_task), desk.take(task, disputing(), side=FREELANCER))
    assert sorted(outcomes) == ["done", "task_not_in_state (task_id)"]
    after = await desk.look(task)
    assert after.state == (State.DECLINED_BY_CLIENT if outcomes[0] == "done" else State.DISPUTE)
    assert after.held == (D(0) if outcomes[0] == "done" else D(110))
    result = await desk.task(State.RESULT)
    outcomes = await settled(desk.take(result, rules.decline_task), desk.take(result, disputing(), side=FREELANCER))
    assert outcomes[1] == "done"
    after = await desk.look(result)
    assert (after.state, after.held) == (State.DISPUTE, D(110))
    assert await desk.steps(result) in (
        [(None, 1), (1, 2), (2, 3), (3, 13)],
        [(None, 1), (1, 2), (2, 3), (3, 11), (11, 13)],
    )
    await desk.verify()


async def test_resolved_by_many_at_once(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    task = await dispute(desk)
    attempts = [resolving(end, price) for end, price in ((2, "50"), (4, "200"), (8, None))] * 8
    outcomes = await settled(
        *(desk.take(task, rule, side=side) for rule in attempts for side in (Side.CLIENT, Side.OPERATOR))
    )
    assert outcomes.count("done") == 1
    after = await desk.look(task)
    assert after.held == {2: D(55), 4: D(220), 8: D(0)}[after.state]
    assert len(await desk.steps(task)) == 5
    await desk.verify()
