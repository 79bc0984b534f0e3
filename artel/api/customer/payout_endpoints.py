"""Where freelancers take their money: operations 44-51 of customer-api.md."""

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.payout_endpoint_replies import Endpoints, render_endpoints
from artel.api.customer.replies import NOTHING, answer_once
from artel.api.customer.task_references import Id
from artel.companies.access import Member, Right
from artel.db.pool import Connection
from artel.errors import NotFound, Refused
from artel.freelancers.queries import access_freelancer
from artel.payouts.details import BANK_ACCOUNT, CARD, WALLET
from artel.payouts.endpoint_queries import endpoints_of
from artel.payouts.endpoints import PAGE, remove_endpoint, request_endpoint_code, start_endpoint

ApiRequest = Request[None, None, State]
FreelancerId: TypeAlias = Annotated[Id | None, QueryParameter(name="freelancerId", required=False)]
FreelancerUuid: TypeAlias = Annotated[UUID | None, QueryParameter(name="freelancerUuid", required=False)]


class FreelancerReference(msgspec.Struct, rename="camel"):
    """`freelancerId` or `freelancerUuid`; where both are given they must be one person's."""

    freelancer_id: Id | None = None
    freelancer_uuid: UUID | None = None


class NewCard(FreelancerReference, kw_only=True):
    """`code` is what the freelancer got by SMS. The page returns to `redirectUrl` afterwards."""

    code: Annotated[str, Meta(max_length=20)] | int
    redirect_url: Annotated[str, Meta(max_length=2000)] | None = None


class NewBankAccount(NewCard, kw_only=True):
    """1 SEPA, 2 SWIFT, 6 a Russian account by the bank's BIK."""

    bank_account_type: Literal[1, 2, 6]


class NewWallet(NewCard, kw_only=True):
    """2 QIWI, 3 WebMoney."""

    wallet_type: Literal[2, 3]


class EndpointPage(msgspec.Struct):
    """Where to send the freelancer, and the uuid that their card, account or wallet will have."""

    redirect: str
    uuid: UUID


class CodeSent(msgspec.Struct):
    """By SMS, to the number as far as it is shown; or Google: the freelancer reads it off their authenticator."""

    type: Literal["SMS", "Google"]
    number: str | None


@get(
    "/customer/freelancers/payout-endpoints",
    right=Right.VIEW,
    tags=["Payouts"],
    summary="A freelancer's cards, bank accounts and wallets",
)
async def list_endpoints(
    request: ApiRequest,
    member: SignedMember,
    freelancer_id: FreelancerId = None,
    freelancer_uuid: FreelancerUuid = None,
) -> Endpoints:
    async with context_of(request).database.connection() as conn:
        freelancer = await access_freelancer(conn, member, freelancer_id=freelancer_id, freelancer_uuid=freelancer_uuid)
        rows = await endpoints_of(conn, freelancer)
    return render_endpoints(rows)


@post(
    "/customer/freelancers/request-code-for-new-payout-endpoint",
    status_code=200,
    right=Right.TEAM,
    tags=["Payouts"],
    summary="Send a freelancer the code for a new card, account or wallet",
)
async def request_code(
    request: ApiRequest, member: SignedMember, data: JSONBody[FreelancerReference]
) -> Response[CodeSent]:
    async def work(conn: Connection) -> CodeSent:
        freelancer = await access_freelancer(
            conn, member, freelancer_id=data.freelancer_id, freelancer_uuid=data.freelancer_uuid
        )
        asked = await request_endpoint_code(
            conn, freelancer, company_id=member.company_id, actor_id=member.person_id, now=clock.now()
        )
        return CodeSent("Google" if asked.kind == "google" else "SMS", asked.number)

    return await answer_once(request, member, work)


@post(
    "/customer/freelancers/cards",
    status_code=200,
    right=Right.TEAM,
    tags=["Payouts"],
    summary="Get the page where a freelancer adds a card",
)
async def start_card(request: ApiRequest, member: SignedMember, data: JSONBody[NewCard]) -> EndpointPage:
    return await start(request, member, data, type=CARD, subtype=None)


@post(
    "/customer/freelancers/bank-accounts",
    status_code=200,
    right=Right.TEAM,
    tags=["Payouts"],
    summary="Get the page where a freelancer adds a bank account",
)
async def start_bank_account(request: ApiRequest, member: SignedMember, data: JSONBody[NewBankAccount]) -> EndpointPage:
    return await start(request, member, data, type=BANK_ACCOUNT, subtype=data.bank_account_type)


