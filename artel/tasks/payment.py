"""Paying for tasks: from the client's order to `to_pay`. artel.tasks.settlement does the rest."""

from datetime import datetime
from decimal import Decimal

from artel.db.pool import Connection
from artel.freelancers.requirements import REFUSALS, requirements
from artel.ledger import rules as books
from artel.tasks.machine import Actor, Verb, ends_of, step_of
from artel.tasks.queries import TaskRow
from artel.tasks.steps import take_steps
from artel.tasks.transfers import payment_of

# Woken when there is a task to settle.
SETTLEMENT_CHANNEL = "artel_settlement"
# What a quick payment must not pass over: papers that the freelancer has yet to sign.
PAPERS = ("agreement_required", "acceptance_files")


async def pay_task(conn: Connection, task: TaskRow, *, actor: Actor, now: datetime) -> None:
    """Order the payment of an accepted task: its total is in `to_pay` from this commit on (M, "Pay for a task").

    What is held for the task is used first, the rest comes from what is available.
    Refuses: NotInState; InsufficientFunds.
    """
    await order_payment(conn, task, Verb.PAY, actor=actor, now=now)


async def quick_pay_task(conn: Connection, task: TaskRow, *, actor: Actor, now: datetime) -> None:
    """Order the payment of a task nobody has started (M, "Pay for a task at its creation").

    Refuses: NotInState; AgreementRequired or AcceptanceFilesUnsigned where the freelancer has something to sign;
    InsufficientFunds.
    """
    ends_of(Verb.QUICK_PAY, task.state, by=actor.side)
    missing = await requirements(conn, task.freelancer_id, task_id=task.id, now=now)
    names = {requirement.name for requirement in missing}
    for name in PAPERS:
        if name in names:
            raise REFUSALS[name]()  # type: ignore[call-arg]
    await order_payment(conn, task, Verb.QUICK_PAY, actor=actor, now=now)


async def order_payment(conn: Connection, task: TaskRow, verb: Verb, *, actor: Actor, now: datetime) -> None:
    """The step, its place in the queue, the money. The ledger last: others wait for the company's accounts."""
    [step_id] = await take_steps(conn, [step_of(task, verb, by=actor, held=Decimal(0))], now=now)
    await conn.execute(
        """
        WITH queued AS (
            INSERT INTO settlement (task_id, due_at, step_id, from_held)
            VALUES (%(task)s, %(now)s, %(step)s, %(from_held)s)
            RETURNING task_id
        )
        SELECT pg_notify(%(channel)s, '')
        FROM queued
        """,
        {"task": task.id, "now": now, "step": step_id, "from_held": task.held, "channel": SETTLEMENT_CHANNEL},
    )
    await books.post(conn, payment_of(task, step_id=step_id, actor_id=actor.person_id, now=now))
