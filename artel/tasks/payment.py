"""Paying for tasks: from the client's order to `to_pay`. artel.tasks.settlement does the rest."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from artel.db.pool import Connection
from artel.freelancers.requirements import REFUSALS, requirements
from artel.ledger import rules as books
from artel.ledger.rules import Declined
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
    """Refuses: NotInState; InsufficientFunds."""
    await order_payments(conn, [task], verb, actor=actor, now=now)


async def order_payments(
    conn: Connection, tasks: Sequence[TaskRow], verb: Verb = Verb.PAY, *, actor: Actor, now: datetime
) -> None:
    """The steps, their places in the queue, the money. The ledger last: others wait for the company's accounts.

    Refuses: NotInState; InsufficientFunds, as soon as one cannot be paid: the caller undoes what was written.
    """
    steps = [step_of(task, verb, by=actor, held=Decimal(0)) for task in tasks]
    step_ids = await take_steps(conn, steps, now=now)
    await conn.execute(
        """
        WITH queued AS (
            INSERT INTO settlement (task_id, due_at, step_id, from_held)
            SELECT paid.task_id, %(now)s, paid.step_id, paid.from_held
            FROM unnest(%(tasks)s::bigint[], %(steps)s::bigint[], %(from_held)s::numeric[])
                AS paid (task_id, step_id, from_held)
            RETURNING task_id
        )
        SELECT pg_notify(%(channel)s, '')
        FROM (SELECT FROM queued LIMIT 1) AS any_of_them
        """,
        {
            "tasks": [task.id for task in tasks],
            "steps": step_ids,
            "from_held": [task.held for task in tasks],
            "now": now,
            "channel": SETTLEMENT_CHANNEL,
        },
    )
    payments = [
        payment_of(task, step_id=step_id, actor_id=actor.person_id, now=now)
        for task, step_id in zip(tasks, step_ids, strict=True)
    ]
    for outcome in await books.post_many(conn, payments):
        if isinstance(outcome, Declined):
            raise outcome.error
