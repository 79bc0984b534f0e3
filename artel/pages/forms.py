"""Forms that only our own pages can send, and the values typed into them.

A page's form carries a token made from a random cookie and the installation's secret. Another site can make a
visitor's browser send a form here, with the cookie, but cannot read either, so it cannot write the token.
"""

import hashlib
import hmac
import secrets

from litestar import Request
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler

from artel.api.context import Connection, context_of
from artel.api.parts import form_parts
from artel.errors import Refused

COOKIE = "artel_form"
FIELD = "form_token"
LONGEST_VALUE = 10_000

Form = dict[str, str]


class FormExpired(Refused):
    """The form was not made for this visitor's browser, or its cookie has gone since."""

    def __init__(self) -> None:
        super().__init__("form_expired")


def visitor_word(request: Connection) -> str:
    """The random word of this visitor, kept in a cookie; a new one for a new visitor."""
    state = request.scope["state"]
    word: str = state.get("visitor_word") or request.cookies.get(COOKIE) or secrets.token_urlsafe(24)
    state["visitor_word"] = word
    return word


def form_token(request: Connection) -> str:
    return sign(request, "form", visitor_word(request))


def form_cookie(request: Connection) -> Cookie | None:
    """The visitor's word, to be set where the browser does not have it yet."""
    if request.cookies.get(COOKIE) == visitor_word(request):
        return None
    secure = context_of(request).settings.base_url.startswith("https:")
    return Cookie(key=COOKIE, value=visitor_word(request), path="/", httponly=True, samesite="lax", secure=secure)


def sign(request: Connection, purpose: str, *facts: str) -> str:
    """A signature over facts that a page hands out and takes back."""
    key = hashlib.sha256(f"artel pages {purpose}\0{context_of(request).settings.secret}".encode()).digest()
    return hmac.new(key, "\0".join(facts).encode(), hashlib.sha256).hexdigest()


async def require_own_form(request: Connection, _: BaseRouteHandler) -> None:
    """Guard of all pages: what changes something comes from a form of ours. Refuses: FormExpired."""
    if request.scope.get("method") in {"GET", "HEAD", "OPTIONS"}:
        return
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise FormExpired
    assert isinstance(request, Request)
    given = (await read_form(request)).get(FIELD, "")
    if not request.cookies.get(COOKIE) or not same(given, form_token(request)):
        raise FormExpired


async def read_form(request: Request) -> Form:  # type: ignore[type-arg]
    """The text fields of the form sent, without spaces around them; a password keeps its own."""
    fields = {}
    for name, value in (await form_parts(request)).items():
        if isinstance(value, str):
            text = value.replace("\0", "")[:LONGEST_VALUE]
            fields[str(name)] = text if "password" in str(name) else text.strip()
    return fields


def same(one: str, other: str) -> bool:
    """Whether two signed words are equal; how long it takes tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())
