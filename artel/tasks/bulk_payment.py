"""Paying for many accepted tasks in one call."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.errors import NotFound, Refused
from artel.ledger import queries as ledger
from artel.ledger.accounts import company_available
from artel.ledger.errors import InsufficientFunds
from artel.tasks.bulk import Line, Mode, Outcome
from artel.tasks.machine import Actor, Side, State, Verb, ends_of
from artel.tasks.payment import order_payments
from artel.tasks.queries import SELECT_TASK, TaskRow


class Reference(msgspec.Struct, frozen=True):
    """A task by its id or its uuid; where both are given the id counts."""

    task_id: int | None = None
    uuid: UUID | None = None


async def pay_tasks(
    conn: Connection, member: Member, wanted: Sequence[Reference | Refused], *, mode: Mode, now: datetime
) -> Outcome:
    """Order the payment of many accepted tasks, as if one after another, with as many statements as for one.

    As far as the money goes in the lines' order: a line it does not cover is refused, a cheaper one after it is paid.
    With Mode.ALL one refused line leaves nothing paid.
    Lines are refused as pay_task refuses; NotFound and field_required for what names no task of the company;
    NotInState for a task that a line before has named too.
    """
    lines = payable(wanted, await lock_tasks(conn, member, wanted))
    if is_spoilt(lines, mode) or not any(isinstance(line, TaskRow) for line in lines):
        return outcome_of(lines, is_done=not is_spoilt(lines, mode))
    actor = Actor(member.person_id, Side.CLIENT)
    try:
        async with conn.transaction():
            await order_payments(conn, [line for line in lines if isinstance(line, TaskRow)], actor=actor, now=now)
            return outcome_of(lines, is_done=True)
    except InsufficientFunds:
        if mode is Mode.ALL:
            return outcome_of(await affordable(conn, member, lines), is_done=False)
    # The money does not cover all of them. Which of them it covers is decided with the company's accounts locked.
    lines = await affordable(conn, member, lines, lock=True)
    covered = [line for line in lines if isinstance(line, TaskRow)]
    if covered:
        await order_payments(conn, covered, actor=actor, now=now)
    return outcome_of(lines, is_done=True)


async def validate_payments(conn: Connection, member: Member, wanted: Sequence[Reference | Refused]) -> Outcome:
    """What `pay_tasks` would say of each line now; nothing is paid."""
    lines = payable(wanted, await find_tasks(conn, member, wanted))
    return outcome_of(await affordable(conn, member, lines), is_done=False)


async def lock_tasks(conn: Connection, member: Member, wanted: Sequence[Reference | Refused]) -> list[TaskRow]:
    """The tasks named, in the order of their ids: of two calls that name the same tasks one waits for the other, and
    never both. What was waited for is read again."""
    return await find_tasks(conn, member, wanted, is_locked=True)


async def find_tasks(
    conn: Connection, member: Member, wanted: Sequence[Reference | Refused], *, is_locked: bool = False
) -> list[TaskRow]:
    references = [line for line in wanted if isinstance(line, Reference)]
    return await fetch_all(
        conn,
        TaskRow,
        SELECT_TASK
        + """
        WHERE t.company_id = %(company)s AND (t.id = ANY(%(ids)s::bigint[]) OR t.uuid = ANY(%(uuids)s::uuid[]))
        ORDER BY t.id
        """
        + ("FOR NO KEY UPDATE OF t" if is_locked else ""),
        {
            "company": member.company_id,
            "ids": [line.task_id for line in references if line.task_id is not None],
            "uuids": [line.uuid for line in references if line.task_id is None and line.uuid is not None],
        },
    )


def payable(wanted: Sequence[Reference | Refused], tasks: Sequence[TaskRow]) -> list[TaskRow | Refused]:
    """Each line's task, or why it cannot be paid whatever money there is."""
    by_id = {task.id: task for task in tasks}
    by_uuid = {task.uuid: task for task in tasks}
    named: set[int] = set()
    lines: list[TaskRow | Refused] = []
    for line in wanted:
        try:
            if isinstance(line, Refused):
                raise line
            if line.task_id is None and line.uuid is None:
                raise Refused("field_required", "task_id")
            task = by_id.get(line.task_id) if line.task_id is not None else by_uuid.get(line.uuid or UUID(int=0))
            if task is None:
                raise NotFound("task", "task_id")
            ends_of(Verb.PAY, State.QUEUED if task.id in named else task.state, by=Side.CLIENT)
            named.add(task.id)
            lines.append(task)
        except Refused as refusal:
            lines.append(refusal)
    return lines


async def affordable(
    conn: Connection, member: Member, lines: Sequence[TaskRow | Refused], *, lock: bool = False
) -> list[TaskRow | Refused]:
    """The lines as far as the money goes; what is held for a task is its own. Refuses, line by line:
    InsufficientFunds, with what is left for that line."""
    read = ledger.lock_company_balances if lock else ledger.company_balances
    balances = await read(conn, member.company_id)
    left = balances.available
    outcomes: list[TaskRow | Refused] = []
    for line in lines:
        if isinstance(line, TaskRow):
            needed = line.total - line.held
            if needed > left:
                outcomes.append(InsufficientFunds(company_available(member.company_id, balances.currency), left))
                continue
            left -= max(needed, Decimal(0))
        outcomes.append(line)
    return outcomes


def is_spoilt(lines: Sequence[TaskRow | Refused], mode: Mode) -> bool:
    return mode is Mode.ALL and any(isinstance(line, Refused) for line in lines)


def outcome_of(lines: Sequence[TaskRow | Refused], *, is_done: bool) -> Outcome:
    return Outcome(
        is_done,
        [
            Line(refusal=line)
            if isinstance(line, Refused)
            else Line(task_id=line.id, uuid=line.uuid, state=State.QUEUED if is_done else line.state, total=line.total)
            for line in lines
        ],
    )
