"""The time API put together: base /api (time-api.md "Paths")."""

from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException

from artel.api.time import (
    booking,
    contacts,
    login,
    other_users,
    registration,
    schedule_members,
    schedules,
    uploads,
    user,
)
from artel.api.time.access import at_the_door, at_the_open_door, provide_maybe_person, provide_person
from artel.api.time.errors import TIME, refusal_reply, request_reply
from artel.errors import Refused, TooMany

SIGNED_IN_ROUTES: list[Any] = [
    *user.ROUTES,
    *uploads.ROUTES,
    *contacts.ROUTES,
    *other_users.ROUTES,
    *booking.ROUTES,
    *schedules.ROUTES,
    *schedule_members.ROUTES,
]
# For people signed in or not.
OPEN_ROUTES: list[Any] = [*booking.OPEN_ROUTES]
PUBLIC_ROUTES: list[Any] = [*login.PUBLIC_ROUTES, *registration.PUBLIC_ROUTES]


def answer_refusal(request: Request[Any, Any, Any], refusal: Refused) -> Response[dict[str, Any]]:
    status, body = refusal_reply(request, refusal)
    headers = {"Retry-After": str(refusal.retry_after_s)} if isinstance(refusal, TooMany) else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body, status_code=status, headers=headers)


def answer_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    status, body = request_reply(request, error)
    return Response(body, status_code=status, headers=error.headers)


def answer_unreadable(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """A body whose text is no UTF-8, or that nests deeper than the parser goes: neither is its `DecodeError`."""
    return answer_http_error(request, HTTPException(status_code=400))


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    Refused: answer_refusal,
    HTTPException: answer_http_error,
    UnicodeDecodeError: answer_unreadable,
    RecursionError: answer_unreadable,
}


def time_router() -> Router:
    signed_in = Router(
        "/",
        route_handlers=SIGNED_IN_ROUTES,
        before_request=at_the_door,
        dependencies={"person": Provide(provide_person, sync_to_thread=False)},
        security=[{"bearer": []}],
    )
    opened = Router(
        "/",
        route_handlers=OPEN_ROUTES,
        before_request=at_the_open_door,
        dependencies={"person": Provide(provide_maybe_person, sync_to_thread=False)},
        security=[{"bearer": []}, {}],
    )
    return Router(
        "/api",
        route_handlers=[signed_in, opened, *PUBLIC_ROUTES],
        exception_handlers=EXCEPTION_HANDLERS,
        opt={"wire": TIME},
    )
