"""The advertising law: operations 73-80 of customer-api.md."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from artel import clock
from artel.advertising import contracts, organisations, queries, summary
from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.advertising_replies import (
    CompanyData,
    Contract,
    Listed,
    Organisation,
    Summary,
    list_contract,
    list_organisation,
    render_contract,
    render_organisation,
    render_summary,
)
from artel.api.customer.advertising_requests import NewContract, NewOrganisation, to_contract, to_organisation
from artel.api.customer.pagination import DEFAULT_SIZE, PageNumber, PageSize, Paginated, effective_size, paginate
from artel.api.customer.replies import NOTHING, answer_once
from artel.companies.access import Right
from artel.db.pool import Connection
from artel.errors import NotFound
from artel.tasks.queries import access_task

ApiRequest = Request[None, None, State]
ORGANISATIONS, CONTRACTS = "/customer/ord/organization", "/customer/ord/contract"
TAGS = ["Advertising law"]


def uuid_of_path(text: str, what: str) -> UUID:
    """Refuses: NotFound for what is no uuid."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what) from None


@post(ORGANISATIONS, status_code=200, right=Right.TASKS, tags=TAGS, summary="Add a customer")
async def add_organisation(
    request: ApiRequest, member: SignedMember, data: JSONBody[NewOrganisation]
) -> Response[list[None]]:
    """Which fields are required depends on `legalType`; numbers are checked by their check digits. A company knows each
    organisation once, by its uuid and by its number."""
    organisation = to_organisation(data)

    async def add(conn: Connection) -> list[None]:
        await organisations.add_organisation(conn, member, organisation, now=clock.now())
        return NOTHING

    return await answer_once(request, member, add)


@get(ORGANISATIONS, right=Right.VIEW, tags=TAGS, summary="Customers of the company, the newest first")
async def list_organisations(
    request: ApiRequest, member: SignedMember, page: PageNumber = 1, size: PageSize = DEFAULT_SIZE
) -> Paginated[Listed]:
    size = effective_size(size)
    async with context_of(request).database.connection() as conn:
        rows, total = await queries.list_organisations(conn, member.company_id, limit=size, offset=(page - 1) * size)
    return paginate([list_organisation(row) for row in rows], total=total, page=page, size=size)


@get(ORGANISATIONS + "/{organisation:str}", right=Right.VIEW, tags=TAGS, summary="A customer by its uuid")
async def show_organisation(request: ApiRequest, member: SignedMember, organisation: FromPath[str]) -> Organisation:
    uuid = uuid_of_path(organisation, "organisation")
    async with context_of(request).database.connection() as conn:
        return render_organisation(await queries.access_organisation(conn, member, uuid))


@post(CONTRACTS, status_code=200, right=Right.TASKS, tags=TAGS, summary="Add a contract between two customers")
async def add_contract(request: ApiRequest, member: SignedMember, data: JSONBody[NewContract]) -> Response[list[None]]:
    """Both parties are the company's customers, or one of them is the company itself (`company-data` has its uuid)."""
    contract = to_contract(data)

    async def add(conn: Connection) -> list[None]:
        await contracts.add_contract(conn, member, contract, now=clock.now())
        return NOTHING

    return await answer_once(request, member, add)


@get(CONTRACTS, right=Right.VIEW, tags=TAGS, summary="Contracts of the company, the newest first")
async def list_contracts(
    request: ApiRequest, member: SignedMember, page: PageNumber = 1, size: PageSize = DEFAULT_SIZE
) -> Paginated[Listed]:
    size = effective_size(size)
    async with context_of(request).database.connection() as conn:
        rows, total = await queries.list_contracts(conn, member.company_id, limit=size, offset=(page - 1) * size)
    return paginate([list_contract(row) for row in rows], total=total, page=page, size=size)


@get(CONTRACTS + "/{contract:str}", right=Right.VIEW, tags=TAGS, summary="A contract by its uuid")
async def show_contract(request: ApiRequest, member: SignedMember, contract: FromPath[str]) -> Contract:
    uuid = uuid_of_path(contract, "contract")
    async with context_of(request).database.connection() as conn:
        return render_contract(await queries.access_contract(conn, member, uuid))


@get(
    "/customer/ord/task-summary/{task_uuid:str}",
    right=Right.VIEW,
    tags=TAGS,
    summary="All contracts behind a task",
)
async def show_task_summary(
    request: Request[Any, Any, State], member: SignedMember, task_uuid: FromPath[str]
) -> Summary:
    uuid = uuid_of_path(task_uuid, "task")
    async with context_of(request).database.connection() as conn:
        task = await access_task(conn, member, uuid=uuid)
        return render_summary(await summary.summary_of(conn, task))


@get(
    "/customer/ord/company-data",
    right=Right.VIEW,
    tags=TAGS,
    summary="The company's own record and its contract with the platform",
)
async def show_company_data(request: ApiRequest, member: SignedMember) -> CompanyData:
    """404 until the operator has entered them."""
    async with context_of(request).database.connection() as conn:
        primary = await queries.primary_contract(conn, member.company_id)
        if primary is None:
            raise NotFound("contract")
        own = await queries.access_organisation(conn, member, primary.customer_uuid)
    return CompanyData(render_organisation(own), render_contract(primary))


ROUTES = [
    add_organisation,
    list_organisations,
    show_organisation,
    add_contract,
    list_contracts,
    show_contract,
    show_task_summary,
    show_company_data,
]
