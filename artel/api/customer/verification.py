"""The link to the page where a freelancer proves who they are: operation 34 of customer-api.md."""

from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.task_references import Id
from artel.companies.access import Right
from artel.freelancers.queries import access_freelancer
from artel.verifications.rules import PAGE, start_verification

ApiRequest = Request[None, None, State]
FreelancerId: TypeAlias = Annotated[Id | None, QueryParameter(name="freelancerId", required=False)]
FreelancerUuid: TypeAlias = Annotated[UUID | None, QueryParameter(name="freelancerUuid", required=False)]
RedirectUrl: TypeAlias = Annotated[str, QueryParameter(name="redirectUrl", required=False)]


class VerificationPage(msgspec.Struct):
    terminal_url: str


@get(
    "/customer/freelancers/verification-link",
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Get the page where a freelancer proves who they are",
)
async def get_verification_link(
    request: ApiRequest,
    member: SignedMember,
    freelancer_id: FreelancerId = None,
    freelancer_uuid: FreelancerUuid = None,
    redirect_url: RedirectUrl = "",
) -> VerificationPage:
    """A new link each time, for the freelancer alone; it works for seven days, and documents are sent by it once. The
    page returns to `redirectUrl` afterwards."""
    context = context_of(request)
    async with context.database.transaction() as conn:
        freelancer = await access_freelancer(conn, member, freelancer_id=freelancer_id, freelancer_uuid=freelancer_uuid)
        token = await start_verification(
            conn,
            freelancer.id,
            redirect_url=redirect_url or None,
            allow_private=context.settings.sandbox,
            company_id=member.company_id,
            actor_id=member.person_id,
            now=clock.now(),
        )
    return VerificationPage(f"{context.settings.base_url}{PAGE}/{token}")


ROUTES = [get_verification_link]
