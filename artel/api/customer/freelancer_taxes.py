"""Freelancers' tax data and tax status: operations 35-38 of customer-api.md."""

import uuid
from typing import Annotated, TypeAlias

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.freelancers import read_reference
from artel.api.customer.replies import NOTHING, answer_once
from artel.api.customer.task_references import Id
from artel.companies.access import Member, Right
from artel.db.pool import Connection
from artel.errors import Refused
from artel.freelancers import tax_changes
from artel.freelancers.papers import TaxInfo
from artel.freelancers.queries import FreelancerRow, access_freelancer
from artel.taxation.rules import PAGE, start_change

ApiRequest = Request[None, None, State]
# M's table calls the id a string, its samples have a number.
GivenId: TypeAlias = Id | Annotated[str, Meta(max_length=40)]
Text: TypeAlias = Annotated[str, Meta(max_length=100)]


class TaxedFreelancer(msgspec.Struct, rename="camel"):
    """`freelancerId` or `freelancerUuid`; where both are given they must be one person's."""

    freelancer_id: GivenId | None = None
    freelancer_uuid: uuid.UUID | None = None


class StatusRequest(TaxedFreelancer, kw_only=True):
    """1 natural person, 3 self-employed, 4 sole proprietor."""

    taxation_status_id: int


class StatusPage(msgspec.Struct, rename="camel"):
    """Where the freelancer gives their numbers; empty where there is nothing left to give."""

    link_to_terminal: str


class TaxInfoRequest(TaxedFreelancer, kw_only=True):
    """`type` is one of the country's tax document types; `vatNumber` is for the European Union."""

    tax_residence_country: Text
    type: Text
    tax_number: Text
    vat_number: Text | None = None
    reg_number: Text | None = None


class TaxDocumentRequest(TaxedFreelancer, kw_only=True):
    """Of the earlier edition: the document's name tells the country."""

    type: Text
    tax_number: Text


class TaxInfoReply(msgspec.Struct, rename="camel"):
    tax_residence_country: str
    type: str
    tax_number: str
    vat_number: str | None
    reg_number: str


async def named_freelancer(conn: Connection, member: Member, named: TaxedFreelancer) -> FreelancerRow:
    """Refuses: field_not_an_integer for an id that is no number; FreelancerNotNamed, NotFound."""
    freelancer_id = named.freelancer_id
    if isinstance(freelancer_id, str):
        given = freelancer_id.strip()
        if given and not (given.isascii() and given.isdecimal()):
            raise Refused("field_not_an_integer", "freelancer_id")
        freelancer_id = int(given) if given else None
    return await access_freelancer(conn, member, freelancer_id=freelancer_id, freelancer_uuid=named.freelancer_uuid)


@post(
    "/customer/freelancers/change-taxation-status",
    status_code=200,
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Change a Russian freelancer's tax status",
)
async def change_taxation_status(
    request: ApiRequest, member: SignedMember, data: JSONBody[StatusRequest]
) -> Response[StatusPage]:
    """To a natural person (1) at once. To self-employed (3) or sole proprietor (4) by the page behind the link, which
    works for three days and once. A status that has changed stays until the first of the next month,
    `taxationBlockedTill`."""
    base_url = context_of(request).settings.base_url

    async def work(conn: Connection) -> StatusPage:
        freelancer = await named_freelancer(conn, member, data)
        token = await start_change(
            conn,
            freelancer,
            data.taxation_status_id,
            company_id=member.company_id,
            actor_id=member.person_id,
            now=clock.now(),
        )
        return StatusPage(f"{base_url}{PAGE}/{token}" if token else "")

    return await answer_once(request, member, work)


@post(
    "/customer/freelancers/tax-info",
    status_code=200,
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Give a freelancer's tax data",
)
async def save_tax_info(
    request: ApiRequest, member: SignedMember, data: JSONBody[TaxInfoRequest]
) -> Response[list[None]]:
    """Replaces what was there. Refused while accepted work of theirs waits for its payment, unless nothing changes."""
    given = TaxInfo(
        residence_country=data.tax_residence_country.upper(),
        type=data.type,
        tax_number=data.tax_number,
        vat_number=data.vat_number,
        registration_number=data.reg_number,
    )

    async def work(conn: Connection) -> list[None]:
        freelancer = await named_freelancer(conn, member, data)
        await tax_changes.change_tax_info(
            conn, freelancer, given, company_id=member.company_id, actor_id=member.person_id, now=clock.now()
        )
        return NOTHING

    return await answer_once(request, member, work)


@post(
    "/customer/freelancers/add-tax-document",
    status_code=200,
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Give a freelancer's tax number (earlier edition)",
    deprecated=True,
)
async def add_tax_document(
    request: ApiRequest, member: SignedMember, data: JSONBody[TaxDocumentRequest]
) -> Response[list[None]]:
    """Use tax-info, which names the country. Here it is the freelancer's, where that has such a document, else the only
    one that has."""

    async def work(conn: Connection) -> list[None]:
        freelancer = await named_freelancer(conn, member, data)
        await tax_changes.add_tax_document(
            conn,
            freelancer,
            type=data.type,
            tax_number=data.tax_number,
            company_id=member.company_id,
            actor_id=member.person_id,
            now=clock.now(),
        )
        return NOTHING

    return await answer_once(request, member, work)


@get(
    "/customer/freelancers/tax-info/{freelancer:str}",
    right=Right.VIEW,
    tags=["Freelancers"],
    summary="A freelancer's tax data",
)
async def get_tax_info(request: ApiRequest, member: SignedMember, freelancer: FromPath[str]) -> TaxInfoReply:
    """By id or uuid. 404 while there are none."""
    async with context_of(request).database.connection() as conn:
        row = await access_freelancer(conn, member, **read_reference(freelancer))
        info = await tax_changes.tax_info_of(conn, row)
    return TaxInfoReply(
        info.residence_country, info.type, info.tax_number, info.vat_number, info.registration_number or ""
    )


ROUTES = [change_taxation_status, save_tax_info, add_tax_document, get_tax_info]
