"""Who else may look at a schedule or change it."""

import re
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.params import JSONBody, QueryParameter

from artel import clock
from artel.api.context import context_of
from artel.api.time.access import SignedPerson, TimeRequest
from artel.api.time.paths import PathId
from artel.api.time.replies import answer_once
from artel.api.time.schedule_replies import MemberReply, render_member
from artel.companies.access import Person, Right
from artel.db.pool import Connection
from artel.errors import Refused
from artel.operations.rate_limits import Limit, count_hits
from artel.schedules import members, membership
from artel.schedules.queries import Read, Write, access_schedule

TAGS = ["Schedule"]
PATH = "/schedule/{schedule:str}/users"
# Letters that ask people to work: so many a day to one person, and so many calls a day by one.
LETTERS_TO_ONE = 5
CALLS_WITH_LETTERS = 50
DAY_S = 86_400
USER_ID = re.compile(r"[1-9][0-9]{0,17}")


class MemberWish(msgspec.Struct):
    """`role_id`: 1 owner, 2 manager, 3 worker, 6 guest. `read`: 0 free time, 1 their own events, 2 all. `write`: 0
    nothing, 1 book, 2 events, 3 settings and members. Left out, a level is the role's own, or stays as it is."""

    # The rule looks at the numbers: the framework would not say in which place of the array one is wrong.
    role_id: int
    user_id: int | str | None = None
    read: int | None = None
    write: int | None = None


UserAsked = Annotated[
    int | None,
    QueryParameter(name="user_id", ge=1, le=2**63 - 1, required=False, description="Whom; oneself to leave. Needed."),
]


@get(PATH, right=Right.SIGNED_IN, tags=TAGS, summary="The members of a schedule, with their roles")
async def list_members(request: TimeRequest, person: SignedPerson, schedule: PathId) -> list[MemberReply]:
    async with context_of(request).database.connection() as conn:
        await access_schedule(conn, person.person_id, schedule, read=Read.OWN_EVENTS)
        return await show_members(conn, person, schedule)


@post(PATH, status_code=200, right=Right.SIGNED_IN, tags=TAGS, summary="Add members to a schedule, or change them")
async def put_members(
    request: TimeRequest, person: SignedPerson, schedule: PathId, data: JSONBody[list[MemberWish]]
) -> Response[list[MemberReply]]:
    """Somebody made a worker is written to, and can be booked only once they have accepted."""
    given = [given_member(place, wish) for place, wish in enumerate(data)]
    await count_letters(request, person.person_id, schedule, given)

    async def put(conn: Connection) -> list[MemberReply]:
        access = await access_schedule(conn, person.person_id, schedule, write=Write.SETTINGS, lock="update")
        await members.put_members(conn, access, given, actor_id=person.person_id, now=clock.now())
        return await show_members(conn, person, schedule)

    return await answer_once(request, person, put)


def given_member(place: int, wish: MemberWish) -> members.GivenMember:
    """Refuses: field_required, field_invalid."""
    if wish.user_id is None or wish.user_id == "":
        raise Refused("field_required", f"{place}.user_id")
    if not USER_ID.fullmatch(str(wish.user_id)):
        raise Refused("field_invalid", f"{place}.user_id")
    return members.GivenMember(int(wish.user_id), wish.role_id, wish.read, wish.write)


async def count_letters(
    request: TimeRequest, person_id: int, schedule_id: int, given: list[members.GivenMember]
) -> None:
    """Count the letters that may be written, by somebody who may have them written. Refuses: what `access_schedule`
    refuses; TooMany."""
    database = context_of(request).database
    workers = {one.person_id for one in given if one.role_id == members.WORKER} - {person_id}
    if not workers:
        return
    async with database.connection() as conn:
        await access_schedule(conn, person_id, schedule_id, write=Write.SETTINGS)
        known = {
            row.person_id for row in await members.list_members(conn, schedule_id) if row.role_id == members.WORKER
        }
    limits = [Limit(f"schedule-invitation-to:{worker}", LETTERS_TO_ONE, DAY_S) for worker in sorted(workers - known)]
    if limits:
        limits.append(Limit(f"schedule-invitations-by:{person_id}", CALLS_WITH_LETTERS, DAY_S))
        async with database.transaction() as conn:
            refusal = await count_hits(conn, *limits, now=clock.now())
        if refusal:
            raise refusal


@post(
    f"{PATH}/accept",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Agree to be a member of a schedule; a worker can be booked from then on",
)
async def accept_membership(
    request: TimeRequest, person: SignedPerson, schedule: PathId
) -> Response[list[MemberReply]]:
    """To refuse, leave: DELETE with one's own `user_id`."""

    async def accept(conn: Connection) -> list[MemberReply]:
        access = await access_schedule(conn, person.person_id, schedule, lock="update")
        await membership.accept_membership(conn, access, person_id=person.person_id, now=clock.now())
        return await show_members(conn, person, schedule, only=None if access.read else person.person_id)

    return await answer_once(request, person, accept)


@delete(PATH, status_code=200, right=Right.SIGNED_IN, tags=TAGS, summary="Remove a member from a schedule, or leave it")
async def remove_member(
    request: TimeRequest, person: SignedPerson, schedule: PathId, user_id: UserAsked = None
) -> Response[list[MemberReply]]:
    """Answers the members that are left; to whoever has left, an empty list."""

    if user_id is None:
        raise Refused("field_required", "user_id")

    async def remove(conn: Connection) -> list[MemberReply]:
        access = await access_schedule(conn, person.person_id, schedule, lock="update")
        await membership.remove_member(conn, access, user_id, actor_id=person.person_id, now=clock.now())
        return [] if user_id == person.person_id else await show_members(conn, person, schedule)

    return await answer_once(request, person, remove)


async def show_members(
    conn: Connection, person: Person, schedule_id: int, *, only: int | None = None
) -> list[MemberReply]:
    rows = await members.members_seen(conn, schedule_id, person.person_id, now=clock.now())
    return [render_member(row) for row in rows if only in (None, row.person_id)]


ROUTES = [list_members, put_members, accept_membership, remove_member]
