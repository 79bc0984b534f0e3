"""Disputes (customer-api.md "Tasks", 13): the freelancer opens one, the client or the operator ends it.

Callers have locked the task. What is held stays held while a dispute is open.
"""

from datetime import datetime
from decimal import Decimal
from typing import LiteralString

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.errors import NotAllowed, NotFound, Refused
from artel.tasks.machine import DISPUTE_ENDS, Actor, State, Verb, ends_of
from artel.tasks.messages import add_message
from artel.tasks.queries import SELECT_TASK, TaskRow
from artel.tasks.repricing import reprice, require_funds
from artel.tasks.rules import take


async def open_dispute(conn: Connection, task: TaskRow, *, reason: str, actor: Actor, now: datetime) -> None:
    """The freelancer does not accept what the client says of the work, or that it was declined.

    The reason is kept with the step and is a message of the task.
    Refuses: NotInState outside 3 and 11; field_required without a reason, and what else `add_message` refuses.
    """
    ends_of(Verb.DISPUTE, task.state, by=actor.side)
    assert actor.person_id is not None
    await add_message(conn, task, reason, author_id=actor.person_id, now=now, field="reason")
    await take(conn, task, Verb.DISPUTE, actor=actor, now=now, reason=reason.strip())


async def resolve_dispute(
    conn: Connection,
    task: TaskRow,
    *,
    end: int,
    comment: str,
    price: Decimal | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """End a dispute: back to work (2), for payment (4), or declined (8), which releases what is held.

    `price` is a new one, in the worker's currency, for work that goes on or is to be paid. What is held follows it,
    and its money has to be there, whatever the policy.
    Refuses: NotInState outside 13; resolution_not_settable; price_of_declined_task; field_required without a
    comment; what `price_task` refuses; InsufficientFunds.
    """
    ends_of(Verb.RESOLVE, task.state, by=actor.side)
    if end not in DISPUTE_ENDS:
        raise Refused("resolution_not_settable", "state")
    new_price = None
    if price is not None:
        if end == State.DECLINED_BY_CLIENT:
            raise Refused("price_of_declined_task", "price")
        if price != task.worker_price:
            new_price = await reprice(conn, task, price)
            await require_funds(conn, task, new_price)
    assert actor.person_id is not None
    await add_message(conn, task, comment, author_id=actor.person_id, now=now, field="comment")
    await take(conn, task, Verb.RESOLVE, actor=actor, now=now, end=State(end), reason=comment.strip(), price=new_price)


class DisputeRow(msgspec.Struct, frozen=True):
    """A dispute that waits for somebody to end it. `price` is what the freelancer is to get."""

    task_id: int
    title: str
    description: str
    company_name: str
    freelancer_id: int
    freelancer_first_name: str
    freelancer_last_name: str
    price: Decimal
    currency: str
    held: Decimal
    held_currency: str
    opened_at: datetime
    reason: str


SELECT_DISPUTE: LiteralString = """
    SELECT
        t.id AS task_id, t.title, t.description, c.name AS company_name, t.freelancer_id,
        p.first_name AS freelancer_first_name, p.last_name AS freelancer_last_name, t.worker_price AS price,
        t.worker_currency AS currency, t.held, t.currency AS held_currency, t.state_changed_at AS opened_at,
        coalesce(step.reason, '') AS reason
    FROM task AS t
    JOIN company AS c ON c.id = t.company_id
    JOIN person AS p ON p.id = t.freelancer_id
    CROSS JOIN LATERAL (
        SELECT s.reason
        FROM task_step AS s
        WHERE s.task_id = t.id AND s.to_state = 13
        ORDER BY s.id DESC
        LIMIT 1
    ) AS step
    WHERE t.state = 13
"""


async def list_disputes(conn: Connection, operator_id: int, *, limit: int) -> list[DisputeRow]:
    """Open disputes of all companies, the longest waiting first. Refuses: NotAllowed for who is no operator."""
    await require_operator(conn, operator_id)
    return await fetch_all(
        conn, DisputeRow, SELECT_DISPUTE + "ORDER BY t.state_changed_at, t.id LIMIT %(limit)s", {"limit": limit}
    )


async def access_dispute(conn: Connection, operator_id: int, task_id: int) -> DisputeRow:
    """Refuses: NotAllowed for who is no operator; NotFound for a task that is not in dispute."""
    await require_operator(conn, operator_id)
    row = await fetch_one(conn, DisputeRow, SELECT_DISPUTE + "AND t.id = %(task)s", {"task": task_id})
    if row is None:
        raise NotFound("task")
    return row


async def lock_disputed_task(conn: Connection, operator_id: int, task_id: int) -> TaskRow:
    """Any company's task for the operator to decide about; its state is for the rule to look at.

    Refuses: NotAllowed for who is no operator; NotFound, also for a task that never was in dispute: an operator has
    no business with it.
    """
    await require_operator(conn, operator_id)
    row = await fetch_one(
        conn,
        TaskRow,
        SELECT_TASK
        + """
        WHERE t.id = %(task)s AND EXISTS (SELECT FROM task_step AS s WHERE s.task_id = t.id AND s.to_state = 13)
        FOR NO KEY UPDATE OF t
        """,
        {"task": task_id},
    )
    if row is None:
        raise NotFound("task")
    return row


class _Person(msgspec.Struct):
    is_operator: bool


async def is_operator(conn: Connection, person_id: int) -> bool:
    person = await fetch_one(conn, _Person, "SELECT is_operator FROM person WHERE id = %(id)s", {"id": person_id})
    return person is not None and person.is_operator


async def require_operator(conn: Connection, person_id: int) -> None:
    if not await is_operator(conn, person_id):
        raise NotAllowed
