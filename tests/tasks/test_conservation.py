"""Random verbs of every side under every escrow policy, held against a model after each: states, prices, what is held.

The model is written from the documents' table and knows nothing of the rules' code.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.errors import Refused
from artel.ledger.queries import company_balances
from artel.ledger.verify import verify
from artel.tasks import changes, creation, deadlines, payment, rules, settlement
from artel.tasks.machine import Actor, Side
from artel.tasks.queries import access_task, lock_task
from tests import databases
from tests.ledger.clerk import Clerk
from tests.tasks.cast import (
    add_company,
    add_freelancer,
    disputing,
    editing,
    give_money,
    load_reference,
    new_task,
    proposing,
    resolving,
    verify_tasks,
)

D = Decimal
START = datetime(2031, 3, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POLICIES = ["without_hold", "on_task_create", "on_task_accept", "after_task_accept"]
HOLDS = {"on_task_create": {1}, "on_task_accept": {2, 4}, "after_task_accept": {4}, "without_hold": set()}
BACK = 0  # where it came from
CHOSEN = -1
# Verb -> state it is legal in -> where it leads.
LEGAL: dict[str, dict[int, int]] = {
    "publish": {17: 1},
    "start": {1: 2},
    "refuse": {1: 6},
    "finish": {2: 3},
    "accept": {3: 4, 14: 4},
    "return": {3: 2},
    "pay": {4: 12},
    "quick_pay": {1: 12},
    "decline": {1: 8, 2: 8, 14: 8, 3: 11, 4: 11, 11: 8},
    "confirm": {11: 8},
    "prolong": {14: BACK},
    "dispute": {3: 13, 11: 13},
    "resolve": {13: CHOSEN},
    "propose": {1: 16, 2: 16, 3: 16},
    "withdraw": {16: BACK},
    "agree": {16: BACK},
    "refuse_changes": {16: BACK},
    "edit": {17: 17, 1: 1},
}
FREELANCERS = {"start", "refuse", "finish", "confirm", "dispute", "agree", "refuse_changes"}
PLAIN_RULES: dict[str, Callable[..., Any]] = {
    "publish": rules.publish_draft,
    "start": rules.start_task,
    "refuse": rules.refuse_task,
    "finish": rules.finish_task,
    "accept": rules.accept_task,
    "return": rules.return_to_work,
    "pay": payment.pay_task,
    "quick_pay": payment.quick_pay_task,
    "decline": rules.decline_task,
    "confirm": rules.confirm_cancellation,
    "dispute": disputing(),
    "withdraw": changes.withdraw_changes,
    "agree": changes.agree_to_changes,
    "refuse_changes": changes.refuse_changes,
}
prices = st.integers(min_value=1, max_value=40_000).map(lambda cents: D(cents) / 100)


def total_of(price: Decimal) -> Decimal:
    return price + (price / 10).quantize(D("0.01"), ROUND_HALF_UP)


class Company(msgspec.Struct):
    member: Member
    freelancer_id: int
    escrow: str
    available: Decimal = D(0)
    to_pay: Decimal = D(0)


class Task(msgspec.Struct):
    id: int
    company: Company
    state: int
    price: Decimal
    held: Decimal
    deadline: datetime
    is_hard: bool
    since: datetime
    came_from: int = 0
    proposed: Decimal | None = None

    @property
    def total(self) -> Decimal:
        return total_of(self.price)


class Life(RuleBasedStateMachine):
    """Four companies, one for each policy, and their tasks."""

    clerk: Clerk
    cast: dict[str, tuple[Member, int]]

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.tasks: list[Task] = []
        self.titles = 0  # each another, so that something changes in any case
        self.companies = [Company(*self.cast[escrow], escrow) for escrow in POLICIES]

    def teardown(self) -> None:
        try:
            assert self.clerk.run(verify(self.clerk.conn)) == []
            self.clerk.run(verify_tasks(self.clerk.conn))
        finally:
            self.clerk.run(self.clerk.conn.rollback())

    @initialize(money=st.lists(st.integers(200, 900), min_size=4, max_size=4))
    def begins(self, money: list[int]) -> None:
        """Each company has a task that waits for its freelancer, one in dispute, and one with changes proposed."""
        # Opens the transaction that everything happens in: what follows are savepoints of it.
        self.clerk.run(self.clerk.conn.execute("SELECT 1"))
        for company, amount in zip(self.companies, money, strict=True):
            self.tops_up(company, D(amount))
            for walk in ([], ["start", "finish", "dispute"], ["start", "propose"]):
                self.creates(self.companies.index(company), D("50.05"), 20, False)
                for verb in walk:
                    self.takes(self.tasks[-1], verb, D("70.70"), 4, False)

    def tops_up(self, company: Company, amount: Decimal) -> None:
        member = company.member
        self.clerk.run(give_money(self.clerk.conn, member.company_id, "EUR", amount, now=self.now))
        company.available += amount

    @rule(policy=st.integers(0, 3), amount=st.integers(1, 300))
    def money_arrives(self, policy: int, amount: int) -> None:
        self.tops_up(self.companies[policy], D(amount))

    @rule(policy=st.integers(0, 3), price=prices, days=st.integers(2, 40), is_hard=st.booleans())
    def creates(self, policy: int, price: Decimal, days: int, is_hard: bool) -> None:
        company = self.companies[policy]
        wanted = new_task(
            company.freelancer_id,
            now=self.now,
            price=price,
            deadline=self.now + days * DAY,
            deadline_type=2 if is_hard else 1,
        )
        uuid = self.clerk.run(creation.create_task(self.clerk.conn, company.member, wanted, now=self.now))
        row = self.clerk.run(access_task(self.clerk.conn, company.member, uuid=uuid))
        task = Task(row.id, company, 17, price, D(0), wanted.deadline, is_hard, self.now)
        self.tasks.append(task)
        if company.available >= task.total:
            self.enter(task, 1)
        self.compare()

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), price=prices, end=st.sampled_from([2, 4, 8]), with_price=st.booleans())
    def takes_a_legal_step(self, data: st.DataObject, price: Decimal, end: int, with_price: bool) -> None:
        alive = [task for task in self.tasks if any(task.state in starts for starts in LEGAL.values())]
        for _ in range(5 if alive else 0):
            task = data.draw(st.sampled_from(alive))
            verbs = [verb for verb, starts in LEGAL.items() if task.state in starts]
            if verbs:
                self.takes(task, data.draw(st.sampled_from(verbs)), price, end, with_price)

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), verb=st.sampled_from(sorted(LEGAL)), price=prices)
    def tries_anything(self, data: st.DataObject, verb: str, price: Decimal) -> None:
        self.takes(data.draw(st.sampled_from(self.tasks)), verb, price, 4, False)

    @precondition(lambda self: any(task.state == 16 for task in self.tasks))
    @rule(data=st.data())
    def agrees(self, data: st.DataObject) -> None:
        task = data.draw(st.sampled_from([task for task in self.tasks if task.state == 16]))
        self.takes(task, "agree", D(1), 2, False)

    @rule(days=st.sampled_from([1, 1, 3, 31]))
    def time_passes(self, days: int) -> None:
        """The worker's passes: deadlines, then what nobody decided about."""
        self.now += days * DAY
        self.clerk.run(deadlines.pass_deadlines(self.clerk.conn, limit=100, now=self.now))
        self.clerk.run(deadlines.close_undecided(self.clerk.conn, limit=100, now=self.now))
        for task in self.tasks:
            if task.state in (1, 2) and task.deadline <= self.now:
                task.came_from, task.state, task.since = task.state, 14, self.now
            if task.state == 14 and (task.is_hard or task.since + 30 * DAY <= self.now):
                self.enter(task, 15)
        self.compare()

    @rule()
    def worker_settles(self) -> None:
        conn = self.clerk.conn
        while queued := self.clerk.run(settlement.claim_fresh(conn, limit=100, now=self.now)):
            self.clerk.run(settlement.settle(conn, queued, now=self.now))
        for task in self.tasks:
            if task.state == 12:
                task.company.to_pay -= task.total
                task.state = 5
        self.compare()

    def takes(self, task: Task, verb: str, price: Decimal, end: int, with_price: bool) -> None:
        new_price = price if with_price and end != 8 else None
        expected = self.expect(task, verb, price, new_price, end)
        side = Side.FREELANCER if verb in FREELANCERS else Side.CLIENT
        if verb == "resolve" and price * 100 % 2:
            side = Side.OPERATOR
        found = self.clerk.run(self.attempt(task, self.rule_of(verb, price, new_price, end), side))
        assert found == expected, f"{verb} of {task}"
        self.compare()

    def another_title(self) -> str:
        self.titles += 1
        return f"Title {self.titles}"

    def rule_of(self, verb: str, price: Decimal, new_price: Decimal | None, end: int) -> Callable[..., Any]:
        if verb == "resolve":
            return resolving(end, None if new_price is None else str(new_price))
        if verb == "propose":
            return proposing(str(price), title=self.another_title())
        if verb == "edit":
            return editing(str(price), title=self.another_title())
        if verb == "prolong":

            async def prolong(conn: Connection, row: Any, *, actor: Actor, now: datetime) -> None:
                await rules.prolong_deadline(conn, row, deadline=now + 5 * DAY, actor=actor, now=now)

            return prolong
        return PLAIN_RULES[verb]

    async def attempt(self, task: Task, made: Callable[..., Any], side: Side) -> str:
        conn, member = self.clerk.conn, task.company.member
        try:
            async with conn.transaction():
                row = await lock_task(conn, member, task_id=task.id)
                await made(conn, row, actor=Actor(member.person_id, side), now=self.now)
        except Refused as refusal:
            return refusal.code
        return "done"

    def expect(self, task: Task, verb: str, price: Decimal, new_price: Decimal | None, end: int) -> str:
        """What is to come of it; the model takes the step where it is to be done."""
        company = task.company
        if task.state not in LEGAL[verb]:
            return "task_not_in_state"
        leads_to = LEGAL[verb][task.state]
        if leads_to == BACK:
            leads_to = task.came_from
        elif leads_to == CHOSEN:
            leads_to = end
        asked = {"propose": price, "edit": price, "agree": task.proposed, "resolve": new_price}.get(verb)
        total = task.total if asked is None else total_of(asked)
        if total > task.total and task.state != 17 and company.available + task.held < total:
            return "insufficient_funds"
        if verb == "publish" and company.available < total:
            return "insufficient_funds"
        if verb in ("pay", "quick_pay"):
            if company.available < task.total - task.held:
                return "insufficient_funds"
            company.available -= task.total - task.held
            company.to_pay += task.total
            task.held, task.state = D(0), 12
            return "done"
        if verb == "propose":
            task.came_from, task.proposed, task.state = task.state, price, 16
            return "done"
        changes_price = asked is not None and asked != task.price
        if not self.enter(task, leads_to, price=asked, tolerates=not changes_price):
            return "insufficient_funds"
        if verb == "prolong":
            task.deadline = self.now + 5 * DAY
        return "done"

    def enter(self, task: Task, end: int, price: Decimal | None = None, *, tolerates: bool = True) -> bool:
        """Move a task with its money, or say that there is not enough."""
        company = task.company
        total = task.total if price is None else total_of(price)
        wanted = D(0)
        if end not in (6, 8, 15, 17) and (task.held or end in HOLDS[company.escrow]):
            wanted = total
        if wanted - task.held > company.available:
            if company.escrow != "after_task_accept" or not tolerates:
                return False
            wanted = task.held
        company.available -= wanted - task.held
        task.held, task.state = wanted, end
        task.price = task.price if price is None else price
        return True

    def compare(self) -> None:
        """Every task is what the model says."""
        found = self.clerk.run(self.look())
        for task in self.tasks:
            assert found[task.id] == (task.state, task.price, task.total, task.held)

    async def look(self) -> dict[int, tuple[object, ...]]:
        cursor = await self.clerk.conn.execute("SELECT id, state, worker_price, total, held FROM task")
        return {row[0]: tuple(row[1:]) for row in await cursor.fetchall()}

    @invariant()
    def books_are_what_the_model_says(self) -> None:
        for company in self.companies:
            found = self.clerk.run(company_balances(self.clerk.conn, company.member.company_id))
            held = sum((task.held for task in self.tasks if task.company is company), D(0))
            assert (found.available, found.held, found.to_pay) == (company.available, held, company.to_pay)


@pytest.fixture
def clerk(server_url: str, template: str) -> Iterator[Clerk]:
    with databases.clone(server_url, template) as url:
        one = Clerk(url)
        yield one
        one.close()


async def make_cast(conn: psycopg.AsyncConnection[Any]) -> dict[str, tuple[Member, int]]:
    await load_reference(conn, now=START)
    cast = {}
    for escrow in POLICIES:
        member = await add_company(conn, now=START, name=escrow, escrow=escrow)
        freelancer_id = await add_freelancer(
            conn, member.company_id, member.person_id, now=START, email=f"nora{member.company_id}@nora.example"
        )
        cast[escrow] = (member, freelancer_id)
    await conn.commit()
    return cast


def test_states_prices_and_money(clerk: Clerk) -> None:
    Life.clerk = clerk
    Life.cast = clerk.run(make_cast(clerk.conn))
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate),  # a history costs too much to be made shorter
        ),
    )
