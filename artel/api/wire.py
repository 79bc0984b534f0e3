"""Which wire format a route speaks: how its refusals and failures are written. Every router names its own."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar.openapi.spec import Schema

from artel.api.context import Connection
from artel.errors import Refused


class Wire(msgspec.Struct, frozen=True):
    """`refusal_reply` gives status and body of a rule's refusal; the schemas say what such bodies look like."""

    name: str
    refusal_reply: Callable[[Connection, Refused], tuple[int, Any]]
    error_schema: Schema
    fields_schema: Schema  # of 422


def wire_of(connection: Connection) -> Wire | None:
    """The route's own; None for a request that reached no route of an API."""
    handler = connection.scope.get("route_handler")
    wire: Wire | None = handler.opt.get("wire") if handler is not None else None
    return wire