@post(
    "/customer/freelancers/wallets",
    status_code=200,
    right=Right.TEAM,
    tags=["Payouts"],
    summary="Get the page where a freelancer adds a wallet",
)
async def start_wallet(request: ApiRequest, member: SignedMember, data: JSONBody[NewWallet]) -> EndpointPage:
    return await start(request, member, data, type=WALLET, subtype=data.wallet_type)


async def start(request: ApiRequest, member: Member, data: NewCard, *, type: int, subtype: int | None) -> EndpointPage:
    """Spend the code on a link. A wrong code is counted although the request is refused: the count is committed."""
    context = context_of(request)
    async with context.database.transaction() as conn:
        freelancer = await access_freelancer(
            conn, member, freelancer_id=data.freelancer_id, freelancer_uuid=data.freelancer_uuid
        )
        started = await start_endpoint(
            conn,
            freelancer,
            type=type,
            subtype=subtype,
            code=str(data.code),
            redirect_url=data.redirect_url or None,
            allow_private=context.settings.sandbox,
            company_id=member.company_id,
            actor_id=member.person_id,
            now=clock.now(),
        )
    if isinstance(started, Refused):
        raise started
    return EndpointPage(f"{context.settings.base_url}{PAGE}/{started.token}", started.uuid)


@delete(
    "/customer/freelancers/cards/{endpoint:str}",
    status_code=200,
    right=Right.TEAM,
    tags=["Payouts"],
    summary="Remove a freelancer's card",
)
async def remove_card(
    request: ApiRequest,
    member: SignedMember,
    endpoint: FromPath[str],
    freelancer_id: FreelancerId = None,
    freelancer_uuid: FreelancerUuid = None,
) -> Response[list[None]]:
    return await remove(request, member, endpoint, FreelancerReference(freelancer_id, freelancer_uuid), type=CARD)


@delete(
    "/customer/freelancers/bank-accounts/{endpoint:str}",
    status_code=200,
    right=Right.TEAM,
    tags=["Payouts"],
    summary="Remove a freelancer's bank account",
)
async def remove_bank_account(
    request: ApiRequest,
    member: SignedMember,
    endpoint: FromPath[str],
    freelancer_id: FreelancerId = None,
    freelancer_uuid: FreelancerUuid = None,
) -> Response[list[None]]:
    reference = FreelancerReference(freelancer_id, freelancer_uuid)
    return await remove(request, member, endpoint, reference, type=BANK_ACCOUNT)


@delete(
    "/customer/freelancers/wallets/{endpoint:str}",
    status_code=200,
    right=Right.TEAM,
    tags=["Payouts"],
    summary="Remove a freelancer's wallet",
)
async def remove_wallet(
    request: ApiRequest,
    member: SignedMember,
    endpoint: FromPath[str],
    freelancer_id: FreelancerId = None,
    freelancer_uuid: FreelancerUuid = None,
) -> Response[list[None]]:
    return await remove(request, member, endpoint, FreelancerReference(freelancer_id, freelancer_uuid), type=WALLET)


async def remove(
    request: ApiRequest, member: Member, endpoint: str, reference: FreelancerReference, *, type: int
) -> Response[list[None]]:
    """By id, as the list shows it, or by the uuid that adding it answered."""

    async def work(conn: Connection) -> list[None]:
        freelancer = await access_freelancer(
            conn, member, freelancer_id=reference.freelancer_id, freelancer_uuid=reference.freelancer_uuid
        )
        await remove_endpoint(
            conn,
            freelancer,
            type=type,
            endpoint=endpoint_of_path(endpoint),
            company_id=member.company_id,
            actor_id=member.person_id,
            now=clock.now(),
        )
        return NOTHING

    return await answer_once(request, member, work)


def endpoint_of_path(text: str) -> int | UUID:
    """Refuses: NotFound for what is neither an id nor a uuid."""
    try:
        return msgspec.convert(int(text), Id) if text.isascii() and text.isdecimal() else UUID(text)
    except ValueError:
        raise NotFound("payout_endpoint") from None


ROUTES = [
    list_endpoints,
    request_code,
    start_card,
    start_bank_account,
    start_wallet,
    remove_card,
    remove_bank_account,
    remove_wallet,
]
