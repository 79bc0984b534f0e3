"""The customer API put together: base /api, also under /api/v1 and /api/v2 (see artel.app)."""

from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide

from artel.api.answers import EXCEPTION_HANDLERS
from artel.api.customer import (
    acceptance_files,
    advertising,
    bulk,
    companies,
    documents,
    freelancer_edits,
    freelancer_papers,
    freelancer_taxes,
    freelancers,
    insurance,
    login,
    lookups,
    payout_endpoints,
    payouts,
    profile,
    task_changes,
    task_costs,
    task_creation,
    task_disputes,
    task_files,
    task_groups,
    task_messages,
    task_steps,
    tasks,
    transactions,
    verification,
    webhooks,
)
from artel.api.customer.access import provide_member, provide_person, require_right
from artel.api.customer.errors import CUSTOMER
from artel.api.door import options_reply

SIGNED_IN_ROUTES = [
    *login.ROUTES,
    *profile.ROUTES,
    *companies.ROUTES,
    *lookups.ROUTES,
    *freelancers.ROUTES,
    *freelancer_edits.ROUTES,
    *freelancer_papers.ROUTES,
    *acceptance_files.ROUTES,
    *freelancer_taxes.ROUTES,
    *verification.ROUTES,
    *task_costs.ROUTES,
    *task_creation.ROUTES,
    *task_steps.ROUTES,
    *task_changes.ROUTES,
    *task_disputes.ROUTES,
    *bulk.ROUTES,
    *payouts.ROUTES,
    *payout_endpoints.ROUTES,
    *task_files.ROUTES,
    *task_groups.ROUTES,
    *task_messages.ROUTES,
    *transactions.ROUTES,
    *documents.ROUTES,
    *advertising.ROUTES,
    *insurance.ROUTES,
    *tasks.ROUTES,
    *webhooks.ROUTES,
]
PUBLIC_ROUTES: list[Any] = [*login.PUBLIC_ROUTES]


async def at_the_door(request: Request[Any, Any, Any]) -> Response[None] | None:
    """OPTIONS is answered to anybody; the rest needs a right."""
    reply = options_reply(request)
    if reply is None:
        await require_right(request)
    return reply


def customer_router() -> Router:
    signed_in = Router(
        "/",
        route_handlers=SIGNED_IN_ROUTES,
        before_request=at_the_door,
        dependencies={
            "member": Provide(provide_member, sync_to_thread=False),
            "person": Provide(provide_person, sync_to_thread=False),
        },
        security=[{"bearer": []}],
    )
    return Router(
        "/api",
        route_handlers=[signed_in, *PUBLIC_ROUTES],
        exception_handlers=EXCEPTION_HANDLERS,
        opt={"wire": CUSTOMER},
    )
