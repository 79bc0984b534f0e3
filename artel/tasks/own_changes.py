"""Proposed changes as the freelancer sees them: what was, what is to be, in words and in what they would get."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_one
from artel.errors import NotFound
from artel.tasks.attributes import Given
from artel.tasks.changesets import open_changeset
from artel.tasks.own_tasks import OwnTaskRow
from artel.tasks.queries import SELECT_TASK, TaskRow
from artel.tasks.repricing import reprice


class NamedValue(msgspec.Struct, frozen=True):
    """An attribute's value with what the attribute is called."""

    title_ru: str
    title_en: str
    value: str


class OwnChange(msgspec.Struct, frozen=True):
    """A term, by the name of its column; the price as `amount`, what the freelancer gets; attributes with names."""

    name: str
    was: object
    becomes: object


class OwnProposal(msgspec.Struct, frozen=True):
    id: int
    proposed_at: datetime
    changes: list[OwnChange]


async def own_proposal(conn: Connection, task: OwnTaskRow) -> OwnProposal | None:
    """What the freelancer of a task is asked to agree to; None where nothing is asked, or not any more."""
    try:
        changeset = await open_changeset(conn, task.id)
    except NotFound:
        return None
    changes = []
    for name, was, becomes in changeset.changes():
        if name == "worker_price":
            assert changeset.worker_price is not None
            row = await fetch_one(conn, TaskRow, SELECT_TASK + "WHERE t.id = %(task)s", {"task": task.id})
            assert row is not None
            price = await reprice(conn, row, changeset.worker_price)
            changes.append(OwnChange("amount", row.amount_for_worker, price.amount_for_worker))
        elif name == "attributes":
            assert isinstance(was, list)
            assert isinstance(becomes, list)
            changes.append(OwnChange(name, await with_names(conn, was), await with_names(conn, becomes)))
        else:
            changes.append(OwnChange(name, was, becomes))
    return OwnProposal(changeset.id, changeset.proposed_at, changes)


class _Title(msgspec.Struct):
    id: int
    title_ru: str
    title_en: str


async def with_names(conn: Connection, attributes: Sequence[Given]) -> list[NamedValue]:
    rows = await fetch_all(
        conn,
        _Title,
        "SELECT id, title_ru, title_en FROM attribute WHERE id = ANY(%(ids)s::bigint[])",
        {"ids": [given.id for given in attributes]},
    )
    titles = {row.id: row for row in rows}
    return [
        NamedValue(
            titles[given.id].title_ru,
            titles[given.id].title_en,
            given.value if isinstance(given.value, str) else ", ".join(given.value),
        )
        for given in attributes
    ]
