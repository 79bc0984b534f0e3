"""The customer API's door: a bearer token in, a Member or Person out."""

from typing import Any, TypeAlias

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from artel import clock
from artel.api.context import context_of
from artel.api.door import bearer_claims, header
from artel.companies.access import Entrance, Member, Person, Right, enter
from artel.db.reads import Read, Row
from artel.errors import NotAllowed

# What a handler names to get the caller: `member: SignedMember` or `person: SignedPerson`.
SignedMember: TypeAlias = NamedDependency[SkipValidation[Member]]
SignedPerson: TypeAlias = NamedDependency[SkipValidation[Person]]
ApiRequest = Request[Any, Any, State]


async def require_right(request: ApiRequest) -> None:
    """Stands before every route but the public ones. The route says `right=Right.…`; one that says none lets nobody in.

    A route with `enters_with_reads=True` gets the token checked here and calls `enter_with` itself, so that the door
    and what it reads are one round trip. Until then it has no Member to do anything for.
    """
    opt = request.route_handler.opt
    entrance = read_entrance(request, opt["right"])
    request.scope["state"]["entrance"] = entrance
    if not opt.get("enters_with_reads"):
        await enter_with(request)


def read_entrance(request: ApiRequest, right: Right) -> Entrance:
    """The claims of the bearer token, checked, and the company asked for."""
    now = clock.now()
    return Entrance(bearer_claims(request, now=now), asked_company(request), right, now)


async def enter_with(request: ApiRequest, *reads: Read) -> list[list[Row]]:
    """Go through the door, with the rows of `reads`."""
    person, rows = await enter(context_of(request).database.reader, entrance_of(request), *reads)
    request.scope["state"]["person"] = person
    return rows


def asked_company(request: ApiRequest) -> int | None:
    """The company of the x-company-id header. What is no number is nobody's company."""
    given = header(request, b"x-company-id")
    if given is None or not given.strip():
        return None
    if not given.strip().isdecimal() or len(given.strip()) > 18:
        raise NotAllowed("no_company")
    return int(given)


def provide_member(request: ApiRequest) -> Member:
    member: Member = request.scope["state"]["person"]
    return member


def provide_person(request: ApiRequest) -> Person:
    person: Person = request.scope["state"]["person"]
    return person


def entrance_of(request: ApiRequest) -> Entrance:
    entrance: Entrance = request.scope["state"]["entrance"]
    return entrance
