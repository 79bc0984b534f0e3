"""Signing in by mail: the tag Login. POST /login and POST /logout, whose paths are the customer API's as well, are in
artel.api.login; POST /register is in registration.py."""

import asyncio
import time
from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from artel import clock
from artel.api.context import client_address, context_of
from artel.api.time.user import whole_profile
from artel.api.time.user_replies import SignedInReply, render_signed_in
from artel.errors import Refused
from artel.people.mail_login import COUNTDOWN_S, ask_for_code, sign_in_by_mail

Email = Annotated[str, Meta(min_length=1, max_length=100)]
# Looking up an address that nobody has takes less than writing a letter or comparing a code: how long it took shall
# not say which it was.
LEAST_S = 0.1


class LoginRequest(msgspec.Struct):
    email: Email


class Login(msgspec.Struct):
    """`password` is the mailed code, or the password. `code`: the second factor's, where one is on."""

    email: Email
    password: Annotated[str, Meta(min_length=6, max_length=255)]
    code: Annotated[str, Meta(max_length=20)] | None = None


class Countdown(msgspec.Struct):
    """In how many seconds it makes sense to ask for another code."""

    countdown: int


async def no_sooner(began: float) -> None:
    """Wait until LEAST_S after `began`, a reading of time.monotonic()."""
    await asyncio.sleep(max(0.0, began + LEAST_S - time.monotonic()))


@post("/loginrequest", status_code=200, tags=["Login"], summary="Have a sign-in code mailed")
async def login_request(request: Request[None, None, State], data: JSONBody[LoginRequest]) -> Countdown:
    """An address without an account is answered the same; it gets no mail and no account: POST /register makes one."""
    began = time.monotonic()
    await ask_for_code(context_of(request).database, email=data.email, address=client_address(request), now=clock.now())
    await no_sooner(began)
    return Countdown(COUNTDOWN_S)


async def answer_login(request: Request[Any, Any, State], data: Login) -> SignedInReply:
    """Sign in with an e-mail address: the profile with a token."""
    began = time.monotonic()
    context = context_of(request)
    try:
        signed_in = await sign_in_by_mail(
            context.database,
            email=data.email,
            password=data.password,
            code=data.code or None,
            secret=context.settings.secret,
            lifetime_s=context.settings.token_lifetime_s,
            address=client_address(request),
            user_agent=request.headers.get("user-agent"),
            wire="time",
            now=clock.now(),
        )
    except Refused:
        await no_sooner(began)
        raise
    async with context.database.connection() as conn:
        profile = await whole_profile(conn, signed_in.person_id, now=clock.now())
    return render_signed_in(profile, token=signed_in.tokens.token, base_url=context.settings.base_url)


PUBLIC_ROUTES = [login_request]
