"""What a refused or unreadable request is answered, in the wire format of its route."""

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from artel.api.customer.errors import CUSTOMER
from artel.api.wire import Wire, wire_of
from artel.errors import Refused, TooMany

AnyRequest = Request[Any, Any, Any]


def answer_refusal(request: AnyRequest, refusal: Refused) -> Response[Any]:
    status, body = spoken_wire(request).refusal_reply(request, refusal)
    headers = {"Retry-After": str(refusal.retry_after_s)} if isinstance(refusal, TooMany) else {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body, status_code=status, headers=headers)


def answer_http_error(request: AnyRequest, error: HTTPException) -> Response[Any]:
    status, body = spoken_wire(request).request_reply(request, error)
    return Response(body, status_code=status, headers=error.headers)


def answer_unreadable(request: AnyRequest, error: Exception) -> Response[Any]:
    """A body whose text is no UTF-8, or that nests deeper than the parser goes: neither is its `DecodeError`."""
    return answer_http_error(request, HTTPException(status_code=400))


def spoken_wire(request: AnyRequest) -> Wire:
    """Of a request that reached no route the customer API's, which was here first."""
    return wire_of(request) or CUSTOMER


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    Refused: answer_refusal,
    HTTPException: answer_http_error,
    UnicodeDecodeError: answer_unreadable,
    RecursionError: answer_unreadable,
}
