"""What a task costs: operations 7 and 8 of customer-api.md."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.params import JSONBody, QueryParameter

from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.replies import CURRENCIES, Currency, number
from artel.api.customer.task_references import Id, require_same_company
from artel.companies.access import Right
from artel.tasks import quotes
from artel.tasks.pricing import TaskPrice

ApiRequest = Request[None, None, State]


class Cost(msgspec.Struct, rename="camel", kw_only=True):
    """Figures in the company's currency; `amountForWorker` in the worker's."""

    price: float
    commission: float
    commission_percent: float
    share_commission: bool
    shared_commission: float
    sales_tax: float
    insurance_cost: float
    total: float
    amount_for_worker: float
    vat: float = msgspec.field(name="VAT")
    vat_percent: float = msgspec.field(name="VATPercent")
    currency: Currency
    worker_currency: Currency


class ActualCost(Cost, kw_only=True):
    """The same at today's rate. `isChanged`: today's rate is not the task's."""

    is_changed: bool


class ExchangeRate(msgspec.Struct):
    """What the root's figures were converted with; 1 where the two currencies are one."""

    base: Currency
    target: Currency
    rate: float


class TotalCost(Cost, kw_only=True):
    price_with_actual_currency_exchange_rate: ActualCost
    exchange_rate: ExchangeRate


class CostQuestion(msgspec.Struct, rename="camel"):
    """`price` is what the freelancer is to get, in `workerCurrency`. `uuid` of a task brings the rate it was made
    with."""

    price: Decimal
    worker_currency: str | None = None
    share_commission: bool = False
    need_insurance: bool | None = None
    uuid: UUID | None = None
    worker_id: Id | None = None
    category_id: Id | None = None
    company_id: Id | None = None


def figures(price: TaskPrice) -> dict[str, Any]:
    """The fields of Cost."""
    return {
        "price": number(price.price),
        "commission": number(price.commission),
        "commission_percent": number(price.commission_percent),
        "share_commission": price.share_commission,
        "shared_commission": number(price.shared_commission),
        "sales_tax": number(price.sales_tax),
        "insurance_cost": number(price.insurance),
        "total": number(price.total),
        "amount_for_worker": number(price.amount_for_worker),
        "vat": number(price.vat),
        "vat_percent": number(price.vat_percent),
        "currency": CURRENCIES[price.currency],
        "worker_currency": CURRENCIES[price.worker_currency],
    }


def render_cost(quote: quotes.Quote) -> TotalCost:
    fixed, actual = quote.fixed, quote.actual
    return TotalCost(
        **figures(fixed),
        price_with_actual_currency_exchange_rate=ActualCost(
            **figures(actual), is_changed=actual.exchange_rate != fixed.exchange_rate
        ),
        exchange_rate=ExchangeRate(
            base=CURRENCIES[fixed.worker_currency],
            target=CURRENCIES[fixed.currency],
            rate=number(fixed.exchange_rate or Decimal(1)),
        ),
    )


@get(
    "/customer/tasks/allowed-currencies",
    right=Right.VIEW,
    tags=["Tasks"],
    summary="Currencies that a freelancer can be paid in",
)
async def list_allowed_currencies(
    request: ApiRequest,
    member: SignedMember,
    companyId: Annotated[Id | None, QueryParameter(required=False)] = None,  # noqa: N803  refusals name it so
) -> list[Currency]:
    require_same_company(member, companyId)
    async with context_of(request).database.connection() as conn:
        codes = await quotes.allowed_currencies(conn, currency=member.currency)
    return [CURRENCIES[code] for code in codes]


@post(
    "/customer/tasks/total-cost",
    status_code=200,
    right=Right.VIEW,
    tags=["Tasks"],
    summary="What a task would cost, at its own and at today's rate",
)
async def calculate_total_cost(request: ApiRequest, member: SignedMember, data: JSONBody[CostQuestion]) -> TotalCost:
    require_same_company(member, data.company_id)
    async with context_of(request).database.connection() as conn:
        quote = await quotes.quote_task(
            conn,
            member,
            price=data.price,
            worker_currency=data.worker_currency,
            share_commission=data.share_commission,
            insured=data.need_insurance,
            task_uuid=data.uuid,
            service_id=data.category_id,
            freelancer_id=data.worker_id,
        )
    return render_cost(quote)


ROUTES = [list_allowed_currencies, calculate_total_cost]
