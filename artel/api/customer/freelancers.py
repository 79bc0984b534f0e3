"""The team: operations 25, 27-30 and 39 of customer-api.md."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.filters import (
    BEFORE_KIND,
    BOOLEAN_KIND,
    FROM_KIND,
    INTEGER_KIND,
    TEXT_KIND,
    UUID_KIND,
    Filter,
    operation_with,
    read_filters,
)
from artel.api.customer.freelancer_replies import Freelancer, InvitedFreelancer, render_freelancer
from artel.api.customer.pagination import DEFAULT_SIZE, PageNumber, PageSize, Paginated, effective_size, paginate
from artel.api.customer.replies import NOTHING, answer_once
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.errors import NotFound, Refused
from artel.freelancers import queries, rules, team
from artel.freelancers.errors import BirthDateInvalid
from artel.freelancers.rules import Invitation
from artel.people.profiles import Profile

FILTERS = {
    "taxationStatusId": Filter(
        "taxation_status", INTEGER_KIND, "1 individual, 3 self-employed, 4 individual entrepreneur"
    ),
    "isVerified": Filter("is_verified", BOOLEAN_KIND, "Whether their identity is confirmed"),
    "isRegistered": Filter("is_registered", BOOLEAN_KIND, "Whether they have registered"),
    "isInviteEmailSent": Filter("is_invite_sent", BOOLEAN_KIND, "Whether the invitation was mailed"),
    "dateInvitedFrom": Filter("invited_from", FROM_KIND, "Invited on this day or later"),
    "dateInvitedTo": Filter("invited_before", BEFORE_KIND, "Invited on this day or earlier"),
    "dateRegisteredFrom": Filter("registered_from", FROM_KIND, "Registered on this day or later"),
    "dateRegisteredTo": Filter("registered_before", BEFORE_KIND, "Registered on this day or earlier"),
    "dateVerifiedFrom": Filter("verified_from", FROM_KIND, "Verified on this day or later"),
    "dateVerifiedTo": Filter("verified_before", BEFORE_KIND, "Verified on this day or earlier"),
    "id": Filter("id", INTEGER_KIND, "The freelancer's id"),
    "uuid": Filter("uuid", UUID_KIND, "The freelancer's uuid"),
    "email": Filter("email", TEXT_KIND, "The whole e-mail address"),
    "country": Filter("country", TEXT_KIND, "Countries, two letters each", many=True),
    "search": Filter("search", TEXT_KIND, "Beginnings of words in name, e-mail, alias, note or specialization"),
    "note": Filter("note", TEXT_KIND, "Beginnings of words in the note"),
}


class InviteRequest(msgspec.Struct, rename="camel"):
    """M "Приглашение фрилансера". Personal data count only for somebody who has no account yet."""

    email: str
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    middle_name: str | None = None
    citizenship: str | None = None
    address: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    birthdate: str | None = None
    birth_country: str | None = None
    specialization: str | None = None
    note: str | None = None
    in_english: bool | None = None
    send_email: bool | None = None


class RemoveRequest(msgspec.Struct, rename="camel"):
    freelancer_id: int | None = None
    freelancer_uuid: uuid.UUID | None = None


def to_invitation(data: InviteRequest, language: str) -> Invitation:
    """`language` is for whom no language was asked: the inviting member's."""
    return Invitation(
        email=data.email,
        profile=Profile(
            first_name=data.first_name or "",
            middle_name=data.middle_name or "",
            last_name=data.last_name or "",
            phone=data.phone,
            birth_date=read_day("birthdate", data.birthdate),
            birth_country=data.birth_country,
            citizenship=data.citizenship,
            country=data.country,
            state=data.state,
            city=data.city,
            address=data.address,
            postal_code=data.postal_code,
        ),
        note=data.note,
        specialization=data.specialization,
        language=language if data.in_english is None else "EN" if data.in_english else "RU",
        send_email=data.send_email is not False,
    )


def read_day(field: str, given: str | None) -> date | None:
    """A day, alone or at the beginning of an ISO 8601 moment. Refuses: field_not_a_date."""
    if not given:
        return None
    try:
        return datetime.fromisoformat(given.strip()).date()
    except ValueError:
        raise Refused("field_not_a_date", field, example="1991-04-15") from None


