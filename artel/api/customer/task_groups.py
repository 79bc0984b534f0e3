"""Task groups: operations 20-23 of customer-api.md."""

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import State
from litestar.params import JSONBody

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.pagination import DEFAULT_SIZE, PageNumber, PageSize, Paginated, effective_size, paginate
from artel.api.customer.replies import answer_once, moment
from artel.api.customer.task_references import Id
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.tasks import groups

ApiRequest = Request[None, None, State]
PATH = "/customer/task-groups"


class Group(msgspec.Struct, rename="camel"):
    id: int
    company_id: int
    color: str
    title: str
    created_at: str


class NewGroup(msgspec.Struct):
    title: str


class GroupTitle(msgspec.Struct, rename="camel"):
    group_id: Id
    title: str


class GroupReference(msgspec.Struct, rename="camel"):
    group_id: Id


class GroupMade(msgspec.Struct, rename="camel"):
    """What the documents show, and the new group's id."""

    actor_id: int
    company_id: int
    title: str
    group_id: int


class GroupRenamed(msgspec.Struct, rename="camel"):
    actor_id: int
    company_id: int
    group_id: int
    title: str


class GroupDeleted(msgspec.Struct, rename="camel"):
    actor_id: int
    company_id: int
    group_id: int


def render_group(row: groups.GroupRow) -> Group:
    return Group(row.id, row.company_id, row.color, row.title, moment(row.created_at))


@get(PATH, right=Right.VIEW, tags=["Task groups"], summary="Task groups, the newest first")
async def list_groups(
    request: ApiRequest, member: SignedMember, page: PageNumber = 1, size: PageSize = DEFAULT_SIZE
) -> Paginated[Group]:
    size = effective_size(size)
    async with context_of(request).database.connection() as conn:
        total, rows = await groups.groups_of(conn, member.company_id, limit=size, offset=(page - 1) * size)
    return paginate([render_group(row) for row in rows], total=total, page=page, size=size)


@post(PATH, status_code=200, right=Right.TASKS, tags=["Task groups"], summary="Add a task group")
async def create_group(request: ApiRequest, member: SignedMember, data: JSONBody[NewGroup]) -> Response[GroupMade]:
    async def work(conn: Connection) -> GroupMade:
        group_id = await groups.create_group(conn, member, data.title, now=clock.now())
        return GroupMade(member.person_id, member.company_id, data.title.strip(), group_id)

    return await answer_once(request, member, work)


@put(PATH, right=Right.TASKS, tags=["Task groups"], summary="Rename a task group")
async def rename_group(request: ApiRequest, member: SignedMember, data: JSONBody[GroupTitle]) -> Response[GroupRenamed]:
    async def work(conn: Connection) -> GroupRenamed:
        title = await groups.rename_group(conn, member, data.group_id, data.title, now=clock.now())
        return GroupRenamed(member.person_id, member.company_id, data.group_id, title)

    return await answer_once(request, member, work)


@delete(PATH, status_code=200, right=Right.TASKS, tags=["Task groups"], summary="Remove a task group; its tasks stay")
async def delete_group(
    request: ApiRequest, member: SignedMember, data: JSONBody[GroupReference]
) -> Response[GroupDeleted]:
    async def work(conn: Connection) -> GroupDeleted:
        await groups.delete_group(conn, member, data.group_id, now=clock.now())
        return GroupDeleted(member.person_id, member.company_id, data.group_id)

    return await answer_once(request, member, work)


ROUTES: list[Any] = [list_groups, create_group, rename_group, delete_group]
