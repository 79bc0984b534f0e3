"""Tasks as their company sees them: operations 3 and 4 of customer-api.md."""

from typing import Any, cast

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.params import FromPath

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember, enter_with, entrance_of
from artel.api.customer.filters import operation_with
from artel.api.customer.kept_items import items_kept
from artel.api.customer.pagination import Paginated, Pagination, pagination
from artel.api.customer.task_filters import LIST_PARAMETERS, Asked, read_asked
from artel.api.customer.task_references import task_of_path
from artel.api.customer.task_render import Task, render_message, render_task, with_descriptions
from artel.companies.access import ROLE_RIGHTS, Entrance, Right
from artel.companies.queries import role_in
from artel.db.pool import Connection, Database
from artel.errors import NotFound, Refused
from artel.tasks import listing
from artel.tasks.details import attributes_of, task_details
from artel.tasks.messages import messages_of
from artel.tasks.queries import access_task

ApiRequest = Request[None, None, State]

# A task shows its newest messages; all of them have a list of their own.
MESSAGES_SHOWN = 100


@get(
    "/customer/tasks",
    right=Right.VIEW,
    enters_with_reads=True,
    tags=["Tasks"],
    summary="Tasks of the company",
    operation_class=operation_with(LIST_PARAMETERS),
)
async def list_tasks(request: ApiRequest) -> Response[Paginated[Task]]:
    """Filtered, ordered, a page at a time; the newest first where no order is asked for."""
    try:
        asked = read_asked(request)
    except Refused:
        await enter_with(request)  # only those who may ask are told what is wrong, and in their language
        raise
    entrance = entrance_of(request)
    if asked.is_plain:
        wanted = asked.of(entrance.wanted_company_id or 0, now=entrance.now)
        (found,) = await enter_with(request, listing.plain_page(wanted))
        page = listing.read_page(found)
    else:
        await enter_with(request)
        async with context_of(request).database.connection() as conn:
            wanted = asked.of(await whose_tasks(conn, entrance, asked), now=entrance.now)
            page = await listing.page_of(conn, wanted)
    items = await rendered(context_of(request).database, wanted, page.versions)
    return list_reply(items, pagination(len(items), total=page.total, page=asked.page, size=asked.size))


async def whose_tasks(conn: Connection, entrance: Entrance, asked: Asked) -> int:
    """The company whose tasks are listed; 0 where the filter names a company that is not the caller's to see."""
    at_the_door = entrance.wanted_company_id or 0
    if asked.company_id is None or asked.company_id == at_the_door:
        return at_the_door
    role = await role_in(conn, person_id=entrance.claims.person_id, company_id=asked.company_id)
    return asked.company_id if role is not None and Right.VIEW in ROLE_RIGHTS[role] else 0


async def rendered(database: Database, wanted: listing.Wanted, versions: list[bytes]) -> list[bytes]:
    """The items of these versions. A task that changes while we look comes as it is now."""
    kept = items_kept(database)
    items = [kept.get(version) for version in versions]
    missing = [listing.task_id_of(version) for version, item in zip(versions, items, strict=True) if item is None]
    if not missing:
        return cast(list[bytes], items)
    async with database.connection() as conn:
        tasks = await task_details(conn, wanted.company_id, missing, now=wanted.now)
        attributes = await attributes_of(conn, tasks)
    fresh = {}
    for task in tasks:
        fresh[task.id] = msgspec.json.encode(render_task(task, attributes))
        kept.keep(task.version.encode(), fresh[task.id])
    return [item or fresh[listing.task_id_of(version)] for version, item in zip(versions, items, strict=True)]


def list_reply(items: list[bytes], page: Pagination) -> Response[Any]:
    body = b'{"items":[%b],"pagination":%b}' % (b",".join(items), msgspec.json.encode(page))
    return Response(body, media_type="application/json")


@get(
    "/customer/tasks/{task:str}",
    right=Right.VIEW,
    tags=["Tasks"],
    summary="One task, by its id or UUID",
)
async def show_task(request: ApiRequest, member: SignedMember, task: FromPath[str]) -> Task:
    reference = task_of_path(task)
    async with context_of(request).database.connection() as conn:
        found = await access_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        rows = await task_details(conn, member.company_id, [found.id], now=clock.now())
        attributes = await attributes_of(conn, rows)
        messages = await messages_of(conn, found.id, descending=True, limit=MESSAGES_SHOWN)
    if not rows:
        raise NotFound("task")
    shown = render_task(rows[0], attributes)
    with_descriptions(shown, attributes)
    shown.messages = [render_message(row) for row in reversed(messages)]
    return shown


ROUTES = [list_tasks, show_task]
