"""A task's messages: operations 18 and 19 of customer-api.md."""

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.openapi.spec import Schema
from litestar.params import FromPath, JSONBody

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.filters import DIRECTION_KIND, PAGE, Filter, Filters, Kind, operation_with, read_filters
from artel.api.customer.pagination import DEFAULT_SIZE, Paginated, effective_size, paginate
from artel.api.customer.replies import NOTHING, answer_once
from artel.api.customer.task_references import Id, task_of_path
from artel.api.customer.task_render import Message, render_message
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.tasks import messages
from artel.tasks.queries import access_task, lock_task

ApiRequest = Request[None, None, State]


def read_sort(text: str) -> str:
    if text != "id":
        raise ValueError(text)
    return text


PARAMETERS: Filters = {
    "sort": Filter("sort", Kind(read_sort, "field_invalid", Schema(enum=["id"])), "Only `id`", plain=True),
    "direction": Filter("descending", DIRECTION_KIND, "desc (the default): the newest first", plain=True),
    **PAGE,
}


@get(
    ["/customer/tasks/{task:str}/messages", "/tasks/{task:str}/messages"],
    right=Right.VIEW,
    tags=["Task messages"],
    summary="What client and freelancer wrote about a task",
    operation_class=operation_with(PARAMETERS),
)
async def list_messages(request: ApiRequest, member: SignedMember, task: FromPath[str]) -> Paginated[Message]:
    reference = task_of_path(task)
    asked = read_filters(request, PARAMETERS)
    page, size = asked.get("page", 1), effective_size(asked.get("size", DEFAULT_SIZE))
    async with context_of(request).database.connection() as conn:
        found = await access_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        rows = await messages.messages_of(
            conn, found.id, descending=asked.get("descending", True), limit=size, offset=(page - 1) * size
        )
    return paginate([render_message(row) for row in rows], total=found.message_count, page=page, size=size)


class NewMessage(msgspec.Struct, rename="camel"):
    task_id: Id
    message: str


@post(
    ["/customer/tasks/messages", "/tasks/messages"],
    status_code=200,
    right=Right.TASKS,
    tags=["Task messages"],
    summary="Write a message",
)
async def add_message(request: ApiRequest, member: SignedMember, data: JSONBody[NewMessage]) -> Response[list[None]]:
    async def work(conn: Connection) -> list[None]:
        task = await lock_task(conn, member, task_id=data.task_id)
        await messages.add_message(conn, task, data.message, author_id=member.person_id, now=clock.now())
        return NOTHING

    return await answer_once(request, member, work)


ROUTES: list[Any] = [list_messages, add_message]
