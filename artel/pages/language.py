"""Which language a page is in."""

from litestar.datastructures import Cookie

from artel.api.context import Connection, context_of
from artel.api.languages import preferred_language

LANGUAGES = ("EN", "RU")
COOKIE = "artel_language"


def page_language(request: Connection, person_language: str | None = None) -> str:
    """The language chosen on the page; else the signed-in person's; else the browser's; else `person_language`.

    `person_language` is that of the person the page is about, before they have signed in: what an invitation was
    written in says less than what the reader's browser asks for.
    """
    chosen = chosen_language(request) or request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    signed_in = request.scope["state"].get("person")
    if signed_in is not None:
        return str(signed_in.language)
    accepted = request.headers.get("accept-language", "")
    if any(tag.strip().lower()[:2] in {"en", "ru"} for tag in accepted.split(",")):
        return preferred_language(accepted)
    return person_language or "EN"


def chosen_language(request: Connection) -> str | None:
    """What `?lang=` asks for."""
    asked = str(request.query_params.get("lang", "")).upper()
    return asked if asked in LANGUAGES else None


def language_cookie(request: Connection) -> Cookie | None:
    """Remember a choice made with `?lang=`, for this visit."""
    asked = chosen_language(request)
    if asked is None or request.cookies.get(COOKIE) == asked:
        return None
    secure = context_of(request).settings.base_url.startswith("https:")
    return Cookie(key=COOKIE, value=asked, path="/", httponly=True, samesite="lax", secure=secure)
