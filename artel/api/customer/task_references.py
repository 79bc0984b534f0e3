"""How a body or a path names a task, and how a client writes an instant."""

from datetime import UTC, datetime, time
from typing import Annotated
from uuid import UUID

import msgspec

from artel.companies.access import Member
from artel.errors import NotAllowed, NotFound, Refused

# What fits the database; a larger number is nobody's.
Id = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
DATE_EXAMPLE = "2022-05-19 11:53:03"


class TaskReference(msgspec.Struct, rename="camel"):
    """`taskId` or `uuid`; where both are given, `taskId` counts. `companyId` is the company acted for."""

    task_id: Id | None = None
    uuid: UUID | None = None
    company_id: Id | None = None


def task_of_path(text: str) -> TaskReference:
    """`/tasks/583689` or `/tasks/c6e8e285-…`. Refuses: NotFound for what is neither."""
    try:
        if text.isascii() and text.isdecimal():
            return TaskReference(task_id=msgspec.convert(int(text), Id))
        return TaskReference(uuid=UUID(text))
    except ValueError:
        raise NotFound("task") from None


def require_same_company(member: Member, company_id: int | None) -> None:
    """A body may say again which company is meant, and not another one than the token or the header says.

    Refuses: NotAllowed("other_company").
    """
    if company_id is not None and company_id != member.company_id:
        raise NotAllowed("other_company")


def read_instant(text: str, field: str) -> datetime:
    """`2022-05-19 11:53:03` (UTC) or ISO 8601; a day alone means its end. Refuses: field_not_a_date."""
    try:
        instant = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2022-05-19"):
            instant = datetime.combine(instant, time(23, 59, 59))
        return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("field_not_a_date", field, example=DATE_EXAMPLE) from None
