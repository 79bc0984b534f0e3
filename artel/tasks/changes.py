"""Changes of what client and freelancer agreed (customer-api.md "Tasks", 16). Callers have locked the task.

The client proposes, the freelancer agrees or refuses, and the task goes back to where it was. While nobody has agreed
to anything yet (17, 1), the client changes the task at once.
"""

from datetime import datetime

from artel.db.pool import Connection
from artel.ledger import rules as books
from artel.operations import audit
from artel.tasks.changesets import (
    Changeset,
    Outcome,
    Terms,
    apply_terms,
    check_terms,
    close_changeset,
    insert_changeset,
    open_changeset,
)
from artel.tasks.errors import ChangesetSuperseded, NotInState
from artel.tasks.escrow import held_after
from artel.tasks.machine import Actor, State, Verb, ends_of
from artel.tasks.messages import add_message
from artel.tasks.queries import TaskRow
from artel.tasks.repricing import reprice, require_funds, set_price
from artel.tasks.rules import require_ahead, take
from artel.tasks.transfers import hold_change_of

# Where the client changes a task without asking anybody.
EDITABLE = frozenset({State.DRAFT, State.NEW})


async def propose_changes(
    conn: Connection, task: TaskRow, wanted: Terms, *, comment: str | None = None, actor: Actor, now: datetime
) -> int:
    """Ask the freelancer to agree to other terms; answers the changeset's id. Nothing else changes until then.

    A higher price needs its money now, and again when the freelancer agrees: nothing is held for it meanwhile.
    Refuses: NotInState outside 1, 2 and 3; what `check_terms` refuses; InsufficientFunds.
    """
    ends_of(Verb.PROPOSE, task.state, by=actor.side)
    checked = await check_terms(conn, task, wanted, now=now)
    if checked.price is not None:
        await require_funds(conn, task, checked.price)
    changeset_id = await insert_changeset(conn, task, checked.terms, actor_id=actor.person_id, now=now)
    await say(conn, task, comment, actor=actor, now=now)
    await take(conn, task, Verb.PROPOSE, actor=actor, now=now, reason=comment)
    return changeset_id


async def withdraw_changes(
    conn: Connection, task: TaskRow, *, changeset_id: int | None = None, actor: Actor, now: datetime
) -> None:
    """The client takes the proposal back. Refuses: NotInState; ChangesetSuperseded."""
    await end_proposal(conn, task, Verb.WITHDRAW, Outcome.WITHDRAWN, changeset_id, actor=actor, now=now)


async def refuse_changes(
    conn: Connection,
    task: TaskRow,
    *,
    changeset_id: int | None = None,
    comment: str | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """The freelancer keeps to what was agreed before. Refuses: NotInState; ChangesetSuperseded; what `add_message`
    refuses of the comment."""
    await end_proposal(
        conn, task, Verb.REFUSE_CHANGES, Outcome.REFUSED, changeset_id, comment=comment, actor=actor, now=now
    )


async def agree_to_changes(
    conn: Connection, task: TaskRow, *, changeset_id: int | None = None, actor: Actor, now: datetime
) -> None:
    """The freelancer agrees: the terms are the task's from this commit on, and what is held follows the price.

    `changeset_id` is the proposal that was read; without it, whichever is open.
    Refuses: NotInState; ChangesetSuperseded; deadline_not_ahead where the proposed deadline has passed meanwhile;
    InsufficientFunds where the money for a higher price has gone meanwhile.
    """
    changeset = await proposal_to_answer(conn, task, Verb.AGREE, changeset_id, by=actor)
    if changeset.deadline is not None:
        require_ahead(changeset.deadline, now=now)
    price = None
    if changeset.worker_price is not None:
        price = await reprice(conn, task, changeset.worker_price)
        await require_funds(conn, task, price)
    await close_changeset(conn, changeset, Outcome.AGREED, actor_id=actor.person_id, now=now)
    await apply_terms(conn, task, changeset.terms)
    await take(conn, task, Verb.AGREE, actor=actor, now=now, end=State(changeset.from_state), price=price)


async def edit_task(conn: Connection, task: TaskRow, wanted: Terms, *, actor: Actor, now: datetime) -> None:
    """Change a draft, or a task that nobody has started, at once. What is held follows the price.

    A draft may cost more than there is: publishing it looks at the money.
    Refuses: NotInState outside 17 and 1; what `check_terms` refuses; InsufficientFunds.
    """
    if task.state not in EDITABLE:
        raise NotInState(task.state)
    checked = await check_terms(conn, task, wanted, now=now)
    if checked.price is not None and task.state != State.DRAFT:
        await require_funds(conn, task, checked.price)
    changeset_id = await insert_changeset(
        conn, task, checked.terms, actor_id=actor.person_id, now=now, outcome=Outcome.APPLIED
    )
    await apply_terms(conn, task, checked.terms)
    await audit.record(
        conn,
        "task.edited",
        subject="task",
        subject_id=task.id,
        actor_id=actor.person_id,
        company_id=task.company_id,
        now=now,
        changeset=changeset_id,
        terms=sorted(checked.terms.given()),
    )
    if checked.price is None:
        return
    await set_price(conn, task, checked.price)
    held = held_after(State(task.state), escrow=task.escrow, held=task.held, total=checked.price.total)
    if held != task.held:
        await conn.execute("UPDATE task SET held = %(held)s WHERE id = %(task)s", {"held": held, "task": task.id})
        transfer = hold_change_of(task, held=held, cause=f"changeset:{changeset_id}", actor_id=actor.person_id, now=now)
        await books.post(conn, transfer)


async def proposal_to_answer(
    conn: Connection, task: TaskRow, verb: Verb, changeset_id: int | None, *, by: Actor
) -> Changeset:
    """The open proposal, where the task waits for one and it is the one meant. Refuses: NotInState;
    ChangesetSuperseded."""
    ends_of(verb, task.state, by=by.side)
    changeset = await open_changeset(conn, task.id)
    if changeset_id is not None and changeset_id != changeset.id:
        raise ChangesetSuperseded
    return changeset


async def end_proposal(
    conn: Connection,
    task: TaskRow,
    verb: Verb,
    outcome: Outcome,
    changeset_id: int | None,
    *,
    comment: str | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Back to where the task was, with everything as it was."""
    changeset = await proposal_to_answer(conn, task, verb, changeset_id, by=actor)
    await close_changeset(conn, changeset, outcome, actor_id=actor.person_id, now=now)
    await say(conn, task, comment, actor=actor, now=now)
    await take(conn, task, verb, actor=actor, now=now, end=State(changeset.from_state), reason=comment)


async def say(conn: Connection, task: TaskRow, comment: str | None, *, actor: Actor, now: datetime) -> None:
    """What is said with a step is a message of the task. Refuses: what `add_message` refuses."""
    if comment is not None:
        assert actor.person_id is not None
        await add_message(conn, task, comment, author_id=actor.person_id, now=now, field="comment")
