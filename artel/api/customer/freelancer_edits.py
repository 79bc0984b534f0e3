"""What a company changes about a freelancer: operations 26 and 31-33 of customer-api.md."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, patch, post, put
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.freelancers import read_day
from artel.api.customer.payout_endpoints import FreelancerReference
from artel.api.customer.replies import NOTHING, answer_once
from artel.api.customer.task_references import Id, require_same_company
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.errors import Refused
from artel.freelancers.contact_change import change_contact, request_contact_code
from artel.freelancers.errors import CountryUnknown
from artel.freelancers.profile_edit import Alias, edit_profile, replace_alias
from artel.freelancers.queries import access_freelancer

ApiRequest = Request[None, None, State]
Nothing = Response[list[None]]
TextField = Annotated[str, Meta(max_length=10_000)]


class ProfileChanges(msgspec.Struct, rename="camel"):
    """What is left out, or null, stays as it is; an empty text empties the field. The id may come as a text."""

    freelancer_id: Id | TextField | None = None
    freelancer_uuid: UUID | None = None
    first_name: TextField | None = None
    last_name: TextField | None = None
    middle_name: TextField | None = None
    residence_country: TextField | None = None
    citizenship: TextField | None = None
    birth_date: TextField | None = None
    birth_country: TextField | None = None
    city: TextField | None = None
    address: TextField | None = None
    postal_code: TextField | None = None
    state: TextField | None = None
    language: TextField | None = None

    @property
    def id(self) -> int | None:
        """Refuses: field_not_an_integer."""
        if not isinstance(self.freelancer_id, str):
            return self.freelancer_id
        digits = self.freelancer_id.strip()
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 18):
            raise Refused("field_not_an_integer", "freelancer_id")
        return int(digits)


# The wire's name of a field -> the profile's, where they differ.
PROFILE_NAMES = {"residence_country": "country"}
TEXTS = (
    "first_name",
    "last_name",
    "middle_name",
    "residence_country",
    "citizenship",
    "birth_country",
    "city",
    "address",
    "postal_code",
    "state",
)


def to_changes(data: ProfileChanges) -> dict[str, Any]:
    """The fields given, by the profile's names. Refuses: field_not_a_date."""
    given = {name: getattr(data, name) for name in TEXTS}
    changes = {PROFILE_NAMES.get(name, name): text for name, text in given.items() if text is not None}
    if data.birth_date is not None:
        changes["birth_date"] = read_day("birth_date", data.birth_date)
    return changes


class NewAlias(FreelancerReference, kw_only=True):
    """All four are written: what is left out is empty afterwards."""

    first_name: TextField | None = None
    last_name: TextField | None = None
    note: TextField | None = None
    specialization: TextField | None = None
    company_id: Id | None = None


class NewContact(FreelancerReference, kw_only=True):
    """The address or the number that the freelancer is to have, or both: each gets a code of its own."""

    email: TextField | None = None
    phone: TextField | None = None


class ContactCode(FreelancerReference, kw_only=True):
    code: Annotated[str, Meta(max_length=20)] | int


@patch(
    "/customer/freelancers/profile",
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Correct the personal data of a freelancer who has not registered yet",
)
async def change_profile(request: ApiRequest, member: SignedMember, data: JSONBody[ProfileChanges]) -> Nothing:
    """409 once they have activated their account or are verified: the data are theirs then."""
    changes = to_changes(data)

    async def work(conn: Connection) -> list[None]:
        freelancer = await access_freelancer(conn, member, freelancer_id=data.id, freelancer_uuid=data.freelancer_uuid)
        try:
            await edit_profile(
                conn,
                freelancer,
                changes,
                language=data.language,
                company_id=member.company_id,
                actor_id=member.person_id,
                now=clock.now(),
            )
        except CountryUnknown as refusal:
            if refusal.field == "country":
                refusal.field = "residence_country"  # as this request, alone, writes it
            raise
        return NOTHING

    return await answer_once(request, member, work)


@put(
    "/customer/freelancers",
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Replace your company's alias for a freelancer",
)
async def change_alias(request: ApiRequest, member: SignedMember, data: JSONBody[NewAlias]) -> Nothing:
    """Name, note and specialization as your company alone sees them in `details`; the person's own stay theirs."""
    require_same_company(member, data.company_id)
    alias = Alias(
        first_name=data.first_name, last_name=data.last_name, note=data.note, specialization=data.specialization
    )

    async def work(conn: Connection) -> list[None]:
        freelancer = await access_freelancer(
            conn, member, freelancer_id=data.freelancer_id, freelancer_uuid=data.freelancer_uuid
        )
        await replace_alias(
            conn,
            freelancer.id,
            alias,
            company_id=member.company_id,
            actor_id=member.person_id,
            now=clock.now(),
        )
        return NOTHING

    return await answer_once(request, member, work)


@post(
    "/customer/freelancers/request-code-for-change-contacts",
    status_code=200,
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Send a code to a freelancer's new e-mail address or phone",
)
async def request_code(request: ApiRequest, member: SignedMember, data: JSONBody[NewContact]) -> list[None]:
    """The code goes to the new address, never into this reply. It works for 10 minutes and 5 tries; asking again
    voids the one before."""
    async with context_of(request).database.transaction() as conn:
        freelancer = await access_freelancer(
            conn, member, freelancer_id=data.freelancer_id, freelancer_uuid=data.freelancer_uuid
        )
        refusal = await request_contact_code(
            conn,
            freelancer,
            email=data.email,
            phone=data.phone,
            company_id=member.company_id,
            actor_id=member.person_id,
            now=clock.now(),
        )
    if refusal is not None:
        raise refusal
    return NOTHING


@post(
    "/customer/freelancers/change-contacts",
    status_code=200,
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Change the address or the number that the code was sent to",
)
async def confirm_change(request: ApiRequest, member: SignedMember, data: JSONBody[ContactCode]) -> list[None]:
    """A wrong code counts although the call is refused: the count is committed first."""
    context = context_of(request)
    async with context.database.transaction() as conn:
        freelancer = await access_freelancer(
            conn, member, freelancer_id=data.freelancer_id, freelancer_uuid=data.freelancer_uuid
        )
        refusal = await change_contact(
            conn,
            freelancer,
            code=str(data.code),
            company_id=member.company_id,
            actor_id=member.person_id,
            base_url=context.settings.base_url,
            now=clock.now(),
        )
    if refusal is not None:
        raise refusal
    return NOTHING


ROUTES = [change_profile, change_alias, request_code, confirm_change]