@post(
    "/customer/freelancers",
    status_code=200,
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Invite a freelancer into your team",
)
async def invite_freelancer(
    request: Request[None, None, State], member: SignedMember, data: JSONBody[InviteRequest]
) -> Response[InvitedFreelancer]:
    """Adds the person to the team at once, and mails them a link to the registration page unless `sendEmail` is
    false. `inEnglish` chooses the mail's language: true English, false Russian, left out your own. One person has one
    account, however many companies invite them; somebody already in the team is 422."""
    invitation = to_invitation(data, member.language)

    async def work(conn: Connection) -> InvitedFreelancer:
        try:
            invited = await rules.invite_freelancer(
                conn,
                invitation,
                company_id=member.company_id,
                actor_id=member.person_id,
                base_url=context_of(request).settings.base_url,
                now=clock.now(),
            )
        except BirthDateInvalid as refusal:
            refusal.field = "birthdate"  # as this request, alone, writes it
            raise
        return InvitedFreelancer(invited.uuid, invited.freelancer_id)

    return await answer_once(request, member, work)


@get(
    "/customer/freelancers",
    right=Right.VIEW,
    tags=["Freelancers"],
    summary="Your team",
    operation_class=operation_with(FILTERS),
)
async def list_freelancers(
    request: Request[None, None, State],
    member: SignedMember,
    page: PageNumber = 1,
    size: PageSize = DEFAULT_SIZE,
) -> Paginated[Freelancer]:
    """By id, so that pages stay as they are when somebody new is invited."""
    filters = read_filters(request, FILTERS)
    if "country" in filters:
        filters["country"] = [code.upper() for code in filters["country"]]
    size = effective_size(size)
    async with context_of(request).database.connection() as conn:
        rows, total = await team.list_team(conn, member.company_id, filters, limit=size, offset=(page - 1) * size)
    return paginate([render_freelancer(row) for row in rows], total=total, page=page, size=size)


@get(
    "/customer/freelancer-by-email/{email:str}",
    right=Right.VIEW,
    tags=["Freelancers"],
    summary="A freelancer of your team by e-mail",
)
async def freelancer_by_email(
    request: Request[None, None, State], member: SignedMember, email: FromPath[str]
) -> Freelancer:
    async with context_of(request).database.connection() as conn:
        return render_freelancer(await queries.find_freelancer(conn, member, email=email))


@get(
    "/customer/freelancer-by-phone/{phone:str}",
    right=Right.VIEW,
    tags=["Freelancers"],
    summary="A freelancer of your team by phone",
)
async def freelancer_by_phone(
    request: Request[None, None, State], member: SignedMember, phone: FromPath[str]
) -> Freelancer:
    """Digits alone, the country's code first."""
    if not (phone.isascii() and phone.isdecimal()):
        raise Refused("phone_invalid", "phone")
    async with context_of(request).database.connection() as conn:
        return render_freelancer(await queries.find_freelancer(conn, member, phone=phone))


@get(
    "/customer/freelancers/{freelancer:str}",
    right=Right.VIEW,
    tags=["Freelancers"],
    summary="A freelancer of your team by id or uuid",
)
async def get_freelancer(
    request: Request[None, None, State], member: SignedMember, freelancer: FromPath[str]
) -> Freelancer:
    async with context_of(request).database.connection() as conn:
        return render_freelancer(await queries.access_freelancer(conn, member, **read_reference(freelancer)))


def read_reference(given: str) -> dict[str, Any]:
    """An id or a uuid in a path. What is neither is nobody."""
    if given.isascii() and given.isdecimal() and len(given) <= 19:
        return {"freelancer_id": int(given)}
    try:
        return {"freelancer_uuid": uuid.UUID(given)}
    except ValueError:
        raise NotFound("freelancer") from None


@delete(
    "/customer/freelancers",
    status_code=200,
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Remove a freelancer from your team",
)
async def remove_freelancer(
    request: Request[None, None, State],
    member: SignedMember,
    data: JSONBody[RemoveRequest | None] = None,
    freelancer_id: Annotated[int | None, QueryParameter(name="freelancerId", required=False)] = None,
    freelancer_uuid: Annotated[uuid.UUID | None, QueryParameter(name="freelancerUuid", required=False)] = None,
) -> Response[list[None]]:
    """Name them in the body or in the query. Refused while a task of theirs with you is unfinished. What they did
    stays; inviting them again brings them back with note and alias."""
    named = data or RemoveRequest()

    async def work(conn: Connection) -> list[None]:
        freelancer = await queries.access_freelancer(
            conn,
            member,
            freelancer_id=freelancer_id if named.freelancer_id is None else named.freelancer_id,
            freelancer_uuid=named.freelancer_uuid or freelancer_uuid,
        )
        await team.remove_freelancer(
            conn, freelancer.id, company_id=member.company_id, actor_id=member.person_id, now=clock.now()
        )
        return NOTHING

    return await answer_once(request, member, work)


ROUTES = [
    invite_freelancer,
    list_freelancers,
    freelancer_by_email,
    freelancer_by_phone,
    get_freelancer,
    remove_freelancer,
]
