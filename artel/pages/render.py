"""From a template to a reply."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.response import Redirect

from artel.api.context import Connection
from artel.pages.forms import FIELD, form_cookie, form_token
from artel.pages.language import language_cookie, page_language
from artel.pages.texts import Texts, Words

FOLDER = Path(__file__).parent
STYLE = (FOLDER / "static" / "pages.css").read_bytes()
SCRIPT = (FOLDER / "static" / "pages.js").read_bytes()
ZONE_SCRIPT = (FOLDER / "static" / "zone.js").read_bytes()


def asset_url(name: str, content: bytes) -> str:
    """An address that changes with the content, so that browsers may keep it for good."""
    return f"/assets/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.globals.update(
    style_url=asset_url("pages.css", STYLE),
    script_url=asset_url("pages.js", SCRIPT),
    zone_script_url=asset_url("zone.js", ZONE_SCRIPT),
    form_field=FIELD,
)


def page(
    request: Request[Any, Any, Any],
    template: str,
    texts: Texts,
    *,
    status_code: int = 200,
    person_language: str | None = None,
    form_targets: Sequence[str] = (),
    **context: object,
) -> Response[str]:
    """Render a template in the reader's language.

    In it: `t`, the page's texts; `language`, "en" or "ru"; `form_token`; and what `context` names. `form_targets` are
    the origins outside that a form's reply may redirect to: browsers refuse others.
    """
    language = page_language(request, person_language)
    content = environment.get_template(template).render(
        {
            "t": Words(texts, language),
            "language": language.lower(),
            "other_language_url": other_language_url(request, language),
            "form_token": form_token(request),
            **context,
        }
    )
    cookies = [cookie for cookie in (form_cookie(request), language_cookie(request)) if cookie is not None]
    return Response(
        content,
        status_code=status_code,
        media_type="text/html",
        headers={"Content-Security-Policy": content_security_policy(form_targets), "Cache-Control": "no-store"},
        cookies=cookies,
    )


def go_to(path: str) -> Redirect:
    """After a form: show another page, so that reloading sends nothing again."""
    return Redirect(path, status_code=303)


def content_security_policy(form_targets: Sequence[str] = ()) -> str:
    """Our own style, script and images, nothing inline, nothing from elsewhere, in nobody's frame."""
    targets = " ".join(["'self'", *form_targets])
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; "
        f"form-action {targets}; frame-ancestors 'none'"
    )


def other_language_url(request: Connection, language: str) -> str:
    """This page's address in the other language."""
    query = [(key, str(value)) for key, value in request.query_params.multi_items() if key != "lang"]
    return f"{request.url.path}?{urlencode([*query, ('lang', 'en' if language == 'RU' else 'ru')])}"
