"""The page behind a link of operation 35: a Russian freelancer gives the numbers of their new tax status."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath

from artel import clock
from artel.api.context import context_of
from artel.db.pool import Connection
from artel.errors import Refused
from artel.freelancers.tax_changes import current_tax_info
from artel.pages.errors import TEXTS as ERROR_TEXTS
from artel.pages.errors import refusal_text
from artel.pages.forms import Form, read_form
from artel.pages.language import page_language
from artel.pages.render import go_to, page
from artel.pages.texts import Texts
from artel.people.errors import LinkGone
from artel.taxation.rules import PAGE, give_numbers, open_change
from artel.taxation.statuses import Status

HtmlRequest = Request[None, None, State]
NAMES = {Status.SELF_EMPLOYED: "self_employed", Status.SOLE_PROPRIETOR: "sole_proprietor"}
TEXTS: Texts = {
    "self_employed_title": ("Become self-employed here", "Статус самозанятого"),
    "self_employed_lead": (
        "You are registered in “My tax” as a payer of the tax on professional income. Give your INN, and we ask the "
        "tax service.",
        "Вы состоите на учёте в «Моём налоге» как плательщик налога на профессиональный доход. Укажите ИНН, и мы "
        "спросим налоговую службу.",
    ),
    "sole_proprietor_title": ("Become a sole proprietor here", "Статус индивидуального предпринимателя"),
    "sole_proprietor_lead": (
        "Give the numbers under which you are registered as a sole proprietor in Russia.",
        "Укажите номера, под которыми вы зарегистрированы как индивидуальный предприниматель.",
    ),
    "tax_number": ("INN", "ИНН"),
    "tax_number_hint": ("12 digits", "12 цифр"),
    "registration_number": ("OGRNIP", "ОГРНИП"),
    "registration_number_hint": ("15 digits", "15 цифр"),
    "save": ("Continue", "Продолжить"),
    "self_employed_done_title": ("Thank you, we are asking the tax service", "Спасибо, мы спрашиваем налоговую службу"),
    "self_employed_done_text": (
        "Usually it takes a minute. Should it say no, we will write to you. You can close this page.",
        "Обычно это занимает минуту. Если ответ будет отрицательным, мы напишем вам. Эту страницу можно закрыть.",
    ),
    "sole_proprietor_done_title": ("Your status has changed", "Статус изменён"),
    "sole_proprietor_done_text": ("You can close this page.", "Эту страницу можно закрыть."),
    "gone_title": ("This link no longer works", "Эта ссылка больше не работает"),
    "gone_text": (
        "It works once and for three days. If nothing has changed, ask for a new one where you got it.",
        "Она действует один раз и три дня. Если ничего не изменилось, попросите новую там же, где получили эту.",
    ),
}


@get(PAGE + "/{token:str}")
async def show_status_form(request: HtmlRequest, token: FromPath[str]) -> Response[Any]:
    try:
        async with context_of(request).database.connection() as conn:
            link, status = await open_change(conn, token, now=clock.now())
            known = await known_numbers(conn, link.person_id)
    except LinkGone:
        return gone(request)
    return status_form(request, status, known)


async def known_numbers(conn: Connection, freelancer_id: int) -> Form:
    info = await current_tax_info(conn, freelancer_id)
    if info is None or (info.residence_country, info.type) != ("RU", "INN"):
        return {}
    return {"tax_number": info.tax_number, "registration_number": info.registration_number or ""}


@post(PAGE + "/{token:str}", status_code=200)
async def save_status_form(request: HtmlRequest, token: FromPath[str]) -> Response[Any]:
    form = await read_form(request)
    context = context_of(request)
    try:
        async with context.database.connection() as conn:
            _, status = await open_change(conn, token, now=clock.now())
        try:
            async with context.database.transaction() as conn:
                await give_numbers(
                    conn,
                    token,
                    tax_number=form.get("tax_number", ""),
                    registration_number=form.get("registration_number", ""),
                    now=clock.now(),
                )
        except LinkGone:
            raise
        except Refused as refusal:
            return status_form(request, status, form, refusal)
    except LinkGone:
        return gone(request)
    return go_to(f"{PAGE}/done?status={NAMES[status]}")


@get(PAGE + "/done", sync_to_thread=False)
def show_status_done(request: HtmlRequest) -> Response[str]:
    asked = str(request.query_params.get("status", ""))
    name = asked if asked in NAMES.values() else NAMES[Status.SOLE_PROPRIETOR]
    return page(
        request,
        "verification/note.html",
        TEXTS,
        title_key=f"{name}_done_title",
        text_key=f"{name}_done_text",
        return_to=None,
    )


def status_form(request: HtmlRequest, status: Status, values: Form, refusal: Refused | None = None) -> Response[str]:
    fields = ["tax_number", "registration_number"] if status == Status.SOLE_PROPRIETOR else ["tax_number"]
    problems = {}
    if refusal is not None:
        field = {"reg_number": "registration_number"}.get(refusal.field or "", refusal.field or "")
        problems = {field if field in fields else "": refusal_text(refusal, page_language(request, "RU"))}
    return page(
        request,
        "taxation_status.html",
        TEXTS,
        status_code=422 if problems else 200,
        person_language="RU",
        name=NAMES[status],
        fields_shown=fields,
        values=values,
        problems=problems,
    )


def gone(request: HtmlRequest) -> Response[str]:
    text = TEXTS["gone_text"][1 if page_language(request) == "RU" else 0]
    return page(request, "error.html", {**ERROR_TEXTS, **TEXTS}, status_code=410, title_key="gone_title", text=text)


ROUTES = [show_status_form, save_status_form, show_status_done]
