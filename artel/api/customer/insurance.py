"""Insurance of tasks: operation 72 of customer-api.md."""

from typing import Annotated

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.params import QueryParameter

from artel.api.context import context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.replies import number
from artel.companies.access import Right
from artel.freelancers.queries import LARGEST_ID
from artel.insurance.rules import Product, product_of
from artel.tasks.references import check_references


class InsuranceInfo(msgspec.Struct, rename="camel"):
    """`cost` a task, in the company's currency. `acceptanceRequired` is always false: taking the task is enough."""

    can_be_insured: bool
    acceptance_required: bool
    cost: float
    insure_by_default: bool


def render_product(product: Product | None) -> InsuranceInfo:
    if product is None:
        return InsuranceInfo(False, False, 0, False)
    return InsuranceInfo(True, False, number(product.premium), product.by_default)


@get("/customer/insurance/info", right=Right.VIEW, tags=["Tasks"], summary="What insuring a task costs")
async def show_insurance_info(
    request: Request[None, None, State],
    member: SignedMember,
    worker_id: Annotated[int | None, QueryParameter(name="workerId", ge=1, le=LARGEST_ID, required=False)] = None,
    category_id: Annotated[int | None, QueryParameter(name="categoryId", ge=1, le=LARGEST_ID, required=False)] = None,
) -> InsuranceInfo:
    """The terms are the company's, whoever works and whatever the service; one that is named has to be there."""
    async with context_of(request).database.connection() as conn:
        await check_references(conn, member.company_id, service_id=category_id, freelancer_id=worker_id)
        return render_product(await product_of(conn, member.company_id))


ROUTES = [show_insurance_info]
