"""The steps that client and freelancer take. Callers have locked the task (`lock_task`) in the same transaction.

Every rule here refuses NotInState where the table has no such step. Money that the company's escrow policy ties to a
state moves with the step; where it cannot, the rule refuses InsufficientFunds and the task stays where it was.
"""

from datetime import datetime

from artel.advertising.task_contracts import require_end_contracts
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.freelancers.requirements import require_ready_for_work
from artel.ledger import queries as ledger
from artel.ledger import rules as books
from artel.ledger.accounts import company_available
from artel.ledger.errors import InsufficientFunds
from artel.tasks.errors import ReportMissing
from artel.tasks.escrow import INSUFFICIENT_FUNDS, TOLERATES_SHORTAGE, held_after
from artel.tasks.machine import Actor, State, Verb, ends_of, step_of
from artel.tasks.pricing import TaskPrice
from artel.tasks.queries import TaskRow
from artel.tasks.references import check_references
from artel.tasks.repricing import set_price
from artel.tasks.steps import take_steps
from artel.tasks.transfers import hold_change_of, hold_of


async def publish_draft(conn: Connection, task: TaskRow, *, actor: Actor, now: datetime) -> None:
    """Show a draft to its freelancer (M, "Publish a draft").

    Whatever the policy, the company must have the total available; on_task_create holds it.
    Refuses: InsufficientFunds; freelancer_not_in_team for one who has left it meanwhile; what `require_end_contracts`
    refuses.
    """
    ends_of(Verb.PUBLISH, task.state, by=actor.side)
    await check_references(conn, task.company_id, freelancer_id=task.freelancer_id)
    await require_end_contracts(conn, task.id, price=task.worker_price)
    balances = await ledger.company_balances(conn, task.company_id)
    if balances.available < task.total:
        raise InsufficientFunds(company_available(task.company_id, task.currency), balances.available)
    await take(conn, task, Verb.PUBLISH, actor=actor, now=now)


async def start_task(conn: Connection, task: TaskRow, *, actor: Actor, now: datetime) -> None:
    """The freelancer takes the task (M, "Change a task's state", 2).

    Refuses: a RequirementMissing for whatever the freelancer has yet to sign, prove or fill in; InsufficientFunds
    where on_task_accept cannot hold the total.
    """
    ends_of(Verb.START, task.state, by=actor.side)
    await require_ready_for_work(conn, task.freelancer_id, task_id=task.id, now=now)
    await take(conn, task, Verb.START, actor=actor, now=now)


async def refuse_task(conn: Connection, task: TaskRow, *, actor: Actor, now: datetime) -> None:
    """The freelancer does not want the task (6). What was held is released."""
    await take(conn, task, Verb.REFUSE, actor=actor, now=now)


async def finish_task(conn: Connection, task: TaskRow, *, actor: Actor, now: datetime) -> None:
    """The freelancer hands in the result (3). Refuses: ReportMissing where the task asks for a report."""
    ends_of(Verb.FINISH, task.state, by=actor.side)
    if task.need_report and task.reported_at is None:
        raise ReportMissing
    await take(conn, task, Verb.FINISH, actor=actor, now=now)


async def note_file(conn: Connection, task: TaskRow, *, now: datetime) -> None:
    """A file was attached. To a task in work that asks for a report it is the report: no other call brings one.

    The task's row changes with its files in any case: whoever keeps what a list showed of the task looks at that row
    alone (artel.tasks.listing).
    """
    is_report = task.need_report and task.state == State.IN_WORK
    await conn.execute(
        """
        UPDATE task
        SET file_count = file_count + 1, reported_at = CASE WHEN %(report)s THEN %(now)s ELSE reported_at END
        WHERE id = %(task)s
        """,
        {"report": is_report, "now": now, "task": task.id},
    )


async def confirm_cancellation(conn: Connection, task: TaskRow, *, actor: Actor, now: datetime) -> None:
    """The freelancer agrees that the client declined a finished task (8). What was held is released."""
    await take(conn, task, Verb.CONFIRM_CANCELLATION, actor=actor, now=now)


