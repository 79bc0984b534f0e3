"""Signing in and out on the pages."""

import hashlib
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.response import Redirect

from artel import clock
from artel.api.context import client_address, context_of
from artel.errors import Refused, TooMany
from artel.pages.errors import refusal_text
from artel.pages.forms import Form, read_form, same, sign
from artel.pages.language import page_language
from artel.pages.render import go_to, page
from artel.pages.session import LIFETIME_S, local_path, no_session_cookie, session_cookie, signed_in_person
from artel.pages.texts import Texts
from artel.people.login import finish_sign_in, sign_in
from artel.people.proof import Account, account_named, account_of
from artel.people.sessions import Tokens, end_session
from artel.people.two_factor import CodeAsked

PageRequest = Request[None, None, State]
# How long a right password waits for its code: as long as the code is good.
STEP_LIFETIME_S = 600

TEXTS: Texts = {
    "title": ("Sign in", "Вход"),
    "invited": (
        "{company} invites you to work together. Sign in to accept.",
        "{company} приглашает вас к сотрудничеству. Войдите, чтобы принять приглашение.",
    ),
    "username": ("E-mail", "Электронная почта"),
    "password": ("Password", "Пароль"),
    "submit": ("Sign in", "Войти"),
    "code_title": ("Enter the code", "Введите код"),
    "code_sms": ("We have sent a code to {number}.", "Мы отправили код на номер {number}."),
    "code_google": ("Your authenticator app shows a code.", "Код показывает ваше приложение-аутентификатор."),
    "code": ("Six-digit code", "Код из шести цифр"),
    "code_submit": ("Continue", "Продолжить"),
    "again": ("Start again", "Начать сначала"),
}


@get("/sign-in")
async def sign_in_page(request: PageRequest) -> Response[Any]:
    next_path = local_path(str(request.query_params.get("next", "")))
    if await signed_in_person(request) is not None:
        return go_to(next_path)
    return show_sign_in(request, {"next": next_path})


@post("/sign-in", status_code=200)
async def send_sign_in(request: PageRequest) -> Response[Any]:
    form = await read_form(request)
    try:
        if form.get("proven"):
            tokens: Tokens | CodeAsked = await take_code(request, form)
        else:
            tokens = await take_password(request, form)
    except TooMany:
        raise
    except Refused as refusal:
        field = "code" if form.get("proven") and refusal.field == "code" else "username"
        problems = {field: refusal_text(refusal, page_language(request))}
        return show_sign_in(request, form if field == "code" else {**form, "proven": ""}, problems)
    if isinstance(tokens, CodeAsked):
        account = await account_named(context_of(request).database, form.get("username", ""))
        proven = prove_later(request, account)
        return show_sign_in(request, {**form, "proven": proven, "kind": tokens.kind, "number": tokens.number or ""})
    reply = go_to(local_path(form.get("next", "")))
    reply.set_cookie(session_cookie(request, tokens.token))
    return reply


def show_sign_in(
    request: PageRequest, values: Form, problems: Form | None = None, *, company: str | None = None
) -> Response[str]:
    """The form for name and password or, where those were right, for the code. `company`: whose invitation waits."""
    return page(
        request,
        "sign_in.html",
        TEXTS,
        status_code=422 if problems else 200,
        values={"next": "/my", "proven": "", "kind": "", "number": "", **values, "password": ""},
        problems=problems or {},
        company=company,
    )


async def take_password(request: PageRequest, form: Form) -> Tokens | CodeAsked:
    context = context_of(request)
    return await sign_in(
        context.database,
        username=form.get("username", ""),
        password=form.get("password", ""),
        code=None,
        secret=context.settings.secret,
        lifetime_s=LIFETIME_S,
        address=client_address(request),
        user_agent=request.headers.get("user-agent"),
        now=clock.now(),
    )


async def take_code(request: PageRequest, form: Form) -> Tokens:
    context = context_of(request)
    person, _, _ = form["proven"].partition(".")
    is_id = person.isascii() and person.isdecimal() and len(person) < 19
    account = await account_of(context.database, int(person) if is_id else 0)
    return await finish_sign_in(
        context.database,
        account if is_proven(request, account, form["proven"]) else Account("nobody"),
        code=form.get("code", ""),
        secret=context.settings.secret,
        lifetime_s=LIFETIME_S,
        address=client_address(request),
        user_agent=request.headers.get("user-agent"),
        now=clock.now(),
    )


def prove_later(request: PageRequest, account: Account, expires: int | None = None) -> str:
    """A note to ourselves, carried by the form: this account's password was right, until a moment soon to come."""
    until = expires or int(clock.now().timestamp()) + STEP_LIFETIME_S
    password = hashlib.sha256((account.password_hash or "").encode()).hexdigest()
    return f"{account.id}.{until}.{sign(request, 'sign-in', str(account.id), str(until), password)}"


def is_proven(request: PageRequest, account: Account, proven: str) -> bool:
    _, _, rest = proven.partition(".")
    until, _, _ = rest.partition(".")
    if not (until.isascii() and until.isdecimal()) or int(until) < clock.now().timestamp():
        return False
    return same(proven, prove_later(request, account, int(until)))


@post("/sign-out", status_code=200)
async def sign_out(request: PageRequest) -> Redirect:
    person = await signed_in_person(request)
    if person is not None:
        async with context_of(request).database.transaction() as conn:
            await end_session(
                conn, session_id=person.session_id, reason="signed out", actor_id=person.person_id, now=clock.now()
            )
    form = await read_form(request)
    reply = go_to(local_path(form["next"]) if form.get("next") else "/sign-in")
    reply.set_cookie(no_session_cookie(request))
    return reply


ROUTES = [sign_in_page, send_sign_in, sign_out]
