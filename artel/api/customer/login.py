"""Signing in and out: operations 1 and 2 of customer-api.md. Two of the paths are in artel.api.login."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from artel import clock
from artel.api.context import client_address, context_of
from artel.api.customer.access import SignedPerson
from artel.api.customer.replies import NOTHING
from artel.companies.access import Right
from artel.people.login import sign_in
from artel.people.sessions import Tokens, end_sessions_of, refresh_session
from artel.people.two_factor import CodeAsked

Username = Annotated[str, Meta(min_length=1, max_length=320)]
Password = Annotated[str, Meta(min_length=1, max_length=1000)]
# The samples of the documents send a number, and 0 where there is no code.
Code = Annotated[str, Meta(max_length=20)] | int | None

# A code that is wrong while somebody is not signed in yet is an authentication that failed.
NOT_SIGNED_IN = {"code_wrong": 401, "code_expired": 401}


class Login(msgspec.Struct):
    username: Username
    password: Password
    code: Code = None


class Refresh(msgspec.Struct, rename="camel"):
    refresh_token: Annotated[str, Meta(max_length=1000)]


class TokenPair(msgspec.Struct, rename="camel"):
    token: str
    refresh_token: str


class SecondFactor(msgspec.Struct):
    """`number` is masked but for its last four digits; null for an authenticator."""

    type: Literal["SMS", "Google"]
    number: str | None
    secret: str | UnsetType = UNSET
    uri: str | UnsetType = UNSET


class SecondFactorAsked(msgspec.Struct):
    second_factor: SecondFactor = msgspec.field(name="2FA")


def given_code(code: str | int | None) -> str | None:
    """A code as text; none, an empty one and zero are no code (the documents' samples send `"code": 0`)."""
    text = str(code).strip() if code is not None else ""
    return None if text in {"", "0"} else text


def render_tokens(tokens: Tokens) -> TokenPair:
    return TokenPair(tokens.token, tokens.refresh_token)


def render_code_asked(asked: CodeAsked) -> SecondFactorAsked:
    return SecondFactorAsked(
        SecondFactor(
            "SMS" if asked.kind == "sms" else "Google", asked.number, asked.secret or UNSET, asked.uri or UNSET
        )
    )


async def answer_login(request: Request[Any, Any, State], data: Login) -> TokenPair | SecondFactorAsked:
    """Tokens; or, where a second factor is on and no code is given, what to send the code of.

    The route is in artel.api.login: another wire format has the same path.
    """
    context = context_of(request)
    outcome = await sign_in(
        context.database,
        username=data.username,
        password=data.password,
        code=given_code(data.code),
        secret=context.settings.secret,
        lifetime_s=context.settings.token_lifetime_s,
        address=client_address(request),
        user_agent=request.headers.get("user-agent"),
        now=clock.now(),
    )
    return render_code_asked(outcome) if isinstance(outcome, CodeAsked) else render_tokens(outcome)


@post("/token/refresh", status_code=200, tags=["Sign-in"], summary="Exchange a refresh token for new tokens")
async def refresh(request: Request[None, None, State], data: JSONBody[Refresh]) -> TokenPair:
    """A refresh token is used once. Using one again ends its session: somebody has a copy."""
    context = context_of(request)
    async with context.database.transaction() as conn:
        outcome = await refresh_session(
            conn,
            refresh_token=data.refresh_token,
            secret=context.settings.secret,
            lifetime_s=context.settings.token_lifetime_s,
            now=clock.now(),
        )
    if not isinstance(outcome, Tokens):
        raise outcome  # after the commit: a session that reuse has ended stays ended
    return render_tokens(outcome)


@post("/logout/everywhere", status_code=200, right=Right.SIGNED_IN, tags=["Sign-in"], summary="End all your sessions")
async def logout_everywhere(request: Request[None, None, State], person: SignedPerson) -> list[None]:
    async with context_of(request).database.transaction() as conn:
        await end_sessions_of(
            conn,
            person_id=person.person_id,
            reason="signed out everywhere",
            actor_id=person.person_id,
            now=clock.now(),
        )
    return NOTHING


PUBLIC_ROUTES = [refresh]
ROUTES = [logout_everywhere]
