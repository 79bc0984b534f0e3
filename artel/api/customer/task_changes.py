"""Changes of a task's terms: calls of our own beside the documents' (docs/customer-api/disputes-and-changes.md)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.replies import NOTHING, answer_once, moment, number
from artel.api.customer.task_creation import NewTaskAttribute, to_value
from artel.api.customer.task_references import Id, read_instant, task_of_path
from artel.api.customer.task_render import Author, full_name
from artel.companies.access import Member, Right
from artel.db.pool import Connection
from artel.tasks import changes
from artel.tasks.attributes import Given
from artel.tasks.changesets import Changeset, Terms, open_changeset
from artel.tasks.errors import DoesNotActForFreelancers
from artel.tasks.machine import Actor, Side
from artel.tasks.queries import access_task, lock_task

ApiRequest = Request[None, None, State]
Nothing = Response[list[None]]


class NewTerms(msgspec.Struct, rename="camel", kw_only=True):
    """What is left out stays as it is. `price` is what the freelancer is to get, in the task's `workerCurrency`."""

    title: str | None = None
    description: str | None = None
    price: Decimal | None = None
    deadline: str | None = None
    deadline_type: Annotated[int, msgspec.Meta(ge=1, le=2)] | None = None
    attributes: list[NewTaskAttribute] | None = None
    need_report: bool | None = None
    copyright: bool | None = None


class Proposal(NewTerms, kw_only=True):
    """`comment` becomes a message of the task."""

    comment: str | None = None


class Answer(msgspec.Struct, rename="camel"):
    """`changesetId`: the proposal that was read; another one, open by now, is not answered."""

    changeset_id: Id | None = None


class Refusal(Answer):
    """`comment` becomes a message of the task."""

    comment: str | None = None


class ChangedAttribute(msgspec.Struct):
    id: int
    value: str | list[str]


Term = str | float | bool | list[ChangedAttribute]


class Change(msgspec.Struct, kw_only=True):
    """One term, named as in the request: what it was when the changes were proposed, and what it is to be."""

    field: str
    was: Term
    becomes: Term


class ProposedChanges(msgspec.Struct, rename="camel", kw_only=True):
    """`state` is where the task was, and goes back to."""

    id: int
    task_id: int
    state: int
    author: Author
    created_at: str
    changes: list[Change]


WIRE_NAMES = {
    "worker_price": "price",
    "deadline_type": "deadlineType",
    "need_report": "needReport",
}


def to_terms(data: NewTerms) -> Terms:
    return Terms(
        title=data.title,
        description=data.description,
        worker_price=data.price,
        deadline=None if data.deadline is None else read_instant(data.deadline, "deadline"),
        deadline_type=data.deadline_type,
        attributes=None
        if data.attributes is None
        else [Given(attribute.id, to_value(attribute.value)) for attribute in data.attributes],
        need_report=data.need_report,
        copyright=data.copyright,
    )


def render_term(value: object) -> Any:
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, list):
        return [ChangedAttribute(given.id, given.value) for given in value]
    return value


def render_changes(changeset: Changeset) -> ProposedChanges:
    author = Author(changeset.proposed_by, full_name(changeset.proposer_first_name, changeset.proposer_last_name))
    return ProposedChanges(
        id=changeset.id,
        task_id=changeset.task_id,
        state=changeset.from_state,
        author=author,
        created_at=moment(changeset.proposed_at),
        changes=[
            Change(field=WIRE_NAMES.get(name, name), was=render_term(was), becomes=render_term(becomes))
            for name, was, becomes in changeset.changes()
        ],
    )


@post(
    "/customer/tasks/{task:str}/changes",
    status_code=200,
    right=Right.TASKS,
    tags=["Task changes"],
    summary="Propose other terms to the freelancer",
)
async def propose_changes(
    request: ApiRequest, member: SignedMember, task: FromPath[str], data: JSONBody[Proposal]
) -> Response[ProposedChanges]:
    reference, wanted = task_of_path(task), to_terms(data)

    async def propose(conn: Connection) -> ProposedChanges:
        found = await lock_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        await changes.propose_changes(
            conn,
            found,
            wanted,
            comment=data.comment or None,
            actor=Actor(member.person_id, Side.CLIENT),
            now=clock.now(),
        )
        return render_changes(await open_changeset(conn, found.id))

    return await answer_once(request, member, propose)


