"""Terms of a task that may be changed after it was made, and the changesets that say which and when.

What is proposed and what was, side by side, is kept for ever: a changeset is closed, and never edited or removed.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound, Refused
from artel.tasks.attributes import Given, check_attributes
from artel.tasks.pricing import TaskPrice
from artel.tasks.queries import TaskRow
from artel.tasks.repricing import reprice
from artel.tasks.rules import require_ahead
from artel.tasks.texts import checked_description, checked_title


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a task says; None: nothing of it. `worker_price` is in the worker's currency, as a new task's is."""

    title: str | None = None
    description: str | None = None
    worker_price: Decimal | None = None
    deadline: datetime | None = None
    deadline_type: int | None = None
    attributes: list[Given] | None = None
    need_report: bool | None = None
    copyright: bool | None = None

    def given(self) -> dict[str, object]:
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}


class Outcome(StrEnum):
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPLIED = "applied"  # by the client alone, to what nobody had agreed to yet


class Checked(msgspec.Struct, frozen=True):
    """Terms that nothing is wrong with and that differ from the task's, and what the task then costs."""

    terms: Terms
    price: TaskPrice | None  # None: as before


class Changeset(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal as it is stored, with who made it."""

    id: int
    task_id: int
    from_state: int
    proposed_by: int
    proposer_first_name: str
    proposer_last_name: str
    proposed_at: datetime
    title: str | None
    description: str | None
    worker_price: Decimal | None
    deadline: datetime | None
    deadline_type: int | None
    attributes: list[dict[str, Any]] | None
    need_report: bool | None
    copyright: bool | None
    previous: dict[str, Any]

    @property
    def terms(self) -> Terms:
        """What is proposed."""
        return msgspec.convert({name: getattr(self, name) for name in Terms.__struct_fields__}, Terms)

    def changes(self) -> Iterator[tuple[str, object, object]]:
        """Name, what was, what is to be."""
        was = msgspec.convert(self.previous, Terms)
        for name, value in self.terms.given().items():
            yield name, getattr(was, name), value


def terms_of(task: TaskRow) -> Terms:
    return Terms(
        title=task.title,
        description=task.description,
        worker_price=task.worker_price,
        deadline=task.deadline,
        deadline_type=task.deadline_type,
        attributes=[Given(given["id"], given["value"]) for given in task.attributes],
        need_report=task.need_report,
        copyright=task.copyright,
    )


async def check_terms(conn: Connection, task: TaskRow, wanted: Terms, *, now: datetime) -> Checked:
    """What of `wanted` is another than the task's, as it will be kept.

    Refuses: what is wrong with the title and the description (texts.py), the attributes (attributes.py) and the
    price (pricing.py); deadline_not_ahead; nothing_changed.
    """
    if wanted.deadline is not None:
        require_ahead(wanted.deadline, now=now)
    terms = msgspec.structs.replace(
        wanted,
        title=None if wanted.title is None else checked_title(wanted.title),
        description=None if wanted.description is None else checked_description(wanted.description),
        attributes=None
        if wanted.attributes is None
        else await check_attributes(conn, task.service_id, wanted.attributes),
    )
    price = None if terms.worker_price is None else await reprice(conn, task, terms.worker_price)
    there = terms_of(task)
    different = {name: value for name, value in terms.given().items() if value != getattr(there, name)}
    if not different:
        raise Refused("nothing_changed")
    return Checked(Terms(**different), price if "worker_price" in different else None)  # type: ignore[arg-type]


async def insert_changeset(
    conn: Connection,
    task: TaskRow,
    terms: Terms,
    *,
    actor_id: int | None,
    now: datetime,
    outcome: Outcome | None = None,
) -> int:
    """Keep a changeset of a task locked by the caller: an open one, or one that has its outcome already."""
    there = terms_of(task)
    changeset_id: int = await fetch_value(
        conn,
        """
        INSERT INTO task_changeset (
            task_id, from_state, proposed_by, proposed_at, title, description, worker_price, deadline, deadline_type,
            attributes, need_report, copyright, previous, outcome, closed_by, closed_at
        )
        VALUES (
            %(task)s, %(state)s, %(actor)s, %(now)s, %(title)s, %(description)s, %(worker_price)s, %(deadline)s,
            %(deadline_type)s, %(attributes)s, %(need_report)s, %(copyright)s, %(previous)s, %(outcome)s,
            %(closed_by)s, %(closed_at)s
        )
        RETURNING id
        """,
        {
            **columns_of(terms),
            "task": task.id,
            "state": task.state,
            "actor": actor_id,
            "now": now,
            "previous": Jsonb(msgspec.to_builtins({name: getattr(there, name) for name in terms.given()})),
            "outcome": outcome,
            "closed_by": actor_id if outcome else None,
            "closed_at": now if outcome else None,
        },
    )
    return changeset_id


async def open_changeset(conn: Connection, task_id: int) -> Changeset:
    """The proposal that a task waits for, of a task that the caller may see. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        Changeset,
        """
        SELECT
            c.id, c.task_id, c.from_state, c.proposed_by, p.first_name AS proposer_first_name,
            p.last_name AS proposer_last_name, c.proposed_at, c.title, c.description, c.worker_price, c.deadline,
            c.deadline_type, c.attributes, c.need_report, c.copyright, c.previous
        FROM task_changeset AS c
        JOIN person AS p ON p.id = c.proposed_by
        WHERE c.task_id = %(task)s AND c.outcome IS NULL
        """,
        {"task": task_id},
    )
    if row is None:
        raise NotFound("changeset")
    return row


async def close_changeset(
    conn: Connection, changeset: Changeset, outcome: Outcome, *, actor_id: int | None, now: datetime
) -> None:
    await conn.execute(
        """
        UPDATE task_changeset
        SET outcome = %(outcome)s, closed_by = %(actor)s, closed_at = %(now)s
        WHERE id = %(id)s
        """,
        {"id": changeset.id, "outcome": outcome, "actor": actor_id, "now": now},
    )


async def apply_terms(conn: Connection, task: TaskRow, terms: Terms) -> None:
    """Write down all but the price, which has figures of its own (artel.tasks.repricing)."""
    await conn.execute(
        """
        UPDATE task
        SET title = coalesce(%(title)s, title),
            description = coalesce(%(description)s, description),
            deadline = coalesce(%(deadline)s, deadline),
            deadline_type = coalesce(%(deadline_type)s, deadline_type),
            attributes = coalesce(%(attributes)s, attributes),
            need_report = coalesce(%(need_report)s, need_report),
            copyright = coalesce(%(copyright)s, copyright)
        WHERE id = %(task)s
        """,
        {**columns_of(terms), "task": task.id},
    )


def columns_of(terms: Terms) -> dict[str, object]:
    attributes = terms.attributes
    return {
        **msgspec.structs.asdict(terms),
        "attributes": None if attributes is None else Jsonb(msgspec.to_builtins(attributes)),
    }
