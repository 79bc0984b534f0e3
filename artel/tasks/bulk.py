"""Many tasks in one call: what is asked for, and what became of each line."""

from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import msgspec

from artel.errors import Refused
from artel.tasks.pricing import TaskPrice

MOST_LINES = 1000


class Mode(StrEnum):
    ALL = "all"  # everything, or nothing as soon as one line is refused
    EACH = "each"  # a line that is refused spoils no other


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a line. `refusal` is what it would have been told alone; without one, nothing is wrong with it."""

    refusal: Refused | None = None
    task_id: int | None = None
    uuid: UUID | None = None
    state: int | None = None  # the task's, after the call
    price: TaskPrice | None = None  # of a new task
    total: Decimal | None = None  # of a task to pay, in the company's currency


class Outcome(msgspec.Struct, frozen=True):
    """`is_done`: the lines that nothing is wrong with have been written. Else nothing has."""

    is_done: bool
    lines: list[Line]

    @property
    def refused_count(self) -> int:
        return sum(line.refusal is not None for line in self.lines)


def require_size(count: int, field: str) -> None:
    """Refuses: field_required for no line at all; too_many_lines."""
    if count == 0:
        raise Refused("field_required", field)
    if count > MOST_LINES:
        raise Refused("too_many_lines", field, most=MOST_LINES)
