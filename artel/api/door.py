"""What stands before the routes of every wire format: who sent the token, and OPTIONS."""

from datetime import datetime
from typing import Any

from litestar import HttpMethod, Request, Response
from litestar.routes import HTTPRoute

from artel.api.context import Connection, context_of
from artel.errors import NotSignedIn
from artel.people.tokens import Claims, read_token


def header(request: Connection, name: bytes) -> str | None:
    """One header, without making an object of all of them: every request comes through here."""
    for given, value in request.scope["headers"]:
        if given == name:
            return value.decode("latin-1")
    return None


def bearer_claims(request: Connection, *, now: datetime) -> Claims:
    """The claims of the bearer token, checked. Refuses: NotSignedIn."""
    scheme, _, token = (header(request, b"authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn
    return read_token(context_of(request).settings.secret, token.strip(), now=now)


def options_reply(request: Request[Any, Any, Any]) -> Response[None] | None:
    """To OPTIONS: which methods there are, as a browser asks it without a token; None to the rest.

    Not the framework's own OPTIONS: that names the methods of one handler, and a path may have several.
    """
    if request.method != HttpMethod.OPTIONS:
        return None
    path = request.scope["path_template"]
    routes = [route for route in request.app.routes if isinstance(route, HTTPRoute) and route.path_format == path]
    methods = sorted({method for route in routes for method in route.methods})
    return Response(None, status_code=204, headers={"Allow": ", ".join(methods)})
