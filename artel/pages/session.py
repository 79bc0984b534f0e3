"""Who is signed in on the pages: a session like any other, its token in a cookie that scripts cannot read."""

from litestar.datastructures import Cookie

from artel import clock
from artel.api.context import Connection, context_of
from artel.companies.access import Entrance, Person, Right, enter
from artel.errors import NotSignedIn
from artel.people.tokens import read_token

COOKIE = "artel_session"
LIFETIME_S = 7 * 24 * 3600


async def signed_in_person(request: Connection) -> Person | None:
    """The person of the session cookie; None without one, or where the session has ended."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    context = context_of(request)
    now = clock.now()
    try:
        claims = read_token(context.settings.secret, token, now=now)
        person, _ = await enter(context.database.reader, Entrance(claims, None, Right.SIGNED_IN, now))
    except NotSignedIn:
        return None
    request.scope["state"]["person"] = person
    return person


async def require_person(request: Connection) -> Person:
    """Refuses: NotSignedIn, which sends the visitor to sign in and back."""
    person = await signed_in_person(request)
    if person is None:
        raise NotSignedIn
    return person


def session_cookie(request: Connection, token: str) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=token,
        path="/",
        max_age=LIFETIME_S,
        httponly=True,
        samesite="lax",
        secure=context_of(request).settings.base_url.startswith("https:"),
    )


def no_session_cookie(request: Connection) -> Cookie:
    cookie = session_cookie(request, "")
    cookie.max_age = 0
    return cookie


def local_path(given: str) -> str:
    """Where to go on after signing in: one of our own pages, whatever a link says."""
    is_ours = given.startswith("/") and not given.startswith(("//", "/\\")) and given.isprintable()
    return given if is_ours else "/my"
