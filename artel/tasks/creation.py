"""Making tasks (M, "Create a task"): all checks, the price, the number, the first step, the first hold.

One task is a thousand tasks with one line: there is one way for both.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

import msgspec

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_all
from artel.errors import Refused
from artel.ledger import queries as ledger
from artel.ledger.accounts import company_available
from artel.ledger.errors import InsufficientFunds
from artel.tasks.bulk import Line, Mode, Outcome
from artel.tasks.escrow import held_after
from artel.tasks.insertion import Planned, insert_tasks, take_numbers
from artel.tasks.machine import State
from artel.tasks.new_tasks import Checked, NewTask, check_new_tasks
from artel.tasks.pricing import TaskPrice


async def create_task(conn: Connection, member: Member, wanted: NewTask, *, now: datetime) -> UUID:
    """Make a task and answer its uuid. It is published at once, or a draft where that is asked for.

    Publishing needs the total available, whatever the policy; where it is not, the task is a draft, and
    `publish_draft` shows it later (M, "Create a task"). The rate of a task in two currencies is fixed here.
    Refuses: what check_new_task refuses; uuid_taken and external_id_taken, also where another call takes them first.
    """
    outcome = await create_tasks(conn, member, [wanted], mode=Mode.ALL, now=now)
    [line] = outcome.lines
    if line.refusal is not None:
        raise line.refusal
    assert line.uuid is not None
    return line.uuid


async def validate_task(conn: Connection, member: Member, wanted: NewTask, *, now: datetime) -> TaskPrice:
    """What `create_task` would say, and what the task would cost, without making it (M, validateOnly).

    Refuses: what create_task refuses; InsufficientFunds where the task would become a draft against its client's will.
    """
    outcome = await validate_tasks(conn, member, [wanted], now=now)
    [line] = outcome.lines
    if line.refusal is not None:
        raise line.refusal
    assert line.price is not None
    return line.price


async def create_tasks(
    conn: Connection, member: Member, wanted: Sequence[NewTask | Refused], *, mode: Mode, now: datetime
) -> Outcome:
    """Make many tasks, as if one after another, with as many statements as for one.

    A line may come refused already, by whoever read it. With Mode.ALL one refused line leaves nothing written.
    Lines are refused as create_task refuses, and for a uuid or an external id that a line before has.
    """
    checked = await check_lines(conn, member, wanted, now=now)
    if is_spoilt(checked, mode):
        return Outcome(False, [told(line) for line in checked])
    # From here to the commit the company's other creations wait, so that no number is left out and what was taken
    # before is seen by the statements that follow.
    await take_numbers(conn, member.company_id, 0)
    checked = await without_taken(conn, member.company_id, checked)
    fine = [line for line in checked if isinstance(line, Checked)]
    if is_spoilt(checked, mode) or not fine:
        return Outcome(not is_spoilt(checked, mode), [told(line) for line in checked])
    made = iter(await publish_or_keep(conn, member, fine, now=now))
    return Outcome(True, [told(line) if isinstance(line, Refused) else done(next(made)) for line in checked])


async def validate_tasks(
    conn: Connection, member: Member, wanted: Sequence[NewTask | Refused], *, now: datetime
) -> Outcome:
    """What `create_tasks` would say of each line, and its cost; nothing is written.

    Refuses, besides, InsufficientFunds in the lines that would become drafts against their client's will.
    """
    checked = await check_lines(conn, member, wanted, now=now)
    checked = await without_taken(conn, member.company_id, checked)
    fine = [line for line in checked if isinstance(line, Checked)]
    balances = await ledger.company_balances(conn, member.company_id)
    planned = iter(plan(fine, available=balances.available))
    lines = []
    for line in checked:
        if isinstance(line, Refused):
            lines.append(told(line))
        elif next(planned).state is State.DRAFT and not line.wanted.as_draft:
            account = company_available(member.company_id, balances.currency)
            lines.append(Line(refusal=InsufficientFunds(account, balances.available), price=line.price))
        else:
            lines.append(told(line))
    return Outcome(False, lines)


async def check_lines(
    conn: Connection, member: Member, wanted: Sequence[NewTask | Refused], *, now: datetime
) -> list[Checked | Refused]:
    """Everything that needs no lock. Of two lines with one uuid or external id the second is refused."""
    readable = [line for line in wanted if isinstance(line, NewTask)]
    checked = iter(await check_new_tasks(conn, member, readable, now=now))
    lines = [line if isinstance(line, Refused) else next(checked) for line in wanted]
    return refuse_taken(lines, uuids=set(), external_ids=set())


def refuse_taken(
    lines: Sequence[Checked | Refused], *, uuids: set[UUID], external_ids: set[str]
) -> list[Checked | Refused]:
    """Refuses, line by line: uuid_taken, external_id_taken. What a line has is taken for the lines after it."""
    outcomes: list[Checked | Refused] = []
    for line in lines:
        if isinstance(line, Checked):
            if line.wanted.uuid in uuids:
                outcomes.append(Refused("uuid_taken", "uuid"))
                continue
            if line.external_id in external_ids:
                outcomes.append(Refused("external_id_taken", "external_id"))
                continue
            if line.wanted.uuid is not None:
                uuids.add(line.wanted.uuid)
            if line.external_id is not None:
                external_ids.add(line.external_id)
        outcomes.append(line)
    return outcomes


class _Taken(msgspec.Struct):
    uuid: UUID
    external_id: str | None


async def without_taken(
    conn: Connection, company_id: int, lines: Sequence[Checked | Refused]
) -> list[Checked | Refused]:
    """The lines again, held against the uuids and external ids that tasks of the company have."""
    fine = [line for line in lines if isinstance(line, Checked)]
    taken = await fetch_all(
        conn,
        _Taken,
        """
        SELECT uuid, external_id
        FROM task
        WHERE company_id = %(company)s AND uuid = ANY(%(uuids)s::uuid[])
        UNION ALL
        SELECT uuid, external_id
        FROM task
        WHERE company_id = %(company)s AND external_id = ANY(%(externals)s::text[])
        """,
        {
            "company": company_id,
            "uuids": [line.wanted.uuid for line in fine if line.wanted.uuid is not None],
            "externals": [line.external_id for line in fine if line.external_id is not None],
        },
    )
    return refuse_taken(
        lines,
        uuids={row.uuid for row in taken},
        external_ids={row.external_id for row in taken if row.external_id is not None},
    )


async def publish_or_keep(conn: Connection, member: Member, fine: Sequence[Checked], *, now: datetime) -> list[Planned]:
    """Write the tasks, each published as far as the money goes in their order, else a draft.

    First by what is available now, without keeping the company's other payments waiting; where those were quicker
    with the money, once more with the accounts locked.
    """
    try:
        async with conn.transaction():
            balances = await ledger.company_balances(conn, member.company_id)
            planned = plan(fine, available=balances.available)
            await insert_tasks(conn, member, planned, now=now)
            return planned
    except InsufficientFunds:
        balances = await ledger.lock_company_balances(conn, member.company_id)
        planned = plan(fine, available=balances.available)
        await insert_tasks(conn, member, planned, now=now)
        return planned


def plan(fine: Sequence[Checked], *, available: Decimal) -> list[Planned]:
    """Which of the tasks are published, in their order, where so much is available."""
    planned = []
    for checked in fine:
        total = checked.price.total
        state = State.DRAFT if checked.wanted.as_draft or available < total else State.NEW
        held = held_after(state, escrow=checked.escrow, held=Decimal(0), total=total)
        available -= held
        planned.append(Planned(checked=checked, uuid=checked.wanted.uuid or uuid4(), state=state, held=held))
    return planned


def is_spoilt(lines: Sequence[Checked | Refused], mode: Mode) -> bool:
    return mode is Mode.ALL and any(isinstance(line, Refused) for line in lines)


def told(line: Checked | Refused) -> Line:
    return Line(refusal=line) if isinstance(line, Refused) else Line(price=line.price)


def done(planned: Planned) -> Line:
    return Line(uuid=planned.uuid, state=planned.state, price=planned.checked.price)