async def accept_task(conn: Connection, task: TaskRow, *, actor: Actor, now: datetime) -> None:
    """Take the freelancer's result, also one that came after its deadline (M, "Accept a task").

    Refuses: InsufficientFunds where on_task_accept has yet to hold the total and cannot. Under after_task_accept
    the acceptance stands; a total that cannot be held is said in the task's issue code (S, `issueCode`).
    """
    await take(conn, task, Verb.ACCEPT, actor=actor, now=now)


async def return_to_work(conn: Connection, task: TaskRow, *, actor: Actor, now: datetime) -> None:
    """Send the result back to the freelancer (M, "Resume a task")."""
    await take(conn, task, Verb.RETURN, actor=actor, now=now)


async def decline_task(conn: Connection, task: TaskRow, *, actor: Actor, now: datetime) -> None:
    """Give the task up (M, "Decline a task").

    Unfinished work ends at once. Finished work waits for the freelancer to agree, with the money still held; a
    second decline ends it without them.
    """
    await take(conn, task, Verb.DECLINE, actor=actor, now=now)


async def prolong_deadline(conn: Connection, task: TaskRow, *, deadline: datetime, actor: Actor, now: datetime) -> None:
    """Give more time; the task goes back to where its deadline found it (M, "Change the deadline").

    Refuses: deadline_not_ahead.
    """
    ends_of(Verb.PROLONG, task.state, by=actor.side)
    require_ahead(deadline, now=now)
    came_from = await fetch_value(
        conn,
        """
        SELECT from_state
        FROM task_step
        WHERE task_id = %(task)s AND to_state = %(passed)s
        ORDER BY id DESC
        LIMIT 1
        """,
        {"task": task.id, "passed": State.DEADLINE_PASSED},
    )
    await take(conn, task, Verb.PROLONG, actor=actor, now=now, end=State(came_from))
    await conn.execute(
        "UPDATE task SET deadline = %(deadline)s WHERE id = %(task)s", {"deadline": deadline, "task": task.id}
    )


def require_ahead(deadline: datetime, *, now: datetime) -> None:
    """Refuses: deadline_not_ahead."""
    if deadline <= now:
        raise Refused("deadline_not_ahead", "deadline")


async def take(
    conn: Connection,
    task: TaskRow,
    verb: Verb,
    *,
    actor: Actor,
    now: datetime,
    end: State | None = None,
    reason: str | None = None,
    price: TaskPrice | None = None,
) -> None:
    """One step, with the money that the escrow policy ties to the state it leads to.

    A new `price` takes what is held along: the difference is held or released. Its money has to be there, under
    every policy: none lets a step stand for which a price was raised.
    The ledger is asked last: it locks the company's accounts, for which others wait.
    """
    step = step_of(task, verb, by=actor, end=end)
    total = task.total if price is None else price.total
    held = held_after(step.end, escrow=task.escrow, held=task.held, total=total)
    step = step_of(task, verb, by=actor, end=end, held=held, reason=reason)
    [step_id] = await take_steps(conn, [step], now=now)
    if price is not None:
        await set_price(conn, task, price)
    if not task.held and held and price is None:
        await hold(conn, task, step_id=step_id, actor=actor, now=now)
    elif held != task.held:
        transfer = hold_change_of(task, held=held, cause=str(step_id), actor_id=actor.person_id, now=now)
        await books.post(conn, transfer)


async def hold(conn: Connection, task: TaskRow, *, step_id: int, actor: Actor, now: datetime) -> None:
    """Hold the total for a step just taken. Refuses: InsufficientFunds, unless the policy lets the step stand."""
    transfer = hold_of(
        task.id,
        company_id=task.company_id,
        currency=task.currency,
        total=task.total,
        step_id=step_id,
        actor_id=actor.person_id,
        now=now,
    )
    try:
        await books.post(conn, transfer)
    except InsufficientFunds:
        if task.escrow != TOLERATES_SHORTAGE:
            raise
        await conn.execute(
            "UPDATE task SET held = 0, issue_code = %(issue)s WHERE id = %(task)s",
            {"task": task.id, "issue": INSUFFICIENT_FUNDS},
        )
