"""Which wire format a route speaks: how its refusals and failures are written. Every router names its own."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.openapi.spec import Schema
from litestar.routes import HTTPRoute

from artel.api.context import Connection
from artel.errors import Refused


class Wire(msgspec.Struct, frozen=True):
    """`refusal_reply` gives status and body of a rule's refusal, `request_reply` those of a request that no rule has
    seen; the schemas say what such bodies look like."""

    name: str
    refusal_reply: Callable[[Connection, Refused], tuple[int, Any]]
    request_reply: Callable[[Connection, HTTPException], tuple[int, Any]]
    error_schema: Schema
    fields_schema: Schema  # of 422


def wire_of(connection: Connection) -> Wire | None:
    """The route's own, or what a route of two formats has read from the request (`speak`); None for a request that
    reached no route of an API."""
    spoken: Wire | None = connection.scope["state"].get("wire") if "state" in connection.scope else None
    if spoken is not None:
        return spoken
    handler = connection.scope.get("route_handler")
    wire: Wire | None = handler.opt.get("wire") if handler is not None else None
    return wire


def speak(connection: Connection, wire: Wire) -> None:
    """From here on this request is answered in `wire`, whatever its route says."""
    connection.scope["state"]["wire"] = wire


def wires_of(app: Litestar) -> dict[tuple[str, str], tuple[Wire, ...]]:
    """The wire formats of each call, by its path and method in lower case. Few calls are shared by several: their
    routes name the others as `also`."""
    return {
        (route.path_format, method.lower()): (handler.opt["wire"], *handler.opt.get("also", ()))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "wire" in handler.opt
        for method in handler.http_methods
    }
