"""The pages put together."""

from typing import Any

from litestar import Response, Router, get
from litestar.exceptions import HTTPException

from artel.errors import Refused
from artel.pages import (
    agreements,
    booking,
    bookings,
    documents,
    google_calendars,
    my,
    my_documents,
    operator_disputes,
    operator_verifications,
    payout_endpoints,
    registration,
    sign_in,
    taxation,
    uploads,
    verification,
)
from artel.pages.errors import answer_http_failure, answer_page_failure, answer_refusal
from artel.pages.forms import require_own_form
from artel.pages.render import SCRIPT, STYLE, ZONE_SCRIPT

PAGES: list[Any] = [
    *registration.ROUTES,
    *agreements.ROUTES,
    *sign_in.ROUTES,
    *my.ROUTES,
    *my_documents.ROUTES,
    *payout_endpoints.ROUTES,
    *verification.ROUTES,
    *taxation.ROUTES,
    *documents.ROUTES,
    *google_calendars.ROUTES,
    *operator_disputes.ROUTES,
    *operator_verifications.ROUTES,
    *uploads.ROUTES,
    *booking.ROUTES,
    *bookings.ROUTES,
]
# Every page says this of itself; its Content-Security-Policy comes from `page`.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Links on pages carry tokens: other sites are not told where a visitor came from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
FOREVER = "public, max-age=31536000, immutable"


def secure(response: Response[Any]) -> Response[Any]:
    response.headers.update(SECURITY_HEADERS)
    return response


@get("/assets/pages.css", sync_to_thread=False)
def style() -> Response[bytes]:
    return Response(STYLE, headers={"Content-Type": "text/css; charset=utf-8", "Cache-Control": FOREVER})


@get("/assets/pages.js", sync_to_thread=False)
def script() -> Response[bytes]:
    return Response(SCRIPT, headers={"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": FOREVER})


@get("/assets/zone.js", sync_to_thread=False)
def zone_script() -> Response[bytes]:
    return Response(ZONE_SCRIPT, headers={"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": FOREVER})


def pages_router() -> Router:
    return Router(
        "/",
        route_handlers=[style, script, zone_script, *PAGES],
        guards=[require_own_form],
        after_request=secure,
        exception_handlers={
            Refused: answer_refusal,
            HTTPException: answer_http_failure,
            Exception: answer_page_failure,
        },
        include_in_schema=False,
    )
