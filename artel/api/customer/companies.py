"""Companies: operations 52-55 of customer-api.md."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from artel import clock
from artel.api.context import context_of
from artel.api.customer.access import SignedMember, SignedPerson
from artel.api.customer.login import TokenPair, render_tokens
from artel.api.customer.pagination import (
    DEFAULT_SIZE,
    PageNumber,
    PageSize,
    Paginated,
    effective_size,
    paginate,
)
from artel.api.customer.replies import CURRENCIES, NOTHING, Currency, answer_once, number
from artel.companies import queries
from artel.companies.access import Person, Right
from artel.companies.rules import OperatingAddress, choose_company, set_operating_address
from artel.db.pool import Connection


class Company(msgspec.Struct, rename="camel"):
    id: int
    company_name: str
    brand_name: str
    safe_deal_enabled: bool
    is_default: bool
    currency: Currency


def render_company(row: queries.CompanyRow) -> Company:
    """`safeDealEnabled`: every escrow policy but the first holds money."""
    return Company(
        row.id,
        row.name,
        row.brand_name,
        row.escrow != "without_hold",
        row.is_default,
        CURRENCIES[row.currency],
    )


@get("/customer/companies", right=Right.SIGNED_IN, tags=["Companies"], summary="Companies you are a member of")
async def list_companies(
    request: Request[None, None, State],
    person: SignedPerson,
    page: PageNumber = 1,
    size: PageSize = DEFAULT_SIZE,
) -> Paginated[Company]:
    size = effective_size(size)
    async with context_of(request).database.connection() as conn:
        rows, total = await queries.companies_of(conn, person.person_id, limit=size, offset=(page - 1) * size)
    return paginate([render_company(row) for row in rows], total=total, page=page, size=size)


class ChosenCompany(msgspec.Struct, rename="camel"):
    company_id: int


@post(
    "/customer/companies/{company_id:int}/default",
    status_code=200,
    right=Right.SIGNED_IN,
    tags=["Companies"],
    summary="Choose your active company",
)
async def post_default_company(
    request: Request[None, None, State], person: SignedPerson, company_id: FromPath[int]
) -> TokenPair:
    """Answers tokens that name it. The refresh token before them is void."""
    return await answer_chosen(request, person, company_id)


@patch(
    "/customer/companies", right=Right.SIGNED_IN, tags=["Companies"], summary="Choose your active company, as before"
)
async def patch_default_company(
    request: Request[None, None, State], person: SignedPerson, data: JSONBody[ChosenCompany]
) -> TokenPair:
    """The earlier form of POST /customer/companies/{companyId}/default (S)."""
    return await answer_chosen(request, person, data.company_id)


async def answer_chosen(request: Request[Any, Any, State], person: Person, company_id: int) -> TokenPair:
    """No Idempotency-Key is honoured here: a reply kept under it would keep the tokens readable."""
    context = context_of(request)
    async with context.database.transaction() as conn:
        tokens = await choose_company(
            conn,
            person_id=person.person_id,
            session_id=person.session_id,
            company_id=company_id,
            secret=context.settings.secret,
            lifetime_s=context.settings.token_lifetime_s,
            now=clock.now(),
        )
    return render_tokens(tokens)


Line = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
PostalCode = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[^\x00]*$")]


class Address(msgspec.Struct, rename="camel"):
    address: Line
    city: Line
    zip_code: PostalCode
    country: str
    state: Line | None = None


@post(
    "/customer/companies/operating-address",
    status_code=200,
    right=Right.COMPANY,
    tags=["Companies"],
    summary="Set the company's operating address",
)
async def post_operating_address(
    request: Request[None, None, State], member: SignedMember, data: JSONBody[Address]
) -> Response[list[None]]:
    place = OperatingAddress(data.address, data.city, data.state, data.zip_code, data.country)

    async def work(conn: Connection) -> list[None]:
        await set_operating_address(
            conn, company_id=member.company_id, place=place, actor_id=member.person_id, now=clock.now()
        )
        return NOTHING

    return await answer_once(request, member, work)


class Balance(msgspec.Struct, rename="camel"):
    """`balanceAmount` is all a company has: what it can spend, what is held and what is being paid."""

    id: int
    currency: Currency
    show_vat: bool
    balance_amount: float
    balance_amount_vat: float
    hold_amount: float
    hold_amount_vat: float
    to_pay_amount: float
    to_pay_amount_vat: float


@get("/customer/balance", right=Right.VIEW, tags=["Companies"], summary="The company's balance")
async def get_balance(request: Request[None, None, State], member: SignedMember) -> Balance:
    async with context_of(request).database.connection() as conn:
        money = await queries.money_of(conn, member.company_id)
    return Balance(
        id=money.account_id,
        currency=CURRENCIES[money.currency],
        show_vat=money.has_vat,
        balance_amount=number(money.total.amount),
        balance_amount_vat=number(money.total.vat),
        hold_amount=number(money.held.amount),
        hold_amount_vat=number(money.held.vat),
        to_pay_amount=number(money.to_pay.amount),
        to_pay_amount_vat=number(money.to_pay.vat),
    )


ROUTES = [
    list_companies,
    post_default_company,
    patch_default_company,
    post_operating_address,
    get_balance,
]
