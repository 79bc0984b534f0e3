"""What tasks need around them: a company with money, a freelancer who may work, and tasks in every state.

Made by the rules themselves; a state is reached by the steps that lead to it.
"""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from artel import clock
from artel.companies.access import Member
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.exchange.rules import load_starting_rates
from artel.freelancers.papers import TaxInfo, save_tax_info
from artel.freelancers.rules import Invitation, invite_freelancer, verify_freelancer
from artel.ledger.queries import company_balances
from artel.ledger.rules import top_up
from artel.ledger.verify import verify
from artel.lookups.rules import load_reference_data
from artel.people.profiles import Profile
from artel.tasks import changes, creation, deadlines, disputes, new_tasks, payment, rules
from artel.tasks.attributes import Given
from artel.tasks.changesets import Terms
from artel.tasks.jobs import pass_due_deadlines, settle_due
from artel.tasks.machine import Actor, Side, State
from artel.tasks.queries import TaskRow, access_task, lock_task
from tests import cast

SERVICE = 42
ATTRIBUTES = [Given(42, "5"), Given(43, "July 2022"), Given(44, "Germany")]
PROFILE = Profile(
    first_name="Nora",
    last_name="Example",
    phone="4930123456",
    birth_date=date(1990, 5, 17),
    birth_country="DE",
    citizenship="DE",
    country="DE",
    city="Berlin",
    address="Lindenweg 5",
    postal_code="10115",
)
TAX = TaxInfo(residence_country="RU", type="INN", tax_number="709849850606")


async def load_reference(conn: Connection, *, now: datetime) -> None:
    async with conn.transaction():
        await load_reference_data(conn)
        await load_starting_rates(conn, now=now)


async def add_company(
    conn: Connection,
    *,
    now: datetime,
    name: str = "Aurora Studio",
    currency: str = "EUR",
    escrow: str = "without_hold",
    vat: Decimal = Decimal(20),
) -> Member:
    """A company and its owner, who acts for it."""
    company_id = await cast.add_company(conn, name, currency, now=now, escrow=escrow, vat=vat)
    owner = await cast.add_person(conn, f"owner{company_id}@aurora.example", now=now)
    await cast.add_member(conn, company_id, owner, "owner", now=now)
    return Member(owner, uuid.uuid4(), "EN", company_id, "owner", currency, True)


async def add_freelancer(
    conn: Connection, company_id: int, actor_id: int, *, now: datetime, email: str = "nora@nora.example"
) -> int:
    """A freelancer of the company's team, with nothing in the way of work."""
    invited = await invite_freelancer(
        conn, Invitation(email=email, profile=PROFILE), company_id=company_id, actor_id=actor_id, now=now
    )
    await verify_freelancer(conn, invited.freelancer_id, actor_id=None, now=now)
    await save_tax_info(conn, invited.freelancer_id, TAX, actor_id=None, now=now)
    return invited.freelancer_id


async def give_money(conn: Connection, company_id: int, currency: str, amount: str | Decimal, *, now: datetime) -> None:
    async with conn.transaction():
        await top_up(
            conn,
            company_id=company_id,
            currency=currency,
            amount=Decimal(amount),
            vat_percent=Decimal(0),
            source="bank",
            key=f"top up {uuid.uuid4()}",
            actor_id=None,
            now=now,
        )


def new_task(freelancer_id: int, *, now: datetime, **changes: Any) -> new_tasks.NewTask:
    facts: dict[str, Any] = {
        "title": "Market analysis",
        "description": "What sells where, and why",
        "service_id": SERVICE,
        "freelancer_id": freelancer_id,
        "deadline": now + timedelta(days=90),
        "price": Decimal(100),
        "attributes": ATTRIBUTES,
    }
    return new_tasks.NewTask(**{**facts, **changes})


async def make_task(conn: Connection, member: Member, freelancer_id: int, *, now: datetime, **changes: Any) -> TaskRow:
    async with conn.transaction():
        task_uuid = await creation.create_task(conn, member, new_task(freelancer_id, now=now, **changes), now=now)
    return await access_task(conn, member, uuid=task_uuid)


