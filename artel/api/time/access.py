"""The time API's door: a bearer token in, a Person out. No company is asked for: people act for themselves."""

from typing import Any, TypeAlias

from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from artel import clock
from artel.api.context import context_of
from artel.api.door import bearer_claims, header, options_reply
from artel.companies.access import Entrance, Person, Right, enter

# What a handler names to get the caller: `person: SignedPerson`; where nobody has to be signed in, `MaybePerson`.
SignedPerson: TypeAlias = NamedDependency[SkipValidation[Person]]
MaybePerson: TypeAlias = NamedDependency[SkipValidation[Person | None]]
TimeRequest = Request[Any, Any, State]


async def at_the_door(request: TimeRequest) -> Response[None] | None:
    """OPTIONS is answered to anybody; the rest needs a session."""
    reply = options_reply(request)
    if reply is None:
        now = clock.now()
        entrance = Entrance(bearer_claims(request, now=now), None, Right.SIGNED_IN, now)
        request.scope["state"]["person"], _ = await enter(context_of(request).database.reader, entrance)
    return reply


async def at_the_open_door(request: TimeRequest) -> Response[None] | None:
    """Whoever brings a token is asked for it as anywhere: a bad one is 401, not a visitor."""
    if header(request, b"authorization") is not None:
        return await at_the_door(request)
    request.scope["state"]["person"] = None
    return options_reply(request)


def provide_maybe_person(request: TimeRequest) -> Person | None:
    person: Person | None = request.scope["state"]["person"]
    return person


def provide_person(request: TimeRequest) -> Person:
    person: Person = request.scope["state"]["person"]
    return person
