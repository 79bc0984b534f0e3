"""Writing new tasks: their rows, papers, first steps and holds, all of a set at once."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from artel.advertising.task_contracts import attach_contracts
from artel.companies.access import Member
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.ledger import rules as books
from artel.ledger.rules import Declined
from artel.tasks.machine import State, Step, Verb
from artel.tasks.new_tasks import Checked
from artel.tasks.steps import note_steps
from artel.tasks.transfers import hold_of

# What a file given with a new task is: material from the client.
ATTACHED_AT_CREATION = 1


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A task about to be written."""

    checked: Checked
    uuid: UUID
    state: State
    held: Decimal


async def insert_tasks(conn: Connection, member: Member, planned: Sequence[Planned], *, now: datetime) -> None:
    """The rows, the steps, and the holds where the policy wants them.

    The caller holds the company's counter (`take_numbers`) and has looked for uuids and external ids that are taken.
    Refuses: InsufficientFunds, as soon as one hold cannot be had; the caller undoes what was written.
    """
    first = await take_numbers(conn, member.company_id, len(planned))
    rows = [row_of(member, task, number=first + place, now=now) for place, task in enumerate(planned)]
    names = list(rows[0])
    ids = await fetch_value(
        conn,
        SQL(
            """
            WITH made AS (
                INSERT INTO task ({columns})
                SELECT {columns}
                FROM jsonb_populate_recordset(NULL::task, %(rows)s)
                RETURNING id, number
            )
            SELECT array_agg(id ORDER BY number)
            FROM made
            """
        ).format(columns=SQL(", ").join(Identifier(name) for name in names)),
        {"rows": Jsonb(rows, dumps=lambda value: msgspec.json.encode(value).decode())},
    )
    await attach_files(conn, dict(zip(ids, planned, strict=True)), now=now)
    shares = {task_id: task.checked.end_contracts for task_id, task in zip(ids, planned, strict=True)}
    await attach_contracts(conn, shares)
    steps = [first_step(member, task, task_id) for task, task_id in zip(planned, ids, strict=True)]
    step_ids = await note_steps(conn, steps, now=now)
    # The ledger last: it locks the company's accounts, for which others wait.
    holds = [
        hold_of(
            step.task_id,
            company_id=step.company_id,
            currency=task.checked.price.currency,
            total=task.held,
            step_id=step_id,
            actor_id=step.actor_id,
            now=now,
        )
        for task, step, step_id in zip(planned, steps, step_ids, strict=True)
        if task.held
    ]
    for outcome in await books.post_many(conn, holds):
        if isinstance(outcome, Declined):
            raise outcome.error


def row_of(member: Member, task: Planned, *, number: int, now: datetime) -> dict[str, Any]:
    """The task's columns."""
    checked, wanted = task.checked, task.checked.wanted
    return {
        **msgspec.structs.asdict(checked.price),
        "uuid": task.uuid,
        "company_id": member.company_id,
        "number": number,
        "state": task.state,
        "state_changed_at": now,
        "creator_id": member.person_id,
        "freelancer_id": wanted.freelancer_id,
        "service_id": wanted.service_id,
        "group_id": wanted.group_ids[0] if wanted.group_ids else None,
        "external_id": checked.external_id,
        "create_type": "API",
        "title": checked.title,
        "description": checked.description,
        "attributes": [msgspec.structs.asdict(attribute) for attribute in checked.attributes],
        "copyright": wanted.copyright,
        "need_report": wanted.need_report,
        "deadline": wanted.deadline,
        "deadline_type": wanted.deadline_type,
        "escrow": checked.escrow,
        "held": task.held,
        "created_at": now,
        "published_at": now if task.state is State.NEW else None,
    }


def first_step(member: Member, task: Planned, task_id: int) -> Step:
    return Step(
        verb=Verb.CREATE,
        task_id=task_id,
        company_id=member.company_id,
        uuid=task.uuid,
        external_id=task.checked.external_id,
        start=None,
        end=task.state,
        actor_id=member.person_id,
        held=task.held,
    )


async def take_numbers(conn: Connection, company_id: int, count: int) -> int:
    """The first of `count` task numbers; with 0 the counter is only locked. From here to the commit the company's
    other creations wait."""
    last = await fetch_value(
        conn,
        """
        INSERT INTO company_counter AS counter (company_id, last_task_number)
        VALUES (%(company)s, %(count)s)
        ON CONFLICT (company_id) DO UPDATE
        SET last_task_number = counter.last_task_number + %(count)s
        RETURNING last_task_number
        """,
        {"company": company_id, "count": count},
    )
    return int(last) - count + 1


async def attach_files(conn: Connection, tasks: dict[int, Planned], *, now: datetime) -> None:
    """The files given, and the papers to be signed."""
    files = {(task_id, file_id) for task_id, task in tasks.items() for file_id in task.checked.wanted.file_ids}
    if files:
        await insert_pairs(
            conn,
            """
            INSERT INTO task_file (task_id, file_id, type, attached_at)
            SELECT pair.task_id, pair.file_id, %(type)s, %(now)s::timestamptz
            FROM unnest(%(tasks)s::bigint[], %(files)s::bigint[]) AS pair (task_id, file_id)
            """,
            files,
            type=ATTACHED_AT_CREATION,
            now=now,
        )
    papers = {
        (task_id, file_id) for task_id, task in tasks.items() for file_id in task.checked.wanted.acceptance_file_ids
    }
    if papers:
        await insert_pairs(
            conn,
            """
            INSERT INTO task_acceptance_file (task_id, acceptance_file_id)
            SELECT pair.task_id, pair.file_id
            FROM unnest(%(tasks)s::bigint[], %(files)s::bigint[]) AS pair (task_id, file_id)
            """,
            papers,
        )


async def insert_pairs(conn: Connection, sql: LiteralString, pairs: set[tuple[int, int]], **more: object) -> None:
    ordered = sorted(pairs)
    await conn.execute(sql, {"tasks": [task for task, _ in ordered], "files": [file for _, file in ordered], **more})
