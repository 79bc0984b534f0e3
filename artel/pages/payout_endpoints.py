"""The page behind a link of operations 45-47: a freelancer types a card, an account or a wallet."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from artel import clock
from artel.api.context import Context, context_of
from artel.errors import Refused
from artel.lookups.queries import countries as all_countries
from artel.pages.errors import TEXTS as ERROR_TEXTS
from artel.pages.errors import refusal_text
from artel.pages.forms import Form, read_form
from artel.pages.language import page_language
from artel.pages.payout_endpoint_texts import TEXTS
from artel.pages.render import go_to, page
from artel.payouts.bank_accounts import RUSSIAN, SEPA, SWIFT, is_latin
from artel.payouts.details import (
    ACCOUNT_CURRENCIES,
    BANK_ACCOUNT,
    CARD,
    CARD_CURRENCIES,
    WALLET_CURRENCIES,
    NewEndpoint,
    card_endpoint,
    check_bank_account,
    check_card,
    check_wallet,
)
from artel.payouts.endpoint_queries import EndpointOwner, endpoint_owner
from artel.payouts.endpoints import PAGE, Wanted, add_endpoint, open_endpoint_link
from artel.payouts.errors import EndpointExists, EndpointRefused
from artel.payouts.processors import processor_named
from artel.payouts.wallets import QIWI, WEBMONEY
from artel.people.errors import LinkGone
from artel.people.links import Link

ADDED_PATH = f"{PAGE}/added"
NAMES: Mapping[tuple[int, int | None], str] = {
    (CARD, None): "card",
    (BANK_ACCOUNT, SEPA): "sepa",
    (BANK_ACCOUNT, SWIFT): "swift",
    (BANK_ACCOUNT, RUSSIAN): "russian",
    (2, QIWI): "qiwi",
    (2, WEBMONEY): "webmoney",
}
HtmlRequest = Request[None, None, State]


class Visit(msgspec.Struct, frozen=True):
    """Everything the page needs to be shown."""

    link: Link
    wanted: Wanted
    owner: EndpointOwner
    countries: Sequence[tuple[str, str]]

    @property
    def currencies(self) -> Sequence[str]:
        if self.wanted.subtype is None:
            return CARD_CURRENCIES
        by_kind = ACCOUNT_CURRENCIES if self.wanted.type == BANK_ACCOUNT else WALLET_CURRENCIES
        return by_kind[self.wanted.subtype]

    @property
    def first_values(self) -> Form:
        """What is known already. Cards and banks outside Russia have names in Latin letters."""
        name = f"{self.owner.first_name} {self.owner.last_name}".strip()
        takes_any_script = self.wanted.type == BANK_ACCOUNT and self.wanted.subtype == RUSSIAN
        is_fitting = takes_any_script or (name.isascii() if self.wanted.type == CARD else is_latin(name))
        return {
            "holder": name if is_fitting else "",
            "country": self.owner.country or "",
            "currency": self.currencies[0] if len(self.currencies) == 1 else "",
        }


@get(PAGE + "/{token:str}")
async def show_endpoint_form(request: HtmlRequest, token: FromPath[str]) -> Response[str]:
    try:
        visit = await open_visit(request, token)
    except LinkGone:
        return gone(request)
    return endpoint_form(request, visit, values=visit.first_values, problems={})


@post(PAGE + "/{token:str}", status_code=200)
async def save_endpoint(request: HtmlRequest, token: FromPath[str]) -> Response[Any]:
    context = context_of(request)
    form = await read_form(request)
    try:
        visit = await open_visit(request, token)
        try:
            endpoint = await check_endpoint(context, visit, form)
            async with context.database.transaction() as conn:
                link = await add_endpoint(conn, token, endpoint, now=clock.now())
        except (EndpointRefused, EndpointExists) as refused:
            return endpoint_form(request, visit, values=form, problems=problems_of(request, visit, refused))
    except LinkGone:
        return gone(request)
    return go_to(link.redirect_url or ADDED_PATH)


@get(ADDED_PATH, sync_to_thread=False)
def show_added(request: HtmlRequest) -> Response[str]:
    return page(request, "endpoint_added.html", TEXTS)


async def open_visit(request: HtmlRequest, token: str) -> Visit:
    """Refuses: LinkGone."""
    async with context_of(request).database.connection() as conn:
        link, wanted = await open_endpoint_link(conn, token, now=clock.now())
        owner = await endpoint_owner(conn, person_id=link.person_id, company_id=link.company_id)
        rows = await all_countries(conn) if wanted.type == CARD or wanted.subtype == SWIFT else []
    is_russian = page_language(request, owner.language) == "RU"
    titles = [(row.code, row.title_ru if is_russian else row.title_en) for row in rows]
    return Visit(link, wanted, owner, sorted(titles, key=lambda title: title[1]))


async def check_endpoint(context: Context, visit: Visit, form: Form) -> NewEndpoint:
    """What was typed, checked; a card's number goes to the processor, outside of any transaction, and no further."""
    wanted = visit.wanted
    countries = {code for code, _ in visit.countries}
    if wanted.subtype is None:
        card = check_card(form, countries=countries, today=clock.now().date())
        processor = processor_named(context.settings.payout_rail, sandbox=context.settings.sandbox)
        token = await processor.tokenise(card.number, expires=card.expires)
        return card_endpoint(card, processor_token=token)
    if wanted.type == BANK_ACCOUNT:
        return check_bank_account(form, kind=wanted.subtype, countries=countries)
    return check_wallet(form, kind=wanted.subtype)


def problems_of(request: HtmlRequest, visit: Visit, refused: EndpointRefused | EndpointExists) -> dict[str, str]:
    """A text beside each field that is to blame."""
    language = page_language(request, visit.owner.language)
    each: Sequence[Refused] = refused.refusals if isinstance(refused, EndpointRefused) else [refused]
    return {refusal.field or "number": refusal_text(refusal, language) for refusal in each}


def endpoint_form(request: HtmlRequest, visit: Visit, *, values: Form, problems: dict[str, str]) -> Response[str]:
    name = NAMES[visit.wanted.type, visit.wanted.subtype]
    if name == "card":  # a card's number is never sent back
        values = {field: value for field, value in values.items() if field != "number"}
    return page(
        request,
        "payout_endpoint.html",
        TEXTS,
        status_code=422 if problems else 200,
        person_language=visit.owner.language,
        form_targets=[origin(visit.link.redirect_url)] if visit.link.redirect_url else [],
        name=name,
        values=values,
        problems=problems,
        company=visit.owner.company_name,
        countries=visit.countries,
        currencies=[(code, code) for code in visit.currencies],
    )


def gone(request: HtmlRequest) -> Response[str]:
    text = TEXTS["gone_text"][1 if page_language(request) == "RU" else 0]
    return page(request, "error.html", {**TEXTS, **ERROR_TEXTS}, status_code=410, title_key="gone_title", text=text)


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


ROUTES = [show_endpoint_form, save_endpoint, show_added]