@get(
    "/customer/tasks/{task:str}/changes",
    right=Right.VIEW,
    tags=["Task changes"],
    summary="The changes that a freelancer is asked about",
)
async def show_changes(request: ApiRequest, member: SignedMember, task: FromPath[str]) -> ProposedChanges:
    reference = task_of_path(task)
    async with context_of(request).database.connection() as conn:
        found = await access_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        return render_changes(await open_changeset(conn, found.id))


@delete(
    "/customer/tasks/{task:str}/changes",
    status_code=200,
    right=Right.TASKS,
    tags=["Task changes"],
    summary="Take proposed changes back",
)
async def withdraw_changes(request: ApiRequest, member: SignedMember, task: FromPath[str]) -> Nothing:
    reference = task_of_path(task)

    async def withdraw(conn: Connection) -> list[None]:
        found = await lock_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        await changes.withdraw_changes(conn, found, actor=Actor(member.person_id, Side.CLIENT), now=clock.now())
        return NOTHING

    return await answer_once(request, member, withdraw)


@post(
    "/customer/tasks/{task:str}/changes/agree",
    status_code=200,
    right=Right.TASKS,
    tags=["Task changes"],
    summary="Agree to proposed changes on the freelancer's behalf",
)
async def agree_to_changes(
    request: ApiRequest, member: SignedMember, task: FromPath[str], data: JSONBody[Answer | None] = None
) -> Nothing:
    reference, actor = task_of_path(task), freelancers_actor(member)
    meant = None if data is None else data.changeset_id

    async def agree(conn: Connection) -> list[None]:
        found = await lock_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        await changes.agree_to_changes(conn, found, changeset_id=meant, actor=actor, now=clock.now())
        return NOTHING

    return await answer_once(request, member, agree)


@post(
    "/customer/tasks/{task:str}/changes/refuse",
    status_code=200,
    right=Right.TASKS,
    tags=["Task changes"],
    summary="Refuse proposed changes on the freelancer's behalf",
)
async def refuse_changes(
    request: ApiRequest, member: SignedMember, task: FromPath[str], data: JSONBody[Refusal | None] = None
) -> Nothing:
    reference, actor = task_of_path(task), freelancers_actor(member)
    given = data or Refusal()

    async def refuse(conn: Connection) -> list[None]:
        found = await lock_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        await changes.refuse_changes(
            conn,
            found,
            changeset_id=given.changeset_id,
            comment=given.comment or None,
            actor=actor,
            now=clock.now(),
        )
        return NOTHING

    return await answer_once(request, member, refuse)


@patch(
    "/customer/tasks/{task:str}",
    status_code=200,
    right=Right.TASKS,
    tags=["Task changes"],
    summary="Change a draft, or a task that nobody has started",
)
async def edit_task(
    request: ApiRequest, member: SignedMember, task: FromPath[str], data: JSONBody[NewTerms]
) -> Nothing:
    reference, wanted = task_of_path(task), to_terms(data)

    async def edit(conn: Connection) -> list[None]:
        found = await lock_task(conn, member, task_id=reference.task_id, uuid=reference.uuid)
        await changes.edit_task(conn, found, wanted, actor=Actor(member.person_id, Side.CLIENT), now=clock.now())
        return NOTHING

    return await answer_once(request, member, edit)


def freelancers_actor(member: Member) -> Actor:
    """Refuses: DoesNotActForFreelancers."""
    if not member.acts_for_freelancers:
        raise DoesNotActForFreelancers
    return Actor(member.person_id, Side.FREELANCER)


ROUTES = [propose_changes, show_changes, withdraw_changes, agree_to_changes, refuse_changes, edit_task]