async def take(
    conn: Connection, member: Member, task: TaskRow, rule: Any, *, now: datetime, side: Side = Side.CLIENT
) -> None:
    """One step, as the edge takes it."""
    async with conn.transaction():
        locked = await lock_task(conn, member, task_id=task.id)
        await rule(conn, locked, actor=Actor(member.person_id, side), now=now)


def disputing(reason: str = "The work is done as agreed") -> Any:
    return partial(disputes.open_dispute, reason=reason)


def resolving(end: int, price: str | None = None, comment: str = "We looked at it again") -> Any:
    return partial(disputes.resolve_dispute, end=end, price=None if price is None else Decimal(price), comment=comment)


def proposing(price: str | None = None, comment: str | None = None, **terms: Any) -> Any:
    if price is not None:
        terms["worker_price"] = Decimal(price)
    return partial(changes.propose_changes, wanted=Terms(**terms), comment=comment)


def editing(price: str | None = None, **terms: Any) -> Any:
    if price is not None:
        terms["worker_price"] = Decimal(price)
    return partial(changes.edit_task, wanted=Terms(**terms))


FREELANCER = Side.FREELANCER
# The steps from a new task to each state.
PATHS: dict[State, list[tuple[Any, Side]]] = {
    State.NEW: [],
    State.DRAFT: [],
    State.IN_WORK: [(rules.start_task, FREELANCER)],
    State.RESULT: [(rules.start_task, FREELANCER), (rules.finish_task, FREELANCER)],
    State.FOR_PAYMENT: [
        (rules.start_task, FREELANCER),
        (rules.finish_task, FREELANCER),
        (rules.accept_task, Side.CLIENT),
    ],
    State.QUEUED: [(payment.quick_pay_task, Side.CLIENT)],
    State.FINISHED: [(payment.quick_pay_task, Side.CLIENT)],
    State.DECLINED_BY_FREELANCER: [(rules.refuse_task, FREELANCER)],
    State.DECLINED_BY_CLIENT: [(rules.decline_task, Side.CLIENT)],
    State.CANCELLATION: [
        (rules.start_task, FREELANCER),
        (rules.finish_task, FREELANCER),
        (rules.decline_task, Side.CLIENT),
    ],
    State.DEADLINE_PASSED: [(rules.start_task, FREELANCER)],
    State.CLOSED_BY_DEADLINE: [(rules.start_task, FREELANCER)],
    State.DISPUTE: [(rules.start_task, FREELANCER), (rules.finish_task, FREELANCER), (disputing(), FREELANCER)],
    State.CHANGES_PROPOSED: [(rules.start_task, FREELANCER), (proposing(title="Another title"), Side.CLIENT)],
}


async def make_task_in(
    database: Database, member: Member, freelancer_id: int, state: State, *, now: datetime, **changes: Any
) -> TaskRow:
    """A task brought to a state by the steps that lead there, jobs included."""
    if state in {State.DEADLINE_PASSED, State.CLOSED_BY_DEADLINE}:
        changes.setdefault("deadline", now + timedelta(hours=1))
    async with database.connection() as conn:
        task = await make_task(conn, member, freelancer_id, now=now, as_draft=state is State.DRAFT, **changes)
        for rule, side in PATHS[state]:
            await take(conn, member, task, rule, now=now, side=side)
    if state is State.FINISHED:
        await settle_due(database, now)
    if state in {State.DEADLINE_PASSED, State.CLOSED_BY_DEADLINE}:
        await pass_due_deadlines(database, task.deadline)
    if state is State.CLOSED_BY_DEADLINE:
        await pass_due_deadlines(database, task.deadline + deadlines.DECISION_TIME)
    async with database.connection() as conn:
        task = await access_task(conn, member, task_id=task.id)
    assert task.state == state
    return task


