"""What a client chooses from: operations 60-71 of customer-api.md."""

from typing import Annotated

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.lookup_replies import (
    TAXATION_STATUSES,
    AcceptanceFileList,
    CountryList,
    CurrencyIds,
    DeadlineTypes,
    ExchangeRate,
    Service,
    ServiceAttribute,
    TaxationStatuses,
    TaxDocumentType,
    TitledList,
    render_acceptance_file,
    render_attribute,
    render_country,
    render_oksm_code,
    render_rate,
    render_service,
    render_tax_document_type,
    render_titled,
)
from artel.api.customer.pagination import (
    DEFAULT_SIZE,
    PageNumber,
    PageSize,
    Paginated,
    effective_size,
    paginate,
)
from artel.api.customer.replies import CURRENCIES
from artel.api.languages import language_of
from artel.companies.access import Right
from artel.exchange.queries import quoted_rates
from artel.lookups import queries

TAGS = ["Lookups"]
ApiRequest = Request[None, None, State]


@get("/lookups/currencies", right=Right.SIGNED_IN, tags=TAGS, summary="Settlement currencies and their ids")
async def list_currencies() -> CurrencyIds:
    return CurrencyIds(**{code: CURRENCIES[code].id for code in CurrencyIds.__struct_fields__})


@get("/exchanges", right=Right.SIGNED_IN, tags=TAGS, summary="Exchange rates in force")
async def list_exchange_rates(request: ApiRequest) -> list[ExchangeRate]:
    async with context_of(request).database.connection() as conn:
        rows = await quoted_rates(conn)
    return [render_rate(row) for row in rows]


@get("/lookups/deadlines", right=Right.SIGNED_IN, tags=TAGS, summary="Deadline types and their ids")
async def list_deadline_types() -> DeadlineTypes:
    return DeadlineTypes(SOFT=1, HARD=2)


@get("/lookups/taxation-statuses", right=Right.SIGNED_IN, tags=TAGS, summary="Taxation statuses and their ids")
async def list_taxation_statuses(request: ApiRequest) -> TaxationStatuses:
    return TAXATION_STATUSES[language_of(request)]


@get(
    ["/customer/lookups/categories", "/lookups/categories"],
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Service categories (deprecated: use services)",
    deprecated=True,
)
async def list_categories(request: ApiRequest) -> TitledList:
    async with context_of(request).database.connection() as conn:
        rows = await queries.categories(conn)
    return TitledList([render_titled(row) for row in rows])


@get(
    ["/lookups/services", "/customer/lookups/services"],
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Services that a task can be for",
)
async def list_services(request: ApiRequest, page: PageNumber = 1, size: PageSize = DEFAULT_SIZE) -> Paginated[Service]:
    return await page_of_services(request, None, page, effective_size(size))


@get(
    ["/lookups/services/{category_id:int}", "/customer/lookups/services/{category_id:int}"],
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Services of one category (the earlier edition)",
    deprecated=True,
)
async def list_services_of_category(
    request: ApiRequest, category_id: FromPath[int], page: PageNumber = 1, size: PageSize = DEFAULT_SIZE
) -> Paginated[Service]:
    return await page_of_services(request, category_id, page, effective_size(size))


async def page_of_services(request: ApiRequest, category_id: int | None, page: int, size: int) -> Paginated[Service]:
    async with context_of(request).database.connection() as conn:
        rows, total = await queries.services(conn, category_id=category_id, limit=size, offset=(page - 1) * size)
    return paginate([render_service(row) for row in rows], total=total, page=page, size=size)


@get(
    ["/lookups/service-attributes", "/customer/lookups/service-attributes"],
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Task attributes, or with `id` those of one service",
)
async def list_service_attributes(
    request: ApiRequest,
    id: Annotated[int | None, QueryParameter(ge=1, required=False)] = None,
    page: PageNumber = 1,
    size: PageSize = DEFAULT_SIZE,
) -> Paginated[ServiceAttribute]:
    return await page_of_attributes(request, id, page, effective_size(size))


@get(
    ["/lookups/service-attributes/{service_id:int}", "/customer/lookups/service-attributes/{service_id:int}"],
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Task attributes of one service (the earlier edition)",
    deprecated=True,
)
async def list_attributes_of_service(
    request: ApiRequest, service_id: FromPath[int], page: PageNumber = 1, size: PageSize = DEFAULT_SIZE
) -> Paginated[ServiceAttribute]:
    return await page_of_attributes(request, service_id, page, effective_size(size))


async def page_of_attributes(
    request: ApiRequest, service_id: int | None, page: int, size: int
) -> Paginated[ServiceAttribute]:
    async with context_of(request).database.connection() as conn:
        rows, total = await queries.service_attributes(
            conn, service_id=service_id, limit=size, offset=(page - 1) * size
        )
    return paginate([render_attribute(row) for row in rows], total=total, page=page, size=size)


@get(
    "/customer/lookups/acceptance-files",
    right=Right.VIEW,
    tags=TAGS,
    summary="Documents that a task can ask a freelancer to sign",
)
async def list_acceptance_files(request: ApiRequest, member: SignedMember) -> AcceptanceFileList:
    async with context_of(request).database.connection() as conn:
        rows = await queries.acceptance_files(conn, member.company_id)
    return AcceptanceFileList([render_acceptance_file(row) for row in rows])


@get("/lookups/specializations", right=Right.SIGNED_IN, tags=TAGS, summary="Freelancers' specializations")
async def list_specializations(request: ApiRequest) -> TitledList:
    async with context_of(request).database.connection() as conn:
        rows = await queries.specializations(conn)
    return TitledList([render_titled(row) for row in rows])


@get("/lookups/countries", right=Right.SIGNED_IN, tags=TAGS, summary="Countries of ISO 3166-1")
async def list_countries(request: ApiRequest) -> CountryList:
    async with context_of(request).database.connection() as conn:
        rows = await queries.countries(conn)
    return CountryList([render_country(row) for row in rows])


@get("/customer/ord/get-arccw-codes", right=Right.SIGNED_IN, tags=TAGS, summary="Country codes of OKSM")
async def list_oksm_codes(request: ApiRequest) -> TitledList:
    async with context_of(request).database.connection() as conn:
        rows = await queries.countries(conn)
    return TitledList([render_oksm_code(row) for row in rows])


@get(
    ["/customer/get-tax-document-types", "/customer/freelancers/tax-document-types"],
    right=Right.SIGNED_IN,
    tags=TAGS,
    summary="Tax document types, of all countries or one",
)
async def list_tax_document_types(
    request: ApiRequest,
    country: Annotated[str, QueryParameter(name="taxResidenceCountry", required=False)] = "",
) -> list[TaxDocumentType]:
    async with context_of(request).database.connection() as conn:
        rows = await queries.tax_document_types(conn, country=country.upper() or None)
    return [render_tax_document_type(row, language=language_of(request)) for row in rows]


ROUTES = [
    list_currencies,
    list_exchange_rates,
    list_deadline_types,
    list_taxation_statuses,
    list_categories,
    list_services,
    list_services_of_category,
    list_service_attributes,
    list_attributes_of_service,
    list_acceptance_files,
    list_specializations,
    list_countries,
    list_oksm_codes,
    list_tax_document_types,
]
