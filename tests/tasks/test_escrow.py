"""When money moves: each policy along the whole life of a task, and what happens where there is not enough."""

from decimal import Decimal

import pytest

from artel.errors import Refused
from artel.ledger.errors import InsufficientFunds
from artel.tasks import payment, rules
from artel.tasks.jobs import pass_due_deadlines
from artel.tasks.machine import Side, State
from tests.tasks.cast import FREELANCER, Desk
from tests.tasks.conftest import OpenDesk

# A task of 100.00 EUR costs the company 110.00.
RICH = "1000"
POLICIES = ["without_hold", "on_task_create", "on_task_accept", "after_task_accept"]
D = Decimal


@pytest.mark.parametrize(
    ("escrow", "held_when_new", "held_in_work", "held_for_payment"),
    [
        ("without_hold", 0, 0, 0),
        ("on_task_create", 110, 110, 110),
        ("on_task_accept", 0, 110, 110),
        ("after_task_accept", 0, 0, 110),
    ],
)
async def test_a_task_from_new_to_paid(
    open_a_desk: OpenDesk, escrow: str, held_when_new: int, held_in_work: int, held_for_payment: int
) -> None:
    desk = await open_a_desk(money=RICH, escrow=escrow)

    async def expect(held: int, to_pay: int = 0, paid: int = 0) -> None:
        assert await desk.balances() == (1000 - held - to_pay - paid, held, to_pay)
        assert (await desk.look(task)).held == held
        await desk.verify()

    task = await desk.task(State.NEW)
    await expect(held_when_new)
    await desk.take(task, rules.start_task, side=FREELANCER)
    await expect(held_in_work)
    await desk.take(task, rules.finish_task, side=FREELANCER)
    await desk.take(task, rules.return_to_work)
    await desk.take(task, rules.finish_task, side=FREELANCER)
    await expect(held_in_work)
    await desk.take(task, rules.accept_task)
    await expect(held_for_payment)
    await desk.take(task, payment.pay_task)
    await expect(0, to_pay=110)
    await desk.settle()
    await expect(0, paid=110)
    assert (await desk.look(task)).state == State.FINISHED


@pytest.mark.parametrize("escrow", POLICIES)
async def test_what_is_held_comes_back(open_a_desk: OpenDesk, escrow: str) -> None:
    """Declined by either side, cancelled after the result, closed by its deadline: nothing stays behind."""
    desk = await open_a_desk(money=RICH, escrow=escrow)
    for state in (State.DECLINED_BY_FREELANCER, State.DECLINED_BY_CLIENT, State.CLOSED_BY_DEADLINE):
        await desk.task(state)
        assert await desk.balances() == (D(1000), D(0), D(0))
    task = await desk.task(State.FOR_PAYMENT)
    held = (await desk.look(task)).held
    await desk.take(task, rules.decline_task)
    assert (await desk.look(task)).held == held  # the freelancer has not agreed yet
    await desk.take(task, rules.confirm_cancellation, side=FREELANCER)
    assert await desk.balances() == (D(1000), D(0), D(0))
    await desk.verify()


@pytest.mark.parametrize("escrow", POLICIES)
async def test_a_task_that_the_money_does_not_cover_becomes_a_draft(open_a_desk: OpenDesk, escrow: str) -> None:
    desk = await open_a_desk(money="109.99", escrow=escrow)
    task = await desk.task(State.DRAFT)
    with pytest.raises(InsufficientFunds):
        await desk.take(task, rules.publish_draft)
    assert (await desk.look(task)).state == State.DRAFT
    await desk.give_money("0.01")
    await desk.take(task, rules.publish_draft)
    task = await desk.look(task)
    assert (task.state, task.published_at) == (State.NEW, desk.now)
    assert (await desk.balances())[1] == (D(110) if escrow == "on_task_create" else 0)
    assert await desk.steps(task) == [(None, 17), (17, 1)]
    await desk.verify()


async def test_starting_needs_the_money_under_on_task_accept(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="150", escrow="on_task_accept")
    first, second = await desk.task(State.NEW), await desk.task(State.NEW)
    await desk.take(first, rules.start_task, side=FREELANCER)
    with pytest.raises(InsufficientFunds):
        await desk.take(second, rules.start_task, side=FREELANCER)
    assert (await desk.look(second)).state == State.NEW
    assert await desk.balances() == (D(40), D(110), D(0))
    await desk.verify()


async def test_accepting_stands_without_the_money_under_after_task_accept(open_a_desk: OpenDesk) -> None:
    """S, `issueCode`: the client has accepted, and the balance does not cover what is to be held."""
    desk = await open_a_desk(money="150", escrow="after_task_accept")
    first, second = await desk.task(State.RESULT), await desk.task(State.RESULT)
    await desk.take(first, rules.accept_task)
    await desk.take(second, rules.accept_task)
    second = await desk.look(second)
    assert (second.state, second.held, second.issue_code) == (State.FOR_PAYMENT, D(0), "insufficient_funds")
    with pytest.raises(InsufficientFunds):
        await desk.take(second, payment.pay_task)
    await desk.verify()
    await desk.give_money("70")
    await desk.take(second, payment.pay_task)
    second = await desk.look(second)
    assert (second.state, second.issue_code) == (State.QUEUED, None)
    assert await desk.balances() == (D(0), D(110), D(110))
    await desk.verify()


async def test_accepting_after_a_deadline_that_nobody_started_before(open_a_desk: OpenDesk) -> None:
    """Under on_task_accept the freelancer's step was skipped, so the client's holds the total, or is refused."""
    desk = await open_a_desk(money="110", escrow="on_task_accept")
    task = await desk.task(State.NEW)
    await pass_due_deadlines(desk.database, task.deadline)
    other = await desk.task(State.RESULT)  # takes the money
    with pytest.raises(InsufficientFunds):
        await desk.take(task, rules.accept_task)
    assert (await desk.look(task)).state == State.DEADLINE_PASSED
    await desk.take(other, rules.decline_task)
    await desk.take(other, rules.confirm_cancellation, side=FREELANCER)
    await desk.take(task, rules.accept_task)
    assert await desk.balances() == (D(0), D(110), D(0))
    await desk.verify()


async def test_what_the_freelancer_lacks_comes_before_the_money(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="110", escrow="on_task_accept")
    task = await desk.task(State.NEW)
    async with desk.database.connection() as conn:
        await conn.execute("UPDATE freelancer SET verified_at = NULL WHERE person_id = %s", [desk.freelancer_id])
    with pytest.raises(Refused) as refused:
        await desk.take(task, rules.start_task, side=FREELANCER)
    assert refused.value.code == "verification_required"
    assert await desk.balances() == (D(110), D(0), D(0))


async def test_a_freelancers_step_is_not_the_clients(open_a_desk: OpenDesk) -> None:
    desk: Desk = await open_a_desk(money=RICH)
    task = await desk.task(State.NEW)
    for rule, side in ((rules.start_task, Side.CLIENT), (rules.decline_task, Side.FREELANCER)):
        with pytest.raises(Refused) as refused:
            await desk.take(task, rule, side=side)
        assert refused.value.code == "task_not_in_state"
    assert await desk.steps(task) == [(None, 1)]