class Desk:
    """A company at work: its owner, one freelancer of its team, and ways to tasks."""

    def __init__(self, database: Database, member: Member, freelancer_id: int, now: datetime) -> None:
        self.database = database
        self.member = member
        self.freelancer_id = freelancer_id
        self.now = now

    async def task(self, state: State, **changes: Any) -> TaskRow:
        return await make_task_in(self.database, self.member, self.freelancer_id, state, now=self.now, **changes)

    async def look(self, task: TaskRow) -> TaskRow:
        """The task as it is now."""
        async with self.database.connection() as conn:
            return await access_task(conn, self.member, task_id=task.id)

    async def take(self, task: TaskRow, rule: Any, *, side: Side = Side.CLIENT, now: datetime | None = None) -> None:
        async with self.database.connection() as conn:
            await take(conn, self.member, task, rule, now=now or self.now, side=side)

    async def give_money(self, amount: str | Decimal) -> None:
        async with self.database.connection() as conn:
            await give_money(conn, self.member.company_id, self.member.currency, amount, now=self.now)

    async def balances(self) -> tuple[Decimal, Decimal, Decimal]:
        """Available, held, to pay."""
        async with self.database.connection() as conn:
            found = await company_balances(conn, self.member.company_id)
        return found.available, found.held, found.to_pay

    async def steps(self, task: TaskRow) -> list[tuple[int | None, int]]:
        async with self.database.connection() as conn:
            cursor = await conn.execute(
                "SELECT from_state, to_state FROM task_step WHERE task_id = %s ORDER BY id", [task.id]
            )
            return [(start, end) for start, end in await cursor.fetchall()]

    async def settle(self) -> None:
        await settle_all(self.database, clock.now())

    async def verify(self) -> None:
        async with self.database.connection() as conn:
            await verify_books(conn)


async def open_desk(
    database: Database, *, now: datetime, money: str = "0", escrow: str = "without_hold", currency: str = "EUR"
) -> Desk:
    """A new company with money and a freelancer; the reference data with the first."""
    async with database.connection() as conn:
        await load_reference(conn, now=now)
        member = await add_company(conn, now=now, escrow=escrow, currency=currency)
        freelancer_id = await add_freelancer(
            conn, member.company_id, member.person_id, now=now, email=f"nora{member.company_id}@nora.example"
        )
    desk = Desk(database, member, freelancer_id, now)
    if Decimal(money):
        await desk.give_money(money)
    return desk


async def settle_all(database: Database, now: datetime) -> None:
    """Work like the worker until nothing is due."""
    while (await settle_due(database, now)).count:
        pass


async def verify_books(conn: Connection) -> None:
    """The ledger has no difference, and the tasks say what it says: what is held for them, what is on its way."""
    async with conn.transaction():
        await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert await verify(conn) == []
    await verify_tasks(conn)


async def verify_tasks(conn: Connection) -> None:
    """What the tasks say is held and on its way is what the accounts say."""
    wrong = await fetch_value(
        conn,
        """
        SELECT json_build_object(
            'held', (
                SELECT json_agg(h.owner_id)
                FROM (SELECT owner_id, balance FROM account WHERE purpose = 'held') AS h
                WHERE h.balance <> (SELECT coalesce(sum(t.held), 0) FROM task AS t WHERE t.company_id = h.owner_id)
            ),
            'to_pay', (
                SELECT json_agg(h.owner_id)
                FROM (SELECT owner_id, balance FROM account WHERE purpose = 'to_pay') AS h
                WHERE h.balance <> (
                    SELECT coalesce(sum(t.total), 0)
                    FROM task AS t
                    JOIN settlement AS s ON s.task_id = t.id
                    WHERE t.company_id = h.owner_id
                )
            ),
            'queue', (
                SELECT json_agg(t.id)
                FROM task AS t
                LEFT JOIN settlement AS s ON s.task_id = t.id
                WHERE (t.state = 12) <> (s.task_id IS NOT NULL)
            )
        )
        """,
    )
    assert not any(wrong.values()), wrong
