"""Changes proposed, agreed, refused, withdrawn, and made at once: the terms, and the money that follows them."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.exchange.rules import set_rate
from artel.ledger.errors import InsufficientFunds
from artel.tasks import changes, payment, rules
from artel.tasks.attributes import Given
from artel.tasks.deadlines import HARD_DEADLINE
from artel.tasks.jobs import pass_due_deadlines
from artel.tasks.machine import Side, State
from artel.tasks.queries import TaskRow
from tests.tasks.cast import FREELANCER, Desk, editing, proposing
from tests.tasks.conftest import OpenDesk

D = Decimal
POLICIES = ["without_hold", "on_task_create", "on_task_accept", "after_task_accept"]
# Held of a task of 100.00 (110.00 with commission) in each state that changes can be proposed in.
HELD = {
    "without_hold": {},
    "on_task_create": {State.NEW: 110, State.IN_WORK: 110, State.RESULT: 110},
    "on_task_accept": {State.IN_WORK: 110, State.RESULT: 110},
    "after_task_accept": {},
}


async def agree(desk: Desk, task: TaskRow, **more: Any) -> None:
    await desk.take(task, changes.agree_to_changes, side=FREELANCER, **more)


@pytest.mark.parametrize("escrow", POLICIES)
@pytest.mark.parametrize("state", [State.NEW, State.IN_WORK, State.RESULT])
@pytest.mark.parametrize(("price", "total"), [("250", 275), ("40.01", D("44.01"))])
async def test_money_follows_the_price(
    open_a_desk: OpenDesk, escrow: str, state: State, price: str, total: Decimal
) -> None:
    desk = await open_a_desk(money="1000", escrow=escrow)
    task = await desk.task(state)
    held = D(HELD[escrow].get(state, 0))
    assert await desk.balances() == (1000 - held, held, D(0))
    await desk.take(task, proposing(price))
    proposed = await desk.look(task)
    assert (proposed.state, proposed.total, proposed.held) == (State.CHANGES_PROPOSED, D(110), held)
    assert await desk.balances() == (1000 - held, held, D(0))
    await desk.verify()
    await agree(desk, task)
    agreed = await desk.look(task)
    held = total if held else D(0)
    assert (agreed.state, agreed.total, agreed.held) == (state, total, held)
    assert await desk.balances() == (1000 - held, held, D(0))
    assert (await desk.steps(task))[-2:] == [(state, 16), (16, state)]
    await desk.verify()


@pytest.mark.parametrize("escrow", POLICIES)
@pytest.mark.parametrize("state", [State.NEW, State.IN_WORK, State.RESULT])
@pytest.mark.parametrize(
    ("rule", "side"), [(changes.refuse_changes, FREELANCER), (changes.withdraw_changes, Side.CLIENT)]
)
async def test_nothing_comes_of_it(open_a_desk: OpenDesk, escrow: str, state: State, rule: Any, side: Side) -> None:
    desk = await open_a_desk(money="1000", escrow=escrow)
    task = await desk.task(state)
    money = await desk.balances()
    await desk.take(task, proposing("250", title="Another title"))
    await desk.take(task, rule, side=side)
    after = await desk.look(task)
    assert after == task
    assert await desk.balances() == money
    await desk.verify()


async def test_every_term_changes(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="1000")
    task = await desk.task(State.IN_WORK)
    terms = {
        "title": "Wider analysis",
        "description": "What sells where, why, and to whom",
        "deadline": desk.now + timedelta(days=120),
        "deadline_type": HARD_DEADLINE,
        "attributes": [Given(42, "7"), Given(43, "August 2022"), Given(44, "Germany")],
        "need_report": True,
        "copyright": True,
    }
    await desk.take(task, proposing(**terms))
    assert (await desk.look(task)).title == task.title
    await agree(desk, task)
    after = await desk.look(task)
    attributes = terms.pop("attributes")
    assert {name: getattr(after, name) for name in terms} == terms
    assert [Given(**given) for given in after.attributes] == attributes
    assert (after.total, after.worker_price) == (task.total, task.worker_price)


async def test_a_new_price_is_at_the_tasks_own_rate_and_percents(open_a_desk: OpenDesk, conn: Connection) -> None:
    """Rate, commission, sales tax and VAT are those of the day the task was made."""
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    company = {"company": desk.member.company_id}
    await conn.execute("UPDATE company SET sales_tax_percent = 5 WHERE id = %(company)s", company)
    task = await desk.task(State.IN_WORK, worker_currency="USD", share_commission=True)
    assert task.exchange_rate == D("1.0576")
    async with conn.transaction():
        await set_rate(
            conn,
            stronger="EUR",
            weaker="USD",
            market_rate=D(2),
            spread_percent=D(0),
            source="operator",
            now=desk.now,
        )
    await conn.execute(
        """
        UPDATE company
        SET sales_tax_percent = 50, commission_percent = 50, vat_percent = 50
        WHERE id = %(company)s
        """,
        company,
    )
    await desk.take(task, proposing("211.52"))
    await agree(desk, task)
    after = await desk.look(task)
    # 211.52 USD / 1.0576 = 200; 10 % less the shared 1 %; 5 % of 218; 20 % VAT of 228.90.
    assert (after.price, after.commission, after.shared_commission) == (D(200), D(18), D(2))
    assert (after.sales_tax, after.total, after.vat) == (D("10.90"), D("228.90"), D("45.78"))
    assert (after.worker_price, after.amount_for_worker) == (D("211.52"), D("209.40"))
    assert (after.exchange_rate, after.held) == (D("1.0576"), D("228.90"))
    assert await desk.balances() == (D("771.10"), D("228.90"), D(0))
    await desk.verify()


@pytest.mark.parametrize("escrow", POLICIES)
async def test_short_of_funds_when_proposing(open_a_desk: OpenDesk, escrow: str) -> None:
    desk = await open_a_desk(money="274.99", escrow=escrow)
    task = await desk.task(State.IN_WORK)
    money = await desk.balances()
    with pytest.raises(InsufficientFunds):
        await desk.take(task, proposing("250", title="Another title"))
    assert await desk.look(task) == task
    assert await desk.balances() == money
    await desk.give_money("0.01")
    await desk.take(task, proposing("250"))
    await desk.verify()


@pytest.mark.parametrize("escrow", POLICIES)
async def test_short_of_funds_when_agreeing(open_a_desk: OpenDesk, conn: Connection, escrow: str) -> None:
    """The money for the higher price went elsewhere meanwhile: nothing changes, and the proposal stays open."""
    desk = await open_a_desk(money="275", escrow=escrow)
    task = await desk.task(State.IN_WORK)
    await desk.take(task, proposing("250", title="Another title"))
    other = await desk.task(State.NEW, price=Decimal(10))
    await desk.take(other, rules.start_task, side=FREELANCER)
    await desk.take(other, rules.finish_task, side=FREELANCER)
    await desk.take(other, rules.accept_task)
    if escrow == "without_hold":  # nothing is held: the money goes when it is paid
        await desk.take(other, payment.pay_task)
    proposed, money = await desk.look(task), await desk.balances()
    with pytest.raises(InsufficientFunds):
        await agree(desk, task)
    assert await desk.look(task) == proposed
    assert await desk.balances() == money
    assert await fetch_value(conn, "SELECT count(*) FROM task_changeset WHERE outcome IS NULL") == 1
    await desk.give_money("11")
    await agree(desk, task)
    assert (await desk.look(task)).total == D(275)
    await desk.verify()


async def test_a_lower_price_needs_no_money(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="110", escrow="on_task_create")
    task = await desk.task(State.IN_WORK)
    await desk.take(task, proposing("50"))
    await agree(desk, task)
    assert await desk.balances() == (D(55), D(55), D(0))
    await desk.verify()


async def test_a_proposed_deadline_that_has_passed_meanwhile(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="1000")
    task = await desk.task(State.IN_WORK)
    later = desk.now + timedelta(days=1)
    await desk.take(task, proposing(deadline=later))
    with pytest.raises(Refused) as refused:
        await agree(desk, task, now=later)
    assert refused.value.code == "deadline_not_ahead"
    await desk.take(task, changes.refuse_changes, side=FREELANCER, now=later)
    assert (await desk.look(task)).state == State.IN_WORK


async def test_a_deadline_that_passes_while_the_freelancer_thinks(open_a_desk: OpenDesk) -> None:
    """In 16 a task has no deadline; back in 2, the one that has passed is noticed. A later one saves it."""
    desk = await open_a_desk(money="1000")
    deadline = desk.now + timedelta(days=1)
    late, saved = [await desk.task(State.IN_WORK, deadline=deadline) for _ in range(2)]
    await desk.take(late, proposing("50"))
    await desk.take(saved, proposing(deadline=deadline + timedelta(days=5)))
    assert (await pass_due_deadlines(desk.database, deadline)).count == 0
    await agree(desk, late, now=deadline)
    await agree(desk, saved, now=deadline)
    assert (await pass_due_deadlines(desk.database, deadline)).count == 1
    assert [(await desk.look(task)).state for task in (late, saved)] == [State.DEADLINE_PASSED, State.IN_WORK]


@pytest.mark.parametrize(
    ("terms", "code", "field"),
    [
        ({}, "nothing_changed", None),
        ({"price": "100.00", "title": " Market analysis "}, "nothing_changed", None),
        ({"price": "0"}, "price_not_positive", "price"),
        ({"price": "NaN"}, "price_not_positive", "price"),
        ({"price": "1.001"}, "price_too_fine", "price"),
        ({"title": "x"}, "title_too_short", "title"),
        ({"description": " "}, "field_required", "description"),
        ({"deadline": None}, "deadline_not_ahead", "deadline"),
        ({"attributes": [Given(42, "7")]}, "attribute_missing", "attributes"),
        ({"title": "Another title", "comment": " "}, "field_required", "comment"),
    ],
)
async def test_terms_that_cannot_be_proposed(
    open_a_desk: OpenDesk, terms: dict[str, Any], code: str, field: str | None
) -> None:
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    task = await desk.task(State.NEW)
    if "deadline" in terms:
        terms["deadline"] = desk.now
    for rule in (proposing(**terms), editing(**{k: v for k, v in terms.items() if k != "comment"})):
        if "comment" in terms and rule.func is changes.edit_task:
            continue
        with pytest.raises(Refused) as refused:
            await desk.take(task, rule)
        assert (refused.value.code, refused.value.field) == (code, field)
    assert await desk.look(task) == task
    assert await desk.steps(task) == [(None, 1)]


async def test_a_proposal_that_was_replaced_is_not_agreed_to(open_a_desk: OpenDesk, conn: Connection) -> None:
    desk = await open_a_desk(money="1000")
    task = await desk.task(State.IN_WORK)
    await desk.take(task, proposing("200"))
    read = await fetch_value(conn, "SELECT id FROM task_changeset WHERE outcome IS NULL")
    await desk.take(task, changes.withdraw_changes)
    await desk.take(task, proposing("20"))

    async def agree_to_the_first(*args: Any, **more: Any) -> None:
        await changes.agree_to_changes(*args, changeset_id=read, **more)

    with pytest.raises(Refused) as refused:
        await desk.take(task, agree_to_the_first, side=FREELANCER)
    assert refused.value.code == "changeset_superseded"
    assert (await desk.look(task)).state == State.CHANGES_PROPOSED


@pytest.mark.parametrize("escrow", POLICIES)
async def test_editing_a_new_task(open_a_desk: OpenDesk, conn: Connection, escrow: str) -> None:
    desk = await open_a_desk(money="1000", escrow=escrow)
    task = await desk.task(State.NEW)
    for price, total in (("300", D(330)), ("10", D(11))):
        await desk.take(task, editing(price, title=f"For {price}"))
        after = await desk.look(task)
        held = total if escrow == "on_task_create" else D(0)
        assert (after.state, after.total, after.held, after.title) == (State.NEW, total, held, f"For {price}")
        assert await desk.balances() == (1000 - held, held, D(0))
    with pytest.raises(InsufficientFunds):
        await desk.take(task, editing("910"))
    assert await desk.look(task) == after
    assert await desk.steps(task) == [(None, 1)]
    cursor = await conn.execute(
        "SELECT outcome, previous->>'worker_price', worker_price FROM task_changeset ORDER BY id"
    )
    assert await cursor.fetchall() == [("applied", "100", D(300)), ("applied", "300", D(10))]
    assert await fetch_value(conn, "SELECT count(*) FROM audit WHERE action = 'task.edited'") == 2
    await desk.verify()


async def test_editing_a_draft_until_it_can_be_published(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="100", escrow="on_task_create")
    task = await desk.task(State.DRAFT)
    await desk.take(task, editing("5000"))  # a draft may cost more than there is
    assert (await desk.look(task)).total == D(5500)
    await desk.take(task, editing("90"))
    await desk.take(task, rules.publish_draft)
    assert await desk.balances() == (D(1), D(99), D(0))
    await desk.verify()


@pytest.mark.parametrize("state", sorted(set(State) - {State.DRAFT, State.NEW}))
async def test_elsewhere_nothing_is_edited(open_a_desk: OpenDesk, state: State) -> None:
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    task = await desk.task(state)
    with pytest.raises(Refused) as refused:
        await desk.take(task, editing("300"))
    assert refused.value.code == "task_not_in_state"
    assert await desk.look(task) == task


async def test_what_is_kept_of_a_proposal(open_a_desk: OpenDesk, conn: Connection) -> None:
    """The step, the event, the audit row, the message, and the changeset with what was and what was to be."""
    desk = await open_a_desk(money="1000")
    task = await desk.task(State.RESULT)
    await desk.take(task, proposing("120", comment="The second table took longer"))
    await agree(desk, task)
    cursor = await conn.execute(
        "SELECT from_state, to_state, reason FROM task_step WHERE task_id = %s ORDER BY id DESC LIMIT 2", [task.id]
    )
    assert await cursor.fetchall() == [(16, 3, None), (3, 16, "The second table took longer")]
    cursor = await conn.execute("SELECT author_id, text FROM task_message")
    assert await cursor.fetchall() == [(desk.member.person_id, "The second table took longer")]
    cursor = await conn.execute(
        "SELECT payload->>'previousState', payload->>'state' FROM event WHERE name = 'taskStateChanged' ORDER BY id"
    )
    assert (await cursor.fetchall())[-2:] == [("3", "16"), ("16", "3")]
    cursor = await conn.execute("SELECT action FROM audit WHERE subject = 'task' ORDER BY id")
    actions = [action for (action,) in await cursor.fetchall()]
    assert actions[-3:] == ["task.message_added", "task.changes_proposed", "task.changes_agreed"]
    cursor = await conn.execute(
        "SELECT from_state, previous, worker_price, title, outcome, closed_by FROM task_changeset"
    )
    assert await cursor.fetchall() == [
        (3, {"worker_price": "100"}, D(120), None, "agreed", desk.member.person_id),
    ]


async def settled(*attempts: Any) -> list[str]:
    """What became of calls made at once."""
    results = await asyncio.gather(*attempts, return_exceptions=True)
    for result in results:
        assert result is None or isinstance(result, Refused), repr(result)
    return ["done" if result is None else str(result) for result in results]


@pytest.mark.parametrize("attempt", range(5))
async def test_agreed_while_it_is_withdrawn(open_a_desk: OpenDesk, attempt: int) -> None:
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    task = await desk.task(State.IN_WORK)
    await desk.take(task, proposing("200"))
    outcomes = await settled(agree(desk, task), desk.take(task, changes.withdraw_changes))
    assert sorted(outcomes) == ["done", "task_not_in_state (task_id)"]
    after = await desk.look(task)
    total = D(220) if outcomes[0] == "done" else D(110)
    assert (after.state, after.total, after.held) == (State.IN_WORK, total, total)
    await desk.verify()


async def test_fifty_agree_at_once(open_a_desk: OpenDesk) -> None:
    desk = await open_a_desk(money="1000", escrow="on_task_create")
    task = await desk.task(State.IN_WORK)
    await desk.take(task, proposing("200"))
    outcomes = await settled(*(agree(desk, task) for _ in range(50)))
    assert outcomes.count("done") == 1
    assert (await desk.steps(task))[-2:] == [(2, 16), (16, 2)]
    assert await desk.balances() == (D(780), D(220), D(0))
    await desk.verify()


async def test_edited_while_it_is_started(open_a_desk: OpenDesk) -> None:
    """Either the freelancer starts what was changed, or what was started is not changed any more."""
    desk = await open_a_desk(money="1000", escrow="on_task_accept")
    for _ in range(5):
        task = await desk.task(State.NEW)
        outcomes = await settled(desk.take(task, editing("50")), desk.take(task, rules.start_task, side=FREELANCER))
        assert outcomes[1] == "done"
        after = await desk.look(task)
        total = D(55) if outcomes[0] == "done" else D(110)
        assert (after.state, after.total, after.held) == (State.IN_WORK, total, total)
    await desk.verify()
